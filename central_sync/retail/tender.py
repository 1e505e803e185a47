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
    """`EXCHANGE` is a return set off against a sale of the same visit: no money moves. `CLAIM`
    is what a return still owes the customer: central pays it back when it has seen the sale."""

    CASH = "cash"
    CARD = "card"
    MOBILE = "mobile"
    VOUCHER = "voucher"
    EXCHANGE = "exchange"
    CLAIM = "claim"


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
class CardSlip:
    """What a card terminal said about one payment, as it stands in the receipt.

    `payment_id` is the card payment's own. `tip_minor` went on the card beside the sale and
    is no part of it; `cashback_minor` was handed out in cash. `poi_transaction_id` and
    `poi_at` are what a linked refund names. `is_settled`: a person decided that it is paid.
    """

    payment_id: str
    brand: str = ""
    masked_pan: str = ""
    authorisation_code: str = ""
    poi_transaction_id: str = ""
    poi_at: str = ""
    tip_minor: int = 0
    cashback_minor: int = 0
    is_offline: bool = False
    is_settled: bool = False
    cardholder_receipt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """One use of a tender. Positive in, negative out (a refund); change is not in it.

    `card` is there when a terminal of ours took it, on the card part and on its cashback.
    """

    tender_id: str
    name: str
    kind: TenderKind
    amount_minor: int
    reference: str = ""
    card: CardSlip | None = None


def due_in(tender: Tender, remaining_minor: int, smallest_coin_minor: int) -> int:
    """What has to be handed over to settle the rest with this tender alone."""
    if tender.kind is TenderKind.CASH:
        return round_cash(remaining_minor, smallest_coin_minor)
    return remaining_minor
