"""What a till asks of orders and receipts of the whole chain, live, while a customer stands there.

Only tills may ask. The thing to get wrong: a refund paid in two stores at once. Central is
the one arbiter: who pays a refund out takes a claim on it first.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from central_sync.wire.messages import Message
from central_sync.wire.quotes import Identity, Text
from central_sync.wire.tasks import OrderSummary, Private


class DeskOrder(Message):
    """An order as any till may see it. `refused` are keys of what tills asked of it lately and
    central refused, the newest first; `contact` is whom it is for."""

    summary: OrderSummary
    state: str
    contact: Private = Private()
    refused: list[str] = Field(default=[])


class DeskOrders(Message):
    """Newest first; `is_more`: others fit too."""

    orders: list[DeskOrder]
    is_more: bool = False


class DeskReceipt(Message):
    """A receipt of any till of the chain. `receipt` is retail.transaction's plain form.

    `returned` is what came back of each line so far, in pieces or grams; `order` the order
    that it made, if it made one.
    """

    receipt: dict[str, Any]
    returned: dict[int, int] = Field(default={})
    order: DeskOrder | None = None


class ClaimRequest(Message):
    """I am about to pay this refund out."""

    order_id: Identity
    refund_key: Annotated[str, Field(min_length=1, max_length=200)]


class RefundClaim(Message):
    """The right of one till to pay a refund out until `until`, with all that its receipt says.

    `amount_minor` is what was paid of it, `shares` how much of that by which tender;
    `receipt_id` and `line` name what is taken back.
    """

    order_id: str
    number: str
    refund_key: str
    line: int
    sku: str
    name: str
    quantity: int
    amount_minor: int
    vat_minor: int
    tax_rate_basis_points: int
    shares: dict[str, int]
    receipt_id: str
    reason: Text = ""
    until: str
