"""The only way to change an order: decide, move stock, tell the stores, queue the world's news.

All in the caller's transaction, and all or nothing. The thing to get wrong: the order in
which things are held. First the feed scopes of every store concerned, sorted; then the
order's row; then stock. Whoever holds something else already can be waited for in a ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from central_sync.database.trip import Reply, Trip
from central_sync.retail.orders import (
    CustomerOrder,
    EffectKind,
    OrderRefused,
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
from central_sync.server import feed
from central_sync.server.orders import invariants, ledger, news, telling, wording
from central_sync.server.orders.invariants import Checks
from central_sync.server.orders.ledger import Step, Stored
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.timing import next_look
from central_sync.server.together import Spoiled
from central_sync.server.warehouse import firming, reserving, rights
from central_sync.server.warehouse.figures import Place
from central_sync.server.warehouse.fulfilling import carry_out as move_stock
from central_sync.server.warehouse.reserving import Missing, Short, Want, Wish


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


@dataclass(frozen=True, slots=True)
class Act:
    """Commands on one order, as one step; `client` and `reference` are of a new order.

    `foreseen` is what all of them make of it, where that was worked out before: it holds
    when nobody has changed the order since.
    """

    order_id: str
    asked: tuple[OrderCommand, ...]
    at: str
    client: str = ""
    reference: str = ""
    foreseen: Foreseen | None = None


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
    act = Act(order_id, tuple(asked), at, client, reference)
    try:
        return carry_out_all(room, connection, [act])[0]
    except Spoiled as spoiled:
        raise spoiled.problems[0] from None


def carry_out_all(room: OrderRoom, connection: Connection, acts: Sequence[Act]) -> list[Carried]:
    """Carry out acts on orders that differ, in as few statements as one of them takes.

    Raises Spoiled, with an OrderRefused or a Shortage for each act that cannot be.
    """
    return begin(room, Trip(connection), acts).end()


@dataclass(frozen=True, slots=True)
class Begun:
    """Acts that are decided, and their goods held; what is written waits in the trip."""

    trip: Trip
    carried: list[Carried]
    firmed: firming.Firmed
    checks: Checks

    def end(self) -> list[Carried]:
        """Write it and check what must be true; raises InvariantBroken, LedgerBroken."""
        self.trip.go()
        self.firmed.check()
        self.checks.check()
        return self.carried


def begin(room: OrderRoom, trip: Trip, acts: Sequence[Act]) -> Begun:
    """Lock, decide and hold. What the trip has already is written with the locks.

    The caller may add to the trip what goes with these acts, and ends what was begun.
    Raises Spoiled.
    """
    connection = trip.connection
    locked = _lock(trip, acts)
    decided = _decide_all(acts, locked.known)
    changed = [one for one in decided if one.events]
    asked = wording.ask(trip, [one.order for one in changed])
    live = _held_already(trip, decided)
    trip.go()
    firmed, broken = _move_all(trip, decided, rights.read(live), locked)
    steps = [_step(room, connection, one) for one in changed]
    words = wording.words_from(room, connection, asked, [step.order for step in steps])
    ledger.save(trip, steps)
    telling.tell_in(room, trip, locked.places, steps, words)
    news.queue(trip, locked.hooks, steps)
    checks = invariants.ask(trip, steps, {place for one in decided for place in _places(one)})
    return Begun(trip, _carried(decided, steps, broken), firmed, checks)


def _carried(
    decided: Sequence[_Decided], steps: Sequence[Step], broken: Sequence[tuple[Reservation, ...]]
) -> list[Carried]:
    done = {step.order.order_id: step for step in steps}
    carried = []
    for one, lost in zip(decided, broken, strict=True):
        step = done.get(one.act.order_id)
        stored = step.stored if step else one.before
        carried.append(Carried(stored, step.events if step else (), lost))
    return carried


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What commands make of an order that is as it was when its `version` was read."""

    version: int
    order: CustomerOrder
    events: tuple[OrderEvent, ...] = ()
    moves: tuple[StockEffect, ...] = ()

    def after(self, asked: Iterable[OrderCommand], at: str) -> Foreseen:
        """And then of these; raises OrderRefused."""
        order, events, moves = _decided(self.order, asked, at)
        return Foreseen(self.version, order, (*self.events, *events), (*self.moves, *moves))


def foreseen(order: CustomerOrder, asked: Iterable[OrderCommand], at: str) -> CustomerOrder:
    """The order as it would stand after these commands; writes nothing. Raises OrderRefused."""
    return Foreseen(0, order).after(asked, at).order


def stores_of(order: CustomerOrder) -> set[str]:
    """Every store that has a part in an order."""
    found = {order.store_id}
    found |= {line.collect_store_id for line in order.lines}
    for parcel in order.parcels:
        found |= {parcel.store_id, parcel.collect_store_id}
        found |= {offer.store_id for offer in parcel.offers}
    found |= {refund.paid_in for refund in order.refunds}
    return found - {""}


@dataclass(frozen=True, slots=True)
class _Decided:
    act: Act
    before: Stored
    order: CustomerOrder
    events: tuple[OrderEvent, ...]
    moves: tuple[StockEffect, ...]


@dataclass(frozen=True, slots=True)
class _Locked:
    places: dict[str, feed.Place]
    known: Mapping[str, Stored]
    hooks: Reply


def _lock(trip: Trip, acts: Sequence[Act]) -> _Locked:
    """What has to be known of orders before they are locked: their stores."""
    connection = trip.connection
    stores = {store_id for act in acts for one in act.asked for store_id in _named(one)}
    there = [act.order_id for act in acts if not _is_new(act)]
    for stored in ledger.find_all(connection, there).values():
        stores |= stores_of(stored.order)
    scopes = [feed.store_scope(store_id) for store_id in stores]
    places = feed.ask_scopes(trip, scopes)
    ids = [act.order_id for act in acts]
    orders = ledger.ask_all(trip, ids, lock=True)
    hooks = news.ask_hooks(trip)
    trip.go()
    held = feed.locked_scopes(connection, scopes, places)
    return _Locked(held, ledger.read_all(ids, orders), hooks)


def _is_new(act: Act) -> bool:
    """Its first command names every store that an order has which is not there yet."""
    return isinstance(act.asked[0] if act.asked else None, commands.PlaceOrder)


def _decide_all(acts: Sequence[Act], known: Mapping[str, Stored]) -> list[_Decided]:
    found: list[_Decided] = []
    refused: dict[int, Exception] = {}
    for number, act in enumerate(acts):
        try:
            found.append(_decide(act, known[act.order_id]))
        except OrderRefused as refusal:
            refused[number] = refusal
    if refused:
        raise Spoiled(refused)
    return found


def _decide(act: Act, before: Stored) -> _Decided:
    if not before.version:
        before = replace(before, client=act.client, reference=act.reference)
    elif _is_new(act):
        # Placing again what is there changes nothing.
        return _Decided(act, before, before.order, (), ())
    known = act.foreseen
    if known is not None and known.version == before.version:
        return _Decided(act, before, known.order, known.events, known.moves)
    order, events, moves = _decided(before.order, act.asked, act.at)
    return _Decided(act, before, order, tuple(events), tuple(moves))


def _step(room: OrderRoom, connection: Connection, one: _Decided) -> Step:
    at = one.act.at
    look_at = next_look(one.order, room.stores(connection), at)
    return Step(one.before, one.order, one.events, at, look_at)


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
            names = ("store_id", "collect_store_id", "taken_in")
            return {getattr(command, name, "") for name in names} - {""}


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


def _places(one: _Decided) -> Iterator[Place]:
    for move in one.moves:
        yield move.store_id, move.sku
        if move.to_store_id:
            yield move.to_store_id, move.sku


def _held_already(trip: Trip, decided: Sequence[_Decided]) -> Reply:
    """Rights that a quote's parcels have, locked."""
    parcels = {
        one.holder.partition("/")[0] for each in decided for one in each.moves if _holds(one)
    }
    return rights.ask_held_by(trip, sorted(parcels), lock=True) if parcels else Reply()


def _move_all(
    trip: Trip, decided: Sequence[_Decided], live: Sequence[Reservation], locked: _Locked
) -> tuple[firming.Firmed, list[tuple[Reservation, ...]]]:
    """Carry out the effects; returns, for each, the rights of others that it broke.

    What a quote holds already is made firm, when the trip is made, instead of held again.
    """
    connection = trip.connection
    at = max((one.act.at for one in decided), default="")
    held = {right.holder for right in live}
    firmed = firming.firm_all(trip, live, at)
    left = [[one for one in each.moves if not (_holds(one) and one.holder in held)]
            for each in decided]  # fmt: skip
    if all(_holds(one) for moves in left for one in moves):
        _hold_all(connection, left, at)
        return firmed, [()] * len(decided)
    # What moves may be what was made firm; and goods that move are told on the feed.
    trip.go()
    broken = [
        _moved(connection, each, moves, number)
        for number, (each, moves) in enumerate(zip(decided, left, strict=True))
    ]
    locked.places.clear()
    return firmed, broken


def _hold_all(connection: Connection, left: Sequence[Sequence[StockEffect]], at: str) -> None:
    """Holds of many orders are one reservation of them all: first come, first served."""
    asked = [number for number, moves in enumerate(left) if moves]
    wishes = [
        Wish(
            tuple(Want(one.store_id, one.sku, one.quantity, one.holder) for one in left[number]),
            left[number][0].holder.partition("/")[0],
            soft=False,
        )
        for number in asked
    ]
    answers = reserving.grant_all(connection, wishes, at) if wishes else []
    short: dict[int, Exception] = {
        number: Shortage(answer.missing)
        for number, answer in zip(asked, answers, strict=True)
        if isinstance(answer, Short)
    }
    if short:
        raise Spoiled(short)


def _moved(
    connection: Connection, one: _Decided, moves: Sequence[StockEffect], number: int
) -> tuple[Reservation, ...]:
    if not moves:
        return ()
    done = move_stock(connection, moves, one.act.at, one.act.order_id)
    if done.missing:
        raise Spoiled({number: Shortage(done.missing)})
    own = {
        holder_of(parcel.parcel_id, line.line)
        for parcel in one.before.order.parcels
        for line in parcel.lines
    }
    return tuple(right for right in done.broken if right.holder not in own)


def _holds(effect: StockEffect) -> bool:
    return effect.kind is EffectKind.HOLD
