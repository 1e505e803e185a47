"""A quote: pieces held for a while, with their price, parcels and promise.

Amounts are whole minor units, VAT included, of the whole line. The thing to get wrong: a
quote is not an order; its pieces are free again at `expires_at`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from central_sync.wire.messages import Message

Text = Annotated[str, Field(max_length=200)]
Identity = Annotated[str, Field(min_length=1, max_length=100)]
Pieces = Annotated[int, Field(ge=1, le=10_000, strict=True)]
Minor = Annotated[int, Field(ge=0, le=10**12, strict=True)]
LineNumber = Annotated[int, Field(ge=1, le=1_000, strict=True)]
WayOut = Literal["ship", "collect"]

LARGEST_ORDER_LINES = 50


class QuoteLine(Message):
    """`gross_minor` is what the line costs the customer; None takes central's own price.

    `line` is the number on the receipt or in the shop's cart.
    """

    line: LineNumber
    sku: Identity
    quantity: Pieces = 1
    mode: WayOut = "ship"
    collect_store_id: Text = ""
    gross_minor: Minor | None = None


class QuoteRequest(Message):
    """A wish to hold pieces while the customer decides; `basket_id` makes a new quote replace
    the basket's earlier one. `without_store_id`: pieces there are not counted (a till whose
    shelf is empty)."""

    lines: list[QuoteLine] = Field(min_length=1, max_length=LARGEST_ORDER_LINES)
    postcode: Text = ""
    basket_id: Text = ""
    max_parcels: int = Field(default=0, ge=0, le=20)
    without_store_id: Text = ""


class QuotedLine(Message):
    """`held` pieces are reserved; `promised_by` is the day by which they come, or are ready."""

    line: int
    sku: str
    name: str
    quantity: int
    held: int
    mode: WayOut
    collect_store_id: str = ""
    gross_minor: int
    vat_minor: int
    tax_rate_basis_points: int
    promised_by: str = ""


class QuotedParcel(Message):
    """`store_id` and the reason are told inside only."""

    parcel_id: str
    mode: WayOut
    lines: list[int]
    promised_by: str
    store_id: str = ""
    why_sv: str = ""
    why_en: str = ""


class Fee(Message):
    """Shipping, VAT included; nothing is charged for what is collected."""

    name: str = ""
    gross_minor: int = 0
    vat_minor: int = 0
    tax_rate_basis_points: int = 0
    tax_group: str = ""


class QuoteReply(Message):
    """`expires_at` moves on while the basket lives (`POST /v1/quotes/{id}/extend`), never past
    `ends_at`. `is_whole` false: some pieces could not be held; `lines` says which."""

    quote_id: str
    at: str
    expires_at: str
    ends_at: str
    currency: str
    is_whole: bool
    lines: list[QuotedLine]
    parcels: list[QuotedParcel]
    fee: Fee = Fee()
    total_minor: int
