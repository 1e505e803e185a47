"""What a cashier can ask of the register. One frozen class a wish, nothing else.

Pure. Commands come from screens, the plain line mode and the scanner alike and
travel as `retail.plain.tagged` values. The thing to get wrong: a command says
what the person wants, never what it leads to; `decide` alone knows that.
Amounts are minor units; `line` is the basket line's own number.
"""

from __future__ import annotations

from dataclasses import dataclass

from central_sync.retail.plain import tagged_reader
from pos_client.register.cash_commands import Loan as Loan
from pos_client.register.cash_commands import Pickup as Pickup
from pos_client.register.customer_commands import AttachCustomer as AttachCustomer
from pos_client.register.customer_commands import CreateCustomer as CreateCustomer
from pos_client.register.customer_commands import DetachCustomer as DetachCustomer
from pos_client.register.desk_commands import DeskWish
from pos_client.register.exchange_commands import DropExchange as DropExchange
from pos_client.register.exchange_commands import StartExchange as StartExchange
from pos_client.register.goods_commands import AddGoods as AddGoods
from pos_client.register.goods_commands import DropGoods as DropGoods
from pos_client.register.goods_commands import FinishGoods as FinishGoods
from pos_client.register.goods_commands import SetGoods as SetGoods
from pos_client.register.goods_commands import StartGoods as StartGoods
from pos_client.register.order_commands import OF_CENTRAL, OrderWish
from pos_client.register.task_commands import AcceptTask as AcceptTask
from pos_client.register.task_commands import EndTask as EndTask
from pos_client.register.task_commands import HandOut as HandOut
from pos_client.register.task_commands import HandOverParcel as HandOverParcel
from pos_client.register.task_commands import HandOverTask as HandOverTask
from pos_client.register.task_commands import MissGoods as MissGoods
from pos_client.register.task_commands import NoShowTask as NoShowTask
from pos_client.register.task_commands import PackTask as PackTask
from pos_client.register.task_commands import PickGoods as PickGoods
from pos_client.register.task_commands import PrintTask as PrintTask
from pos_client.register.task_commands import PutOnShelf as PutOnShelf
from pos_client.register.task_commands import RejectTask as RejectTask
from pos_client.register.task_commands import SeeTask as SeeTask


@dataclass(frozen=True, slots=True)
class SignOn:
    number: str
    pin: str


@dataclass(frozen=True, slots=True)
class SignOff:
    """Refused while a basket is open."""


@dataclass(frozen=True, slots=True)
class OpenDay:
    """Opens today's business day with the counted opening cash (växelkassa)."""

    opening_cash_minor: int


@dataclass(frozen=True, slots=True)
class ScanCode:
    """A scanner read this. `scan_id` lets the core beep the right scan."""

    data: str
    symbology: str = ""
    quantity: int = 1
    scan_id: int = 0


@dataclass(frozen=True, slots=True)
class EnterCode:
    """A person typed this code (GTIN, other code or SKU)."""

    code: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class AddItem:
    """Chosen from the search; `price_minor` only for an open-price item."""

    sku: str
    quantity: int = 1
    price_minor: int = 0


@dataclass(frozen=True, slots=True)
class WeighAgain:
    """Ask the scale once more for what View.weighing names."""


@dataclass(frozen=True, slots=True)
class CancelWeighing:
    """Leave it; nothing is sold."""


@dataclass(frozen=True, slots=True)
class EnterWeight:
    """A person's own weight, net; `reason` is one of View.setup.weight_reasons."""

    grams: int
    reason: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """The scale's answer, from the checkout alone; the sums are 0 but from a price scale."""

    weighing_id: str
    grams: int
    unit_price_minor: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class WeighingFailed:
    """The scale gave no weight; `problem` is the end of a text key, weighing.<problem>."""

    weighing_id: str
    problem: str


@dataclass(frozen=True, slots=True)
class SetQuantity:
    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class OverridePrice:
    """A new unit price for a line; `reason` is one of View.setup.price_reasons."""

    line: int
    price_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class DiscountLine:
    """Either `basis_points` of the line or `amount_minor` off the whole line.

    Both zero takes the discount away. `reason` is one of View.setup.discount_reasons.
    """

    line: int
    reason: str
    basis_points: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class VoidLine:
    line: int


@dataclass(frozen=True, slots=True)
class UndoLast:
    """Void the last live line."""


@dataclass(frozen=True, slots=True)
class VoidBasket:
    """Drop the whole basket; refused when money has been taken."""


@dataclass(frozen=True, slots=True)
class Suspend:
    """Park the basket."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Fetch a parked basket; `basket_id` from View.suspended."""

    basket_id: str


@dataclass(frozen=True, slots=True)
class CheckPrice:
    """Look up a code without touching the basket; answer in View.price_check."""

    code: str


@dataclass(frozen=True, slots=True)
class Pay:
    """Take a payment; no amount means exactly what is left. Refunds work the same."""

    tender_id: str
    amount_minor: int | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RemovePayment:
    """Take back a recorded payment of the open basket; `index` from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Take back `quantity` of a line of a receipt of this till.

    Of a line sold by weight `weight_grams` is taken back, or all that is left for 0.
    `reason` is one of View.setup.return_reasons.
    """

    receipt_number: str
    line: int
    quantity: int
    reason: str
    weight_grams: int = 0


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """No sale: open the drawer with a reason (one of View.setup.drawer_reasons)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Approve:
    """A second person's number and PIN for what View.approval asks."""

    number: str
    pin: str


@dataclass(frozen=True, slots=True)
class DeclineApproval:
    """Leave what was asked; the basket stands untouched."""


@dataclass(frozen=True, slots=True)
class PrintXReport:
    """Journal and print an X report; totals go on."""


@dataclass(frozen=True, slots=True)
class CloseDay:
    """Z: `counted` is (tender_id, amount) as counted by a person. Ends the day."""

    counted: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CopyReceipt:
    """Print the one allowed copy; "" means the last receipt."""

    receipt_number: str = ""


@dataclass(frozen=True, slots=True)
class SettlePrint:
    """Answer to View.question: did a whole receipt come out?"""

    job_id: int
    came_out: bool


@dataclass(frozen=True, slots=True)
class RetryCompletion:
    """Ask the fiscal unit again for the receipt that is waiting for its seal."""


@dataclass(frozen=True, slots=True)
class AbandonCompletion:
    """Give up waiting for the seal; back to the basket with its payments."""


@dataclass(frozen=True, slots=True)
class AbortCard:
    """A wish: end the card payment under way; the terminal's answer decides."""


@dataclass(frozen=True, slots=True)
class ConfirmSignature:
    """The cardholder has signed: is it the signature on the card? No means reversal."""

    is_good: bool


@dataclass(frozen=True, slots=True)
class SetCardAside:
    """The terminal does not tell what became of it: keep payment and sale for later."""


@dataclass(frozen=True, slots=True)
class FetchCardSale:
    """Go on with a sale that was set aside; `payment_id` from View.cards."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class SettleCard:
    """Decide what no terminal tells: was it paid? `reason` is one of View.setup.card_reasons."""

    payment_id: str
    is_paid: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Take away the message and the price check."""


Command = (
    SignOn
    | SignOff
    | OpenDay
    | ScanCode
    | EnterCode
    | AddItem
    | WeighAgain
    | CancelWeighing
    | EnterWeight
    | Weighed
    | WeighingFailed
    | AttachCustomer
    | DetachCustomer
    | CreateCustomer
    | OrderWish
    | SetQuantity
    | OverridePrice
    | DiscountLine
    | VoidLine
    | UndoLast
    | VoidBasket
    | Suspend
    | Resume
    | CheckPrice
    | Pay
    | RemovePayment
    | ReturnLine
    | OpenDrawer
    | Loan
    | Pickup
    | Approve
    | DeclineApproval
    | PrintXReport
    | CloseDay
    | CopyReceipt
    | SettlePrint
    | RetryCompletion
    | AbandonCompletion
    | AbortCard
    | ConfirmSignature
    | SetCardAside
    | FetchCardSale
    | SettleCard
    | StartGoods
    | AddGoods
    | SetGoods
    | FinishGoods
    | DropGoods
    | SeeTask
    | AcceptTask
    | RejectTask
    | PickGoods
    | MissGoods
    | PackTask
    | HandOverTask
    | HandOverParcel
    | PutOnShelf
    | HandOut
    | NoShowTask
    | EndTask
    | PrintTask
    | DeskWish
    | StartExchange
    | DropExchange
    | Clear
)

Sure = AddGoods | SetGoods | FinishGoods | PickGoods | MissGoods | PackTask
"""Commands whose refusal may be a question, answered by the same with `is_sure`."""

OF_DEVICES = (Weighed, WeighingFailed, *OF_CENTRAL)

read_command = tagged_reader(kind for kind in Command.__args__ if kind not in OF_DEVICES)
"""A command from its tagged plain form; raises retail.plain.Unreadable.

What only a device or central can say is none: a client cannot pretend to be the scale.
"""
