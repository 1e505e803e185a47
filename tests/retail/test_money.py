"""Dividing, sharing and rounding whole minor units (fiscal-law section 6)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.money import (
    allocate,
    divide_half_up,
    round_cash,
    share_after,
    share_of,
)

amounts = st.integers(-10_000_000, 10_000_000)
weights = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=20).filter(any)


@given(numerator=amounts, denominator=st.integers(1, 100_000))
def test_a_quotient_is_never_more_than_half_away_from_the_exact_one(
    numerator: int, denominator: int
) -> None:
    rounded = divide_half_up(numerator, denominator)

    assert abs(Fraction(numerator, denominator) - rounded) <= Fraction(1, 2)


@given(numerator=amounts, denominator=st.integers(1, 100_000))
def test_a_refund_is_rounded_as_the_mirror_of_the_sale(numerator: int, denominator: int) -> None:
    assert divide_half_up(-numerator, denominator) == -divide_half_up(numerator, denominator)


@given(amount=amounts)
def test_half_of_the_smallest_unit_goes_away_from_zero(amount: int) -> None:
    half = divide_half_up(2 * amount + (1 if amount >= 0 else -1), 2)

    assert half == amount + (1 if amount >= 0 else -1)


@given(total=amounts, over=weights)
def test_shares_always_sum_to_the_whole(total: int, over: list[int]) -> None:
    assert sum(allocate(total, over)) == total


@given(total=st.integers(0, 10_000_000), over=weights)
def test_a_share_is_less_than_one_unit_from_its_exact_part(total: int, over: list[int]) -> None:
    for part, weight in zip(allocate(total, over), over, strict=True):
        assert abs(part - Fraction(total * weight, sum(over))) < 1


@given(total=amounts, over=weights)
def test_what_has_no_weight_gets_no_share(total: int, over: list[int]) -> None:
    parts = allocate(total, over)

    assert all(part == 0 for part, weight in zip(parts, over, strict=True) if weight == 0)


@given(total=amounts, over=weights)
def test_sharing_a_refund_mirrors_sharing_the_sale(total: int, over: list[int]) -> None:
    assert allocate(-total, over) == tuple(-part for part in allocate(total, over))


def test_ties_go_to_the_earliest_line() -> None:
    assert allocate(100, [1, 1, 1]) == (34, 33, 33)


def test_a_discount_never_shares_more_than_the_line_is_worth() -> None:
    assert allocate(15_00, [3580, 2490, 1990, 4950]) == (413, 287, 229, 571)


def test_nothing_shared_over_nothing_is_nothing() -> None:
    assert allocate(0, [0, 0]) == (0, 0)


def test_money_shared_over_nothing_is_a_programming_error() -> None:
    with pytest.raises(AssertionError, match="nothing to share"):
        allocate(1, [0, 0])


@given(
    whole=amounts,
    takings=st.lists(st.integers(1, 9), min_size=1, max_size=12),
)
def test_any_sequence_of_partial_takings_ends_exactly_at_the_whole(
    whole: int, takings: list[int]
) -> None:
    of = sum(takings)
    before, refunded = 0, 0
    for now in takings:
        refunded += share_after(whole, before, now, of)
        before += now

    assert refunded == whole


@given(whole=st.integers(0, 10_000_000), of=st.integers(1, 40), data=st.data())
def test_a_partial_taking_never_turns_the_other_way(
    whole: int, of: int, data: st.DataObject
) -> None:
    before = data.draw(st.integers(0, of))
    now = data.draw(st.integers(0, of - before))

    assert 0 <= share_after(whole, before, now, of) <= whole


def test_more_pieces_than_were_sold_can_not_be_taken() -> None:
    with pytest.raises(AssertionError):
        share_after(100, 2, 2, 3)


@pytest.mark.parametrize(
    ("due", "paid"), [(49, 0), (50, 100), (149, 100), (150, 200), (-50, -100), (0, 0), (-49, 0)]
)
def test_cash_is_rounded_to_whole_kronor_halves_away_from_zero(due: int, paid: int) -> None:
    assert round_cash(due, 100) == paid


@given(due=amounts, coin=st.sampled_from([1, 10, 50, 100, 500]))
def test_cash_rounding_is_whole_coins_and_never_more_than_half_a_coin(due: int, coin: int) -> None:
    paid = round_cash(due, coin)

    assert paid % coin == 0
    assert 2 * abs(paid - due) <= coin


@pytest.mark.parametrize(
    ("amount", "rate", "share"),
    [(79_900, 1000, 7_990), (999, 1000, 100), (995, 1000, 100), (994, 1000, 99), (1, 5000, 1)],
)
def test_a_percentage_is_rounded_half_up(amount: int, rate: int, share: int) -> None:
    assert share_of(amount, rate) == share
