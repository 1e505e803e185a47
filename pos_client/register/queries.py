"""What a client may ask without changing anything, and what it gets.

Pure. Answered by a reader thread of the core, so that a search never makes a
scan wait; the newest search wins and an older one is answered with None.
"""

from __future__ import annotations

from dataclasses import dataclass

from central_sync.retail.plain import tagged_reader
from pos_client.register.desk_orders import DeskOrder
from pos_client.register.goods_list import Delivery
from pos_client.register.stock_queries import AskStock, ChainStock, LookUpModel, Model


@dataclass(frozen=True, slots=True)
class Search:
    """Items by words of the name, SKU, or part of a GTIN; at most `limit`."""

    text: str
    limit: int = 30


@dataclass(frozen=True, slots=True)
class FindCustomers:
    """Customers by phone, e-mail, member number or the beginnings of a name: the chain's while
    central answers in its time, else the store's own."""

    text: str
    limit: int = 20


@dataclass(frozen=True, slots=True)
class FindLikely:
    """Who has one of these already. A name is not asked for: it tells nobody apart."""

    phone: str = ""
    email: str = ""
    member_number: str = ""


@dataclass(frozen=True, slots=True)
class LookUpCustomer:
    """One customer, with orders and purchases."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """Personal data: shown, and kept nowhere."""

    customer_id: str
    name: str
    phone: str = ""
    email: str = ""
    member_number: str = ""
    postcode: str = ""
    town: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class FoundCustomers:
    """`is_live`: central answered; else these are the ones known in this store, as they were
    so many seconds ago (None: never told). `is_more`: others fit too."""

    customers: tuple[FoundCustomer, ...]
    is_live: bool = False
    is_more: bool = False
    age_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class PurchaseView:
    """A receipt that names the customer. `at` is ISO 8601 with its zone."""

    receipt_number: str
    at: str
    kind: str
    total_minor: int
    store: str = ""


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """`state` is where its pieces are, in a word of retail.orders (waiting, packed, ready …)."""

    name: str
    quantity: int
    mode: str
    state: str
    promised_by: str = ""
    gross_minor: int = 0


@dataclass(frozen=True, slots=True)
class CustomersOrderView:
    """`state` is open, escalated (a person at central has to look) or done."""

    order_id: str
    number: str
    state: str
    placed_at: str
    total_minor: int
    unpaid_minor: int = 0
    store: str = ""
    lines: tuple[OrderedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """Personal data: shown, and kept nowhere. Orders: those not done first.

    `is_live`: of all channels, from central. Else what this till sold and what this store was
    told of, so many seconds ago.
    """

    customer: FoundCustomer
    orders: tuple[CustomersOrderView, ...] = ()
    purchases: tuple[PurchaseView, ...] = ()
    likely: tuple[FoundCustomer, ...] = ()
    is_live: bool = False
    age_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class FindReceipt:
    """A receipt by its printed number, or of this till only its last part. Those of other tills
    are found while central answers."""

    receipt_number: str


@dataclass(frozen=True, slots=True)
class FindOrders:
    """Orders of the whole chain by number, receipt, phone, e-mail, member number or name."""

    text: str


@dataclass(frozen=True, slots=True)
class FoundOrders:
    """`is_live`: central was asked; else what this store was told of, so many seconds ago."""

    orders: tuple[DeskOrder, ...]
    is_more: bool = False
    is_live: bool = False
    age_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimRefund:
    """Ask central whether this till may pay a refund out now."""

    order_id: str
    refund_key: str


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """`problem` is "" when it may; else "away", or "refused" with central's own words."""

    refund_key: str
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ListReceipts:
    """The newest receipts of this till."""

    limit: int = 20


@dataclass(frozen=True, slots=True)
class PreviewReport:
    """X or Z ("x", "z") as it would be printed now; nothing is journalled."""

    kind: str


@dataclass(frozen=True, slots=True)
class PrintLabel:
    """Print a price label of the item with this code or SKU; changes nothing that is kept."""

    code: str
    copies: int = 1


@dataclass(frozen=True, slots=True)
class ListDeliveries:
    """The newest deliveries that this till has received."""

    limit: int = 20


@dataclass(frozen=True, slots=True)
class DeliveryList:
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class LabelAnswer:
    """`problem` is "" when it was printed; else "unknown", "open_price", or a device's word
    for its state ("paper_out", "not_configured", "absent"). `name` is the item's."""

    name: str
    copies: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TendDevice:
    """Do something about a device of the status (`DeviceLine.name`, one of its `fixes`):
    try again, a test page, a tone. Changes nothing that is kept."""

    device: str
    fix: str


@dataclass(frozen=True, slots=True)
class Tended:
    """`problem` is "" when it was done; else a word of the devices' ("paper_out", "absent"),
    "torn_first" or "unanswered". `value` is what was measured (grams), or ""."""

    device: str
    fix: str
    problem: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class FoundItem:
    sku: str
    name: str
    gtin: str
    price_minor: int
    on_hand: int | None
    is_open_price: bool = False


@dataclass(frozen=True, slots=True)
class FoundItems:
    items: tuple[FoundItem, ...]
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptLineView:
    line: int
    sku: str
    name: str
    quantity: int
    returnable: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """`paper` is the receipt as text lines; `store` who sold it, "" for this till.

    `is_unheard`: central is silent and only the receipt's own code speaks for it. `key` is what
    `ReturnLine` names it by where its number is not enough.
    """

    receipt_number: str
    at: str
    kind: str
    total_minor: int
    payments: str
    is_copied: bool
    lines: tuple[ReceiptLineView, ...]
    paper: tuple[str, ...] = ()
    store: str = ""
    is_unheard: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptDoubt:
    """A signed code that is not believed; `problem` is damaged, unknown, revoked or false."""

    problem: str


@dataclass(frozen=True, slots=True)
class ReceiptList:
    receipts: tuple[ReceiptView, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """Text lines as they would stand on paper."""

    lines: tuple[str, ...]


# What the reader thread answers; a label is the label desk's, a device its own desk's, and what
# central is asked live the desk line's.
AboutCustomers = FindCustomers | FindLikely | LookUpCustomer
"""Central is asked first; the reader thread answers when it is late or away."""

AboutOrders = FindOrders | ClaimRefund | FindReceipt

Reading = (
    Search
    | FindOrders
    | AboutCustomers
    | LookUpModel
    | FindReceipt
    | ListReceipts
    | PreviewReport
    | ListDeliveries
)
Query = Reading | PrintLabel | TendDevice | AskStock | ClaimRefund
Answer = (
    FoundItems
    | FoundCustomers
    | CustomerFile
    | Model
    | ChainStock
    | ReceiptView
    | ReceiptDoubt
    | ReceiptList
    | Paper
    | LabelAnswer
    | Tended
    | DeliveryList
    | FoundOrders
    | RefundAnswer
)

read_query = tagged_reader(Query.__args__)
read_answer = tagged_reader(Answer.__args__)
