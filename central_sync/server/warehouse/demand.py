"""What a store sells of an item to people who walk in, learned from four weeks of sales.

The guard on an old figure rests on it. The thing to get wrong: calendar days. A guard counts
open time, so demand is per open day: what was sold, by the days on which it could be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select, update

from central_sync.database import tables as t
from central_sync.database.changes import changed
from central_sync.retail.stock import MovementKind
from central_sync.server.timestamps import iso
from central_sync.server.warehouse.figures import week

WEEKS = 4


def learn_demand(connection: Connection, now: str) -> int:
    """Make every record's demand what the last four weeks say; returns how many changed."""
    since = iso(datetime.fromisoformat(now) - timedelta(weeks=WEEKS))
    stores = connection.execute(
        select(t.store.c.store_id, t.store.c.opening_hours).order_by(t.store.c.store_id)
    ).all()
    return sum(
        _learn(connection, row.store_id, _open_days(row.opening_hours), since) for row in stores
    )


def _learn(connection: Connection, store_id: str, open_days: int, since: str) -> int:
    sold = _sold(connection, store_id, since)
    level = t.stock_level.c
    known = connection.execute(
        select(level.sku, level.demand_thousandths).where(level.store_id == store_id)
    )
    wanted = {row.sku: sold.get(row.sku, 0) * 1000 // open_days for row in known.all()
              if row.demand_thousandths != sold.get(row.sku, 0) * 1000 // open_days}  # fmt: skip
    if wanted:
        connection.execute(
            update(t.stock_level)
            .where(level.store_id == store_id, level.sku == bindparam("p_sku"))
            .values(demand_thousandths=bindparam("p_demand"), changed=changed()),
            [{"p_sku": sku, "p_demand": demand} for sku, demand in sorted(wanted.items())],
        )
    return len(wanted)


def _sold(connection: Connection, store_id: str, since: str) -> Mapping[str, int]:
    moved = t.stock_movement.c
    rows = connection.execute(
        select(moved.sku, func.sum(moved.delta).label("delta"))
        .where(moved.store_id == store_id, moved.kind == MovementKind.SALE.value)
        .where(moved.at >= since)
        .group_by(moved.sku)
    )
    return {row.sku: -int(row.delta) for row in rows}


def _open_days(opening_hours: str) -> int:
    return max(1, WEEKS * sum(closes > opens for opens, closes in week(opening_hours)))
