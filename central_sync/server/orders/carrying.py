"""The only way to change an order: decide, move stock, tell the stores, queue the world's news.

All in the caller's transaction, and all or nothing. The thing to get wrong: the order in
which things are held. First the feed scopes of every store concerned, sorted; then the
order's row; then stock. Whoever holds something else already can be waited for in a ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from central_sync.retail.orders import (
    CustomerOrder,
    EffectKind,
    StockEffect,
    commands,
    decide,
    effects,
    evolve,
    holder_of,
)
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.orders.events import OrderEvent
from central_sync.retail.stock import Reservation
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.orders import ledger, news, telling
from central_sync.server.orders.invariants import check
from central_sync.server.orders.ledger import Stored
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.timing import next_look
from central_sync.server.warehouse import reserving
from central_sync.server.warehouse.fulfilling import carry_out as move_stock
from central_sync.server.warehouse.reserving import Missing


class Shortage(Exception):
    """Stock that was believed is not there: nothing may be kept of this transaction."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        super().__init__(", ".join(f"{one.sku} in {one.store_id}" for one in missing))
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Carried:
    """`broken` are rights of other orders that the goods no longer cover."""

    stored: Stored
    events: tuple[OrderEvent, ...]
    broken: tuple[Reservation, ...] = ()


def carry_out(
    room: OrderRoom,
    connection: Connection,
    order_id: str,
    asked: Sequence[OrderCommand],
    at: str,
    *,
    client: str = "",
    reference: str = "",
) -> Carried:
    """Carry out commands on one order, one after another, as one step.

    Raises OrderRefused when one of them is refused, Shortage when stock is missing.
    """
    _lock(connection, ledger.find(connection, order_id).order, asked)
    before = ledger.find(connection, order_id, lock=True)
    if not before.version:
        before = replace(before, client=client, reference=reference)
    order, events, moves = _decided(before.order, asked, at)
    if not events:
        return Carried(before, ())
    done = _move(connection, before.order, moves, at, order_id)
    look_at = next_look(order, room.stores(connection), at)
    stored = ledger.save(connection, before, order, events, at=at, look_at=look_at)
    check(connection, before.order, order)
    telling.tell(room, connection, before.order, stored, events, at)
    news.queue(room, connection, before.order, stored, events, at)
    return Carried(stored, tuple(events), done)


def foreseen(order: CustomerOrder, asked: Iterable[OrderCommand], at: str) -> CustomerOrder:
    """The order as it would stand after these commands; writes nothing. Raises OrderRefused."""
    return _decided(order, asked, at)[0]


def stores_of(order: CustomerOrder) -> set[str]:
    """Every store that has a part in an order."""
    found = {order.store_id}
    found |= {line.collect_store_id for line in order.lines}
    for parcel in order.parcels:
        found |= {parcel.store_id, parcel.collect_store_id}
        found |= {offer.store_id for offer in parcel.offers}
    return found - {""}


def _lock(connection: Connection, order: CustomerOrder, asked: Iterable[OrderCommand]) -> None:
    stores = stores_of(order)
    for command in asked:
        stores |= _named(command)
    lock_scopes(connection, [store_scope(store_id) for store_id in stores])


def _named(command: OrderCommand) -> set[str]:
    """Stores that a command brings in."""
    match command:
        case commands.PlaceOrder(order):
            return stores_of(order)
        case commands.PlanParcels(parcels):
            return {parcel.store_id for parcel in parcels}
        case commands.OfferParcel():
            return set(command.store_ids)
        case _:
            found = {getattr(command, "store_id", ""), getattr(command, "collect_store_id", "")}
            return found - {""}


def _decided(
    order: CustomerOrder, asked: Iterable[OrderCommand], at: str
) -> tuple[CustomerOrder, list[OrderEvent], list[StockEffect]]:
    events: list[OrderEvent] = []
    moves: list[StockEffect] = []
    for command in asked:
        for event in decide(order, command, at):
            moves += effects(order, event)
            order = evolve(order, event)
            events.append(event)
    return order, events, moves


def _move(
    connection: Connection,
    before: CustomerOrder,
    moves: Sequence[StockEffect],
    at: str,
    order_id: str,
) -> tuple[Reservation, ...]:
    """Carry out the effects; what a quote holds already is made firm instead of held again."""
    held: set[str] = set()
    parcels = sorted({one.holder.partition("/")[0] for one in moves if _holds(one)})
    for parcel_id in parcels:
        answer = reserving.firm(connection, parcel_id, at)
        if isinstance(answer, reserving.Granted):
            held |= {one.holder for one in answer.reservations}
    left = [one for one in moves if not (_holds(one) and one.holder in held)]
    done = move_stock(connection, left, at, order_id) if left else None
    if done and done.missing:
        raise Shortage(done.missing)
    own = {
        holder_of(parcel.parcel_id, line.line) for parcel in before.parcels for line in parcel.lines
    }
    return tuple(one for one in done.broken if one.holder not in own) if done else ()


def _holds(effect: StockEffect) -> bool:
    return effect.kind is EffectKind.HOLD
