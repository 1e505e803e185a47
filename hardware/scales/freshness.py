"""Whether what lies on the scale has been sold already.

Pure. A scale answers with the same weight as long as it is asked; the next item
would be sold by the weight of the last. So a weight that was given arms nothing
until the scale has been seen empty, or with clearly something else on it.
"""

from __future__ import annotations

from hardware.ports import Reason

# Two divisions of an ordinary shop scale: less is a hand on the counter.
CHANGE_GRAMS = 10


class Freshness:
    """`seen` is told every stable gross weight, `taken` the one that was given away."""

    def __init__(self) -> None:
        self._taken_grams: int | None = None

    def seen(self, gross_grams: int) -> None:
        taken = self._taken_grams
        if taken is not None and (gross_grams <= 0 or abs(gross_grams - taken) >= CHANGE_GRAMS):
            self._taken_grams = None

    def taken(self, gross_grams: int) -> None:
        """This weight is an item's now."""
        self._taken_grams = gross_grams

    def refusal(self) -> Reason | None:
        """NOT_MOVED while the goods of the last weighing may still lie there."""
        return None if self._taken_grams is None else Reason.NOT_MOVED
