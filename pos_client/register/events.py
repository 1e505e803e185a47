"""What happened at the register, in past tense; the open basket is their fold.

Pure. Events are saved before anyone sees their effect. Those that the law calls
"running use" (SKVFS 2014:9 2 kap 15 §) also become journal entries; which ones
is decided in checkout, not here.
"""

from __future__ import annotations

from dataclasses import dataclass

from central_sync.retail.basket import Basket, BasketLine
from central_sync.retail.operator import Operator
from central_sync.retail.plain import tagged_reader
from central_sync.retail.tender import Payment
from central_sync.retail.till import CardTotal
from pos_client.register.card import CardPayment
from pos_client.register.cash_events import CashMoved as CashMoved
from pos_client.register.customer_events import CustomerAttached as CustomerAttached
from pos_client.register.customer_events import CustomerCreated as CustomerCreated
from pos_client.register.customer_events import CustomerDetached as CustomerDetached
from pos_client.register.exchange_events import ExchangeEvent
from pos_client.register.order_events import OrderEvent
from pos_client.register.shop import PrintOutcome
from pos_client.register.state import Completed, PendingApproval, PendingWeighing, PriceCheck
from pos_client.register.store_events import GoodsCounted as GoodsCounted
from pos_client.register.store_events import GoodsDropped as GoodsDropped
from pos_client.register.store_events import GoodsMoved as GoodsMoved
from pos_client.register.store_events import GoodsStarted as GoodsStarted
from pos_client.register.store_events import InvoiceChecked as InvoiceChecked
from pos_client.register.store_events import TaskActed as TaskActed


@dataclass(frozen=True, slots=True)
class SignedOn:
    operator: Operator


@dataclass(frozen=True, slots=True)
class SignedOff:
    pass


@dataclass(frozen=True, slots=True)
class PinRefused:
    """`locked_until` is ISO UTC: no PIN is tried before. `is_known`: somebody has that number."""

    number: str
    locked_until: str
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class DayOpened:
    day: str
    opening_cash_minor: int


@dataclass(frozen=True, slots=True)
class LineAdded:
    basket_id: str
    line: BasketLine


@dataclass(frozen=True, slots=True)
class WeighingAsked:
    """The scale is to be asked; or asked again, under another id."""

    pending: PendingWeighing


@dataclass(frozen=True, slots=True)
class WeighingMissed:
    """`problem` ends a text key: weighing.<problem>."""

    problem: str


@dataclass(frozen=True, slots=True)
class WeighingEnded:
    """Left without a weight."""


@dataclass(frozen=True, slots=True)
class QuantitySet:
    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class PriceOverridden:
    line: int
    price_minor: int
    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class LineDiscounted:
    line: int
    basis_points: int
    amount_minor: int
    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class LineVoided:
    line: int


@dataclass(frozen=True, slots=True)
class BasketVoided:
    basket: Basket
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class BasketSuspended:
    basket: Basket


@dataclass(frozen=True, slots=True)
class BasketResumed:
    basket: Basket


@dataclass(frozen=True, slots=True)
class PaymentTaken:
    payment: Payment


@dataclass(frozen=True, slots=True)
class PaymentRemoved:
    """`payment` and `basket_id` say what was taken back, for the journal."""

    index: int
    payment: Payment | None = None
    basket_id: str = ""


@dataclass(frozen=True, slots=True)
class CompletionAsked:
    """The intent: this basket gets this number. Durable before the unit is asked."""

    number: int
    at: str
    local_time: str


@dataclass(frozen=True, slots=True)
class SealMissed:
    """`may_be_held`: the unit may have stored the receipt all the same."""

    problem: str
    may_be_held: bool = False


@dataclass(frozen=True, slots=True)
class NumberBurnt:
    """The unit has had this number and its answer is lost: the receipt takes the next one.

    The basket gets a new id, since the unit knows the old one under the old number.
    """

    number: int
    basket_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CompletionAbandoned:
    """The number was never printed; the next completion takes it, unless it `is_burnt`.

    It is when the unit may hold a receipt under it. The basket gets a new id, since the
    unit may know the old one with other figures.
    """

    basket_id: str
    number: int = 0
    is_burnt: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptCompleted:
    completed: Completed


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    pending: PendingApproval


@dataclass(frozen=True, slots=True)
class ApprovalSettled:
    """`approved_by` is the second person's number, or "" when declined."""

    approved_by: str = ""
    action: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DrawerOpened:
    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class PriceChecked:
    check: PriceCheck


@dataclass(frozen=True, slots=True)
class XReportMade:
    pass


@dataclass(frozen=True, slots=True)
class DayClosed:
    """`counted` is (tender_id, amount_minor) as a person counted it.

    `has_terminal`: a card terminal was asked; `terminal` are its sums, None when it was silent.
    """

    counted: tuple[tuple[str, int], ...]
    number: int
    approved_by: str = ""
    has_terminal: bool = False
    terminal: tuple[CardTotal, ...] | None = None


@dataclass(frozen=True, slots=True)
class DayCloseAsked:
    """The day is counted; the terminal is asked for its sums before the Z."""

    counted: tuple[tuple[str, int], ...]
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class TerminalReconciled:
    """The terminal has begun a new period, or cannot be made to."""


@dataclass(frozen=True, slots=True)
class CardAsked:
    """A card payment is meant. Durable, with its basket, before anything is sent."""

    card: CardPayment
    basket: Basket


@dataclass(frozen=True, slots=True)
class CardMoved:
    """A card payment came to its next state; `card` is the whole of it. One row a move."""

    card: CardPayment


@dataclass(frozen=True, slots=True)
class CardSetAside:
    """Nobody can say what became of it: the card payment waits, and its sale with it."""

    card: CardPayment


@dataclass(frozen=True, slots=True)
class CardSaleFetched:
    """The sale of a card payment that was set aside is the open basket again."""

    card: CardPayment


@dataclass(frozen=True, slots=True)
class ReceiptCopied:
    receipt_id: str
    receipt_number: str


@dataclass(frozen=True, slots=True)
class PrintSettled:
    """`outcome` is a register.shop.PrintOutcome; `attempt` the one that was in doubt."""

    job_id: int
    came_out: bool
    outcome: PrintOutcome = PrintOutcome.WHOLE
    kind: str = ""
    receipt_number: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class DrawerForced:
    """The drawer was opened, and not by the register (fiscal-law R16)."""


@dataclass(frozen=True, slots=True)
class DrawerLeftOpen:
    """It was not shut after so many seconds (R16)."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Cleared:
    pass


Event = (
    SignedOn
    | ExchangeEvent
    | SignedOff
    | PinRefused
    | DayOpened
    | LineAdded
    | WeighingAsked
    | WeighingMissed
    | WeighingEnded
    | CustomerAttached
    | CustomerDetached
    | CustomerCreated
    | OrderEvent
    | QuantitySet
    | PriceOverridden
    | LineDiscounted
    | LineVoided
    | BasketVoided
    | BasketSuspended
    | BasketResumed
    | PaymentTaken
    | PaymentRemoved
    | CompletionAsked
    | SealMissed
    | NumberBurnt
    | CompletionAbandoned
    | ReceiptCompleted
    | ApprovalAsked
    | ApprovalSettled
    | DrawerOpened
    | CashMoved
    | PriceChecked
    | XReportMade
    | DayClosed
    | DayCloseAsked
    | TerminalReconciled
    | CardAsked
    | CardMoved
    | CardSetAside
    | CardSaleFetched
    | ReceiptCopied
    | PrintSettled
    | DrawerForced
    | DrawerLeftOpen
    | GoodsStarted
    | GoodsCounted
    | GoodsDropped
    | GoodsMoved
    | InvoiceChecked
    | TaskActed
    | Cleared
)

read_event = tagged_reader(Event.__args__)
