"""Makes levels and rights again from their ledgers, and holds them against what is stored.

I1 and I2 of order-routing section 5 at run time. The thing to get wrong: mending what is
not understood. `--check` only tells; a rebuild writes what the ledgers say, which is the
truth, and the difference is worth a look at the log of what happened that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select, update

from central_sync.database import tables as t
from central_sync.database.changes import changed
from central_sync.retail.orders.invariants import (
    BrokenRule,
    beyond_pledge,
    double_promises,
    unconserved,
)
from central_sync.retail.stock import (
    Level,
    MovementKind,
    Pledge,
    PledgeKind,
    PledgeState,
    ReservationEvent,
    ReservationKind,
    StockMovement,
    level_bytes,
    pledge_bytes,
    pledges_of,
    project,
    reservations_of,
    reserved_of,
)
from central_sync.server.feed import Change, append, lock_scopes, store_scope
from central_sync.server.warehouse import ledger, pledges
from central_sync.server.warehouse.figures import Place


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Levels looked at, and those that were not what their ledger says."""

    levels: int
    wrong: tuple[Place, ...]


def broken_rules(connection: Connection) -> list[BrokenRule]:
    """I1, I2 and I5 over everything that is stored; empty when all is well."""
    events = list(_rights(connection))
    broken = double_promises(events)
    reserved: dict[Place, int] = {}
    for store_id in _stores(connection):
        levels, held = _stored(connection, store_id)
        reserved |= held
        # Rights are held against theirs below, over all stores: a right may have moved.
        broken += unconserved(levels, movements_of(connection, store_id), {}, ())
    return broken + unconserved({}, (), reserved, events) + _beyond_pledges(connection)


def rebuild(
    connection: Connection,
    at: str,
    *,
    check: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Rebuilt:
    """Make all levels what the ledgers say, and tell the tills; with `check` only look.

    `progress` is told (stores done, stores in all).
    """
    held = reserved_of(reservations_of(_rights(connection)).values())
    lent = pledges_of(pledges.events_of(connection))
    count, wrong = 0, list[Place]()
    stores = _stores(connection)
    if not check:
        lock_scopes(connection, [store_scope(store_id) for store_id in stores])
    for number, store_id in enumerate(stores, 1):
        levels, reserved = _stored(connection, store_id)
        right = project(movements_of(connection, store_id))
        off = [place for place in sorted({*levels, *right}) if _differs(place, levels, right)]
        loose = [p for p in reserved if reserved[p] != held.get(p, 0)]
        unlike = _unlike_pledges(connection, store_id, lent)
        count += len(levels)
        wrong += sorted({*off, *loose, *unlike})
        if not check:
            pledges.write(connection, [lent.get(place) or Pledge(*place) for place in unlike])
            _mend(connection, [right.get(p) or Level(*p) for p in off], at)
            _mend_reserved(connection, {place: held.get(place, 0) for place in loose})
        if progress is not None:
            progress(number, len(stores))
    return Rebuilt(count, tuple(wrong))


def movements_of(connection: Connection, store_id: str) -> Iterator[StockMovement]:
    """A store's ledger in its order."""
    rows = connection.execute(
        select(t.stock_movement)
        .where(t.stock_movement.c.store_id == store_id)
        .order_by(t.stock_movement.c.movement_id)
    )
    for row in rows:
        yield StockMovement(
            str(row.movement_id),
            row.store_id,
            row.sku,
            MovementKind(row.kind),
            row.delta,
            row.at,
            row.workstation_id,
            row.epoch,
            row.sequence,
            row.reason,
            row.order_id,
        )


def _rights(connection: Connection) -> Iterator[ReservationEvent]:
    for row in connection.execute(
        select(t.reservation_event).order_by(t.reservation_event.c.event_id)
    ):
        yield ReservationEvent(
            row.reservation_id,
            ReservationKind(row.kind),
            row.at,
            row.quantity,
            row.store_id,
            row.sku,
            row.holder,
            row.expires_at,
            row.believed,
            bool(row.is_soft),
        )


def _unlike_pledges(
    connection: Connection, store_id: str, lent: Mapping[Place, Pledge]
) -> list[Place]:
    """Where the row of a pledge, or its limit on the stock level, is not what the ledger says."""
    stored = {
        (store_id, one.sku): one for one in pledges.listed(connection, store_id, with_ended=True)
    }
    ours = {place: one for place, one in lent.items() if place[0] == store_id}
    limits = _limits(connection, store_id)
    found = []
    for place in sorted({*stored, *ours, *limits}):
        right = ours.get(place, Pledge(*place))
        is_same = pledge_bytes(stored.get(place, Pledge(*place))) == pledge_bytes(right)
        if not is_same or limits.get(place, _NO_LIMIT) != _limit_of(right):
            found.append(place)
    return found


_Limit = tuple[int | None, int, str]
_NO_LIMIT: _Limit = (None, 0, "")


def _limits(connection: Connection, store_id: str) -> dict[Place, _Limit]:
    level = t.stock_level.c
    rows = connection.execute(
        select(level.sku, level.pledged, level.pledge_epoch, level.lent_until).where(
            level.store_id == store_id, or_(level.pledged.is_not(None), level.pledge_epoch != 0)
        )
    )
    return {(store_id, one.sku): (one.pledged, one.pledge_epoch, one.lent_until) for one in rows}


def _limit_of(pledge: Pledge) -> _Limit:
    if pledge.state is PledgeState.ENDED:
        return _NO_LIMIT
    return (pledge.lent, pledge.epoch, pledge.lent_until)


def _beyond_pledges(connection: Connection) -> list[BrokenRule]:
    """I5: no more is held than is lent, and no more is lent than is there.

    A pledge that was broken is left out: what was held beyond it goes elsewhere by itself.
    """
    level = t.stock_level.c
    rows = connection.execute(
        select(
            *(level.store_id, level.sku, level.on_hand, level.reserved),
            *(level.pledged, level.pledge_epoch),
        )
        .where(level.pledged.is_not(None))
        .order_by(level.store_id, level.sku)
    ).all()
    hurt = _broken_pledges(connection)
    covered = [row for row in rows if (row.store_id, row.sku, row.pledge_epoch) not in hurt]
    broken = beyond_pledge(
        {(row.store_id, row.sku): row.reserved for row in covered},
        {(row.store_id, row.sku): row.pledged for row in covered},
    )
    return broken + [
        BrokenRule("I5", f"{row.store_id} {row.sku} lends {row.pledged} of {row.on_hand}")
        for row in rows
        if row.pledged > max(0, row.on_hand)
    ]


def _broken_pledges(connection: Connection) -> set[tuple[str, str, int]]:
    event, level = t.pledge_event.c, t.stock_level.c
    is_now = and_(
        level.store_id == event.store_id,
        level.sku == event.sku,
        level.pledge_epoch == event.epoch,
    )
    rows = connection.execute(
        select(event.store_id, event.sku, event.epoch)
        .join(t.stock_level, is_now)
        .where(event.kind == PledgeKind.BREAK.value)
        .distinct()
    )
    return {(row.store_id, row.sku, row.epoch) for row in rows}


def _stores(connection: Connection) -> list[str]:
    return list(
        connection.execute(
            select(t.stock_level.c.store_id).distinct().order_by("store_id")
        ).scalars()
    )


def _stored(connection: Connection, store_id: str) -> tuple[dict[Place, Level], dict[Place, int]]:
    rows = connection.execute(
        select(t.stock_level).where(t.stock_level.c.store_id == store_id)
    ).all()
    levels = {(store_id, row.sku): ledger.read_level(store_id, row) for row in rows}
    return levels, {(store_id, row.sku): row.reserved for row in rows}


def _differs(place: Place, one: Mapping[Place, Level], other: Mapping[Place, Level]) -> bool:
    empty = Level(*place)
    return level_bytes(one.get(place, empty)) != level_bytes(other.get(place, empty))


def _mend(connection: Connection, levels: list[Level], at: str) -> None:
    ledger.write_levels(connection, levels)
    changes = [
        Change(
            store_scope(level.store_id),
            "stock",
            level.sku,
            {"sku": level.sku, "on_hand": level.on_hand, "as_of": ledger.as_of_text(level)},
        )
        for level in levels
    ]
    append(connection, changes, at)


def _mend_reserved(connection: Connection, reserved: Mapping[Place, int]) -> None:
    level = t.stock_level.c
    for (store_id, sku), pieces in sorted(reserved.items()):
        connection.execute(
            update(t.stock_level)
            .where(level.store_id == store_id, level.sku == sku)
            .values(reserved=pieces, changed=changed())
        )
