"""What goes wrong between a till and its card terminal; the bank is the judge."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hardware.drivers import open_terminal
from hardware.emulators.terminal_fate import Fate, Step
from hardware.emulators.terminal_server import Tamper
from hardware.errors import Absent, Lost, Misconfigured, Refused, Stalled
from hardware.ports import CardAnswer, CardKind, CardOutcome, Health, Reason
from hardware.terminals.dialogue import Dialogue
from hardware.terminals.envelope import derive
from hardware.terminals.http import Place, WrongTerminal
from hardware.terminals.nexo_terminal import Deadlines, NexoTerminal
from hardware.terminals.xml_skin import XmlSkin
from hardware.transports.recording import recorder_of
from tests.contracts.terminal_contract import a_payment, a_reversal
from tests.hardware.terminals.lanes import (
    KEY,
    OLD_KEY,
    POI,
    SALE,
    Lane,
    certificates,
    plain_lane,
    sealed_lane,
)
from tests.hardware.waiting import until

SHORT = Deadlines(payment_seconds=0.5, question_seconds=60)


@pytest.fixture(params=["sealed", "plain"])
def lane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lane]:
    with sealed_lane(tmp_path) if request.param == "sealed" else plain_lane() as found:
        yield found


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Lane]:
    with sealed_lane(tmp_path) as found:
        yield found


@pytest.fixture(params=["sealed", "plain"])
def hasty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lane]:
    """A driver that gives up soon; the login of the plain one is made beforehand."""
    is_sealed = request.param == "sealed"
    with (
        sealed_lane(tmp_path, deadlines=SHORT)
        if is_sealed
        else plain_lane(deadlines=SHORT) as found
    ):
        found.driver.totals()
        yield found


class Payment(threading.Thread):
    """A payment in a thread of its own, as at the till."""

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self.answers: list[CardAnswer] = []
        self.errors: list[Exception] = []
        self._lane = lane
        self.start()
        until(lambda: lane.server.do(lambda core: core.is_waiting_for_card()))

    def run(self) -> None:
        try:
            self.answers.append(self._lane.driver.pay(a_payment()))
        except (Lost, Stalled) as error:
            self.errors.append(error)

    def outcome(self) -> CardOutcome:
        self.join(10)
        return self.answers[0].outcome


def test_a_cardholder_may_take_her_time(lane: Lane) -> None:
    lane.core.expect(Fate.SLOW)
    payment = Payment(lane)

    lane.server.do(lambda core: core.finish())

    assert payment.outcome() is CardOutcome.APPROVED
    assert lane.core.bank.charged == {"sale-1": 19_900}


def test_an_abort_ends_a_payment_without_a_charge(lane: Lane) -> None:
    lane.core.expect(Fate.SLOW)
    payment = Payment(lane)

    lane.driver.abort("A000000001")

    assert payment.outcome() is CardOutcome.ABORTED
    assert not lane.core.bank.charged


def test_an_abort_may_lose_the_race(lane: Lane) -> None:
    lane.core.expect(Fate.ABORT_LOSES)
    payment = Payment(lane)

    lane.driver.abort("A000000001")

    assert payment.outcome() is CardOutcome.APPROVED
    assert lane.core.bank.charged == {"sale-1": 19_900}


def test_an_abort_of_another_payment_changes_nothing(lane: Lane) -> None:
    lane.core.expect(Fate.SLOW)
    payment = Payment(lane)
    lane.driver.abort("A000000042")

    lane.server.do(lambda core: core.finish())

    assert payment.outcome() is CardOutcome.APPROVED


def test_closing_ends_a_payment_as_not_known(lane: Lane) -> None:
    lane.core.expect(Fate.SLOW)
    payment = Payment(lane)

    lane.driver.close()
    payment.join(10)

    assert len(payment.errors) == 1
    assert lane.driver.state().health is Health.ABSENT


def test_a_state_asked_during_a_payment_waits_for_nothing(lane: Lane) -> None:
    lane.core.expect(Fate.SLOW)
    payment = Payment(lane)

    assert lane.driver.state().health in (Health.READY, Health.UNKNOWN)

    lane.server.do(lambda core: core.finish())
    assert payment.outcome() is CardOutcome.APPROVED


def test_a_late_answer_is_stalled_and_status_tells_what_the_bank_did(hasty: Lane) -> None:
    hasty.core.expect(Step(Fate.LATE_REPLY, seconds=1_000))
    with pytest.raises(Stalled):
        hasty.driver.pay(a_payment())
    hasty.driver.settle()

    outcome = hasty.driver.status("A000000001").outcome

    charged = hasty.server.do(lambda core: core.bank.charged)
    assert outcome is (CardOutcome.APPROVED if charged else CardOutcome.NOT_FOUND)


def test_a_payment_under_way_keeps_the_terminal_busy(lane: Lane) -> None:
    lane.core.expect(Step(Fate.IN_PROGRESS, asks=0, seconds=600))
    with pytest.raises(Lost):
        lane.driver.pay(a_payment())

    other = lane.driver.pay(a_payment("A000000002", transaction_id="sale-2"))
    same = lane.driver.pay(a_payment())

    assert (other.outcome, same.outcome) == (CardOutcome.BUSY, CardOutcome.IN_PROGRESS)
    assert lane.driver.status("A000000001").outcome is CardOutcome.IN_PROGRESS
    lane.clock.sleep(600)
    assert lane.driver.status("A000000001").outcome is CardOutcome.APPROVED
    assert lane.core.bank.charged == {"sale-1": 19_900}


def test_a_request_that_arrives_twice_is_charged_once(lane: Lane) -> None:
    lane.core.expect(Fate.DUPLICATE)

    assert lane.driver.pay(a_payment()).outcome is CardOutcome.APPROVED
    assert lane.core.bank.standing == {"sale-1": 1}


@pytest.mark.parametrize("fate", [Fate.REPLY_FOR_ANOTHER, Fate.WRONG_AMOUNT])
def test_an_answer_to_another_question_is_refused(lane: Lane, fate: Fate) -> None:
    lane.core.expect(fate)

    with pytest.raises(Refused, match="its answer cannot be used"):
        lane.driver.pay(a_payment())


def test_a_late_request_is_executed_while_settling(lane: Lane) -> None:
    lane.core.expect(Step(Fate.LATE_REQUEST, seconds=3))
    with pytest.raises(Lost):
        lane.driver.pay(a_payment())
    assert lane.driver.status("A000000001").outcome is CardOutcome.NOT_FOUND

    lane.driver.settle()

    assert lane.driver.status("A000000001").outcome is CardOutcome.APPROVED
    assert lane.core.bank.charged == {"sale-1": 19_900}


def test_a_restarted_terminal_knows_what_it_answered(lane: Lane) -> None:
    lane.core.expect(Fate.REBOOT)
    with pytest.raises(Lost):
        lane.driver.pay(a_payment())

    assert lane.driver.status("A000000001").outcome is CardOutcome.APPROVED


def test_what_status_told_once_bears_witness_too(lane: Lane) -> None:
    lane.core.expect(Fate.LOSE_REPLY)
    with pytest.raises(Lost):
        lane.driver.pay(a_payment())
    lane.driver.status("A000000001")
    lane.core.forget()

    assert lane.driver.status("A000000001").outcome is CardOutcome.UNKNOWN


def test_a_new_login_lets_a_payment_through(lane: Lane) -> None:
    lane.driver.pay(a_payment("A000000001"))
    lane.server.do(lambda core: core.reboot())

    assert lane.driver.pay(a_payment("A000000002")).outcome is CardOutcome.APPROVED


def test_settling_puts_up_a_fence_where_there_are_sessions(lane: Lane) -> None:
    lane.core.expect(Step(Fate.IN_PROGRESS, asks=0, seconds=600))
    with pytest.raises(Lost):
        lane.driver.pay(a_payment())

    lane.driver.settle()

    fenced = lane.core.dialect.needs_login
    expected = CardOutcome.ABORTED if fenced else CardOutcome.IN_PROGRESS
    assert lane.driver.status("A000000001").outcome is expected


def test_a_linked_refund_never_gives_more_than_was_paid(lane: Lane) -> None:
    paid = lane.driver.pay(a_payment())
    refund = a_payment(
        "A000000002",
        transaction_id="return-1",
        kind=CardKind.REFUND,
        amount_minor=15_000,
        original=paid.reference,
    )
    lane.driver.pay(refund)

    again = lane.driver.pay(
        a_payment(
            "A000000003",
            transaction_id="return-2",
            kind=CardKind.REFUND,
            amount_minor=15_000,
            original=paid.reference,
        )
    )

    if lane.core.dialect.needs_login:
        assert again.outcome is CardOutcome.APPROVED  # A refund of its own, to the card shown.
    else:
        assert again.outcome is CardOutcome.DECLINED


def test_totals_that_differ_are_told_as_they_are(lane: Lane) -> None:
    lane.driver.pay(a_payment())
    lane.core.totals_off_by = 100

    assert lane.driver.totals().payments == (("Visa", 1, 20_000),)


@pytest.mark.parametrize("how", [Tamper.GARBAGE, Tamper.HTTP_ERROR])
def test_an_answer_that_is_none_leaves_the_payment_unknown(lane: Lane, how: Tamper) -> None:
    lane.driver.totals()
    lane.server.tamper(how)
    with pytest.raises(Refused):
        lane.driver.pay(a_payment())

    assert lane.driver.status("A000000001").outcome is CardOutcome.APPROVED


@pytest.mark.parametrize(
    "how",
    [Tamper.BLOB, Tamper.NONCE, Tamper.MAC, Tamper.HEADER, Tamper.OLD_KEY],
)
def test_a_broken_seal_is_refused_and_shown(sealed: Lane, how: Tamper) -> None:
    sealed.server.tamper(how)

    with pytest.raises(Refused, match="the seal of the message is broken"):
        sealed.driver.pay(a_payment())
    assert sealed.driver.state().reason is Reason.BAD_CHECKSUM


def test_a_replayed_answer_is_refused(sealed: Lane) -> None:
    sealed.driver.pay(a_payment("A000000001"))
    sealed.server.tamper(Tamper.REPLAY)

    with pytest.raises(Refused):
        sealed.driver.pay(a_payment("A000000002"))


def test_an_old_key_is_taken_while_it_is_changed(tmp_path: Path) -> None:
    with sealed_lane(tmp_path, keys=(KEY, OLD_KEY)) as lane:
        lane.server.tamper(Tamper.OLD_KEY)

        assert lane.driver.pay(a_payment()).outcome is CardOutcome.APPROVED


def test_a_till_with_a_wrong_passphrase_pays_nothing(tmp_path: Path) -> None:
    with sealed_lane(tmp_path, keys=(derive("lane", 2, "another"),)) as lane:
        with pytest.raises(Refused, match="Crypto"):
            lane.driver.pay(a_payment())
        assert not lane.core.bank.charged


def test_a_certificate_of_another_terminal_gets_no_payment(tmp_path: Path) -> None:
    with sealed_lane(tmp_path, made=certificates("V400m-9999")) as lane:
        with pytest.raises(WrongTerminal, match=POI):
            lane.driver.pay(a_payment())
        assert lane.core.requests == []
        assert lane.driver.state().reason is Reason.WRONG_DEVICE


def test_a_certificate_from_another_root_gets_no_payment(tmp_path: Path) -> None:
    with sealed_lane(tmp_path, trusted=certificates("another")) as lane:
        with pytest.raises(Misconfigured, match="CA file"):
            lane.driver.pay(a_payment())
        assert lane.core.requests == []


def test_nobody_there_is_absent() -> None:
    with plain_lane() as lane:
        lane.server.close()

        with pytest.raises(Absent):
            lane.driver.pay(a_payment())
        state = lane.driver.state()

    assert (state.health, state.reason) == (Health.ABSENT, Reason.NO_ANSWER)


def test_a_terminal_in_another_name_is_not_paid_at() -> None:
    with plain_lane() as lane:
        lane.core.poi_id = "OTHER-1"

        with pytest.raises(Absent, match="no login"):
            lane.driver.pay(a_payment())
        assert not lane.core.bank.charged


def test_the_state_is_asked_of_a_terminal_that_said_nothing_yet(lane: Lane) -> None:
    lane.core.global_status = "Maintenance"

    state = lane.driver.state()

    assert (state.health, state.reason) == (Health.BLOCKED, Reason.BUSY)


def test_a_lost_answer_to_reconciling_can_be_looked_up(sealed: Lane) -> None:
    sealed.driver.pay(a_payment())
    sealed.server.tamper(Tamper.HTTP_ERROR)
    with pytest.raises(Refused):
        sealed.driver.reconcile()

    assert sealed.driver.totals().payments == ()


def test_no_message_on_record_shows_a_card_number() -> None:
    with plain_lane() as lane:
        address = f"nexo+http://127.0.0.1:{lane.server.port}?poi={POI}&sale=till1"
        driver = open_terminal(address)
        driver.pay(a_payment())
        driver.close()

    said = b"".join(record.data for record in recorder_of(address).records)
    assert b"PaymentResponse" in said
    assert b"4111111111111111" not in said


@contextmanager
def dripping(answer: bytes, *, endless: bool = False) -> Iterator[int]:
    """A port that takes a request and then says `answer`, and hangs up or holds on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)
                if endless:
                    ended.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            thread.join(10)


class NoLogin(XmlSkin):
    needs_login = False


@pytest.mark.parametrize(
    ("answer", "endless", "error"),
    [
        (b"", False, Lost),
        (b"", True, Stalled),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", True, Stalled),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", False, Lost),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", False, Lost),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", False, Lost),
        (b"not http at all\r\n\r\n", False, Lost),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_100, False, Lost),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", False, Refused),
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", False, Refused),
    ],
)
def test_every_end_of_a_line_is_one_of_ours(
    answer: bytes, endless: bool, error: type[Exception]
) -> None:
    with dripping(answer, endless=endless) as port:
        place = Place(f"nexo+http://127.0.0.1:{port}", "127.0.0.1", port, POI)
        driver = NexoTerminal(
            place, Dialogue(NoLogin(), SALE), Deadlines(0.3 if endless else 10, 0.3)
        )
        with pytest.raises(error):
            driver.pay(a_payment())
        driver.close()


def test_a_repeated_reversal_takes_back_once(sealed: Lane) -> None:
    paid = sealed.driver.pay(a_payment())
    assert paid.reference is not None
    sealed.core.expect(Fate.LOSE_REPLY)
    with pytest.raises(Lost):
        sealed.driver.reverse(a_reversal(paid.reference))

    again = sealed.driver.reverse(a_reversal(paid.reference))

    assert again.outcome is CardOutcome.APPROVED
    assert sealed.core.bank.charged == {"sale-1": 0}
