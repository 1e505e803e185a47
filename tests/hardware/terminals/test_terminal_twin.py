from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hardware.drivers import open_terminal
from hardware.errors import Absent, Lost, Misconfigured
from hardware.memory import Fate, MemoryTerminal, Step
from hardware.memory.terminal_ledger import read_bank
from hardware.ports import CardAnswer, CardOutcome
from tests.contracts.terminal_contract import a_payment
from tests.hardware.waiting import until


def paying(twin: MemoryTerminal) -> tuple[threading.Thread, list[CardAnswer]]:
    answers: list[CardAnswer] = []
    thread = threading.Thread(target=lambda: answers.append(twin.pay(a_payment())))
    thread.start()
    until(twin.is_waiting_for_card)
    return thread, answers


@pytest.mark.parametrize(
    ("fate", "outcome", "charged"),
    [
        (Fate.SLOW, CardOutcome.ABORTED, {}),
        (Fate.ABORT_LOSES, CardOutcome.APPROVED, {"sale-1": 19_900}),
    ],
)
def test_an_abort_is_a_wish(fate: Fate, outcome: CardOutcome, charged: dict[str, int]) -> None:
    twin = MemoryTerminal()
    twin.expect(fate)
    thread, answers = paying(twin)

    twin.abort("A000000001")
    thread.join(10)

    assert [one.outcome for one in answers] == [outcome]
    assert twin.charged == charged


def test_a_slow_cardholder_pays_at_last() -> None:
    twin = MemoryTerminal()
    twin.expect(Fate.SLOW)
    thread, answers = paying(twin)

    twin.finish()
    thread.join(10)

    assert answers[0].outcome is CardOutcome.APPROVED


def test_an_absent_terminal_is_asked_again_in_vain_until_it_comes_back() -> None:
    twin = MemoryTerminal()
    twin.go_away()
    with pytest.raises(Absent):
        twin.pay(a_payment())

    twin.come_back()

    assert twin.pay(a_payment()).outcome is CardOutcome.APPROVED


def test_a_late_request_arrives_after_so_many_questions() -> None:
    twin = MemoryTerminal()
    twin.expect(Step(Fate.LATE_REQUEST, asks=1))
    with pytest.raises(Exception, match="no answer in time"):
        twin.pay(a_payment())

    seen = [twin.status("A000000001").outcome for _ in range(2)]

    assert seen == [CardOutcome.NOT_FOUND, CardOutcome.APPROVED]


def test_a_ledger_outlives_the_till(tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    first = open_terminal(f"memory://?ledger={path}&script=lose_reply")
    with pytest.raises(Lost):
        first.pay(a_payment())

    after_restart = open_terminal(f"memory://?ledger={path}")

    answer = after_restart.status("A000000001")
    assert (answer.outcome, answer.approved_minor) == (CardOutcome.APPROVED, 19_900)
    after_restart.pay(a_payment("A000000002", transaction_id="sale-2"))
    after_restart.reconcile()
    assert read_bank(path).charged == {"sale-1": 19_900, "sale-2": 19_900}
    assert open_terminal(f"memory://?ledger={path}").totals().payments == ()


def test_a_ledger_line_cut_by_a_power_failure_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    open_terminal(f"memory://?ledger={path}").pay(a_payment())
    with path.open("ab") as file:
        file.write(b'{"answer": {"ser')

    assert read_bank(path).charged == {"sale-1": 19_900}
    open_terminal(f"memory://?ledger={path}").pay(a_payment("A000000002"))
    assert read_bank(path).charged == {"sale-1": 39_800}


@pytest.mark.parametrize(
    "address", ["memory://?script=explode", "memory://?a=1", "memory://?ledger=/no/such/place"]
)
def test_a_wrong_twin_address_is_misconfigured(address: str) -> None:
    with pytest.raises(Misconfigured):
        open_terminal(address)


def test_totals_may_differ_from_the_bank() -> None:
    twin = MemoryTerminal()
    twin.pay(a_payment())
    twin.put_totals_off_by(-100)

    assert twin.totals().payments == (("Visa", 1, 19_800),)


def test_a_bank_counts_what_stands() -> None:
    twin = MemoryTerminal()
    twin.pay(a_payment("A000000001"))
    twin.pay(a_payment("A000000002"))

    assert twin.bank.standing == {"sale-1": 2}
