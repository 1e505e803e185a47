"""Timed work: orders whose moment has come, quotes that end, words that wait.

Any process may do it, one does (`working`); doing it twice changes nothing, since every step
is decided on the order as it stands. The thing to get wrong: an order that fails every time
and keeps the others waiting. Its next look is put off and the log names it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from central_sync.database import tables as t
from central_sync.retail.orders import (
    CustomerOrder,
    OrderLine,
    OrderRefused,
    ParcelState,
    Promise,
    commands,
    pieces,
)
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.orders.order import UNCLAIMED
from central_sync.server.orders import deciding, ledger, placing, quoting
from central_sync.server.orders.carrying import Shortage
from central_sync.server.orders.room import OrderRoom
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
    for order_id in _due(room, at):
        look(room, order_id, at)
        count += 1
    return count


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
    for command in list(_timely(room, order, at)):
        try:
            deciding.act(room, order_id, command)
        except OrderRefused as refusal:
            # Somebody was quicker; what is left is found when the order is looked at again.
            _log.info("order %s: %s came too late: %s", order_id, command, refusal.key)
    placing.reroute(room, order_id)


def _timely(room: OrderRoom, order: CustomerOrder, at: str) -> Iterator[OrderCommand]:
    """Late promises are told to a person, wishes without an answer are paid back, unanswered
    offers end, silent stores lose their work, what nobody collected is given up."""
    for line in order.lines:
        is_late = bool(line.promised_by) and line.promised_by <= at
        if is_late and not line.escalated and pieces(order, line).undelivered:
            yield commands.Escalate(line.line, "order.late")
        if line.promise is Promise.INTENT and line.answer_by and line.answer_by <= at:
            yield from _unanswered(order, line)
    silent = room.router.image.silent
    for parcel in order.parcels:
        if (
            parcel.state in UNCLAIMED
            and parcel.store_id in silent
            and not _has_others(silent, [offer.store_id for offer in parcel.open_offers])
        ):
            yield commands.TakeBackParcel(parcel.parcel_id, "order.store_silent")
        elif parcel.state is ParcelState.OFFERED and any(
            offer.expires_at <= at for offer in parcel.open_offers
        ):
            yield commands.ExpireOffers(parcel.parcel_id)
        elif parcel.state is ParcelState.READY and parcel.hold_until <= at:
            yield commands.NoShow(parcel.parcel_id)


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
