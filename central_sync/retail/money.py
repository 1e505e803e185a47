"""Whole minor units: dividing, sharing and rounding without losing one.

Pure. Amounts are ints of the currency's smallest unit (öre) and rates are basis
points (2500 is 25 %). The one thing to get wrong here is to divide twice: share
a total out once, by largest remainder, and the parts always sum to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BASIS_POINTS = 10_000
GRAMS_PER_KILOGRAM = 1_000


@dataclass(frozen=True, slots=True)
class Currency:
    """ISO 4217 code, and how small the smallest coin is (100 öre for SEK)."""

    code: str
    minor_digits: int
    smallest_coin_minor: int


SEK = Currency("SEK", minor_digits=2, smallest_coin_minor=100)


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero; symmetric, so refunds mirror sales."""
    assert denominator > 0
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def share_of(amount_minor: int, rate_basis_points: int) -> int:
    """`rate` of `amount`: 10 % off is share_of(amount, 1000)."""
    return divide_half_up(amount_minor * rate_basis_points, BASIS_POINTS)


def allocate(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share a total over weights by largest remainder; ties go to the earliest.

    Works for negative totals by mirroring. All-zero weights can only share zero.
    (Hamilton's method; fiscal-law section 6, E0.)
    """
    assert all(weight >= 0 for weight in weights)
    whole = sum(weights)
    if whole == 0:
        assert total_minor == 0, "nothing to share it over"
        return tuple(0 for _ in weights)
    if total_minor < 0:
        return tuple(-part for part in allocate(-total_minor, weights))
    parts = [total_minor * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda at: (-(total_minor * weights[at] % whole), at)
    )
    for at in by_remainder[: total_minor - sum(parts)]:
        parts[at] += 1
    assert sum(parts) == total_minor
    return tuple(parts)


def share_after(whole_minor: int, taken_before: int, taken_now: int, of: int) -> int:
    """What `taken_now` pieces of `of` are worth, when `taken_before` went already.

    Any sequence of partial takings ends exactly at the whole (fiscal-law E3).
    """
    assert 0 <= taken_before <= taken_before + taken_now <= of
    upto = divide_half_up(whole_minor * (taken_before + taken_now), of)
    return upto - divide_half_up(whole_minor * taken_before, of)


def price_of_weight(price_minor: int, weight_grams: int) -> int:
    """What so many grams cost at a price for one kilogram, halves away from zero."""
    return divide_half_up(price_minor * weight_grams, GRAMS_PER_KILOGRAM)


def round_cash(amount_minor: int, smallest_coin_minor: int) -> int:
    """To the nearest coin, halves away from zero (lag 1970:1029 2 §: 50 öre goes up)."""
    return divide_half_up(amount_minor, smallest_coin_minor) * smallest_coin_minor
