"""Timed work: orders whose moment has come, quotes that end, words that wait.

Any process may do it, one does (`working`); doing it twice changes nothing, since every step
is decided on the order as it stands. The thing to get wrong: an order that fails every time
and keeps the others waiting. Its next look is put off and the log names it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from central_sync.database import tables as t
from central_sync.retail.orders import (
    CustomerOrder,
    OrderLine,
    OrderRefused,
    Parcel,
    ParcelState,
    Promise,
    commands,
    pieces,
)
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.orders.order import UNCLAIMED
from central_sync.retail.plain import Unreadable
from central_sync.server import claims
from central_sync.server.orders import deciding, ledger, placing, quoting, replanning
from central_sync.server.orders.carrying import Shortage
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.rules import order_rules
from central_sync.server.orders.stores import has_said_all
from central_sync.server.orders.timing import later, next_look
from central_sync.server.refused import Refused

AT_ONCE = 100
PUT_OFF_SECONDS = 300
IDEMPOTENT_HOURS = 24
_log = logging.getLogger(__name__)


def follow(room: OrderRoom) -> int:
    """Do what is due now; returns how many things were done."""
    at = room.timestamp()
    count = deciding.settle_all(room)
    count += quoting.end_expired(room, at)
    count += _sales_that_came(room, at)
    for order_id in _due(room, at):
        with ExitStack() as unless_looked:
            # Where nobody foresaw what fails, the others are not to wait behind it next time.
            unless_looked.callback(_put_off, room, order_id, at)
            look(room, order_id, at)
            unless_looked.pop_all()
        count += 1
    return count


def _sales_that_came(room: OrderRoom, at: str) -> int:
    """Goods taken back before their sale was here: it may have come."""
    with room.database.reading() as connection:
        if not claims.has_waited_for(connection):
            return 0
    with room.database.atomic() as connection:
        return claims.look_again(connection, at)


def look(room: OrderRoom, order_id: str, at: str) -> None:
    """Do what time asks of one order, and note when to look again."""
    try:
        _look(room, order_id, at)
        with room.database.atomic() as connection:
            order = ledger.find(connection, order_id, lock=True).order
            due = next_look(order, room.stores(connection), at)
            # What is due this very moment was tried just now.
            ledger.look_again(connection, order_id, max(due, later(at, 1)) if due else "")
    except (OrderRefused, Refused, Shortage, OperationalError) as problem:
        _log.warning("order %s is looked at again later: %s", order_id, problem)
        _put_off(room, order_id, at)
    except (Unreadable, ValueError):  # what is stored of it is damaged
        _log.exception("a fault in order %s; it is looked at again later", order_id)
        _put_off(room, order_id, at)


def _put_off(room: OrderRoom, order_id: str, at: str) -> None:
    with room.database.atomic() as connection:
        ledger.look_again(connection, order_id, later(at, PUT_OFF_SECONDS))


def forget_old_answers(room: OrderRoom) -> None:
    """Idempotency keys are kept for a day."""
    before = later(room.timestamp(), -IDEMPOTENT_HOURS * 3600)
    with room.database.atomic() as connection:
        connection.execute(t.idempotency.delete().where(t.idempotency.c.at < before))


def _due(room: OrderRoom, at: str) -> list[str]:
    row = t.customer_order.c
    with room.database.reading() as connection:
        return list(
            connection.execute(
                select(row.order_id)
                .where(row.look_at != "", row.look_at <= at)
                .order_by(row.look_at)
                .limit(AT_ONCE)
            ).scalars()
        )


def _look(room: OrderRoom, order_id: str, at: str) -> None:
    room.router.image.refresh()
    with room.database.reading() as connection:
        order = ledger.find(connection, order_id).order
    for command in [*_timely(room, order, at), *_of_parcels(room, order, at)]:
        try:
            deciding.act(room, order_id, command)
        except OrderRefused as refusal:
            # Somebody was quicker; what is left is found when the order is looked at again.
            _log.info("order %s: %s came too late: %s", order_id, command, refusal.key)
    placing.reroute(room, order_id)


def _timely(room: OrderRoom, order: CustomerOrder, at: str) -> Iterator[OrderCommand]:
    """Late promises are told to a person, wishes without an answer are paid back."""
    for line in order.lines:
        is_late = bool(line.promised_by) and line.promised_by <= at
        if is_late and not line.escalated and pieces(order, line).undelivered:
            yield commands.Escalate(line.line, "order.late")
        if line.promise is Promise.INTENT and line.answer_by and line.answer_by <= at:
            yield from _unanswered(order, line)


def _of_parcels(room: OrderRoom, order: CustomerOrder, at: str) -> Iterator[OrderCommand]:
    """Unanswered offers end, silent stores lose their work unless they have lent the goods and
    nobody else can send them or the customer comes for them there, what nobody collected is
    given up."""
    live = room.router.image
    for parcel in order.parcels:
        is_cut_off = (
            parcel.state in UNCLAIMED
            and parcel.store_id in live.silent
            and not _has_others(live.silent, [offer.store_id for offer in parcel.open_offers])
        )
        lent_until = _lent_until(room, order, parcel) if is_cut_off else ""
        if is_cut_off and lent_until:
            yield commands.RetimeOffers(parcel.parcel_id, lent_until)
        elif is_cut_off and not parcel.is_collected_here:
            yield commands.TakeBackParcel(parcel.parcel_id, "order.store_silent")
        elif parcel.state is ParcelState.OFFERED:
            yield from _of_offers(room, parcel, at)
        elif parcel.state is ParcelState.READY and parcel.hold_until <= at:
            yield from _of_collection(room, parcel)


def _of_offers(room: OrderRoom, parcel: Parcel, at: str) -> Iterator[OrderCommand]:
    ends = [offer.expires_at for offer in parcel.open_offers]
    if any(end <= at for end in ends):
        yield commands.ExpireOffers(parcel.parcel_id)
        return
    with room.database.reading() as connection:
        seconds = order_rules(connection).answered_within(parcel)
        calendar = room.stores(connection).calendar(parcel.store_id)
    longest = calendar.after_open_seconds(at, seconds)
    if any(end > longest for end in ends):
        # It waited for a store that was cut off, and that is heard again.
        yield commands.RetimeOffers(parcel.parcel_id, longest)


def _of_collection(room: OrderRoom, parcel: Parcel) -> Iterator[OrderCommand]:
    """A store that was cut off may have handed it out in time: it is heard first.

    A person may decide before that (`/no-show`).
    """
    where, until = parcel.collect_store_id, parcel.hold_until
    with room.database.reading() as connection:
        is_sure = has_said_all(connection, where, until, room.now())
    if is_sure:
        yield commands.NoShow(parcel.parcel_id)


def _lent_until(room: OrderRoom, order: CustomerOrder, parcel: Parcel) -> str:
    """Until when the goods wait for their silent store; "" when they do not, or need not."""
    until = room.router.image.lent_until(parcel.store_id, [line.sku for line in parcel.lines])
    if not until or parcel.is_collected_here:
        return until
    with room.database.reading() as connection:
        at = room.timestamp()
        wish = placing.wish_for(room, connection, order, order_rules(connection), at)
    lines = tuple(replanning.open_of(order, parcel))
    others = room.router.others(replace(wish, open=lines), parcel, 1)
    return "" if others else until


def _unanswered(order: CustomerOrder, line: OrderLine) -> Iterator[OrderCommand]:
    """The last step of the ladder: nobody could answer the wish in time, so its money goes back."""
    waiting = pieces(order, line).waiting
    if waiting:
        yield commands.CancelPieces(line.line, waiting, "order.no_answer")


def _has_others(silent: frozenset[str], offered: list[str]) -> bool:
    """Somebody who is awake may still take it."""
    return any(store_id not in silent for store_id in offered)


def stuck(connection: Connection) -> list[ledger.Stored]:
    """Orders that a person has to look at, the oldest first."""
    row = t.customer_order.c
    ids = connection.execute(
        select(row.order_id).where(row.state == "escalated").order_by(row.placed_at).limit(1_000)
    ).scalars()
    return [ledger.find(connection, order_id) for order_id in list(ids)]
