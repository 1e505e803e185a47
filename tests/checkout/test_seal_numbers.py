"""Receipt numbers that the fiscal unit may hold are never used again, and each gap is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from central_sync.wire.entries import EntryKind
from hardware.memory import MemoryFiscalUnit
from hardware.ports import Reason, Seal, SealRequest
from pos_client.register import commands
from tests.builders import ANNA, SHOES, SOCKS
from tests.checkout.core_harness import Desk, a_home


@pytest.fixture(autouse=True)
def nobody_is_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit here is slow; a loaded machine may be."""
    monkeypatch.setattr("pos_client.checkout.completion.PATIENCE_SECONDS", 30.0)


def selling(desk: Desk) -> Desk:
    return desk.signs_on(ANNA).opens()


class Unsure(MemoryFiscalUnit):
    """Ready until it is asked; then silent, with so many bytes taken."""

    def __init__(self, bytes_taken: int) -> None:
        super().__init__()
        self.bytes_taken = bytes_taken
        self.is_silent = True

    def seal(self, request: SealRequest) -> Seal:
        if self.is_silent:
            self.go_silent(bytes_written=self.bytes_taken)
        try:
            return super().seal(request)
        finally:
            self.recover()


def test_a_burnt_number_gives_the_receipt_the_next_one_and_an_event(tmp_path: Path) -> None:
    unit = MemoryFiscalUnit()
    unit.burn()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_card()
        assert desk.said == "sale.done"
        (receipt,) = desk.sold()
        assert receipt.number == 2
        assert receipt.seal is not None
        (burnt,) = [body for body in desk.bodies() if body.kind == EntryKind.NUMBER_BURNT]
        assert burnt.payload["number"] == 1
        assert burnt.payload["basket_id"] == receipt.receipt_id
        desk.scans(SOCKS).pays_card()
        assert [each.number for each in desk.sold()] == [2, 3]
        assert unit.sealed == 2


def test_a_unit_that_burns_every_number_is_not_believed_for_ever(tmp_path: Path) -> None:
    unit = MemoryFiscalUnit()
    unit.burn(documents=100)
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_card()
        assert desk.said == "fiscal.not_answering"
        assert desk.sold() == []
        assert desk.kinds().count(EntryKind.NUMBER_BURNT) == 3


@pytest.mark.parametrize(("bytes_taken", "number"), [(0, 1), (120, 2)])
def test_a_number_that_the_unit_may_hold_is_not_used_again(
    tmp_path: Path, bytes_taken: int, number: int
) -> None:
    unit = Unsure(bytes_taken)
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_card().do(commands.AbandonCompletion())
        unit.is_silent = False
        desk.scans(SOCKS).pays_card()
        assert [receipt.number for receipt in desk.sold()] == [number]
        (given_up,) = [body for body in desk.bodies() if body.kind == "completion_abandoned"]
        assert given_up.payload["is_burnt"] is bool(bytes_taken)


def test_doubt_about_a_number_outlasts_a_later_plain_no(tmp_path: Path) -> None:
    unit = Unsure(120)
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_card()
        unit.bytes_taken = 0
        desk.do(commands.RetryCompletion()).do(commands.AbandonCompletion())
        unit.is_silent = False
        desk.pays_card()
        assert [receipt.number for receipt in desk.sold()] == [2]


def test_a_restart_remembers_that_the_unit_may_hold_the_number(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    with Desk(home, Unsure(120)) as desk:
        selling(desk).scans(SHOES).pays_card()
    unit = Unsure(0)
    with Desk(home, unit) as desk:
        desk.do(commands.AbandonCompletion())
        unit.is_silent = False
        desk.pays_card()
        assert [receipt.number for receipt in desk.sold()] == [2]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (Reason.MEMORY_FULL, "fiscal.full"),
        (Reason.LICENCE, "fiscal.licence"),
        (Reason.WRONG_DEVICE, "fiscal.wrong_unit"),
        (Reason.BUSY_OTHER_OWNER, "fiscal.taken"),
        (Reason.OFFLINE, "fiscal.refused"),
        (Reason.NO_ANSWER, "fiscal.not_answering"),
    ],
)
def test_every_trouble_of_the_unit_has_its_own_sentence(
    tmp_path: Path, reason: Reason, message: str
) -> None:
    unit = MemoryFiscalUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES)
        unit.refuse("it says no", reason)
        assert desk.pays_card().said == message
        assert desk.state.basket.payments == ()


def test_the_unit_is_told_the_local_time_that_is_printed(tmp_path: Path) -> None:
    heard: list[SealRequest] = []

    class Listening(MemoryFiscalUnit):
        def seal(self, request: SealRequest) -> Seal:
            heard.append(request)
            return super().seal(request)

    with Desk(a_home(tmp_path), Listening()) as desk:
        selling(desk).scans(SHOES).pays_card()
        assert heard[0].at == desk.sold()[0].local_time
