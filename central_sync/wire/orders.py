"""Orders over HTTP: what a web shop, a till and central say to each other, version 1.

Both speak the same messages on the same paths. The thing to get wrong: amounts are whole
minor units, VAT included, of the whole line; times are ISO 8601 UTC with Z; unknown fields
are ignored, new ones get defaults.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from central_sync.wire.messages import Message, Problem
from central_sync.wire.quotes import (
    LARGEST_ORDER_LINES,
    Identity,
    LineNumber,
    Minor,
    Pieces,
    QuoteReply,
    Text,
    WayOut,
)


class AddressWords(Message):
    """Where to and to whom. Personal data: kept sealed, never on the feed in clear."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    street: Annotated[str, Field(min_length=1, max_length=200)]
    postcode: Annotated[str, Field(min_length=3, max_length=12)]
    town: Annotated[str, Field(min_length=1, max_length=100)]
    country: Annotated[str, Field(min_length=2, max_length=2)] = "SE"
    phone: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[str, Field(max_length=200)] = ""


class OrderPayment(Message):
    """`reference` is the payment provider's; the amount is net of change and rounding."""

    tender_id: Identity
    amount_minor: Minor
    reference: Text = ""


class OrderRequest(Message):
    """The quote, paid. Order lines are the quote's, and its fee as a line of its own.

    `address` is needed when anything ships, otherwise it tells whom to call; `order_id` may
    be the client's own UUIDv7.
    """

    quote_id: Identity
    order_id: Text = ""
    reference: Text = ""
    customer_id: Text = ""
    address: AddressWords | None = None
    payments: list[OrderPayment] = Field(default=[], max_length=20)


class OrderProblem(Problem):
    """The no to an order whose quote has ended or whose goods are gone.

    `alternative` is a new quote of the same cart, held already: order it, or let it go. Its
    lines say what is held and which way; None when nothing of the cart is left.
    """

    alternative: QuoteReply | None = None


class OrderLineView(Message):
    """`pieces` counts by where they are: waiting, planned, offered, claimed, picking, packed,
    on_way, ready, shipped, collected, taken, returned, cancelled."""

    line: int
    sku: str
    name: str
    quantity: int
    mode: Literal["taken", "ship", "collect", "fee"]
    collect_store_id: str = ""
    promise: Literal["taken", "reserved", "intent"]
    promised_by: str = ""
    gross_minor: int
    vat_minor: int
    refunded_minor: int = 0
    escalated: str = ""
    pieces: dict[str, int]


class ParcelView(Message):
    """`store_id` is told inside only until the parcel can be collected there."""

    parcel_id: str
    mode: WayOut
    state: str
    lines: dict[int, int]
    store_id: str = ""
    collect_store_id: str = ""
    tracking: str = ""
    hold_until: str = ""
    epoch: int = 0
    why_sv: str = ""
    why_en: str = ""


class RefundView(Message):
    """Owed until `paid_at`; `shares` are minor units per tender.

    `paid_in` is the store that took the money twice and gives it back itself; "" is the seller.
    """

    refund_key: str
    line: int
    quantity: int
    amount_minor: int
    vat_minor: int
    shares: dict[str, int]
    reason: str
    at: str
    paid_at: str = ""
    paid_in: str = ""


class OrderView(Message):
    """`version` counts the order's events and is its ETag. `state`: open, escalated, done."""

    order_id: str
    number: str
    version: int
    state: Literal["open", "escalated", "done"]
    made: Literal["in_store", "at_distance"]
    store_id: str = ""
    receipt_id: str = ""
    reference: str = ""
    customer_id: str = ""
    placed_at: str
    currency: str
    total_minor: int
    unpaid_minor: int
    lines: list[OrderLineView]
    parcels: list[ParcelView]
    refunds: list[RefundView] = Field(default=[])


class OrderPage(Message):
    """Newest first; `next` is the `before` of the next page, "" at the end."""

    orders: list[OrderView]
    next: str = ""


class OrderEventView(Message):
    """`is` in `fact` names what happened; no personal data."""

    version: int
    at: str
    fact: dict[str, Any]


class OrderEvents(Message):
    order_id: str
    version: int
    events: list[OrderEventView]


class CancelLine(Message):
    line: LineNumber
    quantity: Pieces | None = None


class CancelRequest(Message):
    """No lines: everything that can still be cancelled. A line without quantity: all of it."""

    lines: list[CancelLine] = Field(default=[], max_length=LARGEST_ORDER_LINES)
    reason: Text = "customer"


class Refusal(Message):
    """Why a line did not follow: `key` for programs, `detail` a sentence."""

    line: int
    key: str
    detail: str


class CancelReply(Message):
    """`cancelled` pieces per line took effect; `refused` are packed or delivered: a return."""

    order: OrderView
    cancelled: dict[int, int]
    refused: list[Refusal] = Field(default=[])


class Collected(Message):
    line: LineNumber
    quantity: Pieces


class CollectRequest(Message):
    """No pieces: all of the parcel. `code` is what the customer was sent."""

    parcel_id: Identity
    code: Annotated[str, Field(min_length=4, max_length=12)]
    pieces: list[Collected] = Field(default=[], max_length=LARGEST_ORDER_LINES)


class HoldRequest(Message):
    """`hold_until` a later moment (ISO UTC) until which a parcel waits to be collected."""

    parcel_id: Identity
    hold_until: Annotated[str, Field(min_length=20, max_length=40)]


class ParcelRequest(Message):
    parcel_id: Identity


class ReadyRequest(Message):
    parcel_id: Identity
    shelf_place: Text = ""


class ReturnRequest(Message):
    line: LineNumber
    quantity: Pieces
    store_id: Text = ""
    reason: Text = ""


class RefundPaidRequest(Message):
    refund_key: Identity
    reference: Text = ""


class OfferAnswer(Message):
    """A store's word on a parcel offered to it; `line` and `quantity` for picks and shortages."""

    store_id: Identity
    epoch: Annotated[int, Field(ge=1)]
    reason: Text = ""
    line: int = 0
    quantity: int = 0
    tracking: Text = ""


class WebhookMessage(Message):
    """Body of a webhook; `event_id` comes again when it is sent again. No personal data."""

    event_id: str
    type: str
    at: str
    order_id: str
    number: str
    version: int
    data: dict[str, Any] = Field(default={})


SIGNATURE_HEADER = "Spindel-Signature"
IDEMPOTENCY_HEADER = "Idempotency-Key"
