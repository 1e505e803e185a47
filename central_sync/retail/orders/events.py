"""What has happened to an order. Facts, in their order; an order is their fold.

Pure. Every event is written once (`tagged`) and read by `read_event`. The thing to get
wrong: a field may be added with a default, never renamed or taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from central_sync.retail.orders.order import (
    Address,
    CustomerOrder,
    Mode,
    OrderLine,
    Parcel,
    Promise,
    Refund,
)
from central_sync.retail.plain import tagged_reader


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    order: CustomerOrder
    at: str


@dataclass(frozen=True, slots=True)
class PaymentTaken:
    """`lines` are what it was paid for; none is all that is unpaid."""

    tender_id: str
    amount_minor: int
    at: str
    reference: str = ""
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerPutOff:
    """The customer has agreed to wait for the answer to a wish."""

    line: int
    answer_by: str
    at: str


@dataclass(frozen=True, slots=True)
class LineSubstituted:
    """`line` is a new line of the order; what it replaces was cancelled just before."""

    line: OrderLine
    at: str


@dataclass(frozen=True, slots=True)
class LinePromised:
    """Central's answer to a wish: held, and by when it comes. Or a new promise of what was
    promised: `moved_from` is the moment that cannot be kept, "" where the customer has chosen
    another way."""

    line: int
    promise: Promise
    promised_by: str
    at: str
    moved_from: str = ""


@dataclass(frozen=True, slots=True)
class ParcelPlanned:
    parcel: Parcel
    at: str


@dataclass(frozen=True, slots=True)
class ParcelOffered:
    parcel_id: str
    store_ids: tuple[str, ...]
    round_number: int
    expires_at: str
    at: str


@dataclass(frozen=True, slots=True)
class OfferSeen:
    """`expires_at` is the shorter time that runs from when somebody saw it."""

    parcel_id: str
    store_id: str
    expires_at: str
    at: str


@dataclass(frozen=True, slots=True)
class OffersRetimed:
    parcel_id: str
    expires_at: str
    at: str


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """`answer`: rejected or expired."""

    parcel_id: str
    store_id: str
    answer: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class ParcelClaimed:
    """`from_store_id` is where the reservation lay before another store was first to claim."""

    parcel_id: str
    store_id: str
    from_store_id: str
    epoch: int
    at: str


@dataclass(frozen=True, slots=True)
class ParcelMoved:
    parcel_id: str
    from_store_id: str
    store_id: str
    decision_id: str
    at: str


@dataclass(frozen=True, slots=True)
class ParcelLapsed:
    """No store took it: its pieces wait for another plan, without the stores that said no."""

    parcel_id: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class LinePicked:
    parcel_id: str
    line: int
    quantity: int
    at: str


@dataclass(frozen=True, slots=True)
class LineShort:
    """Pieces that were not on the shelf: they wait again, and the record is to be counted."""

    parcel_id: str
    line: int
    quantity: int
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class ParcelPacked:
    parcel_id: str
    at: str


@dataclass(frozen=True, slots=True)
class ParcelHandedOver:
    parcel_id: str
    tracking: str
    at: str


@dataclass(frozen=True, slots=True)
class ParcelReady:
    parcel_id: str
    shelf_place: str
    hold_until: str
    at: str


@dataclass(frozen=True, slots=True)
class HoldExtended:
    parcel_id: str
    hold_until: str
    at: str


@dataclass(frozen=True, slots=True)
class PiecesCollected:
    parcel_id: str
    line: int
    quantity: int
    at: str


@dataclass(frozen=True, slots=True)
class ParcelUncollected:
    """The customer never came: what is left is put back and refunded."""

    parcel_id: str
    at: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Pieces that leave a parcel before it was packed; `put_back` of them were picked."""

    parcel_id: str
    quantity: int
    put_back: int


@dataclass(frozen=True, slots=True)
class PiecesCancelled:
    line: int
    quantity: int
    withdrawn: tuple[Withdrawn, ...]
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class LineChanged:
    """Another way to get it: everything not yet packed waits for a new plan."""

    line: int
    mode: Mode
    collect_store_id: str
    withdrawn: tuple[Withdrawn, ...]
    at: str


@dataclass(frozen=True, slots=True)
class AddressChanged:
    address: Address
    at: str


@dataclass(frozen=True, slots=True)
class PiecesReturned:
    line: int
    quantity: int
    store_id: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class RefundDue:
    refund: Refund


@dataclass(frozen=True, slots=True)
class RefundPaid:
    refund_key: str
    reference: str
    at: str


@dataclass(frozen=True, slots=True)
class LineEscalated:
    """A person has to look; `reason` is a text key."""

    line: int
    reason: str
    at: str


OrderEvent: TypeAlias = (
    OrderPlaced
    | PaymentTaken
    | LinePromised
    | AnswerPutOff
    | LineSubstituted
    | ParcelPlanned
    | ParcelOffered
    | OfferSeen
    | OffersRetimed
    | OfferEnded
    | ParcelClaimed
    | ParcelMoved
    | ParcelLapsed
    | LinePicked
    | LineShort
    | ParcelPacked
    | ParcelHandedOver
    | ParcelReady
    | HoldExtended
    | PiecesCollected
    | ParcelUncollected
    | PiecesCancelled
    | LineChanged
    | AddressChanged
    | PiecesReturned
    | RefundDue
    | RefundPaid
    | LineEscalated
)

read_event = tagged_reader(OrderEvent.__args__)
