"""What can be asked about lines that come later, and what central answers about them.

Pure; a part of `commands`, where all of them are named. The thing to get wrong: letting a
client say what central alone can; see `OF_CENTRAL`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line that comes later. `mode` is ship or collect; the store is where it is collected."""

    sku: str
    mode: str
    quantity: int = 1
    collect_store_id: str = ""
    collect_store_name: str = ""


@dataclass(frozen=True, slots=True)
class GiveAddress:
    """Whom the order is for, and where to. Personal data: kept sealed, never journalled."""

    name: str
    phone: str = ""
    email: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True)
class RenewQuote:
    """From the checkout alone: the basket is still open, so what is held is held on."""


@dataclass(frozen=True, slots=True)
class QuotedPieces:
    line: int
    held: int
    promised_by: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """Central's answer, from the checkout alone. The fee is for the whole order, VAT included."""

    ask_id: str
    quote_id: str
    expires_at: str
    lines: tuple[QuotedPieces, ...]
    fee_name: str = ""
    fee_minor: int = 0
    fee_rate_basis_points: int = 0


@dataclass(frozen=True, slots=True)
class QuoteFailed:
    """Central did not answer in its time, or `is_refused`; from the checkout alone."""

    ask_id: str
    is_refused: bool = False


OrderWish = OrderItem | GiveAddress | RenewQuote | Quoted | QuoteFailed

OF_CENTRAL = (RenewQuote, Quoted, QuoteFailed)
"""No client may say these."""
