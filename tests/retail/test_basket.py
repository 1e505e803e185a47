"""The open basket: sums, discounts and what is left to pay."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.basket import Basket, BasketLine, basket_tax
from central_sync.retail.money import share_after
from tests.retail.trade import basket_line, card, cash, closed, returned_line

lines = st.builds(
    basket_line,
    line=st.integers(1, 99),
    name=st.just("Sko"),
    price_minor=st.integers(0, 500_000),
    quantity=st.integers(1, 50),
    rate_basis_points=st.sampled_from([0, 600, 1200, 2500]),
    unit_price_minor=st.integers(0, 500_000),
    discount_basis_points=st.sampled_from([0, 1, 500, 3_333, 10_000]),
    discount_minor=st.integers(0, 1_000_000),
    is_voided=st.booleans(),
)
baskets = st.lists(lines, max_size=30).map(lambda drawn: Basket("b", tuple(drawn)))


@given(line=lines)
def test_a_discount_is_never_more_than_the_line(line: BasketLine) -> None:
    assert 0 <= line.saved_minor <= line.before_discount_minor
    assert line.gross_minor >= 0


@given(line=lines)
def test_modifiers_explain_the_whole_way_from_shelf_price_to_amount(line: BasketLine) -> None:
    live = replace(line, is_voided=False)
    explained = sum(modifier.amount_minor for modifier in live.modifiers())

    assert live.quantity * live.list_price_minor - explained == live.gross_minor


@given(basket=baskets)
def test_the_total_is_the_sum_of_live_lines_and_taxed_in_full(basket: Basket) -> None:
    taxed = basket_tax(basket.live)

    assert basket.total_minor == sum(line.gross_minor for line in basket.live)
    assert sum(group.gross_minor for group in taxed.groups) == basket.total_minor
    assert sum(taxed.line_vat_minor) == taxed.vat_minor


def test_a_voided_line_stays_in_the_basket_and_counts_nothing() -> None:
    basket = Basket("b", (basket_line(1, "Sko", 100), basket_line(2, "Bok", 200, is_voided=True)))

    assert basket.total_minor == 100
    assert [line.line for line in basket.live] == [1]
    assert basket.find(2) is not None


def test_what_is_left_is_the_total_less_what_was_paid() -> None:
    basket = Basket("b", (basket_line(1, "Sko", 50_000),), (card(20_000), cash(10_000)))

    assert basket.remaining_minor == 20_000
    assert basket.has_cash


def test_a_basket_whose_return_was_voided_is_no_return() -> None:
    sale = closed([basket_line(1, "Sko", 50_000)], [card(50_000)])
    back = returned_line(1, sale.lines[0], sale)

    assert Basket("r", (back,)).is_return
    assert not Basket("r", (replace(back, is_voided=True),)).is_return


@given(drawn=st.lists(lines, min_size=1, max_size=6), data=st.data())
def test_returning_piece_by_piece_ends_exactly_at_the_sale(
    drawn: list[BasketLine], data: st.DataObject
) -> None:
    """fiscal-law E3: gross and VAT of every line, in any steps."""
    sold = [replace(row, line=at, is_voided=False) for at, row in enumerate(drawn, start=1)]
    sale = closed(sold, [card(sum(row.gross_minor for row in sold))])
    for line in sale.lines:
        taken, gross, vat = 0, 0, 0
        while taken < line.quantity:
            now = data.draw(st.integers(1, line.quantity - taken))
            gross += share_after(line.gross_minor, taken, now, line.quantity)
            vat += share_after(line.vat_minor, taken, now, line.quantity)
            taken += now

        assert (gross, vat) == (line.gross_minor, line.vat_minor)
