"""What may be promised: on hand, less what is held, less what may be gone already.

Pure, whole numbers: demand is in thousandths of a piece per open day, ages in open
seconds, chances in basis points. The thing to get wrong: a flat buffer of one hides half
of a thin chain's stock. The guard is nothing while a figure is fresh and grows with its
age and the item's own demand (order-routing, sections 3 and 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from central_sync.retail.money import BASIS_POINTS

_PRECISION = 10**18


class Band(StrEnum):
    """What a stranger is told instead of a figure."""

    MANY = "many"
    FEW = "few"
    LAST = "last"
    NONE = "none"


class Regime(StrEnum):
    """`VIEW`: promise against the guarded figure. `PLEDGE`: against what the store has lent.

    `ASK_FIRST`: the store answers first.
    """

    VIEW = "view"
    PLEDGE = "pledge"
    ASK_FIRST = "ask_first"


@dataclass(frozen=True, slots=True)
class AvailabilityRule:
    """A chain's settings. `fresh_seconds` is two heartbeats: until then a figure is live."""

    certainty_basis_points: int = 9900
    fresh_seconds: int = 120
    open_day_seconds: int = 36_000
    many_from: int = 6
    ask_first_nil_basis_points: int = 2500
    ask_first_age_seconds: int = 86_400


@dataclass(frozen=True, slots=True)
class Figure:
    """One item in one store as central believes it now.

    `age_seconds` since the store was heard (of the wall), `open_age_seconds` how much of
    that the store was open; `nil_basis_points` the learned chance that a pick finds nothing;
    `minimum` stays for walk-ins. `pledged` is the most that may be held there, None where
    nothing is lent; `is_lent`: the store has agreed and the lease runs, so age does not matter.
    """

    on_hand: int
    reserved: int = 0
    minimum: int = 0
    demand_thousandths: int = 0
    age_seconds: int = 0
    open_age_seconds: int = 0
    nil_basis_points: int = 0
    pledged: int | None = None
    pledge_epoch: int = 0
    is_lent: bool = False


DEFAULT_RULE = AvailabilityRule()


def guard(figure: Figure, rule: AvailabilityRule = DEFAULT_RULE) -> int:
    """Pieces that walk-ins may have taken since the store was last heard."""
    if figure.age_seconds <= rule.fresh_seconds:
        return 0
    return poisson_quantile(
        figure.demand_thousandths * figure.open_age_seconds,
        rule.open_day_seconds * 1000,
        rule.certainty_basis_points,
    )


def available(figure: Figure, rule: AvailabilityRule = DEFAULT_RULE) -> int:
    """Available to promise, in pieces; never below zero."""
    there = figure.on_hand - spare(figure, rule)
    most = there if figure.pledged is None else min(there, figure.pledged)
    return max(0, most - figure.reserved)


def spare(figure: Figure, rule: AvailabilityRule = DEFAULT_RULE) -> int:
    """Pieces that are not promised: for walk-ins, now and since the store was heard.

    None of what is lent: the store keeps that back by itself.
    """
    return 0 if figure.is_lent else figure.minimum + guard(figure, rule)


def network_available(figures: Iterable[Figure], rule: AvailabilityRule = DEFAULT_RULE) -> int:
    """The chain's pieces, each discounted by the chance that it is not there, rounded down."""
    sure = sum(available(f, rule) * (BASIS_POINTS - f.nil_basis_points) for f in figures)
    return sure // BASIS_POINTS


def band_of(quantity: int, rule: AvailabilityRule = DEFAULT_RULE) -> Band:
    if quantity <= 0:
        return Band.NONE
    if quantity == 1:
        return Band.LAST
    return Band.FEW if quantity < rule.many_from else Band.MANY


def regime_of(figure: Figure, rule: AvailabilityRule = DEFAULT_RULE) -> Regime:
    """Ask first for a figure older than a day, and for a last piece that is often not there."""
    if figure.is_lent:
        return Regime.PLEDGE
    is_old = figure.age_seconds > rule.ask_first_age_seconds
    is_last = figure.on_hand - figure.reserved <= 1
    is_doubtful = figure.nil_basis_points >= rule.ask_first_nil_basis_points
    return Regime.ASK_FIRST if is_old or (is_last and is_doubtful) else Regime.VIEW


@lru_cache(maxsize=65_536)
def poisson_quantile(mean: int, per: int, certainty_basis_points: int) -> int:
    """The smallest n with P(Poisson(mean / per) ≤ n) ≥ certainty, in whole numbers.

    Compares the sum of mᵏ/k! up to n with the whole series (eᵐ), so no exponential and no
    float is needed. `certainty_basis_points` below 10,000.
    """
    assert mean >= 0
    assert per > 0
    assert 0 < certainty_basis_points < BASIS_POINTS
    terms = _series(mean, per)
    wanted = sum(terms) * certainty_basis_points
    upto = 0
    for count, term in enumerate(terms):
        upto += term
        if upto * BASIS_POINTS >= wanted:
            return count
    return len(terms)


def _series(mean: int, per: int) -> list[int]:
    """mᵏ/k! for k = 0, 1, … until it no longer matters, scaled to whole numbers."""
    term, terms, count = _PRECISION, [_PRECISION], 0
    while term:
        count += 1
        term = term * mean // (per * count)
        terms.append(term)
    return terms
