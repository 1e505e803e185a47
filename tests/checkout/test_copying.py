"""A receipt's one copy, and a fiscal unit that takes its time over it."""

from __future__ import annotations

from pathlib import Path

from central_sync.wire.entries import EntryKind
from hardware.memory import MemoryFiscalUnit
from pos_client.register import commands
from tests.builders import ANNA, SHOES, SOCKS
from tests.checkout.core_harness import Desk, a_home
from tests.checkout.test_sealing import SlowUnit


def sold(desk: Desk, unit: SlowUnit) -> Desk:
    unit.answer()
    return settled(desk.signs_on(ANNA).opens().scans(SHOES).pays_card())


def settled(desk: Desk) -> Desk:
    """After the unit has answered, be it at once or a moment later."""
    waits = desk.said in ("completing.wait", "receipt.copy_waits")
    return desk.hears_from_the_unit() if waits else desk


def test_a_slow_seal_of_a_copy_holds_nobody_up(tmp_path: Path) -> None:
    unit = SlowUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        sold(desk, unit).do(commands.CopyReceipt())
        assert desk.said == "receipt.copy_waits"
        desk.scans(SOCKS)
        assert desk.state.has_basket
        unit.answer()
        desk.hears_from_the_unit()
        assert desk.said == "receipt.copied"
        assert [job.kind for job in desk.paper()] == ["receipt", "copy"]


def test_a_copy_asked_for_twice_while_it_waits_is_one_copy(tmp_path: Path) -> None:
    unit = SlowUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        sold(desk, unit).do(commands.CopyReceipt()).do(commands.CopyReceipt())
        unit.answer()
        desk.hears_from_the_unit()
        assert desk.hands.is_idle
        assert desk.kinds().count(EntryKind.RECEIPT_COPIED) == 1
        assert desk.do(commands.CopyReceipt()).said == "receipt.copied_already"


def test_a_late_no_to_a_copy_is_told_and_the_copy_can_be_asked_again(tmp_path: Path) -> None:
    unit = SlowUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        sold(desk, unit).do(commands.CopyReceipt())
        unit.refuse()
        unit.answer()
        desk.hears_from_the_unit()
        assert desk.said == "fiscal.refused"
        unit.recover()
        unit.answer()
        assert settled(desk.do(commands.CopyReceipt())).said == "receipt.copied"


def test_a_copy_whose_seal_is_lost_for_good_is_counted_and_never_printed(tmp_path: Path) -> None:
    unit = MemoryFiscalUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        settled(desk.signs_on(ANNA).opens().scans(SHOES).pays_card())
        unit.burn()
        assert settled(desk.do(commands.CopyReceipt())).said == "fiscal.copy_lost"
        assert [job.kind for job in desk.paper()] == ["receipt"]
        assert desk.desk.ledger.totals.copies.count == 1
        assert desk.do(commands.CopyReceipt()).said == "receipt.copied_already"


def test_a_copy_that_a_power_cut_took_is_the_same_copy_when_asked_again(tmp_path: Path) -> None:
    home, unit = a_home(tmp_path), SlowUnit()
    with Desk(home, unit) as desk:
        sold(desk, unit).do(commands.CopyReceipt())
        unit.answer()
    same = MemoryFiscalUnit()
    with Desk(home, same) as desk:
        assert settled(desk.do(commands.CopyReceipt())).said == "receipt.copied"
        assert desk.kinds().count(EntryKind.RECEIPT_COPIED) == 1
