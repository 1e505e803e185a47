"""The fiscal unit on a bad day: absent, silent, slow, refusing, late."""

from __future__ import annotations

import threading
from pathlib import Path

from central_sync.wire.entries import EntryKind
from hardware.memory import MemoryFiscalUnit
from hardware.ports import Seal, SealRequest
from pos_client.register import commands
from pos_client.register.events import SealMissed
from tests.builders import ANNA, SHOES, SOCKS, kr
from tests.checkout.core_harness import Desk, a_home, nothing_came


class SlowUnit(MemoryFiscalUnit):
    """Answers each request only when `answer` was called once for it."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.Semaphore(0)

    def answer(self) -> None:
        self._turn.release()

    def seal(self, request: SealRequest) -> Seal:
        self._turn.acquire(timeout=10.0)
        return super().seal(request)


def selling(desk: Desk) -> Desk:
    return desk.signs_on(ANNA).opens()


def test_a_swedish_till_without_a_unit_does_not_sell_and_says_so(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path), has_unit=False) as desk:
        selling(desk).scans(SHOES)
        assert desk.said == "fiscal.not_configured"
        assert not desk.state.has_basket


def test_a_dead_unit_refuses_the_payment_and_keeps_the_basket(tmp_path: Path) -> None:
    unit = MemoryFiscalUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES)
        unit.go_silent()
        desk.pays_cash()
        assert desk.said == "fiscal.not_answering"
        assert desk.state.basket.payments == ()
        unit.recover()
        assert desk.pays_cash().said == "sale.done"


def test_a_unit_that_falls_silent_in_the_middle_leaves_the_receipt_waiting(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path), DiesWhenAsked()) as desk:
        selling(desk).scans(SHOES).pays_cash("1000")
        assert desk.said == "fiscal.not_answering"
        assert desk.state.completing is not None
        assert (desk.hands.pulses, desk.sold(), desk.spool.waiting()) == (0, [], 0)


class DiesWhenAsked(MemoryFiscalUnit):
    """Looks ready until the moment it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.is_dead = True
        self.refuses = False

    def seal(self, request: SealRequest) -> Seal:
        if self.refuses:
            self.refuse()
        elif self.is_dead:
            self.go_silent()
        try:
            return super().seal(request)
        finally:
            self.recover()


def test_trying_again_makes_the_receipt_that_was_begun(tmp_path: Path) -> None:
    unit = DiesWhenAsked()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_cash("1000")
        waiting = desk.state.completing
        unit.is_dead = False
        desk.do(commands.RetryCompletion())
        (receipt,) = desk.sold()
        assert waiting is not None
        assert (receipt.number, receipt.at) == (1, waiting.at)
        assert receipt.change_minor == kr("101")
        assert desk.hands.pulses == 1


def test_giving_up_goes_back_to_the_basket_and_leaves_no_gap(tmp_path: Path) -> None:
    unit = DiesWhenAsked()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_card().do(commands.AbandonCompletion())
        assert desk.kinds()[-2:] == ["completion_abandoned", "payment_removed"]
        assert desk.state.completing is None
        assert desk.state.basket.payments == ()
        unit.is_dead = False
        desk.scans(SOCKS).pays_card().scans(SHOES).pays_card()
        assert [receipt.number for receipt in desk.sold()] == [1, 2]
        assert unit.sealed == 2


def test_a_refusing_unit_is_told_apart_from_a_silent_one(tmp_path: Path) -> None:
    unit = DiesWhenAsked()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES)
        unit.refuses = True
        assert desk.pays_card().said == "fiscal.refused"


def test_a_slow_seal_is_waited_for_without_holding_the_register(tmp_path: Path) -> None:
    unit = SlowUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_cash()
        assert desk.said == "completing.wait"
        assert desk.scans(SOCKS).said == "completing.wait"
        unit.answer()
        desk.hears_from_the_unit()
        assert desk.said == "sale.done"
        assert [receipt.number for receipt in desk.sold()] == [1]
        assert desk.hands.pulses == 1


def test_impatience_makes_one_receipt_and_not_two(tmp_path: Path) -> None:
    unit = SlowUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_cash().do(commands.RetryCompletion())
        unit.answer()
        unit.answer()
        desk.hears_from_the_unit().hears_from_the_unit()
        assert len(desk.sold()) == 1
        assert desk.said == "sale.done"
        assert desk.hands.pulses == 1


def test_a_seal_that_comes_when_its_receipt_was_given_up_seals_no_other(tmp_path: Path) -> None:
    unit = SlowUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_cash()
        desk.desk.ledger.write(
            [SealMissed("fiscal.not_answering")], [], desk.desk.ledger.clock.facts()
        )
        desk.do(commands.AbandonCompletion()).scans(SOCKS).pays_card()
        assert desk.said == "completing.wait"
        unit.answer()
        desk.hears_from_the_unit()
        assert desk.sold() == []
        assert desk.said == "completing.wait"
        unit.answer()
        desk.hears_from_the_unit()
        (receipt,) = desk.sold()
        assert receipt.seal is not None
        assert receipt.seal.counter == 2
        assert receipt.total_minor == kr("948,90")
        assert nothing_came(desk)


def test_a_receipt_that_waits_at_a_power_cut_is_made_at_the_next_start(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    with Desk(home, DiesWhenAsked()) as desk:
        selling(desk).scans(SHOES).pays_cash("1000")
    with Desk(home) as desk:
        assert desk.said == "sale.change"
        (receipt,) = desk.sold()
        assert (receipt.number, receipt.change_minor) == (1, kr("101"))
        assert desk.kinds()[-2:] == [EntryKind.STARTED, EntryKind.RECEIPT]


def test_a_copy_without_a_seal_is_not_made(tmp_path: Path) -> None:
    unit = DiesWhenAsked()
    unit.is_dead = False
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_card()
        unit.is_dead = True
        assert desk.do(commands.CopyReceipt()).said == "fiscal.not_answering"
        assert not desk.receipts.is_copied(desk.sold()[0].receipt_id)
        unit.is_dead = False
        assert desk.do(commands.CopyReceipt()).said == "receipt.copied"


def test_a_full_disk_takes_no_goods_in(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        selling(desk).scans(SHOES)
        desk.free_bytes = 1_000_000
        assert desk.scans(SOCKS).said == "storage.full"
        assert desk.pays_cash().said == "storage.full"
        desk.free_bytes = 1 << 40
        assert desk.pays_cash().said == "sale.done"


def test_a_disk_that_refuses_at_the_last_write_leaves_the_receipt_waiting(tmp_path: Path) -> None:
    unit = SlowUnit()
    with Desk(a_home(tmp_path), unit) as desk:
        selling(desk).scans(SHOES).pays_cash()
        desk.records.database.conn.execute("PRAGMA query_only = ON")
        unit.answer()
        desk.hears_from_the_unit()
        assert desk.said == "storage.read_only"
        assert (desk.sold(), desk.hands.pulses) == ([], 0)
        desk.records.database.conn.execute("PRAGMA query_only = OFF")
        unit.answer()
        assert desk.do(commands.RetryCompletion()).said == "sale.done"
        assert unit.sealed == 1
        assert len(desk.sold()) == 1


def test_stopping_on_a_disk_that_refuses_is_quiet(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        selling(desk)
        desk.records.database.conn.execute("PRAGMA query_only = ON")
        desk.desk.stopped()
        assert desk.kinds()[-1] == "day_opened"
