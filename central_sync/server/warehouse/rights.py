"""Rights to pieces as rows: read, stepped on by a conditional update, entered in the ledger.

The thing to get wrong: deciding on what was read. A right that ended meanwhile is not
stepped on, and only what the update returns is told to the ledger.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, literal_column, select, update

from central_sync.database import tables as t
from central_sync.database.trip import Reply, Trip, among
from central_sync.retail.identity import uuid7
from central_sync.retail.orders.invariants import BrokenRule
from central_sync.retail.stock import Reservation, ReservationEvent, ReservationState
from central_sync.server.warehouse.figures import Place

LIVE = (ReservationState.SOFT.value, ReservationState.HARD.value)

# Written out, not as a parameter, so that a plan that is kept can use the indexes of live rights.
_IS_LIVE = t.reservation.c.state.in_([literal_column(f"'{state}'") for state in LIVE])
_HELD_BY = (
    select(t.reservation)
    .where(_IS_LIVE, among(t.reservation.c.owner, "owners"))
    .order_by(t.reservation.c.reservation_id)
)


def _unconserved() -> Select[Any]:
    """One statement, so that it sees one state of both tables."""
    level, right = t.stock_level.c, t.reservation.c
    held = (
        select(func.coalesce(func.sum(right.quantity), 0))
        .where(_IS_LIVE, right.store_id == level.store_id, right.sku == level.sku)
        .scalar_subquery()
    )
    asked = among((level.store_id, level.sku), "places")
    return select(level.store_id, level.sku).where(asked, level.reserved != held)


_UNCONSERVED = _unconserved()
_HELD_BY_LOCKED = _HELD_BY.with_for_update()
_HARDEN = (
    update(t.reservation)
    .where(
        among(t.reservation.c.reservation_id, "ids"),
        t.reservation.c.state == ReservationState.SOFT.value,
    )
    .values(state="hard", expires_at="", version=t.reservation.c.version + 1)
)


def new_id(at: str) -> str:
    """A reservation's id: later ones sort after earlier ones."""
    return uuid7(int(datetime.fromisoformat(at).timestamp() * 1000), os.urandom(10))


def owner_of(holder: str) -> str:
    """The quote or parcel that a holder is a line of."""
    return holder.rpartition("/")[0] or holder


def held(connection: Connection, holder: str, *, lock: bool = False) -> tuple[Reservation, ...]:
    """Live rights of a holder, or of all lines of a quote or parcel; oldest first."""
    row = t.reservation.c
    is_asked = row.holder == holder if "/" in holder else row.owner == holder
    query = select(t.reservation).where(row.state.in_(LIVE), is_asked).order_by(row.reservation_id)
    return _read(connection.execute(query.with_for_update() if lock else query))


def held_by(
    connection: Connection, owners: Sequence[str], *, lock: bool = False
) -> tuple[Reservation, ...]:
    """Live rights of all lines of these quotes or parcels."""
    if not owners:
        return ()
    trip = Trip(connection)
    asked = ask_held_by(trip, owners, lock=lock)
    trip.go()
    return read(asked)


def ask_held_by(trip: Trip, owners: Sequence[str], *, lock: bool = False) -> Reply:
    """The same in a trip; `read` reads what it answers."""
    return trip.ask(_HELD_BY_LOCKED if lock else _HELD_BY, owners=sorted(owners))


def read(asked: Reply) -> tuple[Reservation, ...]:
    return _read(asked.rows)


def harden(trip: Trip, soft: Sequence[Reservation]) -> Reply:
    """Make soft rights hard that the caller holds locked; the reply counts them."""
    if not soft:
        return Reply()
    return trip.ask(_HARDEN, ids=[one.reservation_id for one in soft])


def held_at(connection: Connection, store_id: str, skus: Sequence[str]) -> tuple[Reservation, ...]:
    """Live rights to these items in a store."""
    row = t.reservation.c
    query = select(t.reservation).where(
        row.state.in_(LIVE), row.store_id == store_id, row.sku.in_(skus)
    )
    return _read(connection.execute(query.order_by(row.reservation_id)))


def ask_unconserved(trip: Trip, places: Iterable[Place]) -> Reply:
    """I2 of these records: what is reserved is the sum of the live rights, then."""
    wanted = sorted(set(places))
    return trip.ask(_UNCONSERVED, places=wanted) if wanted else Reply()


def unconserved(asked: Reply) -> list[BrokenRule]:
    """Those of `ask_unconserved` for which it does not hold."""
    return [BrokenRule("I2", f"{row.store_id} {row.sku}") for row in asked.rows]


def run_out(
    connection: Connection, at: str, limit: int, *, lock: bool = False
) -> tuple[Reservation, ...]:
    """Live rights whose time is over, longest over first."""
    row = t.reservation.c
    query = (
        select(t.reservation)
        .where(row.state.in_(LIVE), row.expires_at != "", row.expires_at <= at)
        .order_by(row.expires_at, row.reservation_id)
        .limit(limit)
    )
    return _read(connection.execute(query.with_for_update(skip_locked=True) if lock else query))


def step(connection: Connection, reservation: Reservation, **values: Any) -> bool:
    """Change a right that is still as it was read; False when it is not."""
    row = t.reservation.c
    found = connection.execute(
        update(t.reservation)
        .where(
            row.reservation_id == reservation.reservation_id,
            row.version == reservation.version,
            row.state.in_(LIVE),
        )
        .values(version=reservation.version + 1, **values)
    )
    return found.rowcount == 1


def enter(trip: Trip, reservations: Sequence[Reservation]) -> None:
    """New rights."""
    rows = [
        {
            "reservation_id": one.reservation_id,
            "holder": one.holder,
            "owner": owner_of(one.holder),
            "store_id": one.store_id,
            "sku": one.sku,
            "quantity": one.quantity,
            "state": one.state.value,
            "expires_at": one.expires_at,
            "version": one.version,
        }
        for one in reservations
    ]
    trip.insert(t.reservation, rows)


def tell(connection: Connection, events: Iterable[ReservationEvent]) -> None:
    """Rows of the append-only ledger, in this order."""
    trip = Trip(connection)
    enter_events(trip, events)
    trip.go()


def enter_events(trip: Trip, events: Iterable[ReservationEvent]) -> None:
    """The same, written when the trip is made."""
    rows = [
        {
            "reservation_id": event.reservation_id,
            "kind": event.kind.value,
            "at": event.at,
            "quantity": event.quantity,
            "store_id": event.store_id,
            "sku": event.sku,
            "holder": event.holder,
            "expires_at": event.expires_at,
            "believed": event.believed,
            "is_soft": int(event.is_soft),
        }
        for event in events
    ]
    trip.insert(t.reservation_event, rows)


def _read(rows: Iterable[Any]) -> tuple[Reservation, ...]:
    return tuple(
        Reservation(
            row.reservation_id,
            row.holder,
            row.store_id,
            row.sku,
            row.quantity,
            ReservationState(row.state),
            row.expires_at,
            row.version,
        )
        for row in rows
    )
