"""Second thoughts: unclaimed parcels planned again together, and moved where it pays.

The solver proposes; a move is made only when the order's own decision, on today's figures,
names the same store, so that the reason on the screen is true and replays. The thing to
get wrong: moving what somebody has claimed; the order machine refuses it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import CustomerOrder, Mode, OrderRefused, Parcel, commands
from central_sync.retail.orders.order import UNCLAIMED
from central_sync.routing import Ask, Plan, PlannedParcel, Terms
from central_sync.routing.replan import LEFT_ALONE_SECONDS, Unclaimed, moves
from central_sync.routing.solver import SolverMissing
from central_sync.server.orders import deciding, decisions, ledger, placing
from central_sync.server.orders.carrying import Shortage
from central_sync.server.orders.identities import new_id
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.router import Open, Wish
from central_sync.server.orders.rules import order_rules
from central_sync.server.orders.timing import later

MOST_PARCELS = 500
_log = logging.getLogger(__name__)


def replan(room: OrderRoom) -> int:
    """Move what is better sent by another store; returns how many parcels were moved."""
    room.router.image.refresh()
    parcels = {parcel.parcel_id: (wish, parcel) for wish, parcel in _unclaimed(room)}
    if not parcels:
        return 0
    live = room.router.image
    with live.deciding() as (image, moment):
        asked = [
            Unclaimed(
                parcel.parcel_id, _ask(room, wish), _plan(parcel), parcel.moves,
                _waited(parcel, moment.seconds),
            )
            for wish, parcel in parcels.values()
            if all(image.shelves.get(line.sku) for line in parcel.lines)
        ]  # fmt: skip
        try:
            better = moves(image, asked, live.policy, moment)
        except SolverMissing:
            return 0
    return sum(_move(room, *parcels[one.parcel_id], one.to_store_id) for one in better)


def _unclaimed(room: OrderRoom) -> Iterator[tuple[Wish, Parcel]]:
    """Parcels to be shipped that nobody has claimed for a while, with what they ask for."""
    at = room.timestamp()
    row = t.order_parcel.c
    with room.database.reading() as connection:
        rules = order_rules(connection)
        ids = connection.execute(
            select(row.order_id)
            .where(
                row.state.in_(("planned", "offered")),
                row.planned_at <= later(at, -LEFT_ALONE_SECONDS),
            )
            .distinct()
            .limit(MOST_PARCELS)
        ).scalars()
        for order_id in list(ids):
            order = ledger.find(connection, order_id).order
            wish = placing.wish_for(room, connection, order, rules, at)
            for parcel in order.parcels:
                if parcel.state in UNCLAIMED and parcel.mode is Mode.SHIP and not parcel.moves:
                    yield _of_parcel(wish, order, parcel), parcel


def open_of(order: CustomerOrder, parcel: Parcel) -> Iterator[Open]:
    """What a parcel carries, as if it needed a store again."""
    for carried in parcel.lines:
        line = order.line(carried.line)
        if line is not None and carried.quantity:
            yield Open(
                carried.line,
                carried.sku,
                carried.quantity,
                parcel.mode,
                "",
                line.gross_minor // line.quantity * carried.quantity,
                line.passed_over,
            )


def _of_parcel(wish: Wish, order: CustomerOrder, parcel: Parcel) -> Wish:
    lines = tuple(open_of(order, parcel))
    return Wish(order.order_id, lines, wish.place, wish.not_from, 1, wish.deadline_minutes)


def _ask(room: OrderRoom, wish: Wish) -> Ask:
    return room.router.ask(wish, wish.open, wish.place, wish.not_from)


def _plan(parcel: Parcel) -> Plan:
    """The parcel as the image has counted it."""
    lines = tuple((line.line, line.sku, line.quantity) for line in parcel.lines)
    return Plan((PlannedParcel(parcel.store_id, lines, ledger.job_seconds(parcel), Terms()),))


def _waited(parcel: Parcel, now_seconds: int) -> int:
    return now_seconds - int(datetime.fromisoformat(parcel.planned_at).timestamp())


def _move(room: OrderRoom, wish: Wish, parcel: Parcel, to_store_id: str) -> bool:
    live, at = room.router.image, room.timestamp()
    decision = room.router.again(wish, _plan(parcel))
    if [one.store_id for one in decision.plan.parcels] != [to_store_id]:
        return False
    decision_id = new_id(at)
    command = commands.MoveParcel(parcel.parcel_id, to_store_id, decision_id)
    with room.database.atomic() as connection:
        stores = room.stores(connection)
        kept = [(decision_id, decision)]
        decisions.keep(connection, wish.order_id, kept, live.policy, stores, at)
    try:
        return bool(deciding.act(room, wish.order_id, command).events)
    except (OrderRefused, Shortage) as problem:
        _log.info("parcel %s stays where it is: %s", parcel.parcel_id, problem)
        return False
