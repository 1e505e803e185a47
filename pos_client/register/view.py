"""What a screen draws: frozen numbers and message keys, no words and no logic.

Pure. The client words a View from `texts/`; it computes no money. `mode` says
what the core is waiting for; screens such as search or tender are the client's
own business, except that a View with payments means that tendering has begun.
Amounts are minor units, times ISO 8601 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pos_client.register.tasks import Task


class Mode(StrEnum):
    SIGNED_OFF = "signed_off"
    DAY_CLOSED = "day_closed"
    SALE = "sale"
    CARD = "card"
    COMPLETING = "completing"
    FAULT = "fault"


class Level(StrEnum):
    """How a message is shown: refusals and trouble end with what to do."""

    INFO = "info"
    REFUSAL = "refusal"
    TROUBLE = "trouble"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Message:
    """`key` names a sentence in texts; `values` fill it.

    Values whose name ends in `_minor` are money. `beeps` is how many tones.
    """

    key: str
    level: Level = Level.INFO
    values: dict[str, str | int] | None = None
    beeps: int = 0


@dataclass(frozen=True, slots=True)
class LineView:
    line: int
    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    total_minor: int
    saved_minor: int = 0
    discount_basis_points: int = 0
    reason: str = ""
    is_price_overridden: bool = False
    is_voided: bool = False
    is_return: bool = False
    weight_grams: int = 0
    weight_reason: str = ""
    is_label_price: bool = False
    is_deposit: bool = False
    expires_on: str = ""
    mode: str = "taken"
    collect_store: str = ""
    promise: str = ""
    promised_by: str = ""


@dataclass(frozen=True, slots=True)
class OrderSaleView:
    """What is agreed of the lines that come later. `answer` is central's: "", held, short, away;
    `short` the lines that nobody can promise."""

    ships: bool
    has_address: bool
    postcode: str = ""
    is_asking: bool = False
    answer: str = ""
    short: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WeighingView:
    """An item waits for its weight. `price_minor` is for a kilogram; `problem` ends a text
    key, weighing.<problem>, when the scale gave none."""

    name: str
    price_minor: int
    tare_grams: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Whose the basket is. `name` is "" where only central knows (it was never seen here)."""

    customer_id: str
    name: str = ""
    member_number: str = ""


@dataclass(frozen=True, slots=True)
class PaymentView:
    tender_id: str
    name: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CardView:
    """A card payment that is not over. `state` is a text key: sent, in_progress, unknown,
    signing, approved, declined, aborted, dropped, reversing, reversed, reversal_failed.

    `total_minor` is the sale it is set aside with (0 for the one under way).
    """

    payment_id: str
    state: str
    amount_minor: int
    is_refund: bool = False
    is_abort_wished: bool = False
    may_be_aborted: bool = False
    may_be_set_aside: bool = False
    may_be_fetched: bool = False
    brand: str = ""
    masked_pan: str = ""
    at: str = ""
    total_minor: int = 0


@dataclass(frozen=True, slots=True)
class TenderView:
    """`due_minor` is what settles the rest in this tender (cash is rounded)."""

    tender_id: str
    name: str
    kind: str
    due_minor: int


@dataclass(frozen=True, slots=True)
class SuspendedView:
    basket_id: str
    at: str
    operator_name: str
    item_count: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A second person is asked. `action` is a text key: discount, price, refund, drawer …"""

    action: str
    asked_by: str
    line_name: str = ""
    from_minor: int = 0
    to_minor: int = 0
    basis_points: int = 0
    limit_basis_points: int = 0
    limit_minor: int = 0


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A print job may have reached paper; only a person can tell.

    `kind` is receipt, copy, x_report, z_report, card_slip or cash_slip; `is_last`: a no prints
    nothing again.
    """

    job_id: int
    receipt_number: str
    total_minor: int
    kind: str = "receipt"
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class LastReceipt:
    """The sale that was just completed; stays until the next line."""

    receipt_number: str
    total_minor: int
    change_minor: int
    rounding_minor: int
    is_return: bool


@dataclass(frozen=True, slots=True)
class PriceCheckView:
    """Of weighed goods `price_minor` is for a kilogram and `on_hand` in grams."""

    sku: str
    name: str
    gtin: str
    price_minor: int
    on_hand: int | None
    stock_age_seconds: int | None
    is_weighed: bool = False


@dataclass(frozen=True, slots=True)
class DeviceView:
    """`health` and `reason` are hardware's words (ready, warning, blocked …; paper_out …)."""

    health: str = "unknown"
    reason: str = "none"


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device as the device screen lists it; `health` and `reason` as in DeviceView.

    `name` is that of its setting, worded as device.name.<name>. `advice` is a whole text
    key of what to do, or "". `fixes` are what one key can do about it, worded as
    device.fix.<fix>, the likeliest first.
    """

    name: str
    health: str
    reason: str = "none"
    advice: str = ""
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoodsLineView:
    """`expected` is 0 where nothing is expected, and always in a count."""

    key: str
    name: str
    quantity: int
    expected: int = 0
    is_counted: bool = False
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class GoodsView:
    """The list of goods in hand; `kind` is a register.goods_list.GoodsKind."""

    kind: str
    reference: str = ""
    other_store: str = ""
    has_expected: bool = False
    is_task: bool = False
    lines: tuple[GoodsLineView, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusView:
    """The line that always tells. Ages are seconds; None is "not known".

    `sync_problem` is a text key ("sync.revoked") of what a person has to mend, or "";
    a network that is merely away is `is_online` alone. `prints_on`: 1 is the till's own
    printer, 2 the second one, 0 when no receipt can be printed now. `devices` are those that
    are set up.
    """

    is_online: bool = False
    is_enrolled: bool = True
    offline_since: str = ""
    sync_problem: str = ""
    outbox: int = 0
    oldest_unsent_seconds: int | None = None
    price_age_seconds: int | None = None
    printer: DeviceView = DeviceView()
    scanner: DeviceView = DeviceView()
    fiscal_unit: DeviceView = DeviceView()
    second_printer: DeviceView = DeviceView("disabled", "not_configured")
    prints_on: int = 1
    devices: tuple[DeviceLine, ...] = ()
    waiting_prints: int = 0
    disk_free_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """What rarely changes. Reasons are text keys ("damaged", "price_match" …)."""

    store_name: str = ""
    store_id: str = ""
    workstation: str = ""
    version: str = ""
    currency: str = "SEK"
    time_zone: str = "Europe/Stockholm"
    is_demo: bool = False
    has_label_printer: bool = False
    price_reasons: tuple[str, ...] = ()
    discount_reasons: tuple[str, ...] = ()
    return_reasons: tuple[str, ...] = ()
    drawer_reasons: tuple[str, ...] = ()
    loan_reasons: tuple[str, ...] = ()
    pickup_reasons: tuple[str, ...] = ()
    weight_reasons: tuple[str, ...] = ()
    card_reasons: tuple[str, ...] = ()
    stock_reasons: tuple[str, ...] = ()
    reject_reasons: tuple[str, ...] = ()
    missing_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """The register as it is now. `lines` holds voided lines too, in their place.

    `due_minor` is what is left to pay (negative: to pay back). `card` is the card payment
    that is waited for (mode CARD), `cards` those set aside until somebody decides.
    `tasks` are the store's open ones, the soonest due first.
    `is_closing`: the day waits for the card terminal's sums. `exchange_minor` is what comes back
    in an exchange and is set off when the sale is paid.
    """

    mode: Mode = Mode.SIGNED_OFF
    setup: Setup = Setup()
    status: StatusView = StatusView()
    operator_number: str = ""
    operator_name: str = ""
    operator_role: str = ""
    language: str = "sv"
    business_day: str = ""
    lines: tuple[LineView, ...] = ()
    item_count: int = 0
    total_minor: int = 0
    vat_minor: int = 0
    due_minor: int = 0
    paid_minor: int = 0
    payments: tuple[PaymentView, ...] = ()
    tenders: tuple[TenderView, ...] = ()
    is_return: bool = False
    last_line: int = 0
    message: Message | None = None
    approval: ApprovalView | None = None
    question: QuestionView | None = None
    suspended: tuple[SuspendedView, ...] = ()
    last_receipt: LastReceipt | None = None
    price_check: PriceCheckView | None = None
    sign_on_wait_seconds: int = 0
    weighing: WeighingView | None = None
    customer: CustomerView | None = None
    card: CardView | None = None
    cards: tuple[CardView, ...] = ()
    is_closing: bool = False
    goods: GoodsView | None = None
    tasks: tuple[Task, ...] = ()
    order: OrderSaleView | None = None
    exchange_minor: int = 0
