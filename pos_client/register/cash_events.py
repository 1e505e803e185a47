"""What happened to the drawer's cash beside sales; a part of `events`, where all are named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Put in (a loan) where `amount_minor` is positive, taken out (a pickup) where negative."""

    amount_minor: int
    reason: str
    approved_by: str = ""

    @property
    def is_loan(self) -> bool:
        return self.amount_minor > 0
