"""Offers to stores: one at first, three at once, then wider, then a person.

Pure. The reservation lies at the parcel's own store; another store that is first to claim
takes it over in the same event. The thing to get wrong: an offer whose time is over still
counts until somebody ends it, so that claim and expiry are decided by who came first.
"""

from __future__ import annotations

from central_sync.retail.orders import commands
from central_sync.retail.orders.events import (
    LineEscalated,
    OfferEnded,
    OfferSeen,
    OffersRetimed,
    OrderEvent,
    ParcelClaimed,
    ParcelLapsed,
    ParcelMoved,
    ParcelOffered,
)
from central_sync.retail.orders.finding import parcel_in, the_parcel
from central_sync.retail.orders.order import (
    UNCLAIMED,
    UNPACKED,
    CustomerOrder,
    Offer,
    Parcel,
    ParcelState,
)
from central_sync.retail.orders.refusal import refuse

# How many stores hear of a parcel at once, by round; after the last a person decides.
OFFER_BREADTH = (1, 3, 10)
MOST_MOVES = 1


def round_of(order: CustomerOrder, parcel: Parcel) -> int:
    """Which round an offer of this parcel is: one more than its lines' failed ones."""
    lines = (order.line(carried.line) for carried in parcel.lines)
    return 1 + max((line.rounds for line in lines if line), default=0)


def offer(order: CustomerOrder, command: commands.OfferParcel, at: str) -> list[OrderEvent]:
    parcel = parcel_in(order, command.parcel_id, UNCLAIMED)
    known = {offer.store_id for offer in parcel.open_offers}
    new = tuple(store for store in command.store_ids if store not in known)
    if not new:
        return []
    return [ParcelOffered(parcel.parcel_id, new, round_of(order, parcel), command.expires_at, at)]


def see(order: CustomerOrder, command: commands.SeeOffer, at: str) -> list[OrderEvent]:
    found = _open_offer(the_parcel(order, command.parcel_id), command.store_id)
    if found is None or found.seen_at:
        return []
    sooner = min(found.expires_at, command.expires_at)
    return [OfferSeen(command.parcel_id, command.store_id, sooner, at)]


def retime(order: CustomerOrder, command: commands.RetimeOffers, at: str) -> list[OrderEvent]:
    parcel = the_parcel(order, command.parcel_id)
    if all(offer.expires_at == command.expires_at for offer in parcel.open_offers):
        return []
    return [OffersRetimed(parcel.parcel_id, command.expires_at, at)]


def claim(order: CustomerOrder, command: commands.ClaimParcel, at: str) -> list[OrderEvent]:
    parcel = the_parcel(order, command.parcel_id)
    is_taken = parcel.state not in UNCLAIMED
    if is_taken and parcel.store_id == command.store_id and parcel.is_in_hand:
        return []
    if is_taken:
        refuse("order.claimed_elsewhere")
    if _open_offer(parcel, command.store_id) is None or command.epoch != parcel.epoch:
        refuse("order.no_offer")
    epoch = parcel.epoch + (parcel.store_id != command.store_id)
    return [ParcelClaimed(parcel.parcel_id, command.store_id, parcel.store_id, epoch, at)]


def reject(order: CustomerOrder, command: commands.RejectParcel, at: str) -> list[OrderEvent]:
    """No, with a reason; also from the store that had claimed it, before the first pick."""
    parcel = the_parcel(order, command.parcel_id)
    if any(o.store_id == command.store_id and o.answer == "rejected" for o in parcel.offers):
        return []
    holds = parcel.state is ParcelState.CLAIMED and parcel.store_id == command.store_id
    if holds and parcel.epoch == command.epoch:
        ended: list[OrderEvent] = [_ended(parcel, command.store_id, "rejected", command.reason, at)]
        return ended + lapse(order, parcel, command.reason, at)
    if _open_offer(parcel, command.store_id) is None:
        refuse("order.no_offer")
    return _after_end(order, parcel, [command.store_id], "rejected", command.reason, at)


def expire(order: CustomerOrder, command: commands.ExpireOffers, at: str) -> list[OrderEvent]:
    """End the offers whose time is over at `at`; nothing if a store was quicker."""
    parcel = the_parcel(order, command.parcel_id)
    if parcel.state is not ParcelState.OFFERED:
        return []
    late = [offer.store_id for offer in parcel.open_offers if offer.expires_at <= at]
    return _after_end(order, parcel, late, "expired", "", at) if late else []


def take_back(order: CustomerOrder, command: commands.TakeBackParcel, at: str) -> list[OrderEvent]:
    parcel = the_parcel(order, command.parcel_id)
    if parcel.state is ParcelState.LAPSED:
        return []
    return lapse(order, parcel_in(order, command.parcel_id, UNPACKED), command.reason, at)


def move(order: CustomerOrder, command: commands.MoveParcel, at: str) -> list[OrderEvent]:
    parcel = parcel_in(order, command.parcel_id, UNCLAIMED)
    if parcel.store_id == command.store_id:
        return []
    if parcel.moves >= MOST_MOVES:
        refuse("order.moved_already")
    return [
        ParcelMoved(parcel.parcel_id, parcel.store_id, command.store_id, command.decision_id, at)
    ]


def lapse(order: CustomerOrder, parcel: Parcel, reason: str, at: str) -> list[OrderEvent]:
    """Its pieces wait again; after the last round a person is told."""
    events: list[OrderEvent] = [ParcelLapsed(parcel.parcel_id, reason, at)]
    for carried in parcel.lines:
        line = order.line(carried.line)
        if line and line.rounds + 1 >= len(OFFER_BREADTH) and not line.escalated:
            events.append(LineEscalated(line.line, "order.nobody_takes_it", at))
    return events


def _after_end(
    order: CustomerOrder, parcel: Parcel, stores: list[str], answer: str, reason: str, at: str
) -> list[OrderEvent]:
    events: list[OrderEvent] = [_ended(parcel, store, answer, reason, at) for store in stores]
    if all(offer.store_id in stores for offer in parcel.open_offers):
        events += lapse(order, parcel, reason or answer, at)
    return events


def _ended(parcel: Parcel, store_id: str, answer: str, reason: str, at: str) -> OfferEnded:
    return OfferEnded(parcel.parcel_id, store_id, answer, reason, at)


def _open_offer(parcel: Parcel, store_id: str) -> Offer | None:
    return next((offer for offer in parcel.open_offers if offer.store_id == store_id), None)
