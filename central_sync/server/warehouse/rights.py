"""Rights to pieces as rows: read, stepped on by a conditional update, entered in the ledger.

The thing to get wrong: deciding on what was read. A right that ended meanwhile is not
stepped on, and only what the update returns is told to the ledger.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select, tuple_, update

from central_sync.database import tables as t
from central_sync.database.write import chunks
from central_sync.retail.identity import uuid7
from central_sync.retail.orders.invariants import BrokenRule
from central_sync.retail.stock import Reservation, ReservationEvent, ReservationState
from central_sync.server.warehouse.figures import Place

_ENTER = insert(t.reservation)
_TELL = insert(t.reservation_event)

LIVE = (ReservationState.SOFT.value, ReservationState.HARD.value)

# Written out, not as a parameter, so that a plan that is kept can use the indexes of live rights.
_IS_LIVE = t.reservation.c.state.in_(bindparam("live", LIVE, expanding=True, literal_execute=True))
_HELD_BY = (
    select(t.reservation)
    .where(
        _IS_LIVE,
        t.reservation.c.owner.in_(bindparam("owners", expanding=True)),
    )
    .order_by(t.reservation.c.reservation_id)
)
_CHUNK_PLACES = 500


def _unconserved() -> Select[Any]:
    """One statement, so that it sees one state of both tables."""
    level, right = t.stock_level.c, t.reservation.c
    held = (
        select(func.coalesce(func.sum(right.quantity), 0))
        .where(_IS_LIVE, right.store_id == level.store_id, right.sku == level.sku)
        .scalar_subquery()
    )
    place = tuple_(level.store_id, level.sku)
    asked = place.in_(bindparam("places", expanding=True))
    return select(level.store_id, level.sku).where(asked, level.reserved != held)


_UNCONSERVED = _unconserved()
_HELD_BY_LOCKED = _HELD_BY.with_for_update()
_HARDEN = (
    update(t.reservation)
    .where(
        t.reservation.c.reservation_id.in_(bindparam("ids", expanding=True)),
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
    query = _HELD_BY_LOCKED if lock else _HELD_BY
    return _read(connection.execute(query, {"owners": list(owners)}))


def harden(connection: Connection, soft: Sequence[Reservation]) -> int:
    """Make soft rights hard that the caller holds locked; returns how many there were."""
    if not soft:
        return 0
    return connection.execute(_HARDEN, {"ids": [one.reservation_id for one in soft]}).rowcount


def held_at(connection: Connection, store_id: str, skus: Sequence[str]) -> tuple[Reservation, ...]:
    """Live rights to these items in a store."""
    row = t.reservation.c
    query = select(t.reservation).where(
        row.state.in_(LIVE), row.store_id == store_id, row.sku.in_(skus)
    )
    return _read(connection.execute(query.order_by(row.reservation_id)))


def unconserved(connection: Connection, places: Iterable[Place]) -> list[BrokenRule]:
    """I2 of these records: what is reserved is the sum of the live rights, now."""
    broken: list[BrokenRule] = []
    for part in chunks(sorted(set(places)), _CHUNK_PLACES):
        rows = connection.execute(_UNCONSERVED, {"places": part})
        broken += [BrokenRule("I2", f"{row.store_id} {row.sku}") for row in rows]
    return broken


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


def enter(connection: Connection, reservations: Sequence[Reservation]) -> None:
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
    if rows:
        connection.execute(_ENTER, rows)


def tell(connection: Connection, events: Iterable[ReservationEvent]) -> None:
    """Rows of the append-only ledger, in this order."""
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
    if rows:
        connection.execute(_TELL, rows)


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
