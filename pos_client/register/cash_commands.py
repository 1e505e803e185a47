"""Cash put into the drawer or taken out of it during the day, with no sale (ARTS: loan, pickup); a
part of `commands`. `reason` is a key of View.setup, or what a person typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loan:
    """More change into the drawer (påfyllnad av växelkassan)."""

    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Pickup:
    """Cash out of the drawer (uttag): to the safe, to the bank, for an expense."""

    amount_minor: int
    reason: str
