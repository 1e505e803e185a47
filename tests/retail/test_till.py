"""Totals of a day folded from its receipts (fiscal-law R12-R14)."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.item import ItemKind
from central_sync.retail.plain import from_plain, to_plain
from central_sync.retail.tender import Payment, TenderKind
from central_sync.retail.till import (
    CountAndSum,
    GrandTotals,
    TenderCount,
    TillTotals,
    opened,
    with_cash_moved,
    with_receipt,
)
from central_sync.retail.transaction import RetailTransaction
from tests.retail.trade import (
    basket_line,
    card,
    cash,
    closed,
    mixed_basket,
    returned_line,
)


def day(opening_cash_minor: int = 100_000, grand: GrandTotals | None = None) -> TillTotals:
    return opened("2026-11-22", opening_cash_minor, grand or GrandTotals())


def after(*receipts: RetailTransaction, before: TillTotals | None = None) -> TillTotals:
    return reduce(with_receipt, receipts, before or day())


def returned() -> RetailTransaction:
    sale = closed(mixed_basket(), [card(11_810)])
    return closed([returned_line(1, sale.lines[3], sale)], [cash(-4_400)], number=43)


def test_a_new_day_starts_from_zero_but_for_the_grand_totals() -> None:
    totals = day(grand=GrandTotals(500, 100))

    assert (totals.sales_minor, totals.receipts, totals.tenders) == (0, 0, ())
    assert totals.grand.net_minor == 400


def test_change_is_given_from_the_cash_that_was_taken() -> None:
    totals = after(closed(mixed_basket(), [cash(20_000)], change_minor=8_200))

    assert totals.cash_minor == 11_800
    assert totals.expected_cash_minor == 111_800
    assert totals.rounding_minor == -10


def test_cash_moved_by_hand_changes_what_the_drawer_holds_and_no_sale() -> None:
    sold = after(closed(mixed_basket(), [cash(20_000)], change_minor=8_200))

    totals = with_cash_moved(with_cash_moved(sold, 50_000), -30_000)

    assert (totals.expected_cash_minor, totals.fund_minor) == (131_800, 120_000)
    assert (totals.cash_minor, totals.sales_minor) == (sold.cash_minor, sold.sales_minor)
    assert (totals.loans.count, totals.pickups.count, totals.no_sales) == (1, 1, 2)


def test_each_tender_has_its_own_sum_and_count() -> None:
    totals = after(
        closed(mixed_basket(), [card(10_000), cash(1_800)]), closed(mixed_basket(), [card(11_810)])
    )

    assert {t.tender_id: (t.count, t.amount_minor) for t in totals.tenders} == {
        "card": (2, 21_810),
        "cash": (1, 1_800),
    }


def test_a_return_adds_to_returns_and_takes_nothing_from_sales() -> None:
    totals = after(closed(mixed_basket(), [card(11_810)]), returned())

    assert totals.sales == CountAndSum(1, 11_810)
    assert totals.returns == CountAndSum(1, 4_379)
    assert totals.sales_minor == 11_810
    assert totals.grand == GrandTotals(11_810, 4_379)
    assert totals.cash_minor == -4_400


def test_vat_of_a_return_is_taken_from_its_own_rate() -> None:
    totals = after(closed(mixed_basket(), [card(11_810)]), returned())

    assert {g.rate_basis_points: g.vat_minor for g in totals.tax_groups} == {
        2500: 1_248 - 876,
        600: 315,
    }


def test_goods_and_services_are_counted_apart_in_pieces() -> None:
    lines = [
        basket_line(1, "Sko", 100, 3),
        basket_line(2, "Sulning", 100, 2, kind=ItemKind.SERVICE),
        basket_line(3, "Felslagen", 100, 9, is_voided=True),
    ]
    totals = after(closed(lines, [card(500)]))

    assert (totals.goods_count, totals.service_count) == (3, 2)
    assert totals.voided_lines == CountAndSum(1, 900)


def test_goods_taken_back_are_not_counted_as_sold() -> None:
    assert after(returned()).goods_count == 0


def test_discounts_and_price_changes_are_counted_apart() -> None:
    lines = [
        basket_line(1, "Sko", 1_000, discount_minor=100, discount_reason="Medlem"),
        basket_line(2, "Känga", 1_000, unit_price_minor=800, price_reason="Skadad"),
    ]
    totals = after(closed(lines, [card(1_700)]))

    assert totals.discounts == CountAndSum(1, 100)
    assert totals.price_overrides == CountAndSum(1, 200)


def test_a_raised_price_is_no_reduction_of_sales() -> None:
    lines = [basket_line(1, "Sko", 1_000, unit_price_minor=1_200, price_reason="Fel skylt")]
    totals = after(closed(lines, [card(1_200)]))

    assert totals.price_overrides == CountAndSum()


def test_a_voided_line_is_a_positive_amount_also_on_a_return() -> None:
    sale = closed([basket_line(1, "Sko", 500), basket_line(2, "Bok", 300)], [card(800)])
    kept = returned_line(1, sale.lines[0], sale)
    dropped = basket_line(
        2, "Bok", 300, returned=returned_line(2, sale.lines[1], sale).returned, is_voided=True
    )
    totals = after(closed([kept, dropped], [card(-500)]))

    assert totals.voided_lines == CountAndSum(1, 300)


def test_the_day_knows_its_first_and_last_receipt() -> None:
    totals = after(*(closed(mixed_basket(), [card(11_810)], number=n) for n in (7, 8, 9)))

    assert (totals.first_receipt, totals.last_receipt) == ("1-1-7", "1-1-9")


@st.composite
def sales(draw: st.DrawFn) -> RetailTransaction:
    prices = draw(st.lists(st.integers(1, 200_000), min_size=1, max_size=5))
    lines = [basket_line(at, "Sko", price) for at, price in enumerate(prices, start=1)]
    by_card = draw(st.integers(0, sum(prices)))
    rest = Payment("swish", "Swish", TenderKind.MOBILE, sum(prices) - by_card)
    return closed(lines, [card(by_card), rest])


@given(receipts=st.lists(sales(), max_size=12), grand=st.integers(0, 10**9))
def test_a_z_is_the_sum_of_its_receipts(receipts: list[RetailTransaction], grand: int) -> None:
    totals = after(*receipts, before=day(grand=GrandTotals(grand, 0)))
    sold = sum(receipt.total_minor for receipt in receipts)

    assert totals.sales_minor == sold
    assert sum(tender.amount_minor for tender in totals.tenders) == sold
    assert sum(group.gross_minor for group in totals.tax_groups) == sold
    assert totals.grand.sales_minor == grand + sold


@given(receipts=st.lists(sales(), max_size=8), cut=st.integers(0, 8))
def test_grand_totals_go_on_over_the_end_of_a_day(
    receipts: list[RetailTransaction], cut: int
) -> None:
    first = after(*receipts[:cut])
    second = after(*receipts[cut:], before=day(grand=first.grand))

    assert second.grand == after(*receipts).grand


def test_totals_survive_being_written_down() -> None:
    totals = after(closed(mixed_basket(), [cash(20_000)], change_minor=8_200), returned())

    assert from_plain(TillTotals, to_plain(totals)) == totals


def test_a_difference_is_counted_less_expected() -> None:
    assert TenderCount("cash", "Kontant", 5_000, 4_470).difference_minor == -530
