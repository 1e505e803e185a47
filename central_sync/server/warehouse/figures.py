"""What central believes of a record (an item in a store) now, read for a promise.

The thing to get wrong: the age of a figure. It is the time since any till of the store was
heard, not since the item moved; a warehouse without tills is written at central only, so
its figures are always fresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, func, select

from central_sync.countries import COUNTRIES
from central_sync.database import tables as t
from central_sync.database.trip import Trip, among
from central_sync.retail.opening_hours import USUAL_WEEK, BadHours, Week, open_seconds, week_of
from central_sync.retail.stock import Figure

Place = tuple[str, str]

# A store that was never heard: as old as a figure can be.
OLDEST_SECONDS = 60 * 86_400


def figures_of(
    connection: Connection, places: Iterable[Place], at: str, *, lock: bool = False
) -> dict[Place, Figure]:
    """Figures by (store, sku); `lock` holds the rows until the commit, in key order.

    A place without a stock row is left out: nothing is there.
    """
    trip = Trip(connection)
    asked = trip.ask(_OF_PLACES_LOCKED if lock else _OF_PLACES, places=sorted(set(places)))
    trip.go()
    return {(row.store_id, row.sku): figure_of(row, at) for row in asked.rows}


def figures_of_items(
    connection: Connection, skus: Sequence[str], at: str
) -> dict[str, dict[str, Figure]]:
    """Every store's figure of these items: sku -> store -> figure."""
    found: dict[str, dict[str, Figure]] = {sku: {} for sku in skus}
    for row in connection.execute(_OF_ITEMS, {"skus": list(skus)}):
        found[row.sku][row.store_id] = figure_of(row, at)
    return found


def heard_at(connection: Connection) -> Mapping[str, str]:
    """When any till of a store was last heard, ISO UTC; stores without tills are left out."""
    seen = t.workstation.c
    rows = connection.execute(
        select(seen.store_id, func.max(seen.last_contact_at).label("last"))
        .where(seen.status == "active")
        .group_by(seen.store_id)
    )
    return {row.store_id: row.last for row in rows}


def figure_of(row: Any, at: str) -> Figure:
    """A row of the query as a figure of this moment."""
    age = age_seconds(row.kind or "store", row.heard_at or "", at)
    is_guarded = age > 0 and row.demand_thousandths > 0
    return Figure(
        on_hand=row.on_hand,
        reserved=row.reserved,
        minimum=row.minimum,
        demand_thousandths=row.demand_thousandths,
        age_seconds=age,
        open_age_seconds=open_age(row.opening_hours, row.country, age, at) if is_guarded else 0,
        nil_basis_points=row.nil_basis_points,
        pledged=row.pledged,
        pledge_epoch=row.pledge_epoch,
        is_lent=row.lent_until > at,
    )


def age_seconds(kind: str, last_heard_at: str, at: str) -> int:
    """How old all figures of a store are."""
    if not last_heard_at:
        return 0 if kind == "warehouse" else OLDEST_SECONDS
    age = datetime.fromisoformat(at) - datetime.fromisoformat(last_heard_at)
    return min(OLDEST_SECONDS, max(0, int(age.total_seconds())))


def open_age(opening_hours: str | None, country: str | None, age: int, at: str) -> int:
    """How much of that age the store was open, in seconds."""
    zone = ZoneInfo(COUNTRIES[country or "SE"].time_zone)
    until = datetime.fromisoformat(at)
    since = datetime.fromtimestamp(until.timestamp() - age, zone)
    return open_seconds(week(opening_hours or ""), since, until.astimezone(zone))


@lru_cache(maxsize=4_096)
def week(opening_hours: str) -> Week:
    """A store's week; words that nobody understands count as the usual one."""
    try:
        return week_of(opening_hours)
    except BadHours:
        return USUAL_WEEK


def _query() -> Select[Any]:
    level, store, seen = t.stock_level, t.store, t.workstation.c
    last = (
        select(func.max(seen.last_contact_at))
        .where(seen.store_id == level.c.store_id, seen.status == "active")
        .scalar_subquery()
    )
    country = select(t.chain.c.country).limit(1).scalar_subquery()
    return select(
        level.c.store_id,
        level.c.sku,
        level.c.on_hand,
        level.c.reserved,
        level.c.minimum,
        level.c.demand_thousandths,
        level.c.nil_basis_points,
        level.c.pledged,
        level.c.pledge_epoch,
        level.c.lent_until,
        store.c.kind,
        store.c.opening_hours,
        last.label("heard_at"),
        country.label("country"),
    ).outerjoin(store, store.c.store_id == level.c.store_id)


# Made once: to build and compile a statement costs more than to run it.
_IS_PLACE = among((t.stock_level.c.store_id, t.stock_level.c.sku), "places")
_OF_PLACES = _query().where(_IS_PLACE).order_by(t.stock_level.c.store_id, t.stock_level.c.sku)
_OF_PLACES_LOCKED = _OF_PLACES.with_for_update(of=t.stock_level)
_OF_ITEMS = _query().where(t.stock_level.c.sku.in_(bindparam("skus", expanding=True)))
