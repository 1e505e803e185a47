"""What a store's screen is told of orders: bodies of the feed's `task` and `customer_order` rows.

Central writes them, the till reads them. `body` is in clear and holds no personal data;
`sealed` is AES-GCM under the store's key. The thing to get wrong: a task is a view of a
parcel for one store; the till answers by parcel and epoch (EntryKind.ORDER_COMMAND), never
by changing the task.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pydantic import Field

from central_sync.wire.messages import Message


class TaskKind(StrEnum):
    """`REFUND`: money that this store owes a customer, by a return receipt that names the
    refund's key."""

    PICK = "pick"
    COLLECT = "collect"
    PUT_BACK = "put_back"
    CALL_CUSTOMER = "call_customer"
    COUNT = "count"
    RECEIVE = "receive"
    TRANSFER_IN = "transfer_in"
    REFUND = "refund"


class TaskState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PACKED = "packed"
    READY = "ready"
    DONE = "done"
    CANCELLED = "cancelled"


class TaskLine(Message):
    """`picked` of `quantity` were found; `short` were not there. `shelf` is the item's place."""

    line: int
    sku: str
    name: str
    quantity: int
    picked: int = 0
    short: int = 0
    collected: int = 0
    unpaid_minor: int = 0
    model: str = ""
    colour: str = ""
    size: str = ""
    shelf: str = ""
    gtin: str = ""


class TaskBody(Message):
    """`mode` is ship or collect, `collect_store_id` where; `round` of the offer (1, 2, 3).

    `claimed_epoch` is the epoch that this store's claim would give (a store that takes over
    another's parcel makes a new one); 0 means `epoch`.

    `code_hash` is `hash_of_code`. `labels` are ParcelLabels as JSON, sealed like a row's
    `sealed` but about `labels_about`: a carrier's label names its receiver. For a refund
    `refund_key`, `amount_minor` and `receipt_id` say what to pay back and of which receipt,
    `shares` how much to which tender.
    """

    order_id: str = ""
    number: str = ""
    parcel_id: str = ""
    epoch: int = 0
    claimed_epoch: int = 0
    round: int = 0
    mode: str = ""
    collect_store_id: str = ""
    collect_store_name: str = ""
    lines: list[TaskLine] = Field(default=[])
    why_sv: str = ""
    why_en: str = ""
    reason: str = ""
    shelf_place: str = ""
    hold_until: str = ""
    code_hash: str = ""
    tracking: str = ""
    labels: str = ""
    refund_key: str = ""
    amount_minor: int = 0
    receipt_id: str = ""
    receipt_number: str = ""
    placed_at: str = ""
    shares: dict[str, int] = Field(default={})


class Private(Message):
    """What `sealed` holds, as JSON: whom the goods are for and how to reach them."""

    name: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


class ParcelLabels(Message):
    """What a parcel is labelled with. `label` and `return_label` are whole ZPL formats of the
    carrier's, "" when it gave none; receivers are address lines, for printers without ZPL."""

    tracking: str
    label: str = ""
    sender: list[str] = Field(default=[])
    receiver: list[str] = Field(default=[])
    return_tracking: str = ""
    return_label: str = ""


class OrderSummaryLine(Message):
    """`state` is where its pieces are, in one word; `quantity` less what was given back.

    `pieces` counts them by where they are, as OrderLineView's; `of` is the quantity ordered.
    `answer_by` is when a wish has its answer or its money goes back. `instead_of` is the line
    that this one replaces; such a line is on no receipt, so its `vat_minor` is told here.
    """

    line: int
    sku: str
    name: str
    quantity: int
    mode: str
    state: str
    promise: str = ""
    promised_by: str = ""
    gross_minor: int = 0
    parcel_id: str = ""
    of: int = 0
    pieces: dict[str, int] = Field(default={})
    unpaid_minor: int = 0
    collect_store_id: str = ""
    collect_store_name: str = ""
    answer_by: str = ""
    escalated: str = ""
    instead_of: int = 0
    vat_minor: int = 0


class OrderSummaryParcel(Message):
    """`lines` are (line, quantity) as a mapping; why this store, in a sentence."""

    parcel_id: str
    mode: str
    state: str
    lines: dict[int, int]
    store_id: str = ""
    store_name: str = ""
    collect_store_name: str = ""
    tracking: str = ""
    shelf_place: str = ""
    hold_until: str = ""
    why_sv: str = ""
    why_en: str = ""


class OrderSummaryRefund(Message):
    """Money that was or is to be given back; `shares` are minor units per tender."""

    refund_key: str
    line: int
    quantity: int
    amount_minor: int
    shares: dict[str, int] = Field(default={})
    reason: str = ""
    paid_at: str = ""


class OrderSummary(Message):
    """Body of a `customer_order` row: an order sold by this store, or to be collected here."""

    order_id: str
    number: str
    version: int
    made: str
    store_id: str
    receipt_id: str
    customer_id: str
    placed_at: str
    total_minor: int
    unpaid_minor: int
    refunds_due_minor: int = 0
    lines: list[OrderSummaryLine] = Field(default=[])
    parcels: list[OrderSummaryParcel] = Field(default=[])
    refunds: list[OrderSummaryRefund] = Field(default=[])
    store_name: str = ""
    has_address: bool = False


def labels_about(parcel_id: str) -> str:
    """What a parcel's sealed labels are about."""
    return f"labels/{parcel_id}"


def hash_of_code(parcel_id: str, code: str) -> str:
    """How a till without network knows the customer's code: SHA-256 over parcel and code."""
    plain = "".join(code.split()).upper()
    return hashlib.sha256(f"{parcel_id}/{plain}".encode()).hexdigest()
