"""(order, event) -> order. Never refuses, never looks anything up.

Pure. The thing to get wrong: an event is a fact that was decided on the order as it stood;
folding the same events must give the very same order, so nothing here depends on time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from central_sync.retail.orders import events as happened
from central_sync.retail.orders.events import OrderEvent
from central_sync.retail.orders.order import (
    CustomerOrder,
    Offer,
    Parcel,
    ParcelLine,
    ParcelState,
)
from central_sync.retail.orders.parts import (
    in_state,
    passing_over,
    with_carried,
    with_line,
    with_offers,
    with_parcel,
    without_store,
)
from central_sync.retail.orders.shares import next_ordinal, with_payment, without


def evolve(order: CustomerOrder, event: OrderEvent) -> CustomerOrder:
    return _FOLDS[type(event)](order, event)


def fold(order: CustomerOrder, events: Iterable[OrderEvent]) -> CustomerOrder:
    for event in events:
        order = evolve(order, event)
    return order


def _placed(_order: CustomerOrder, event: happened.OrderPlaced) -> CustomerOrder:
    return event.order


def _payment_taken(order: CustomerOrder, event: happened.PaymentTaken) -> CustomerOrder:
    ordinal = next_ordinal([line.shares for line in order.lines])
    meant = [line for line in order.lines if not event.lines or line.line in event.lines]
    rows = [line.shares for line in meant]
    paid = with_payment(rows, event.tender_id, event.amount_minor, ordinal)
    by_line = {line.line: row for line, row in zip(meant, paid, strict=True)}
    lines = tuple(replace(line, shares=by_line.get(line.line, line.shares)) for line in order.lines)
    return replace(order, lines=lines)


def _answer_put_off(order: CustomerOrder, event: happened.AnswerPutOff) -> CustomerOrder:
    return with_line(order, event.line, lambda line: replace(line, answer_by=event.answer_by))


def _substituted(order: CustomerOrder, event: happened.LineSubstituted) -> CustomerOrder:
    return replace(order, lines=(*order.lines, event.line))


def _promised(order: CustomerOrder, event: happened.LinePromised) -> CustomerOrder:
    return with_line(
        order,
        event.line,
        lambda line: replace(
            line, promise=event.promise, promised_by=event.promised_by or line.promised_by
        ),
    )


def _planned(order: CustomerOrder, event: happened.ParcelPlanned) -> CustomerOrder:
    return replace(order, parcels=(*order.parcels, event.parcel))


def _offered(order: CustomerOrder, event: happened.ParcelOffered) -> CustomerOrder:
    new = tuple(
        Offer(store, event.round_number, event.at, event.expires_at) for store in event.store_ids
    )
    return with_parcel(
        order,
        event.parcel_id,
        lambda parcel: replace(parcel, state=ParcelState.OFFERED, offers=(*parcel.offers, *new)),
    )


def _seen(order: CustomerOrder, event: happened.OfferSeen) -> CustomerOrder:
    return with_offers(
        order,
        event.parcel_id,
        lambda offer: (
            replace(offer, seen_at=event.at, expires_at=event.expires_at)
            if offer.store_id == event.store_id and not offer.answer
            else offer
        ),
    )


def _retimed(order: CustomerOrder, event: happened.OffersRetimed) -> CustomerOrder:
    def until(offer: Offer) -> Offer:
        return offer if offer.answer else replace(offer, expires_at=event.expires_at)

    return with_offers(order, event.parcel_id, until)


def _offer_ended(order: CustomerOrder, event: happened.OfferEnded) -> CustomerOrder:
    order = with_offers(
        order,
        event.parcel_id,
        lambda offer: (
            replace(offer, answer=event.answer, reason=event.reason)
            if offer.store_id == event.store_id and offer.answer in ("", "claimed")
            else offer
        ),
    )
    return passing_over(order, event.parcel_id, event.store_id)


def _claimed(order: CustomerOrder, event: happened.ParcelClaimed) -> CustomerOrder:
    def answered(offer: Offer) -> Offer:
        if offer.answer:
            return offer
        is_theirs = offer.store_id == event.store_id
        return replace(offer, answer="claimed" if is_theirs else "withdrawn")

    return with_parcel(
        with_offers(order, event.parcel_id, answered),
        event.parcel_id,
        lambda parcel: replace(
            parcel, state=ParcelState.CLAIMED, store_id=event.store_id, epoch=event.epoch
        ),
    )


def _moved(order: CustomerOrder, event: happened.ParcelMoved) -> CustomerOrder:
    order = with_offers(
        order,
        event.parcel_id,
        lambda offer: offer if offer.answer else replace(offer, answer="withdrawn"),
    )
    return with_parcel(
        order,
        event.parcel_id,
        lambda parcel: replace(
            parcel,
            state=ParcelState.PLANNED,
            store_id=event.store_id,
            decision_id=event.decision_id,
            epoch=parcel.epoch + 1,
            moves=parcel.moves + 1,
        ),
    )


def _lapsed(order: CustomerOrder, event: happened.ParcelLapsed) -> CustomerOrder:
    order = with_offers(
        order,
        event.parcel_id,
        lambda offer: offer if offer.answer else replace(offer, answer="withdrawn"),
    )
    parcel = order.parcel(event.parcel_id)
    for carried in parcel.lines if parcel else ():
        order = with_line(order, carried.line, lambda line: replace(line, rounds=line.rounds + 1))
    return in_state(order, event.parcel_id, ParcelState.LAPSED, epoch=1)


def _picked(order: CustomerOrder, event: happened.LinePicked) -> CustomerOrder:
    order = in_state(order, event.parcel_id, ParcelState.PICKING)
    return with_carried(
        order,
        event.parcel_id,
        event.line,
        lambda carried: replace(carried, picked=carried.picked + event.quantity),
    )


def _short(order: CustomerOrder, event: happened.LineShort) -> CustomerOrder:
    parcel = order.parcel(event.parcel_id)
    order = in_state(order, event.parcel_id, ParcelState.PICKING)
    order = with_carried(
        order,
        event.parcel_id,
        event.line,
        lambda carried: replace(
            carried,
            quantity=carried.quantity - event.quantity,
            short=carried.short + event.quantity,
        ),
    )
    store = parcel.store_id if parcel else ""
    return with_line(order, event.line, lambda line: without_store(line, store))


def _packed(order: CustomerOrder, event: happened.ParcelPacked) -> CustomerOrder:
    return in_state(order, event.parcel_id, ParcelState.PACKED)


def _handed_over(order: CustomerOrder, event: happened.ParcelHandedOver) -> CustomerOrder:
    def sent(parcel: Parcel) -> Parcel:
        state = ParcelState.ON_WAY if parcel.collect_store_id else ParcelState.SHIPPED
        return replace(parcel, state=state, tracking=event.tracking)

    return with_parcel(order, event.parcel_id, sent)


def _ready(order: CustomerOrder, event: happened.ParcelReady) -> CustomerOrder:
    return with_parcel(
        order,
        event.parcel_id,
        lambda parcel: replace(
            parcel,
            state=ParcelState.READY,
            shelf_place=event.shelf_place,
            hold_until=event.hold_until,
        ),
    )


def _hold_extended(order: CustomerOrder, event: happened.HoldExtended) -> CustomerOrder:
    return with_parcel(
        order, event.parcel_id, lambda parcel: replace(parcel, hold_until=event.hold_until)
    )


def _collected(order: CustomerOrder, event: happened.PiecesCollected) -> CustomerOrder:
    order = with_carried(
        order,
        event.parcel_id,
        event.line,
        lambda carried: replace(carried, collected=carried.collected + event.quantity),
    )
    parcel = order.parcel(event.parcel_id)
    if parcel and all(line.collected == line.quantity for line in parcel.lines):
        return in_state(order, event.parcel_id, ParcelState.COLLECTED)
    return order


def _uncollected(order: CustomerOrder, event: happened.ParcelUncollected) -> CustomerOrder:
    parcel = order.parcel(event.parcel_id)
    if parcel is None:
        return order
    for carried in parcel.lines:
        left = carried.quantity - carried.collected
        order = _cancelling(order, carried.line, left)
    kept = tuple(replace(carried, quantity=carried.collected) for carried in parcel.lines)
    state = ParcelState.COLLECTED if any(c.quantity for c in kept) else ParcelState.UNCOLLECTED
    return with_parcel(
        order, event.parcel_id, lambda parcel: replace(parcel, lines=kept, state=state)
    )


def _cancelled(order: CustomerOrder, event: happened.PiecesCancelled) -> CustomerOrder:
    return _cancelling(_withdrawing(order, event.line, event.withdrawn), event.line, event.quantity)


def _line_changed(order: CustomerOrder, event: happened.LineChanged) -> CustomerOrder:
    return with_line(
        _withdrawing(order, event.line, event.withdrawn),
        event.line,
        lambda line: replace(
            line, mode=event.mode, collect_store_id=event.collect_store_id, rounds=0
        ),
    )


def _address_changed(order: CustomerOrder, event: happened.AddressChanged) -> CustomerOrder:
    return replace(order, address=event.address)


def _returned(order: CustomerOrder, event: happened.PiecesReturned) -> CustomerOrder:
    return with_line(
        order, event.line, lambda line: replace(line, returned=line.returned + event.quantity)
    )


def _refund_due(order: CustomerOrder, event: happened.RefundDue) -> CustomerOrder:
    refund = event.refund
    if not refund.amount_minor:
        refund = replace(refund, paid_at=refund.at)
    taken = () if refund.paid_in else refund.shares
    order = with_line(
        order, refund.line, lambda line: replace(line, shares=without(line.shares, taken))
    )
    return replace(order, refunds=(*order.refunds, refund))


def _refund_paid(order: CustomerOrder, event: happened.RefundPaid) -> CustomerOrder:
    refunds = tuple(
        replace(refund, paid_at=event.at, reference=event.reference)
        if refund.refund_key == event.refund_key
        else refund
        for refund in order.refunds
    )
    return replace(order, refunds=refunds)


def _escalated(order: CustomerOrder, event: happened.LineEscalated) -> CustomerOrder:
    return with_line(order, event.line, lambda line: replace(line, escalated=event.reason))


def _cancelling(order: CustomerOrder, number: int, quantity: int) -> CustomerOrder:
    return with_line(order, number, lambda line: replace(line, cancelled=line.cancelled + quantity))


def _withdrawing(
    order: CustomerOrder, number: int, withdrawn: tuple[happened.Withdrawn, ...]
) -> CustomerOrder:
    for part in withdrawn:
        order = with_carried(order, part.parcel_id, number, partial(_less, part))
        parcel = order.parcel(part.parcel_id)
        if parcel and not any(line.quantity for line in parcel.lines):
            order = in_state(order, part.parcel_id, ParcelState.CANCELLED, epoch=1)
    return order


def _less(part: happened.Withdrawn, carried: ParcelLine) -> ParcelLine:
    return replace(
        carried,
        quantity=carried.quantity - part.quantity,
        picked=carried.picked - part.put_back,
    )


_FOLDS: dict[type[Any], Callable[[CustomerOrder, Any], CustomerOrder]] = {
    happened.OrderPlaced: _placed,
    happened.PaymentTaken: _payment_taken,
    happened.LinePromised: _promised,
    happened.AnswerPutOff: _answer_put_off,
    happened.LineSubstituted: _substituted,
    happened.ParcelPlanned: _planned,
    happened.ParcelOffered: _offered,
    happened.OfferSeen: _seen,
    happened.OffersRetimed: _retimed,
    happened.OfferEnded: _offer_ended,
    happened.ParcelClaimed: _claimed,
    happened.ParcelMoved: _moved,
    happened.ParcelLapsed: _lapsed,
    happened.LinePicked: _picked,
    happened.LineShort: _short,
    happened.ParcelPacked: _packed,
    happened.ParcelHandedOver: _handed_over,
    happened.ParcelReady: _ready,
    happened.HoldExtended: _hold_extended,
    happened.PiecesCollected: _collected,
    happened.ParcelUncollected: _uncollected,
    happened.PiecesCancelled: _cancelled,
    happened.LineChanged: _line_changed,
    happened.AddressChanged: _address_changed,
    happened.PiecesReturned: _returned,
    happened.RefundDue: _refund_due,
    happened.RefundPaid: _refund_paid,
    happened.LineEscalated: _escalated,
}
