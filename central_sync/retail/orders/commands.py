"""What can be asked of an order, by a till, a store, the web shop or central itself.

Pure. Ids are minted by the asker. A store's word about a parcel carries the `epoch` of
its assignment; the thing to get wrong: without it, a store that came back from a day
without network would ship what another store has shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from central_sync.retail.orders.order import Address, CustomerOrder, Mode, Parcel
from central_sync.retail.plain import tagged_reader


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """`order` as it was sold, without shares; `paid` is (tender_id, minor) net of change and
    rounding, no more than the order's total."""

    order: CustomerOrder
    paid: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TakePayment:
    """`lines` are what is paid for, so that these can be handed out; none is all of it.

    `taken_in` is the store that has the money already: what was not due is given back there.
    """

    tender_id: str
    amount_minor: int
    reference: str = ""
    lines: tuple[int, ...] = ()
    taken_in: str = ""


@dataclass(frozen=True, slots=True)
class PutOffAnswer:
    """The customer's yes to a later date for a wish (offline contract, ladder step 3)."""

    line: int
    answer_by: str


@dataclass(frozen=True, slots=True)
class SubstituteLine:
    """The customer's yes to another item for all of a line that nobody has packed (ladder step
    4). It costs `unit_price_minor` a piece, no more than what was paid; the rest goes back.
    `answer_by` is when the customer hears that it is held, or its money goes back too."""

    line: int
    sku: str
    name: str
    unit_price_minor: int
    tax_rate_basis_points: int
    answer_by: str


@dataclass(frozen=True, slots=True)
class PlanParcels:
    """The router's answer. `promised_by` goes to lines whose wish is answered by it, or that come
    later than was promised, or another way."""

    parcels: tuple[Parcel, ...]
    promised_by: str = ""


@dataclass(frozen=True, slots=True)
class OfferParcel:
    parcel_id: str
    store_ids: tuple[str, ...]
    expires_at: str


@dataclass(frozen=True, slots=True)
class SeeOffer:
    parcel_id: str
    store_id: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class RetimeOffers:
    """Open offers end at another moment: later while their store is cut off and has lent the
    goods, sooner when it is heard again."""

    parcel_id: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class ClaimParcel:
    parcel_id: str
    store_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class RejectParcel:
    parcel_id: str
    store_id: str
    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class ExpireOffers:
    parcel_id: str


@dataclass(frozen=True, slots=True)
class TakeBackParcel:
    """Central takes it from a store that fell silent, claimed or not, before it was packed."""

    parcel_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MoveParcel:
    """The background planner's better idea; only while nobody claimed it, and only once."""

    parcel_id: str
    store_id: str
    decision_id: str


@dataclass(frozen=True, slots=True)
class PickLine:
    parcel_id: str
    store_id: str
    epoch: int
    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ShortLine:
    parcel_id: str
    store_id: str
    epoch: int
    line: int
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class PackParcel:
    parcel_id: str
    store_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class HandOver:
    """To the carrier. A parcel to collect in another store is then on its way there."""

    parcel_id: str
    store_id: str
    epoch: int
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class MakeReady:
    """The collecting store has it on a shelf, packed here or arrived from another store."""

    parcel_id: str
    store_id: str
    shelf_place: str
    hold_until: str


@dataclass(frozen=True, slots=True)
class ExtendHold:
    parcel_id: str
    hold_until: str


@dataclass(frozen=True, slots=True)
class CollectPieces:
    """`pieces` are (line, quantity): a customer may take some now and come again."""

    parcel_id: str
    store_id: str
    pieces: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class NoShow:
    parcel_id: str


@dataclass(frozen=True, slots=True)
class CancelPieces:
    line: int
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    line: int
    mode: Mode
    collect_store_id: str = ""


@dataclass(frozen=True, slots=True)
class ChangeAddress:
    address: Address


@dataclass(frozen=True, slots=True)
class ReturnPieces:
    line: int
    quantity: int
    store_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PayRefund:
    refund_key: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Escalate:
    line: int
    reason: str


OrderCommand: TypeAlias = (
    PlaceOrder
    | TakePayment
    | PutOffAnswer
    | SubstituteLine
    | PlanParcels
    | OfferParcel
    | SeeOffer
    | RetimeOffers
    | ClaimParcel
    | RejectParcel
    | ExpireOffers
    | TakeBackParcel
    | MoveParcel
    | PickLine
    | ShortLine
    | PackParcel
    | HandOver
    | MakeReady
    | ExtendHold
    | CollectPieces
    | NoShow
    | CancelPieces
    | ChangeLine
    | ChangeAddress
    | ReturnPieces
    | PayRefund
    | Escalate
)

read_command = tagged_reader(OrderCommand.__args__)
