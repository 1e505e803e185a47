"""Makes orders of quotes and of receipts, and finds a store for every piece that waits.

Choose in memory, then commit: when the database knows better, the choice is taken back and
made again from fresh figures, three times at most. The thing to get wrong: choosing while a
transaction is open, so that every order of the minute waits for one decision.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.retail.orders import (
    OFFER_BREADTH,
    CustomerOrder,
    MadeWhere,
    Mode,
    Parcel,
    commands,
    round_of,
)
from central_sync.retail.orders.commands import OrderCommand
from central_sync.server.orders import carrying, decisions, inbox, ledger, quotes
from central_sync.server.orders.carrying import Act, Carried, Foreseen, Shortage
from central_sync.server.orders.promising import (
    arrived_by,
    collected_by,
    deadline_minutes,
    shipped_by,
)
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.router import Routed, Wish, open_lines
from central_sync.server.orders.rules import OrderRules, order_rules
from central_sync.server.orders.stores import Place, Stores, place_of
from central_sync.server.together import Spoiled
from central_sync.server.warehouse.reserving import Missing
from central_sync.wire.orders import AddressWords

MOST_TRIES = 3
# Why a person is told of a line that no store can send.
NO_STOCK = "order.no_stock"
Also = Callable[[Connection], None]
# The id that an address has in the order, its words, and whose it is.
Kept = tuple[str, AddressWords, str]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with one order at once, before stores are found for what waits of it."""

    order_id: str
    first: tuple[OrderCommand, ...] = ()
    client: str = ""
    reference: str = ""
    quote_id: str = ""
    address: Kept | None = None
    also: Also | None = None

    @property
    def places(self) -> bool:
        return any(isinstance(one, commands.PlaceOrder) for one in self.first)


@dataclass(frozen=True, slots=True)
class Known:
    rules: OrderRules
    stores: Stores


def place(
    room: OrderRoom,
    order: CustomerOrder,
    paid: Sequence[tuple[str, int]],
    *,
    client: str,
    reference: str = "",
    parcels: Sequence[Parcel] = (),
    address: Kept | None = None,
    also: Also | None = None,
    known: Known | None = None,
) -> Carried:
    """Place an order; `parcels` are what its quote holds. Pieces without a store are routed.

    In the transaction that places it the quote of `parcels` becomes this order, `address`
    is kept, and `also` is done. `known` is what the caller has just read.

    Placing again what is there changes nothing. Raises OrderRefused, Refused, Shortage.
    """
    order = without_private(order)
    quote_id = order.quote_id if parcels else ""
    first: list[OrderCommand] = [commands.PlaceOrder(order, tuple(paid))]
    if parcels:
        first.append(commands.PlanParcels(tuple(parcels)))
    step = Step(order.order_id, tuple(first), client, reference, quote_id, address, also)
    return _placed(room, step, known) if known else _step(room, step)


def reroute(room: OrderRoom, order_id: str) -> Carried | None:
    """Find stores for what waits of an order; None when nothing does."""
    with room.database.reading() as connection:
        stored = ledger.find(connection, order_id)
    if not needs_a_store(stored.order):
        return None
    return _step(room, Step(order_id))


def needs_a_store(order: CustomerOrder) -> bool:
    return bool(open_lines(order) or _unoffered(order))


def booked_tracking(connection: Connection, parcel_id: str) -> str:
    """What the carrier calls a parcel; "" when it was not booked."""
    row = t.outgoing.c
    found = connection.execute(
        select(row.result).where(row.once == f"label/{parcel_id}", row.state == "sent")
    ).scalar()
    return str(json.loads(found)["tracking"]) if found else ""


def wish_for(
    room: OrderRoom, connection: Connection, order: CustomerOrder, rules: OrderRules, at: str
) -> Wish:
    """What the router is asked for this order's waiting pieces."""
    stores = room.stores(connection)
    postcode = order.address.postcode if order.address else ""
    if order.address and order.address.address_id and not postcode:
        words = room.private.find(connection, order.address.address_id)
        postcode = words.postcode if words else ""
    known = stores.by_id.get(order.store_id)
    at_store = known.place if known and known.place and not postcode else None
    sells_here = order.store_id if order.made is MadeWhere.IN_STORE else ""
    return Wish(
        order_id=order.order_id,
        open=open_lines(order),
        place=at_store or place_of(connection, postcode, stores),
        not_from=(sells_here,) if sells_here else (),
        most_parcels=order.max_parcels or rules.most_parcels,
        deadline_minutes=deadline_minutes(stores.calendar(order.store_id), rules, at),
    )


def promised(
    stores: Stores, rules: OrderRules, parcels: Sequence[Parcel], at: str
) -> dict[int, str]:
    """Per line the moment by which the last of its parcels is there."""
    found: dict[int, str] = {}
    for parcel in parcels:
        by = promise_of(stores, rules, parcel, at)
        for line in parcel.lines:
            found[line.line] = max(found.get(line.line, ""), by)
    return found


def promise_of(stores: Stores, rules: OrderRules, parcel: Parcel, at: str) -> str:
    sender = stores.calendar(parcel.store_id)
    if parcel.mode is Mode.SHIP:
        return shipped_by(sender, rules, at)
    if parcel.collect_store_id == parcel.store_id:
        return collected_by(sender, rules, at)
    return arrived_by(sender, stores.calendar(parcel.collect_store_id), rules, at)


def offers_for(
    room: OrderRoom,
    order: CustomerOrder,
    parcels: Sequence[Parcel],
    wish: Wish,
    known: Known,
    at: str,
) -> list[OrderCommand]:
    """Offer parcels: to their own store, in later rounds to the next best as well."""
    found: list[OrderCommand] = []
    for parcel in parcels:
        number = min(round_of(order, parcel), len(OFFER_BREADTH))
        more = OFFER_BREADTH[number - 1] - 1
        is_free = not parcel.is_collected_here
        others = room.router.others(wish, parcel, more) if more and is_free else ()
        calendar = known.stores.calendar(parcel.store_id)
        expires_at = calendar.after_open_seconds(at, known.rules.answered_within(parcel))
        found.append(commands.OfferParcel(parcel.parcel_id, (parcel.store_id, *others), expires_at))
    return found


def _placed(room: OrderRoom, step: Step, known: Known) -> Carried:
    """A new order; when its quote holds all of it, nothing has to be looked up before."""
    at = room.timestamp()
    ahead = Foreseen(0, CustomerOrder()).after(step.first, at)
    if open_lines(ahead.order):
        return _step(room, step)
    nowhere = Wish(step.order_id, (), Place(0.0, 0.0))
    plans = _plans(room, ahead.order, Routed((), ()), nowhere, known, at)
    ahead = ahead.after(plans, at)
    act = Act(step.order_id, (*step.first, *plans), at, step.client, step.reference, ahead)
    return _do(room, step, act, ())


def _step(room: OrderRoom, step: Step) -> Carried:
    """Choose, commit, and choose again when the database had less; at last without a store."""
    live = room.router.image
    live.refresh()
    at = room.timestamp()
    for _ in range(MOST_TRIES):
        with room.database.reading() as connection:
            rules = order_rules(connection)
            stored = ledger.find(connection, step.order_id)
            if stored.version and step.places:
                return Carried(stored, ())
            expected = carrying.foreseen(stored.order, step.first, at)
            wish = wish_for(room, connection, expected, rules, at)
        routed = room.router.choose(wish, at)
        with ExitStack() as unless_kept:
            unless_kept.callback(room.router.undo, routed)
            plans = _plans(room, expected, routed, wish, Known(rules, live.stores), at)
            try:
                carried = _commit(room, step, [*step.first, *plans], routed, at)
            except Shortage as shortage:
                unless_kept.pop_all()
                room.router.undo(routed, levels(room, shortage.missing))
            else:
                unless_kept.pop_all()
                return carried
    return _commit(room, step, step.first, Routed((), ()), at)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A step with all that was worked out before its transaction."""

    room: OrderRoom
    step: Step
    act: Act
    decided: Sequence[decisions.Row]


def _commit(
    room: OrderRoom, step: Step, asked: Sequence[OrderCommand], routed: Routed, at: str
) -> Carried:
    made = [(c.decision_id, c.decision) for c in routed.choices if c.decision is not None]
    live = room.router.image
    decided = decisions.rows_of(step.order_id, made, live.policy, live.stores, at)
    act = Act(step.order_id, tuple(asked), at, step.client, step.reference)
    return _do(room, step, act, decided)


def _do(room: OrderRoom, step: Step, act: Act, decided: Sequence[decisions.Row]) -> Carried:
    carried: Carried = room.placings.do(_Ready(room, step, act, decided), _together)
    return carried


def _together(connection: Connection, ready: Sequence[_Ready]) -> list[Carried]:
    """Steps of many orders in one transaction; an order that comes twice goes one by one."""
    done: dict[int, Carried] = {}
    left = list(enumerate(ready))
    while left:
        first = {one.step.order_id: number for number, one in reversed(left)}
        now = [(number, one) for number, one in left if first[one.step.order_id] == number]
        done |= zip([n for n, _ in now], _once_each(connection, now), strict=True)
        left = [pair for pair in left if pair not in now]
    return [done[number] for number in range(len(ready))]


def _once_each(connection: Connection, ready: Sequence[tuple[int, _Ready]]) -> list[Carried]:
    room = ready[0][1].room
    steps = [one.step for _, one in ready]
    at = ready[0][1].act.at
    trip = Trip(connection)
    addresses = [step.address for step in steps if step.address]
    room.private.keep_all(trip, addresses, at, room.stores(connection).country)
    decisions.enter(trip, [row for _, one in ready for row in one.decided])
    try:
        _also(connection, steps)
        begun = carrying.begin(room, trip, [one.act for _, one in ready])
        taken = _quotes_taken(steps, begun.carried)
        won = quotes.take(trip, taken)
        carried = begun.end()
        _all_were_open(steps, taken, {row.quote_id for row in won.rows})
    except Spoiled as spoiled:
        raise Spoiled({ready[at][0]: problem for at, problem in spoiled.problems.items()}) from None
    for one in carried:
        inbox.shortfalls(connection, one.broken, at)
    return carried


def _also(connection: Connection, steps: Sequence[Step]) -> None:
    for number, step in enumerate(steps):
        try:
            if step.also:
                step.also(connection)
        except inbox.Taken as taken:
            raise Spoiled({number: taken}) from taken


def _quotes_taken(steps: Sequence[Step], carried: Sequence[Carried]) -> dict[str, str]:
    """A quote becomes one order, whoever asks; it stays as it is when the order was there."""
    return {
        step.quote_id: step.order_id
        for step, one in zip(steps, carried, strict=True)
        if step.quote_id and one.events
    }


def _all_were_open(steps: Sequence[Step], taken: Mapping[str, str], won: Collection[str]) -> None:
    lost = {
        number: quotes.gone()
        for number, step in enumerate(steps)
        if step.quote_id in taken
        and (step.quote_id not in won or taken[step.quote_id] != step.order_id)
    }
    if lost:
        raise Spoiled(lost)


def _plans(
    room: OrderRoom,
    order: CustomerOrder,
    routed: Routed,
    wish: Wish,
    known: Known,
    at: str,
) -> list[OrderCommand]:
    """Plan and offer the chosen parcels, offer what a quote planned, tell a person of the rest."""
    found: list[OrderCommand] = []
    by_line = promised(known.stores, known.rules, routed.parcels, at)
    for parcel in routed.parcels:
        by = max((by_line[line.line] for line in parcel.lines), default="")
        found.append(commands.PlanParcels((parcel,), by))
    waiting = [*_unoffered(order), *routed.parcels]
    found += offers_for(room, order, waiting, wish, known, at)
    for number, _ in routed.missing:
        line = order.line(number)
        if line is not None and not line.escalated:
            found.append(commands.Escalate(number, NO_STOCK))
    return found


def _unoffered(order: CustomerOrder) -> list[Parcel]:
    return [parcel for parcel in order.parcels if parcel.state.value == "planned"]


def levels(room: OrderRoom, missing: Sequence[Missing]) -> list[tuple[str, str, int, int]]:
    """The database's own figures of what it refused."""
    level = t.stock_level.c
    found = []
    with room.database.reading() as connection:
        for one in missing:
            row = connection.execute(
                select(level.on_hand, level.reserved).where(
                    level.store_id == one.store_id, level.sku == one.sku
                )
            ).first()
            on_hand, reserved = (row.on_hand, row.reserved) if row else (0, 0)
            # What the guard hides is not there for the router either.
            hidden = max(0, on_hand - reserved - one.available)
            found.append((one.store_id, one.sku, on_hand - hidden, reserved))
    return found


def without_private(order: CustomerOrder) -> CustomerOrder:
    """The order as it may be written: of an address only its id and postcode."""
    if order.address is None:
        return order
    kept = replace(order.address, name="", street="", town="", phone="", email="")
    return replace(order, address=kept)
