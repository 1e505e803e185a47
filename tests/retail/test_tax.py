"""VAT per rate group, its split to lines, and rates that have dates (fiscal-law V1, E0, E8)."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.countries.se import SWEDEN
from central_sync.retail.tax import TaxRate, UnknownTaxGroup, rate_on, tax, vat_in

rates = st.sampled_from([0, 600, 1200, 2500])
sold = st.lists(st.tuples(st.integers(0, 1_000_000), rates), max_size=40)


def _per_rate(lines: list[tuple[int, int]], amounts: tuple[int, ...]) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for (_, rate), amount in zip(lines, amounts, strict=True):
        sums[rate] += amount
    return dict(sums)


@given(lines=sold)
def test_vat_of_the_lines_sums_to_vat_of_their_rate(lines: list[tuple[int, int]]) -> None:
    taxed = tax(lines)

    assert _per_rate(lines, taxed.line_vat_minor) == {
        group.rate_basis_points: group.vat_minor for group in taxed.groups
    }


@given(lines=sold)
def test_gross_of_the_groups_sums_to_what_is_paid(lines: list[tuple[int, int]]) -> None:
    taxed = tax(lines)

    assert sum(group.gross_minor for group in taxed.groups) == sum(gross for gross, _ in lines)
    assert all(group.net_minor + group.vat_minor == group.gross_minor for group in taxed.groups)


@given(lines=sold)
def test_a_refund_carries_exactly_the_vat_of_the_sale(lines: list[tuple[int, int]]) -> None:
    refund = tax([(-gross, rate) for gross, rate in lines])

    assert refund.line_vat_minor == tuple(-vat for vat in tax(lines).line_vat_minor)


@given(lines=sold, data=st.data())
def test_the_order_of_lines_does_not_change_vat_per_rate(
    lines: list[tuple[int, int]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(lines))

    assert tax(shuffled).groups == tax(lines).groups


@given(gross=st.integers(-10_000_000, 10_000_000), rate=rates)
def test_vat_is_the_exact_share_of_gross_rounded_half_away_from_zero(gross: int, rate: int) -> None:
    exact = Fraction(abs(gross) * rate, 10_000 + rate)

    assert abs(vat_in(gross, rate)) == int(exact + Fraction(1, 2))
    assert vat_in(gross, rate) * gross >= 0


def test_groups_stand_highest_rate_first() -> None:
    groups = tax([(100, 0), (100, 2500), (100, 600)]).groups

    assert [group.rate_basis_points for group in groups] == [2500, 600, 0]


@pytest.mark.parametrize(
    ("day", "rate"),
    [("2026-03-31", 1200), ("2026-04-01", 600), ("2027-12-31", 600), ("2028-01-01", 1200)],
)
def test_food_has_the_rate_of_its_business_day(day: str, rate: int) -> None:
    assert rate_on(SWEDEN.tax_rates, "food", day) == rate


@given(day=st.dates().map(lambda day: day.isoformat()), order=st.permutations(SWEDEN.tax_rates))
def test_the_order_of_a_rate_table_means_nothing(day: str, order: list[TaxRate]) -> None:
    known = [rate for rate in order if rate.group == "food" and rate.valid_from <= day]
    if not known:
        with pytest.raises(UnknownTaxGroup):
            rate_on(order, "food", day)
        return

    assert rate_on(order, "food", day) == rate_on(SWEDEN.tax_rates, "food", day)


def test_an_item_whose_group_has_no_rate_can_not_be_sold() -> None:
    with pytest.raises(UnknownTaxGroup):
        rate_on(SWEDEN.tax_rates, "no-such-group", "2026-11-22")
