"""Moves goods: the ledger of movements, the levels that they add up to, whom they leave short.

A till's truth always enters: nothing here refuses a movement. The thing to get wrong: a
fact that comes again in another entry (a restored till) must move nothing, and yet the
level has to name that entry, or the till would add the movement a second time; so it is
told as a movement of no pieces.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select

from central_sync.database import tables as t
from central_sync.database.changes import changed
from central_sync.database.trip import among, ask, write
from central_sync.database.write import chunks, insert_on, insert_tuples
from central_sync.retail.stock import (
    Level,
    MovementKind,
    Reservation,
    ReservationState,
    StockMovement,
    applied,
    shortfall,
)
from central_sync.server.feed import Change, append, store_scope
from central_sync.server.warehouse import pledges, reserving, rights

_COLUMNS = ("sku", "on_hand", "as_of", "moved_at", "counted_at")

# Made once: to build a statement costs as much as to run it.
_THESE = (
    t.stock_level.c.store_id == bindparam("store"),
    among(t.stock_level.c.sku, "skus"),
)
_LEVELS = select(*(t.stock_level.c[name] for name in _COLUMNS)).where(*_THESE)
_IS_SHORT = or_(
    and_(t.stock_level.c.reserved > 0, t.stock_level.c.reserved > t.stock_level.c.on_hand),
    and_(t.stock_level.c.pledged.is_not(None), t.stock_level.c.pledged > t.stock_level.c.on_hand),
)
_SHORT = (
    select(*(t.stock_level.c[name] for name in ("sku", "on_hand", "reserved", "pledged")))
    .where(*_THESE, _IS_SHORT)
    .order_by(t.stock_level.c.sku)
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What the feed has to tell, and whose rights the goods no longer cover.

    Soft rights in `broken` have been let go; hard ones stand, and their orders are to be
    routed again in the same transaction.
    """

    changes: tuple[Change, ...]
    broken: tuple[Reservation, ...]


def move(
    connection: Connection, store_id: str, movements: Sequence[StockMovement], at: str
) -> tuple[Reservation, ...]:
    """Enter a store's movements and tell its tills; returns the broken rights.

    The caller holds the store's feed scope (`feed.lock_scopes`).
    """
    moved = enter(connection, store_id, movements, at)
    append(connection, moved.changes, at)
    return moved.broken


def enter(
    connection: Connection, store_id: str, movements: Sequence[StockMovement], at: str
) -> Moved:
    """The same, and leave it to the caller to tell the feed."""
    if not movements:
        return Moved((), ())
    insert_tuples(connection, t.stock_movement, _MOVEMENT, [_values(one) for one in movements])
    by_sku: dict[str, list[StockMovement]] = {}
    for movement in movements:
        by_sku.setdefault(movement.sku, []).append(movement)
    changes: list[Change] = []
    for skus in chunks(sorted(by_sku)):
        before = levels_of(connection, store_id, skus)
        after = [_after(before.get(sku) or Level(store_id, sku), by_sku[sku]) for sku in skus]
        write_levels(connection, after)
        changes += [_told(level) for level in after]
    out = {sku: _why(ones) for sku, ones in by_sku.items() if any(one.delta < 0 for one in ones)}
    short = _short(connection, store_id, sorted(out))
    changes += _unlent(connection, store_id, short, out, at)
    return Moved(tuple(changes), _broken(connection, store_id, short, at))


def open_levels(connection: Connection, movements: Sequence[StockMovement]) -> None:
    """A store's first stock, one movement an item, when there is none at all yet; no feed."""
    if movements:
        insert_tuples(connection, t.stock_movement, _MOVEMENT, [_values(one) for one in movements])
        levels = [applied(Level(one.store_id, one.sku), one) for one in movements]
        connection.execute(insert(t.stock_level), [_level_row(level) for level in levels])


def levels_of(connection: Connection, store_id: str, skus: Sequence[str]) -> dict[str, Level]:
    """The stored levels of these items, by SKU."""
    rows = ask(connection, _LEVELS, store=store_id, skus=list(skus)).rows
    return {row.sku: read_level(store_id, row) for row in rows}


def read_level(store_id: str, row: Any) -> Level:
    """A row of stock_level as the level that movements fold into."""
    as_of = tuple((who, *place) for who, place in sorted(json.loads(row.as_of).items()))
    return Level(store_id, row.sku, row.on_hand, as_of, row.moved_at, row.counted_at)


def write_levels(connection: Connection, levels: Iterable[Level]) -> None:
    """Make levels these; what is reserved of them stays as it is."""
    rows = [_level_row(level) for level in levels]
    if rows:
        write(connection, _writing(connection.dialect.name, tuple(rows[0])), rows)


@cache
def _writing(dialect: str, names: tuple[str, ...]) -> Any:
    statement = insert_on(dialect, t.stock_level).values(changed=changed())
    told = {name: statement.excluded[name] for name in names if name not in ("store_id", "sku")}
    return statement.on_conflict_do_update(
        index_elements=["store_id", "sku"], set_={"changed": changed()} | told
    )


def as_of_text(level: Level) -> str:
    """The positions as they are stored and told to tills."""
    positions = {who: [epoch, sequence] for who, epoch, sequence in level.as_of}
    return json.dumps(positions, sort_keys=True)


def central_movement(
    store_id: str,
    sku: str,
    kind: MovementKind,
    delta: int,
    at: str,
    *,
    reason: str = "",
    order_id: str = "",
) -> StockMovement:
    """A movement that no till told."""
    return StockMovement("", store_id, sku, kind, delta, at, reason=reason, order_id=order_id)


def _after(level: Level, movements: Sequence[StockMovement]) -> Level:
    return applied(level, *movements)


def _told(level: Level) -> Change:
    row = {"sku": level.sku, "on_hand": level.on_hand, "as_of": as_of_text(level)}
    return Change(store_scope(level.store_id), "stock", level.sku, row)


def _why(movements: Sequence[StockMovement]) -> str:
    """What took the last piece: the kind of movement, and the receipt or document."""
    last = [one for one in movements if one.delta < 0][-1]
    return f"{last.kind.value} {last.movement_id or last.order_id}".strip()


def _unlent(
    connection: Connection,
    store_id: str,
    short: Sequence[Any],
    why: Mapping[str, str],
    at: str,
) -> list[Change]:
    """Of what was lent, only what is left on the shelf stays lent."""
    changes = []
    for row in short:
        if row.pledged is not None and row.pledged > row.on_hand:
            left = {row.sku: row.on_hand}
            changes += pledges.uncovered(connection, store_id, left, at, why[row.sku])
    return changes


def _broken(
    connection: Connection, store_id: str, short: Sequence[Any], at: str
) -> tuple[Reservation, ...]:
    """Rights that the shelf no longer covers, seen in the transaction that took the goods."""
    found: list[Reservation] = []
    for row in short:
        if 0 < row.reserved > row.on_hand:
            held = rights.held_at(connection, store_id, [row.sku])
            found += shortfall(row.on_hand, held)
    for one in found:
        if one.state is ReservationState.SOFT:
            reserving.release(connection, one.holder, at)
    return tuple(found)


def _short(connection: Connection, store_id: str, skus: Sequence[str]) -> list[Any]:
    """Records with less on the shelf than is held or lent."""
    found: list[Any] = []
    for part in chunks(skus):
        found += ask(connection, _SHORT, store=store_id, skus=part).rows
    return found


def _level_row(level: Level) -> dict[str, Any]:
    return {
        "store_id": level.store_id,
        "sku": level.sku,
        "on_hand": level.on_hand,
        "as_of": as_of_text(level),
        "moved_at": level.moved_at,
        "counted_at": level.counted_at,
    }


_MOVEMENT = (
    *("store_id", "sku", "delta", "kind", "at", "workstation_id", "epoch", "sequence"),
    *("reason", "order_id", "source_id"),
)


def _values(one: StockMovement) -> tuple[str | int, ...]:
    """A movement's row, in the order of `_MOVEMENT`."""
    return (
        *(one.store_id, one.sku, one.delta, one.kind.value, one.at),
        *(one.workstation_id, one.epoch, one.sequence),
        *(one.reason, one.order_id, one.movement_id),
    )
