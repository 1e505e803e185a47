"""A receipt of one till returned at another one, on real disks and paper, with central silent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.masterfile.apply import open_for_apply
from central_sync.retail.tender import TenderKind
from central_sync.wire.keys import SigningKey
from hardware.document import QrCode
from pos_client.checkout.proving import Prover
from pos_client.register.queries import FindReceipt, ReceiptDoubt, ReceiptView
from tests.builders import SHOES
from tests.checkout.core_harness import WORKSTATION_ID, Desk, a_home
from tests.checkout.test_order_desk import Counter


@pytest.fixture
def code(tmp_path: Path) -> str:
    """What stands on the paper of a pair of shoes that another till has sold."""
    with Desk(a_home(tmp_path / "other")) as desk:
        shop = desk.shop
        shop.prover = Prover(tmp_path / "other", WORKSTATION_ID, shop.master)
        desk.signs_on().opens().scans(SHOES).pays_card()
        [job] = desk.paper()
        [printed] = [one.data for one in job.document.elements if isinstance(one, QrCode)]
        return printed


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    home = a_home(tmp_path / "till")
    with Desk(home) as desk:
        counter = Counter(desk.signs_on().opens(), home)
        counter.central.is_away = True
        yield counter
        counter.close()


def knows(tmp_path: Path, *, state: str = "active", key: str = "") -> None:
    """The feed has told of the other till's key."""
    own = SigningKey.load(tmp_path / "other" / "keys" / "workstation.key").public
    master = open_for_apply(tmp_path / "till" / "master.db")
    row = (key or own, WORKSTATION_ID, "s02", state)
    master.execute("INSERT INTO workstation_key VALUES (?, ?, ?, ?)", row)
    master.close()


def test_goods_are_taken_back_by_the_code_alone_and_kept_aside(
    counter: Counter, code: str, tmp_path: Path
) -> None:
    knows(tmp_path)
    shown = counter.ask(FindReceipt(code))
    assert isinstance(shown, ReceiptView)
    assert (shown.is_unheard, shown.total_minor, shown.lines[0].returnable) == (True, 89_900, 1)

    counter.desk.takes_back(code).pays_card()

    [back] = counter.desk.sold()
    assert back.lines[0].original_receipt == shown.receipt_number
    assert (back.lines[0].held, back.payments[0].kind) == (True, TenderKind.CLAIM)
    assert back.lines[0].vat_minor == -17_980
    [job] = counter.desk.paper()
    assert "ÅTERBETALNING VÄNTAR" in str(job.document)
    assert counter.desk.takes_back(shown.key).said == "return.all_returned"


@pytest.mark.parametrize(
    ("state", "key", "problem"),
    [("revoked", "", "revoked"), ("active", SigningKey.generate().public, "false")],
    ids=("a revoked till's", "somebody else's"),
)
def test_a_code_that_no_good_key_has_signed_is_not_believed(
    counter: Counter, code: str, tmp_path: Path, state: str, key: str, problem: str
) -> None:
    knows(tmp_path, state=state, key=key)

    assert counter.ask(FindReceipt(code)) == ReceiptDoubt(problem)


def test_a_till_that_was_never_told_of_is_not_believed(counter: Counter, code: str) -> None:
    assert counter.ask(FindReceipt(code)) == ReceiptDoubt("unknown")


def test_a_changed_amount_is_not_believed(counter: Counter, code: str, tmp_path: Path) -> None:
    knows(tmp_path)
    at = len(code) // 2
    other = code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :]

    answer = counter.ask(FindReceipt(other))

    assert isinstance(answer, ReceiptDoubt)
    assert answer.problem in ("false", "damaged", "unknown")
