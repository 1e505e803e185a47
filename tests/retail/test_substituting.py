"""Another item instead of one that cannot come: what it costs, what goes back, and once only."""

from __future__ import annotations

import pytest

from central_sync.retail.orders import Mode, OrderRefused, Parcel, ParcelLine, Promise, commands
from tests.retail.ordering import Desk, asked, order_line

UNTIL = "2026-11-23T13:00:00.000Z"
OTHER = commands.SubstituteLine(1, "SKU-B", "Vara B", 79_900, 2500, UNTIL)


def ordered(*, quantity: int = 1, gross: int = 89_900) -> Desk:
    desk = Desk()
    order = asked(order_line(1, Mode.SHIP, quantity, gross), order_line(9, Mode.FEE, 1, 4_900))
    desk.do(commands.PlaceOrder(order, (("card", 50_000), ("cash", order.total_minor - 50_000))))
    return desk


def test_a_cheaper_item_is_paid_with_the_same_money_and_the_rest_goes_back() -> None:
    desk = ordered()
    desk.do(OTHER)

    old, fee, new = desk.order.lines
    [refund] = desk.order.refunds
    assert (new.line, new.sku, new.mode, new.promise) == (10, "SKU-B", Mode.SHIP, Promise.INTENT)
    assert (new.gross_minor, new.instead_of, new.answer_by) == (79_900, 1, UNTIL)
    assert (old.cancelled, old.shares, fee.cancelled) == (1, (), 0)
    assert refund.amount_minor == 10_000
    assert sum(share.amount_minor for share in refund.to_pay_back) == 10_000
    by_tender = {
        tender: sum(
            s.amount_minor
            for row in (new.shares, fee.shares, refund.to_pay_back)
            for s in row
            if s.tender_id == tender
        )
        for tender in ("card", "cash")
    }
    assert by_tender == {"card": 50_000, "cash": 44_800}


def test_tax_of_what_comes_and_of_what_goes_back_is_the_tax_that_was_paid() -> None:
    desk = ordered(quantity=3, gross=100_001)
    desk.do(commands.SubstituteLine(1, "SKU-B", "Vara B", 29_999, 2500, UNTIL))

    [refund] = desk.order.refunds
    new = desk.order.lines[-1]
    assert refund.amount_minor == 100_001 - 3 * 29_999
    left = round(refund.vat_minor * refund.amount_minor / 100_001)
    assert new.vat_minor + left == 20_000


def test_an_item_of_the_same_price_owes_nothing() -> None:
    desk = ordered()
    desk.do(commands.SubstituteLine(1, "SKU-B", "Vara B", 89_900, 2500, UNTIL))

    [refund] = desk.order.refunds
    assert refund.amount_minor == 0
    assert refund.paid_at


def test_the_same_answer_twice_replaces_once() -> None:
    desk = ordered()
    desk.do(OTHER)
    desk.do(OTHER)

    assert [line.line for line in desk.order.lines] == [1, 9, 10]
    assert len(desk.order.refunds) == 1


def test_what_a_store_had_taken_on_is_let_go_for_the_other_item() -> None:
    desk = ordered()
    desk.do(commands.PlanParcels((Parcel("p1", "s02", Mode.SHIP, (ParcelLine(1, "SKU-1", 1),)),)))
    desk.do(OTHER)

    assert desk.order.parcels[0].state == "cancelled"
    assert sum(desk.stock.reserved().values()) == 0


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (commands.SubstituteLine(1, "SKU-B", "B", 89_901, 2500, UNTIL), "order.dearer"),
        (commands.SubstituteLine(1, "SKU-B", "B", 79_900, 1200, UNTIL), "order.other_tax"),
        (commands.SubstituteLine(1, "SKU-1", "B", 79_900, 2500, UNTIL), "order.unsound_line"),
        (commands.SubstituteLine(9, "SKU-B", "B", 100, 2500, UNTIL), "order.packed_already"),
    ],
)
def test_what_cannot_replace_a_line_is_refused(command: commands.SubstituteLine, why: str) -> None:
    with pytest.raises(OrderRefused) as refusal:
        ordered().do(command)
    assert refusal.value.key == why


def test_another_item_after_the_other_is_refused() -> None:
    desk = ordered()
    desk.do(OTHER)
    with pytest.raises(OrderRefused) as refusal:
        desk.do(commands.SubstituteLine(1, "SKU-C", "Vara C", 100, 2500, UNTIL))
    assert refusal.value.key == "order.substituted_already"
