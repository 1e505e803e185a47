"""A customer's order: lines that were paid once, and the parcels that carry them.

Pure. A line counts pieces; where each piece is follows from the parcel it lies in, so a
piece can never be in two places. The thing to get wrong: a line has no state of its own
to keep in step, `pieces` reads it off the parcels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from central_sync.retail.orders.shares import TenderShare, without


class Mode(StrEnum):
    """How the customer gets a line. A fee (shipping) is a line of money only."""

    TAKEN = "taken"
    SHIP = "ship"
    COLLECT = "collect"
    FEE = "fee"


class Promise(StrEnum):
    """`RESERVED`: central holds the pieces. `INTENT`: a wish that central has yet to answer."""

    TAKEN = "taken"
    RESERVED = "reserved"
    INTENT = "intent"


class MadeWhere(StrEnum):
    """Withdrawal rights differ: an order made at a distance may be withdrawn (fiscal-law V7)."""

    IN_STORE = "in_store"
    AT_DISTANCE = "at_distance"


class ParcelState(StrEnum):
    """`ON_WAY`: between two stores, to be collected in the second. `LAPSED`: nobody took it."""

    PLANNED = "planned"
    OFFERED = "offered"
    CLAIMED = "claimed"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    ON_WAY = "on_way"
    READY = "ready"
    COLLECTED = "collected"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    UNCOLLECTED = "uncollected"


UNCLAIMED = frozenset((ParcelState.PLANNED, ParcelState.OFFERED))
UNPACKED = UNCLAIMED | {ParcelState.CLAIMED, ParcelState.PICKING}
IN_HAND = UNPACKED | {ParcelState.PACKED, ParcelState.ON_WAY, ParcelState.READY}
DELIVERED = frozenset((ParcelState.SHIPPED, ParcelState.COLLECTED))


@dataclass(frozen=True, slots=True)
class Address:
    """Where and to whom; phone and e-mail are for news about this order only.

    What a till journals and central's events keep is `address_id` and postcode: the rest is
    personal data and lies sealed elsewhere under that id.
    """

    name: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str = "SE"
    phone: str = ""
    email: str = ""
    address_id: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`gross_minor` and `vat_minor` are of the whole line, after discounts, never recomputed.

    `shares` says what each payment still holds of it. `cancelled` pieces were never
    delivered, `returned` ones came back; both are given back in money. `passed_over` are
    stores that rejected it or did not find it, `rounds` how often an offer of it failed.
    `answer_by` is when a wish is answered, or its money goes back. `instead_of` names the line
    whose pieces this one replaces; its money came from there.
    """

    line: int
    sku: str
    name: str
    quantity: int
    gross_minor: int
    vat_minor: int
    tax_rate_basis_points: int
    mode: Mode
    promise: Promise = Promise.RESERVED
    promised_by: str = ""
    collect_store_id: str = ""
    shares: tuple[TenderShare, ...] = ()
    cancelled: int = 0
    returned: int = 0
    rounds: int = 0
    passed_over: tuple[str, ...] = ()
    escalated: str = ""
    collect_store_name: str = ""
    answer_by: str = ""
    instead_of: int = 0

    @property
    def given_back(self) -> int:
        return self.cancelled + self.returned

    @property
    def is_carried(self) -> bool:
        """True when parcels carry it: what was taken, and fees, need none."""
        return self.mode in (Mode.SHIP, Mode.COLLECT)


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """`quantity` still belongs to the parcel; `short` pieces were not found and left it."""

    line: int
    sku: str
    quantity: int
    picked: int = 0
    short: int = 0
    collected: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """One store's chance to take a parcel. `answer`: "", claimed, rejected, expired, withdrawn."""

    store_id: str
    round_number: int
    sent_at: str
    expires_at: str
    seen_at: str = ""
    answer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Pieces that one store is to deliver together.

    `epoch` grows with every assignment, so that word from a store that lost it is told
    from word of the one that has it. `hold_until` is how long a collection waits.
    """

    parcel_id: str
    store_id: str
    mode: Mode
    lines: tuple[ParcelLine, ...]
    state: ParcelState = ParcelState.PLANNED
    epoch: int = 1
    decision_id: str = ""
    collect_store_id: str = ""
    offers: tuple[Offer, ...] = ()
    moves: int = 0
    tracking: str = ""
    shelf_place: str = ""
    hold_until: str = ""
    planned_at: str = ""

    @property
    def is_in_hand(self) -> bool:
        return self.state in IN_HAND

    @property
    def is_collected_here(self) -> bool:
        """Do the goods lie where their customer comes?"""
        return self.collect_store_id == self.store_id

    @property
    def open_offers(self) -> tuple[Offer, ...]:
        """What may still be answered: none once the parcel is somebody's, or is called off."""
        if self.state not in UNCLAIMED:
            return ()
        return tuple(offer for offer in self.offers if not offer.answer)

    @property
    def round(self) -> int:
        return max((offer.round_number for offer in self.offers), default=0)

    def find(self, line: int) -> ParcelLine | None:
        return next((found for found in self.lines if found.line == line), None)


@dataclass(frozen=True, slots=True)
class Refund:
    """Money owed to the customer, to the tenders that paid; `refund_key` makes it once only.

    `amount_minor` is what was paid of it; a share of tender "" was never paid and only
    lessens what is due. `moved` is the part of `shares` that went over to another line, which
    comes instead; nobody is paid that back. `paid_in` is the store that
    took money which was not due any more: it gives that back, and no piece of the line with it.
    """

    refund_key: str
    line: int
    quantity: int
    amount_minor: int
    vat_minor: int
    shares: tuple[TenderShare, ...]
    reason: str
    at: str
    paid_at: str = ""
    reference: str = ""
    moved: tuple[TenderShare, ...] = ()
    paid_in: str = ""

    @property
    def to_pay_back(self) -> tuple[TenderShare, ...]:
        """The shares that the customer gets, and what need not be paid any more."""
        return without(self.shares, self.moved)


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """`order_id` is "" before it was placed. `store_id` is the selling store, "" for the web."""

    order_id: str = ""
    number: str = ""
    made: MadeWhere = MadeWhere.IN_STORE
    store_id: str = ""
    receipt_id: str = ""
    customer_id: str = ""
    placed_at: str = ""
    currency: str = "SEK"
    max_parcels: int = 0
    lines: tuple[OrderLine, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    address: Address | None = None
    refunds: tuple[Refund, ...] = ()
    quote_id: str = ""

    @property
    def total_minor(self) -> int:
        """What was sold; what came instead was paid with that."""
        return sum(line.gross_minor for line in self.lines if not line.instead_of)

    def line(self, number: int) -> OrderLine | None:
        return next((found for found in self.lines if found.line == number), None)

    def parcel(self, parcel_id: str) -> Parcel | None:
        return next((found for found in self.parcels if found.parcel_id == parcel_id), None)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Where the pieces of a line are; the parts always sum to the line's quantity."""

    waiting: int = 0
    planned: int = 0
    offered: int = 0
    claimed: int = 0
    picking: int = 0
    packed: int = 0
    on_way: int = 0
    ready: int = 0
    shipped: int = 0
    collected: int = 0
    taken: int = 0
    returned: int = 0
    cancelled: int = 0

    @property
    def undelivered(self) -> int:
        handled = self.planned + self.offered + self.claimed + self.picking
        return self.waiting + handled + self.packed + self.on_way + self.ready

    @property
    def delivered(self) -> int:
        """With the customer now: what came back is no longer in it."""
        return self.shipped + self.collected + self.taken


def pieces(order: CustomerOrder, line: OrderLine) -> Pieces:
    """Read off the parcels where every piece of a line is."""
    # Each step of an order asks this many times over.
    counts = {"cancelled": line.cancelled, "collected": 0}
    if not line.is_carried:
        counts["taken"] = line.quantity - line.cancelled
    for parcel in order.parcels:
        found = parcel.find(line.line)
        if found is not None:
            counts["collected"] += found.collected
            if parcel.is_in_hand or parcel.state in DELIVERED:
                where = parcel.state.value
                counts[where] = counts.get(where, 0) + found.quantity - found.collected
    if line.returned:
        _came_back(counts, line.returned)
    return Pieces(waiting=line.quantity - sum(counts.values()), **counts)


def _came_back(counts: dict[str, int], returned: int) -> None:
    left = returned
    for name in ("taken", "collected", "shipped"):
        some = min(left, counts.get(name, 0))
        counts[name] = counts.get(name, 0) - some
        left -= some
    counts["returned"] = returned - left


def is_finished(order: CustomerOrder) -> bool:
    """Every piece shipped, collected, taken, cancelled or given back, and every refund paid."""
    lines_done = all(pieces(order, line).undelivered == 0 for line in order.lines)
    return lines_done and all(refund.paid_at for refund in order.refunds)
