"""Chances of walk-in demand, for many records at once.

Poisson sums by recurrence, no special functions. The thing to get wrong: these are inputs
of a decision, rounded to whole basis points and pieces before anything is compared.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OPEN_DAY_SECONDS = 36_000
_CERTAINTY = 0.99
_MOST = 200


def missed(left: Ints, expected: Floats, quantity: int) -> Ints:
    """Pieces (in 1/10,000) that walk-ins are likely to miss when `quantity` of `left` go.

    Σ over the taken pieces of P(Poisson(expected) ≥ what is left before each).
    """
    shape = np.zeros(len(left))
    if not len(left):
        return shape.astype(np.int64)
    term = np.exp(-expected)
    below = shape.copy()
    for count in range(min(_MOST, int(left.max()))):
        below += term
        term = term * expected / (count + 1)
        # below = P(D ≤ count); the piece with count + 1 left is missed with 1 - below.
        taken = (left - quantity <= count) & (count < left)
        shape += np.where(taken, 1 - below, 0.0)
    found: Ints = np.rint(np.clip(shape, 0.0, quantity) * 10_000).astype(np.int64)
    return found


def missed_one(left: int, expected: float) -> int:
    """The same for one piece of one record, for the figure that has just changed."""
    if left > _MOST:
        return 0
    term = below = math.exp(-expected)
    for count in range(1, left):
        term *= expected / count
        below += term
    return min(10_000, max(0, round((1 - below) * 10_000)))


def guards(demand_per_day: Floats, age_seconds: Floats, fresh_seconds: int) -> Ints:
    """Pieces that may be gone since each store was heard; none where the figure is fresh.

    The age is taken as open time, a day has ten hours of it: a silent store is assumed open.
    """
    days = np.minimum(age_seconds / OPEN_DAY_SECONDS, 30.0)
    expected = np.where(age_seconds > fresh_seconds, demand_per_day * days, 0.0)
    quantile = np.zeros(len(expected), dtype=np.int64)
    term = np.exp(-expected)
    upto = term.copy()
    for count in range(1, _MOST):
        short = upto < _CERTAINTY
        if not short.any():
            break
        quantile[short] = count
        term = term * expected / count
        upto = upto + term
    return quantile
