"""Makes orders of quotes and of receipts, and finds a store for every piece that waits.

Choose in memory, then commit: when the database knows better, the choice is taken back and
made again from fresh figures, three times at most. The thing to get wrong: choosing while a
transaction is open, so that every order of the minute waits for one decision.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from central_sync.database import tables as t
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
from central_sync.server.orders import carrying, decisions, inbox, ledger
from central_sync.server.orders.carrying import Carried, Shortage
from central_sync.server.orders.promising import (
    arrived_by,
    collected_by,
    deadline_minutes,
    shipped_by,
)
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.router import Routed, Wish, open_lines
from central_sync.server.orders.rules import OrderRules, order_rules
from central_sync.server.orders.stores import Stores, place_of
from central_sync.server.warehouse.reserving import Missing

MOST_TRIES = 3
Also = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with one order at once, before stores are found for what waits of it."""

    order_id: str
    first: tuple[OrderCommand, ...] = ()
    client: str = ""
    reference: str = ""
    also: Also | None = None

    @property
    def places(self) -> bool:
        return any(isinstance(one, commands.PlaceOrder) for one in self.first)


def place(
    room: OrderRoom,
    order: CustomerOrder,
    paid: Sequence[tuple[str, int]],
    *,
    client: str,
    reference: str = "",
    parcels: Sequence[Parcel] = (),
    also: Also | None = None,
) -> Carried:
    """Place an order; `parcels` are what its quote holds. Pieces without a store are routed.

    `also` is done in the transaction that places it.

    Placing again what is there changes nothing. Raises OrderRefused, Refused.
    """
    order = without_private(order)
    first: list[OrderCommand] = [commands.PlaceOrder(order, tuple(paid))]
    if parcels:
        first.append(commands.PlanParcels(tuple(parcels)))
    step = Step(order.order_id, tuple(first), client, reference, also)
    return _step(room, step)


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
    rules: OrderRules,
    at: str,
) -> list[OrderCommand]:
    """Offer parcels: to their own store, in later rounds to the next best as well."""
    found: list[OrderCommand] = []
    stores = room.router.image.stores
    for parcel in parcels:
        number = min(round_of(order, parcel), len(OFFER_BREADTH))
        more = OFFER_BREADTH[number - 1] - 1
        is_free = parcel.store_id != parcel.collect_store_id
        others = room.router.others(wish, parcel, more) if more and is_free else ()
        expires_at = stores.calendar(parcel.store_id).after_open_seconds(at, rules.accept_seconds)
        found.append(commands.OfferParcel(parcel.parcel_id, (parcel.store_id, *others), expires_at))
    return found


def _step(room: OrderRoom, step: Step) -> Carried:
    """Choose, commit, and choose again when the database had less; at last without a store."""
    room.router.image.refresh()
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
            plans = _plans(room, expected, routed, wish, rules, at)
            try:
                carried = _commit(room, step, [*step.first, *plans], routed, at)
            except Shortage as shortage:
                unless_kept.pop_all()
                room.router.undo(routed, levels(room, shortage.missing))
            else:
                unless_kept.pop_all()
                return carried
    return _commit(room, step, step.first, Routed((), ()), at)


def _commit(
    room: OrderRoom, step: Step, asked: Sequence[OrderCommand], routed: Routed, at: str
) -> Carried:
    def act(connection: Connection) -> Carried:
        decided = [(c.decision_id, c.decision) for c in routed.choices if c.decision is not None]
        stores = room.stores(connection)
        decisions.keep(connection, step.order_id, decided, room.router.image.policy, stores, at)
        if step.also:
            step.also(connection)
        carried = carrying.carry_out(
            room,
            connection,
            step.order_id,
            asked,
            at,
            client=step.client,
            reference=step.reference,
        )
        inbox.shortfalls(connection, carried.broken, at)
        return carried

    return atomically(room, act)


def atomically(room: OrderRoom, act: Callable[[Connection], Carried]) -> Carried:
    """One transaction; run again when two waited for one another and the database chose us."""
    for attempt in range(1, MOST_TRIES + 1):
        try:
            with room.database.atomic() as connection:
                return act(connection)
        except OperationalError as problem:
            state = getattr(problem.orig, "sqlstate", "")
            if attempt == MOST_TRIES or state not in ("40001", "40P01"):
                raise
    raise AssertionError("unreachable")


def _plans(
    room: OrderRoom,
    order: CustomerOrder,
    routed: Routed,
    wish: Wish,
    rules: OrderRules,
    at: str,
) -> list[OrderCommand]:
    """Plan and offer the chosen parcels, offer what a quote planned, tell a person of the rest."""
    stores = room.router.image.stores
    found: list[OrderCommand] = []
    by_line = promised(stores, rules, routed.parcels, at)
    for parcel in routed.parcels:
        by = max((by_line[line.line] for line in parcel.lines), default="")
        found.append(commands.PlanParcels((parcel,), by))
    waiting = [*_unoffered(order), *routed.parcels]
    found += offers_for(room, order, waiting, wish, rules, at)
    for number, _ in routed.missing:
        line = order.line(number)
        if line is not None and not line.escalated:
            found.append(commands.Escalate(number, "order.no_stock"))
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
