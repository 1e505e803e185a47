"""The feed: master rows as absolute states, in commit order, per scope.

No FastAPI in here. The thing to get wrong: positions from a sequence. On PostgreSQL a
later number can be committed before an earlier one, and a till that reads between them
skips a row for ever; so a scope's row is locked from the first position to the commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, func, select, update

from central_sync.database.tables import feed, feed_scope
from central_sync.database.trip import Reply, Trip, among, ask
from central_sync.wire.canonical import canonical

CHAIN = "chain"
CHANNEL = "spindel_feed"


@dataclass(frozen=True, slots=True)
class Change:
    """One row's new state, or with `op` "delete" its end; `row` has master.db's columns."""

    scope: str
    table: str
    key: str
    row: Mapping[str, Any] | None
    op: Literal["put", "delete"] = "put"


@dataclass(frozen=True, slots=True)
class Place:
    """A position of a scope and its hash over all that came before; b"" where none is known."""

    position: int = 0
    fh: bytes = b""


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope's newest place, and the oldest cursor that can still be followed."""

    newest: Place = Place()
    floor: Place = Place()


_COLUMNS = ("scope", "position", "table_name", "row_key", "op", "row", "at", "fh")
# Made once: to build a statement costs as much as to run it.
_PLACES = select(
    *(feed_scope.c[name] for name in ("scope", "position", "fh", "floor", "floor_fh"))
).where(among(feed_scope.c.scope, "scopes"))
_FH = select(feed.c.fh).where(
    feed.c.scope == bindparam("of_scope"), feed.c.position == bindparam("at")
)
_LOCKED = (
    select(feed_scope.c.scope, feed_scope.c.position, feed_scope.c.fh)
    .where(among(feed_scope.c.scope, "scopes"))
    .order_by(feed_scope.c.scope)
    .with_for_update()
)
_NOTIFY = select(func.pg_notify(CHANNEL, CHAIN))


def store_scope(store_id: str) -> str:
    return f"store:{store_id}"


def lock_scopes(connection: Connection, scopes: Iterable[str]) -> dict[str, Place]:
    """Hold these scopes until the commit, always in one order; returns their newest places."""
    wanted = sorted(set(scopes))
    if not wanted:
        return {}
    trip = Trip(connection)
    asked = ask_scopes(trip, wanted)
    trip.go()
    return locked_scopes(connection, wanted, asked)


def ask_scopes(trip: Trip, scopes: Iterable[str]) -> Reply:
    """The same in a trip with other questions; `locked_scopes` reads what it answers."""
    return trip.ask(_LOCKED, scopes=sorted(set(scopes)))


def locked_scopes(connection: Connection, scopes: Iterable[str], asked: Reply) -> dict[str, Place]:
    """Places of locked scopes; those that never had a change are made and locked now."""
    wanted = sorted(set(scopes))
    places = _places(asked)
    missing = [scope for scope in wanted if scope not in places]
    if missing:
        trip = Trip(connection)
        trip.insert_missing(feed_scope, [{"scope": scope} for scope in missing])
        again = trip.ask(_LOCKED, scopes=wanted)
        trip.go()
        places = _places(again)
    return places


def _places(asked: Reply) -> dict[str, Place]:
    return {row.scope: Place(row.position, row.fh or b"") for row in asked.rows}


def append(connection: Connection, changes: Sequence[Change], at: str) -> None:
    """Give each change the next position of its scope, in the order given."""
    if changes:
        places = lock_scopes(connection, (change.scope for change in changes))
        trip = Trip(connection)
        enter(trip, places, changes, at)
        trip.go()


def enter(trip: Trip, places: dict[str, Place], changes: Sequence[Change], at: str) -> None:
    """Append within a trip; `places` are of scopes that the transaction holds, and move on."""
    rows = []
    for change in changes:
        text = None if change.row is None else canonical(change.row).decode()
        place = _next(places[change.scope], change, text)
        places[change.scope] = place
        rows.append(
            {
                "scope": change.scope,
                "position": place.position,
                "table_name": change.table,
                "row_key": change.key,
                "op": change.op,
                "row": text,
                "at": at,
                "fh": place.fh,
            }
        )
    trip.insert(feed, rows)
    told = sorted({change.scope for change in changes})
    moved = [
        {"scope": scope, "position": places[scope].position, "fh": places[scope].fh}
        for scope in told
    ]
    trip.update(feed_scope, moved, "scope")
    if CHAIN in told and trip.connection.dialect.name == "postgresql":
        # Sent at the commit. Not for each store: every NOTIFY queues for one lock.
        trip.ask(_NOTIFY)


def raise_floor(connection: Connection, scopes: Iterable[str], at: str) -> None:
    """So much changed that no rows were written: every cursor of these scopes is too old."""
    for scope, place in lock_scopes(connection, scopes).items():
        # The time stands for the rows: another rebuilding after a restore is another history.
        fh = hashlib.sha256(place.fh + f"rebuilt {at}".encode()).digest()
        position = place.position + 1
        _set(connection, scope, position=position, fh=fh, floor=position, floor_fh=fh)


def positions(connection: Connection, scopes: Sequence[str]) -> dict[str, int]:
    """The newest position of each scope; 0 for one that never had a change."""
    return {scope: at.newest.position for scope, at in places(connection, scopes).items()}


def places(connection: Connection, scopes: Sequence[str]) -> dict[str, Scope]:
    """Where each of these scopes begins and ends now."""
    rows = ask(connection, _PLACES, scopes=list(scopes)).rows
    found = {
        row.scope: Scope(Place(row.position, row.fh or b""), Place(row.floor, row.floor_fh or b""))
        for row in rows
    }
    return {scope: found.get(scope, Scope()) for scope in scopes}


def is_followable(connection: Connection, scope: str, cursor: Place) -> bool:
    """May somebody who stands there go on? Not below the floor, not in another history."""
    known = places(connection, [scope])[scope]
    if not known.floor.position <= cursor.position <= known.newest.position:
        return False
    if not cursor.fh:
        return True
    ours = _hash_at(connection, scope, cursor.position, known)
    return not ours or ours == cursor.fh


def trim(connection: Connection, scope: str, before: str, keep_rows: int, limit: int) -> int:
    """Forget the oldest rows of a scope: those from before a time (ISO UTC), but for a lag of
    `keep_rows` of them; at most `limit` at once. Returns how many; cursors below are gone."""
    newest = lock_scopes(connection, [scope])[scope]
    rows = connection.execute(
        select(feed.c.position, feed.c.fh)
        .where(feed.c.scope == scope, feed.c.at < before)
        .where(feed.c.position <= newest.position - keep_rows)
        .order_by(feed.c.position)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    last = rows[-1]
    connection.execute(delete(feed).where(feed.c.scope == scope, feed.c.position <= last.position))
    _set(connection, scope, floor=last.position, floor_fh=last.fh)
    return len(rows)


def _next(place: Place, change: Change, text: str | None) -> Place:
    told = json.dumps([change.table, change.key, change.op, text]).encode()
    return Place(place.position + 1, hashlib.sha256(place.fh + told).digest())


def _hash_at(connection: Connection, scope: str, position: int, known: Scope) -> bytes:
    for place in (known.newest, known.floor):
        if place.position == position:
            return place.fh
    found = ask(connection, _FH, of_scope=scope, at=position).rows
    return (found[0].fh if found else None) or b""


def _set(connection: Connection, scope: str, **values: int | bytes | None) -> None:
    connection.execute(update(feed_scope).where(feed_scope.c.scope == scope).values(**values))
