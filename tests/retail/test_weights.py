"""Goods by weight, labels that hold a price, and deposits: to the öre, and back again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.basket import Basket, BasketLine, basket_tax
from central_sync.retail.money import price_of_weight, share_after
from central_sync.retail.plain import from_plain, to_plain
from central_sync.retail.tax import TaxGroupTotal, vat_in
from central_sync.retail.transaction import LineItem
from tests.retail.trade import basket_line


def weighed(line: int, price: int, grams: int, rate: int = 600) -> BasketLine:
    return replace(basket_line(line, "Lösgodis", price, 1, rate), weight_grams=grams)


def slip(line: int, amount: int, rate: int) -> BasketLine:
    return replace(basket_line(line, "Pant", -amount, 1, rate), deposit_slip="98")


@pytest.mark.parametrize(
    ("price", "grams", "amount"),
    [
        (19900, 452, 8995),
        (19900, 1000, 19900),
        (100, 5, 1),
        (100, 4, 0),
        (9990, 1, 10),
        (3, 500, 2),
    ],
)
def test_a_weighed_line_is_price_by_kilogram_rounded_half_up(
    price: int, grams: int, amount: int
) -> None:
    assert price_of_weight(price, grams) == amount
    assert weighed(1, price, grams).gross_minor == (amount if grams else 0)


@given(st.integers(1, 500_000), st.integers(1, 30_000), st.integers(0, 10_000))
def test_discount_and_rest_of_a_weighed_line_make_the_whole(
    price: int, grams: int, basis_points: int
) -> None:
    line = replace(weighed(1, price, grams), discount_basis_points=basis_points)

    assert line.gross_minor + line.saved_minor == price_of_weight(price, grams)
    assert 0 <= line.saved_minor <= line.before_discount_minor


@given(st.integers(0, 10**6), st.lists(st.integers(1, 3_000), min_size=1, max_size=6))
def test_weights_taken_back_in_parts_end_at_what_was_paid(gross: int, parts: list[int]) -> None:
    whole, before, given_back = sum(parts), 0, 0
    for part in parts:
        given_back += share_after(gross, before, part, whole)
        before += part

    assert given_back == gross


def test_a_changed_price_is_for_the_kilogram() -> None:
    line = replace(weighed(1, 19900, 500), unit_price_minor=9900, price_reason="damaged")

    assert [(m.kind, m.amount_minor) for m in line.modifiers()] == [("override", 5000)]


def test_e5_a_deposit_reverses_vat_at_its_own_rates() -> None:
    taxed = basket_tax([slip(1, 1600, 600), slip(2, 600, 2500)])

    assert taxed.line_vat_minor == (-91, -120)
    assert taxed.groups == (TaxGroupTotal(2500, -600, -120), TaxGroupTotal(600, -1600, -91))


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=8),
    st.lists(st.integers(1, 99_990), min_size=1, max_size=3),
    st.sampled_from([600, 1200, 2500]),
)
def test_a_deposit_among_goods_is_taxed_as_it_would_be_alone(
    sold: list[int], deposits: list[int], rate: int
) -> None:
    lines = [basket_line(at, "x", price, 1, rate) for at, price in enumerate(sold, 1)]
    slips = [slip(100 + at, amount, rate) for at, amount in enumerate(deposits)]
    taxed = basket_tax([*lines, *slips])

    assert taxed.groups == (
        TaxGroupTotal(
            rate, sum(sold) - sum(deposits), vat_in(sum(sold), rate) + vat_in(-sum(deposits), rate)
        ),
    )
    assert sum(taxed.line_vat_minor) == taxed.vat_minor
    assert sum(taxed.line_vat_minor[len(lines) :]) == vat_in(-sum(deposits), rate)


def test_a_deposit_alone_pays_out_and_among_goods_does_not_make_a_return() -> None:
    alone = Basket("b", (slip(1, 200, 600),))
    among = Basket("b", (basket_line(1, "Sko", 900, 1, 2500), slip(2, 200, 600)))

    assert (alone.only_pays_out, alone.total_minor) == (True, -200)
    assert (among.only_pays_out, among.is_return, among.total_minor) == (False, False, 700)


def test_a_line_from_before_weights_reads_as_one_by_the_piece() -> None:
    new = [f for f in LineItem.__dataclass_fields__ if f.startswith(("weight", "lot", "deposit"))]
    plain = to_plain(a_sold_line())
    older = {name: value for name, value in plain.items() if name not in new}

    assert from_plain(LineItem, older) == a_sold_line()


def test_a_line_with_fields_of_a_newer_till_is_still_read() -> None:
    plain = {**to_plain(a_sold_line()), "colour_of_the_box": "blue"}

    assert from_plain(LineItem, plain) == a_sold_line()


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        ({}, 3),
        ({"quantity": 1, "weight_grams": 452}, 452),
        ({"quantity": -1, "weight_grams": -200}, -200),
        ({"quantity": 2, "content_grams": 250, "is_label_price": True}, 500),
    ],
)
def test_stock_moves_by_grams_where_goods_go_by_weight(changes: dict[str, Any], moved: int) -> None:
    assert replace(a_sold_line(), **changes).moved == moved


def a_sold_line() -> LineItem:
    line = basket_line(1, "Strumpa", 4990, 3, 2500)
    return LineItem(1, line.sku, line.name, "", line.kind, 3, 4990, 4990, 14970, 2994, 2500)
