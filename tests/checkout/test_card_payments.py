"""Card payments at the till: the bank behind the terminal is the judge, never our own books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central_sync.wire.entries import EntryKind
from hardware.memory import MemoryFiscalUnit
from hardware.memory.terminal import Fate, MemoryTerminal, Step
from hardware.ports import CardAnswer, CardRequest
from pos_client.register import commands
from pos_client.register.card import CardState
from tests.builders import ANNA, MARIA, SHOES, SOCKS, kr
from tests.checkout.core_harness import Desk, a_home

PRICE = kr("899")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return a_home(tmp_path / "till")


@pytest.fixture
def terminal() -> Iterator[MemoryTerminal]:
    twin = MemoryTerminal()
    yield twin
    twin.close()


@contextmanager
def at_the_till(
    home: Path, terminal: MemoryTerminal, unit: MemoryFiscalUnit | None = None
) -> Iterator[Desk]:
    """Anna is on, the day is open."""
    with Desk(home, unit, terminal=terminal) as desk:
        yield desk.signs_on(ANNA).opens("1000")


def charged(terminal: MemoryTerminal) -> int:
    return sum(terminal.charged.values())


def payments_of(desk: Desk) -> list[list[tuple[str, int]]]:
    return [
        [(payment.tender_id, payment.amount_minor) for payment in receipt.payments]
        for receipt in desk.sold()
    ]


def moves_of(desk: Desk) -> list[str]:
    sql = "SELECT state FROM card_move ORDER BY position"
    return [state for (state,) in desk.records.database.conn.execute(sql)]


def test_an_approved_card_completes_the_sale(home: Path, terminal: MemoryTerminal) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()

        assert payments_of(desk) == [[("card", PRICE)]]
        assert charged(terminal) == PRICE
        assert desk.said == "sale.done"
        assert moves_of(desk) == ["intent", "sent", "approved", "committed"]
        assert desk.state.cards == ()


def test_the_intent_and_its_basket_are_on_the_disk_before_the_terminal_hears(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Fate.SLOW)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card()
        card = desk.state.card
        assert card is not None
        basket = desk.desk.ledger.cards.basket(card.payment_id)

        assert moves_of(desk) == ["intent", "sent"]
        assert basket is not None
        assert basket.total_minor == PRICE
        terminal.finish() if terminal.is_waiting_for_card() else None


def test_the_receipt_carries_what_the_terminal_said(home: Path, terminal: MemoryTerminal) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        slip = desk.sold()[0].payments[0].card
        paper = str(desk.paper()[-1].document.to_plain())

        assert slip is not None
        assert (slip.brand, slip.masked_pan) == ("Visa", "411111******1111")
        assert slip.poi_transaction_id
        assert "VISA ************1111" in paper


def test_a_declined_card_leaves_the_basket_to_another_tender(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Fate.DECLINE)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        assert (desk.said, desk.state.cards) == ("card.declined", ())

        desk.pays_cash()
        assert payments_of(desk) == [[("cash", PRICE)]]
        assert charged(terminal) == 0


def test_nothing_is_sold_or_paid_while_the_card_is_waited_for(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Fate.SLOW)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card()
        for wish in (commands.ScanCode(SOCKS), commands.Pay("cash"), commands.Suspend()):
            desk.do(wish)
            assert desk.said == "card.wait"
        assert len(desk.state.basket.lines) == 1


def test_an_abort_is_a_wish_that_the_terminal_may_grant(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Fate.SLOW)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().do(commands.AbortCard()).hears_from_the_terminal()

        assert desk.said == "card.aborted"
        assert charged(terminal) == 0
        assert desk.state.has_basket


def test_an_abort_that_comes_too_late_is_a_paid_sale(home: Path, terminal: MemoryTerminal) -> None:
    terminal.expect(Fate.ABORT_LOSES)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().do(commands.AbortCard()).hears_from_the_terminal()

        assert payments_of(desk) == [[("card", PRICE)]]
        assert charged(terminal) == PRICE


def test_a_part_approved_pays_a_part(home: Path, terminal: MemoryTerminal) -> None:
    terminal.expect(Step(Fate.PARTIAL, kr("500")))
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        assert desk.said == "card.partial"

        desk.pays_cash()
        assert payments_of(desk) == [[("card", kr("500")), ("cash", kr("399"))]]


def test_a_tip_goes_on_the_card_and_is_no_part_of_the_sale(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Step(Fate.TIP, kr("50")))
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()

        assert payments_of(desk) == [[("card", PRICE)]]
        assert charged(terminal) == PRICE + kr("50")
        assert desk.desk.ledger.totals.cards[0].payments.amount_minor == PRICE + kr("50")


def test_cashback_is_handed_out_of_the_drawer(home: Path, terminal: MemoryTerminal) -> None:
    terminal.expect(Step(Fate.CASHBACK, kr("200")))
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()

        assert payments_of(desk) == [[("card", PRICE + kr("200")), ("cash", -kr("200"))]]
        assert (desk.said, desk.values["amount_minor"]) == ("sale.cashback", kr("200"))
        assert desk.hands.pulses == 1
        assert desk.desk.ledger.totals.expected_cash_minor == kr("800")


def test_the_terminal_is_told_before_the_card_how_much_cash_there_is_to_hand_out(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Step(Fate.CASHBACK, kr("1500")))
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_cash("100").pays_card().hears_from_the_terminal()

        assert terminal.paid[0].most_cashback_minor == kr("1100")
        assert (desk.said, desk.values["amount_minor"]) == ("sale.cashback", kr("1100"))
        assert desk.desk.ledger.totals.expected_cash_minor == 0


def test_cashback_that_was_approved_beyond_the_drawer_stands_and_is_told(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Step(Fate.CASHBACK_OVER, kr("1500")))
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()

        assert desk.said == "sale.cashback_short"
        assert (desk.values["amount_minor"], desk.values["due_minor"]) == (kr("1500"), kr("500"))
        assert payments_of(desk) == [[("card", PRICE + kr("1500")), ("cash", -kr("1500"))]]


def test_a_good_signature_completes_the_sale(home: Path, terminal: MemoryTerminal) -> None:
    terminal.expect(Fate.SIGNATURE)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        assert desk.said == "card.signing"
        assert [job.kind for job in desk.paper()] == ["card_slip"]

        desk.do(commands.ConfirmSignature(is_good=True))
        assert payments_of(desk) == [[("card", PRICE)]]


def test_a_wrong_signature_is_reversed(home: Path, terminal: MemoryTerminal) -> None:
    terminal.expect(Fate.SIGNATURE)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        desk.do(commands.ConfirmSignature(is_good=False)).hears_from_the_terminal()

        assert desk.said == "card.reversed"
        assert charged(terminal) == 0
        entry = next(body for body in desk.bodies() if body.kind == EntryKind.CARD_REVERSED)
        assert (entry.payload["reason"], entry.payload["decided_by"]) == ("signature", ANNA)


def test_an_offline_approval_is_flagged_on_the_stores_copy(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Fate.OFFLINE)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        copy = next(job for job in desk.paper() if job.kind == "card_slip")

        assert "OFFLINE" in str(copy.document.to_plain())
        slip = desk.sold()[0].payments[0].card
        assert slip is not None
        assert slip.is_offline


@pytest.mark.parametrize(
    ("fate", "paid"),
    [
        (Fate.LOSE_REPLY, True),
        (Fate.IN_PROGRESS, True),
        (Fate.REBOOT, True),
        (Fate.LATE_REQUEST, True),
        (Fate.BUSY, True),
        (Fate.LOSE_REQUEST, False),
        (Fate.LOSE_DECLINE, False),
        (Fate.ABSENT, False),
    ],
)
def test_whatever_is_lost_on_the_way_the_bank_and_the_receipt_agree(
    home: Path, terminal: MemoryTerminal, fate: Fate, paid: bool
) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SOCKS).pays_card().hears_from_the_terminal()
        before = charged(terminal)
        terminal.expect(fate)
        desk.scans(SHOES).pays_card().hears_from_the_terminal()

        assert charged(terminal) - before == (PRICE if paid else 0)
        assert len(desk.sold()) == (2 if paid else 1)
        assert desk.state.has_basket is not paid


def test_a_terminal_that_lost_its_log_blocks_that_sale_and_no_other(
    home: Path, terminal: MemoryTerminal
) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SOCKS).pays_card().hears_from_the_terminal()
        terminal.expect(Fate.FORGET)
        desk.scans(SHOES).pays_card().hears_until(may_be_set_aside)
        assert desk.said == "card.no_answer"
        desk.do(commands.SetCardAside())
        assert not desk.state.has_basket

        desk.scans(SOCKS).pays_cash()
        assert len(desk.sold()) == 2
        desk.do(commands.CloseDay((("cash", kr("1050")),)))
        assert (desk.said, desk.values["count"]) == ("day.cards_open", 1)


def may_be_set_aside(desk: Desk) -> bool:
    card = desk.state.card
    return card is not None and card.state is CardState.UNKNOWN


def a_sale_set_aside(desk: Desk, terminal: MemoryTerminal) -> str:
    """Shoes paid by a card the terminal forgot; the payment's id."""
    desk.scans(SOCKS).pays_card().hears_from_the_terminal()
    terminal.expect(Fate.FORGET)
    desk.scans(SHOES).pays_card().hears_until(may_be_set_aside).do(commands.SetCardAside())
    return desk.state.cards[0].payment_id


def test_only_a_manager_settles_what_nobody_can_look_up(
    home: Path, terminal: MemoryTerminal
) -> None:
    with at_the_till(home, terminal) as desk:
        payment_id = a_sale_set_aside(desk, terminal)
        desk.do(commands.SettleCard(payment_id, is_paid=True, reason="bank_report"))
        assert desk.state.approval is not None
        desk.approves(MARIA)

        assert payments_of(desk)[-1] == [("card", PRICE)]
        entry = next(body for body in desk.bodies() if body.kind == EntryKind.CARD_SETTLED)
        assert entry.payload["decided_by"] == MARIA
        assert entry.payload["reason"] == "bank_report"
        assert desk.state.cards == ()


def test_what_is_settled_as_not_paid_gives_the_basket_back(
    home: Path, terminal: MemoryTerminal
) -> None:
    with at_the_till(home, terminal) as desk:
        payment_id = a_sale_set_aside(desk, terminal)
        desk.do(commands.SettleCard(payment_id, is_paid=False, reason="bank_report")).approves()

        assert desk.state.basket.remaining_minor == PRICE
        assert desk.state.cards == ()
        desk.pays_cash()
        assert payments_of(desk)[-1] == [("cash", PRICE)]


class GoneAfterPaying(MemoryTerminal):
    """Its first payment is approved, unheard, and then it is away until it comes back."""

    def pay(self, request: CardRequest) -> CardAnswer:
        try:
            return super().pay(request)
        finally:
            if len(self.paid) == 1:
                self.go_away()


def test_a_terminal_that_is_back_tells_what_was_set_aside(home: Path) -> None:
    terminal = GoneAfterPaying()
    terminal.expect(Fate.LOSE_REPLY)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_until(may_be_set_aside)
        desk.do(commands.SetCardAside())
        terminal.come_back()
        # The next payment first asks about everything that is open.
        desk.scans(SOCKS).pays_card().hears_from_the_terminal()
        aside = desk.state.cards[0]
        assert aside.state is CardState.APPROVED

        desk.do(commands.FetchCardSale(aside.payment_id))
        assert payments_of(desk) == [[("card", kr("49,90"))], [("card", PRICE)]]
        assert charged(terminal) == PRICE + kr("49,90")


def test_a_card_payment_taken_back_is_reversed_before_it_leaves_the_basket(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Step(Fate.PARTIAL, kr("500")))
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        desk.do(commands.RemovePayment(0))
        assert len(desk.state.basket.payments) == 1
        desk.hears_from_the_terminal()

        assert not desk.state.basket.payments
        assert charged(terminal) == 0
        assert "payment_removed" in desk.kinds()


def test_a_reversal_that_is_refused_leaves_the_sale_paid(
    home: Path, terminal: MemoryTerminal
) -> None:
    terminal.expect(Step(Fate.PARTIAL, kr("500")), Fate.DECLINE)
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        desk.do(commands.RemovePayment(0)).hears_from_the_terminal()
        assert desk.said == "card.reversal_failed"

        desk.pays_cash()
        assert payments_of(desk) == [[("card", kr("500")), ("cash", kr("399"))]]
        assert charged(terminal) == kr("500")
        assert EntryKind.CARD_REVERSAL_FAILED in desk.kinds()


def test_a_sale_that_gets_no_seal_is_reversed_only_when_the_cashier_says_so(
    home: Path, terminal: MemoryTerminal
) -> None:
    unit = MemoryFiscalUnit()
    with at_the_till(home, terminal, unit) as desk:
        desk.scans(SHOES)
        unit_goes_silent_after_the_check(desk, unit)
        desk.pays_card().hears_from_the_terminal()
        assert desk.state.completing is not None
        assert charged(terminal) == PRICE

        desk.do(commands.AbandonCompletion()).hears_from_the_terminal()
        assert charged(terminal) == 0
        assert desk.state.basket.payments == ()
        assert EntryKind.CARD_REVERSED in desk.kinds()


def unit_goes_silent_after_the_check(desk: Desk, unit: MemoryFiscalUnit) -> None:
    desk.hands.later(unit.go_silent)


def test_a_refund_names_the_card_payment_it_takes_back(
    home: Path, terminal: MemoryTerminal
) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        sold = desk.sold()[0].payments[0].card
        desk.takes_back("1").pays_card().hears_from_the_terminal()

        original = terminal.paid[-1].original
        assert sold is not None
        assert original is not None
        assert original.poi_transaction_id == sold.poi_transaction_id
        assert charged(terminal) == 0
        assert payments_of(desk)[-1] == [("card", -PRICE)]


def test_a_refund_to_a_card_nobody_knows_needs_a_manager(
    home: Path, terminal: MemoryTerminal
) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_cash().takes_back("1").pays_card()
        assert desk.state.approval is not None
        assert desk.state.approval.action == "card_refund"

        desk.approves(MARIA).hears_from_the_terminal()
        assert terminal.paid[-1].original is None
        assert payments_of(desk)[-1] == [("card", -PRICE)]


def test_the_z_compares_the_terminals_sums_with_ours(home: Path, terminal: MemoryTerminal) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        desk.closes(cash="1000").hears_until(lambda desk: not desk.state.day)
        report = desk.reports(EntryKind.Z_REPORT)[-1]

        assert report.terminal == "compared"
        assert [count.differs for count in report.cards] == [False]
        assert EntryKind.CARD_TOTALS_DIFFERED not in desk.kinds()


def test_a_difference_at_the_z_is_printed_and_journalled(
    home: Path, terminal: MemoryTerminal
) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        terminal.put_totals_off_by(kr("10"))
        desk.closes(cash="1000").hears_until(lambda desk: not desk.state.day)

        assert desk.reports(EntryKind.Z_REPORT)[-1].cards[0].difference_minor == kr("10")
        assert EntryKind.CARD_TOTALS_DIFFERED in desk.kinds()
        assert "Enligt terminalen" in str(desk.paper()[-1].document.to_plain())


def test_a_silent_terminal_does_not_hold_the_z(home: Path, terminal: MemoryTerminal) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        terminal.go_away()
        desk.closes(cash="1000").hears_until(lambda desk: not desk.state.day)

        assert desk.reports(EntryKind.Z_REPORT)[-1].terminal == "no_answer"
        assert EntryKind.CARD_TOTALS_DIFFERED in desk.kinds()


def test_the_next_day_begins_with_sums_of_zero(home: Path, terminal: MemoryTerminal) -> None:
    with at_the_till(home, terminal) as desk:
        desk.scans(SHOES).pays_card().hears_from_the_terminal()
        desk.closes(cash="1000").hears_until(lambda desk: not desk.state.is_reconciling)
        desk.opens("1000").scans(SOCKS).pays_card().hears_from_the_terminal()
        desk.closes(cash="1000").hears_until(lambda desk: not desk.state.day)

        assert [count.differs for count in desk.reports(EntryKind.Z_REPORT)[-1].cards] == [False]


def test_without_a_terminal_of_ours_a_card_is_only_written_down(home: Path) -> None:
    with Desk(home) as desk:
        desk.signs_on(ANNA).opens("1000").scans(SHOES).pays_card()

        assert payments_of(desk) == [[("card", PRICE)]]
        assert moves_of(desk) == []
