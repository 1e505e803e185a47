"""(order, command, at) -> what happens, or a refusal. Every legal step of an order.

Pure; `at` is ISO 8601 UTC with Z. A command that came before answers with no events
instead of a refusal, so that a store may send it again. The thing to get wrong: deciding
changes nothing; the asker stores the events and folds them with `evolve`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from central_sync.retail.orders import changing, commands, fulfilling, offering, substituting
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.orders.events import (
    AnswerPutOff,
    LineEscalated,
    LinePromised,
    OrderEvent,
    OrderPlaced,
    ParcelPlanned,
    PaymentTaken,
)
from central_sync.retail.orders.finding import the_line
from central_sync.retail.orders.order import (
    CustomerOrder,
    Mode,
    OrderLine,
    Parcel,
    ParcelLine,
    ParcelState,
    Promise,
    pieces,
)
from central_sync.retail.orders.refunding import refund_of_excess
from central_sync.retail.orders.refusal import refuse
from central_sync.retail.orders.shares import payment_shares, unpaid_of


def decide(order: CustomerOrder, command: OrderCommand, at: str) -> tuple[OrderEvent, ...]:
    """The events that follow; raises OrderRefused."""
    if not order.order_id and not isinstance(command, commands.PlaceOrder):
        refuse("order.not_placed")
    return tuple(_DECISIONS[type(command)](order, command, at))


def _place(order: CustomerOrder, command: commands.PlaceOrder, at: str) -> list[OrderEvent]:
    asked = command.order
    if order.order_id:
        return []
    _refuse_unsound(asked)
    paid = sum(amount for _, amount in command.paid)
    if paid > asked.total_minor or any(amount < 0 for _, amount in command.paid):
        refuse("order.paid_too_much", amount_minor=paid - asked.total_minor)
    rows = payment_shares([line.gross_minor for line in asked.lines], command.paid)
    lines = tuple(
        replace(line, shares=row, cancelled=0, returned=0, rounds=0, passed_over=(), escalated="")
        for line, row in zip(asked.lines, rows, strict=True)
    )
    return [OrderPlaced(replace(asked, lines=lines, parcels=(), refunds=(), placed_at=at), at)]


def _refuse_unsound(asked: CustomerOrder) -> None:
    numbers = [line.line for line in asked.lines]
    if not asked.order_id or not numbers or len(set(numbers)) != len(numbers):
        refuse("order.unsound")
    for line in asked.lines:
        if line.quantity <= 0 or line.gross_minor < 0:
            refuse("order.unsound_line", line=line.line)
        if line.mode is Mode.COLLECT and not line.collect_store_id:
            refuse("order.collect_where", line=line.line)
    if asked.address is None and any(line.mode is Mode.SHIP for line in asked.lines):
        refuse("order.no_address")


def _take_payment(order: CustomerOrder, command: commands.TakePayment, at: str) -> list[OrderEvent]:
    meant = [the_line(order, number) for number in command.lines] or order.lines
    due = sum(unpaid_of(line.shares) for line in meant)
    over = command.amount_minor - due
    if command.amount_minor <= 0 or (over > 0 and not command.taken_in):
        refuse("order.paid_too_much", amount_minor=over)
    events: list[OrderEvent] = []
    if due:
        now = min(due, command.amount_minor)
        paid = (command.tender_id, now, at, command.reference)
        events.append(PaymentTaken(*paid, command.lines))
    if over > 0:
        events += refund_of_excess(order, command, meant[0].line, over, at)
    return events


def _put_off(order: CustomerOrder, command: commands.PutOffAnswer, at: str) -> list[OrderEvent]:
    line = the_line(order, command.line)
    if line.promise is not Promise.INTENT or not pieces(order, line).undelivered:
        refuse("order.no_wish", line=line.line)
    if command.answer_by <= line.answer_by:
        return []
    return [AnswerPutOff(line.line, command.answer_by, at)]


def _plan(order: CustomerOrder, command: commands.PlanParcels, at: str) -> list[OrderEvent]:
    wanted: dict[int, int] = {}
    ids = {parcel.parcel_id for parcel in order.parcels}
    for parcel in command.parcels:
        if parcel.parcel_id in ids:
            refuse("order.parcel_known")
        ids.add(parcel.parcel_id)
        for carried in parcel.lines:
            wanted[carried.line] = wanted.get(carried.line, 0) + carried.quantity
            _refuse_misfit(order, parcel, carried)
    events: list[OrderEvent] = [
        ParcelPlanned(replace(_fresh(parcel), planned_at=at), at) for parcel in command.parcels
    ]
    for number, quantity in sorted(wanted.items()):
        line = the_line(order, number)
        if quantity > pieces(order, line).waiting:
            refuse("order.nothing_waits", line=number)
        events += _promised(order, line, command.promised_by, at)
    return events


def _promised(order: CustomerOrder, line: OrderLine, by: str, at: str) -> list[OrderEvent]:
    """A wish is answered. What was promised is promised anew only when it comes later, or goes
    another way than it did: who was told a day may hear a better one when it is there."""
    promise = LinePromised(line.line, Promise.RESERVED, by, at)
    if line.promise is Promise.INTENT:
        return [promise]
    if not by or not line.promised_by:
        return []
    if _goes_another_way(order, line):
        return [promise] if by != line.promised_by else []
    return [replace(promise, moved_from=line.promised_by)] if by > line.promised_by else []


def _goes_another_way(order: CustomerOrder, line: OrderLine) -> bool:
    """Has the customer changed it since a parcel carried it?"""
    carried = [parcel for parcel in order.parcels if parcel.find(line.line)]
    if not carried:
        return False
    where = line.collect_store_id if line.mode is Mode.COLLECT else ""
    return (carried[-1].mode, carried[-1].collect_store_id) != (line.mode, where)


def _fresh(parcel: Parcel) -> Parcel:
    lines = tuple(replace(line, picked=0, short=0, collected=0) for line in parcel.lines)
    return replace(parcel, lines=lines, state=ParcelState.PLANNED, offers=(), moves=0)


def _refuse_misfit(order: CustomerOrder, parcel: Parcel, carried: ParcelLine) -> None:
    """A parcel carries its own kind of lines, each once, to one place."""
    line = the_line(order, carried.line)
    fits = line.mode is parcel.mode and line.is_carried and line.sku == carried.sku
    is_twice = sum(other.line == carried.line for other in parcel.lines) > 1
    if not fits or is_twice or carried.quantity <= 0:
        refuse("order.misfit", line=line.line)
    if line.mode is Mode.COLLECT and parcel.collect_store_id != line.collect_store_id:
        refuse("order.misfit", line=line.line)


def _escalate(order: CustomerOrder, command: commands.Escalate, at: str) -> list[OrderEvent]:
    line = the_line(order, command.line)
    return [] if line.escalated else [LineEscalated(command.line, command.reason, at)]


_DECISIONS: dict[type[Any], Callable[[CustomerOrder, Any, str], list[OrderEvent]]] = {
    commands.PlaceOrder: _place,
    commands.TakePayment: _take_payment,
    commands.PutOffAnswer: _put_off,
    commands.SubstituteLine: substituting.substitute,
    commands.PlanParcels: _plan,
    commands.OfferParcel: offering.offer,
    commands.SeeOffer: offering.see,
    commands.RetimeOffers: offering.retime,
    commands.ClaimParcel: offering.claim,
    commands.RejectParcel: offering.reject,
    commands.ExpireOffers: offering.expire,
    commands.TakeBackParcel: offering.take_back,
    commands.MoveParcel: offering.move,
    commands.PickLine: fulfilling.pick,
    commands.ShortLine: fulfilling.short,
    commands.PackParcel: fulfilling.pack,
    commands.HandOver: fulfilling.hand_over,
    commands.MakeReady: fulfilling.make_ready,
    commands.ExtendHold: fulfilling.extend_hold,
    commands.CollectPieces: fulfilling.collect,
    commands.NoShow: fulfilling.no_show,
    commands.CancelPieces: changing.cancel,
    commands.ChangeLine: changing.change_line,
    commands.ChangeAddress: changing.change_address,
    commands.ReturnPieces: changing.take_return,
    commands.PayRefund: changing.pay_refund,
    commands.Escalate: _escalate,
}
