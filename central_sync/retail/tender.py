"""Means of payment as data, and what is due in each of them.

Pure. Cash alone is rounded, and only the part that is left when everything else
has been paid (fiscal-law V2, E1). Change is given on cash alone, so a card may
never pay more than is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from central_sync.retail.money import round_cash


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    MOBILE = "mobile"
    VOUCHER = "voucher"


@dataclass(frozen=True, slots=True)
class Tender:
    """One means of payment. `is_recorded`: taken outside us and only written down."""

    tender_id: str
    name: str
    kind: TenderKind
    is_recorded: bool = True
    opens_drawer: bool = False

    @property
    def gives_change(self) -> bool:
        return self.kind is TenderKind.CASH


@dataclass(frozen=True, slots=True)
class Payment:
    """One use of a tender. Positive in, negative out (a refund); change is not in it."""

    tender_id: str
    name: str
    kind: TenderKind
    amount_minor: int
    reference: str = ""


def due_in(tender: Tender, remaining_minor: int, smallest_coin_minor: int) -> int:
    """What has to be handed over to settle the rest with this tender alone."""
    if tender.kind is TenderKind.CASH:
        return round_cash(remaining_minor, smallest_coin_minor)
    return remaining_minor
