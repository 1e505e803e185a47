"""What may be promised, as it is told: figures inside, bands and their age outside.

Nearest sites first. The thing to get wrong: telling a stranger a figure. `exact` is true
for tills and for keys with the scope stock:read:exact, and for nobody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.changes import horizon
from central_sync.server.warehouse.image import ItemStock, Look, SiteStock, StockImage
from central_sync.server.warehouse.sites import KnownSite, Point, km_between
from central_sync.wire.availability import AvailabilityRequest

LARGEST_SITES = 50
LARGEST_CHANGES = 2_000
_NOWHERE_KM = 1_000_000

# The day by which a site that ships now is at the customer's door, "" when nobody says.
Promise = Callable[[KnownSite], str]


def no_promise(_site: KnownSite) -> str:
    return ""


def answer(
    image: StockImage, asked: AvailabilityRequest, *, exact: bool, promise: Promise = no_promise
) -> bytes:
    """An AvailabilityReply as JSON."""
    look = image.look(asked.skus, asked.postcode)
    teller = _Teller(look, asked, exact, promise)
    reply = {
        "at": look.at,
        "items": [teller.item(item) for item in look.items],
        "sequence": look.sequence,
        "places": teller.places() if asked.places else [],
    }
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode()


def changes(
    connection: Connection,
    image: StockImage,
    since: int,
    *,
    exact: bool,
    limit: int = LARGEST_CHANGES,
) -> dict[str, Any]:
    """An AvailabilityChanges as plain values: items that changed since a sequence, once each."""
    newest = horizon(connection)
    if not 0 < since <= newest:
        return {"changes": [], "next": newest, "more": False, "is_gone": True}
    skus, upto = _changed(connection, since, newest, limit)
    items = image.look(skus).items if skus else ()
    told = [
        {"sku": item.sku, "available": item.available if exact else None, "band": item.band.value}
        for item in items
    ]
    return {"changes": told, "next": upto, "more": upto < newest, "is_gone": False}


def _changed(connection: Connection, since: int, newest: int, limit: int) -> tuple[list[str], int]:
    """Items with marks from `since` on, whole marks only, and where to go on."""
    level = t.stock_level.c
    query = select(level.changed, level.sku).where(level.changed < newest)
    rows = connection.execute(
        query.where(level.changed >= since).order_by(level.changed).limit(limit + 1)
    ).all()
    if len(rows) <= limit:
        return _distinct(rows), newest
    first, last = rows[0].changed, rows[-1].changed
    if first == last:  # one commit that fills more than a page
        rows = connection.execute(query.where(level.changed == first)).all()
        return _distinct(rows), first + 1
    return _distinct([row for row in rows if row.changed < last]), last


def _distinct(rows: Any) -> list[str]:
    return list(dict.fromkeys(row.sku for row in rows))


class _Teller:
    """Words for one request: what depends on who asks and from where is worked out once."""

    def __init__(
        self, look: Look, asked: AvailabilityRequest, exact: bool, promise: Promise
    ) -> None:
        self._sites, self._own, self._exact = look.sites.by_id, asked.store_id, exact
        self._promise = promise
        own = self._sites.get(asked.store_id)
        self._origin = look.origin or (own.point if own else None)
        self._km: dict[str, int | None] = {}
        self._days: dict[str, str] = {}

    def item(self, item: ItemStock) -> dict[str, Any]:
        there = [site for site in item.sites if self._is_told(site)]
        there.sort(key=lambda site: self._rank(site.store_id))
        return {
            "sku": item.sku,
            "available": item.available if self._exact else None,
            "band": item.band.value,
            "sites": [self._site(site) for site in there[:LARGEST_SITES]],
            "earliest_promise": self._earliest(item),
        }

    def places(self) -> list[dict[str, Any]]:
        """Every store, those nearest first: goods may be sent to any of them."""
        stores = [site for site in self._sites.values() if site.kind == "store"]
        stores.sort(key=lambda site: self._rank(site.store_id))
        return [
            {"store_id": site.store_id, "name": site.name, "km": self._distance(site.store_id)}
            for site in stores
        ]

    def _is_told(self, site: SiteStock) -> bool:
        is_known = site.store_id in self._sites
        is_coming = self._exact and site.expected > 0
        return is_known and (site.available > 0 or is_coming or site.store_id == self._own)

    def _rank(self, store_id: str) -> tuple[bool, int, str]:
        """The store that asks, then by distance; of places unknown, by id."""
        km = self._distance(store_id)
        is_other = store_id != self._own
        return (is_other, _NOWHERE_KM if km is None else km, store_id)

    def _site(self, site: SiteStock) -> dict[str, Any]:
        known = self._sites[site.store_id]
        return {
            "store_id": site.store_id,
            "name": known.name,
            "kind": known.kind,
            "available": site.available if self._exact else None,
            "band": site.band.value,
            "age_seconds": known.age_seconds,
            "never_heard": known.never_heard,
            "km": self._distance(site.store_id),
            "can_ship": site.available > 0 or site.store_id == self._own,
            "can_collect": known.kind == "store",
            "expected": site.expected if self._exact else 0,
            "expected_on": site.expected_on if self._exact else "",
        }

    def _distance(self, store_id: str) -> int | None:
        if store_id not in self._km:
            here: Point | None = self._origin
            self._km[store_id] = km_between(here, self._sites[store_id].point)
        return self._km[store_id]

    def _earliest(self, item: ItemStock) -> str:
        days = [
            self._day(site.store_id)
            for site in item.sites
            if site.available and site.store_id in self._sites
        ]
        return min((day for day in days if day), default="")

    def _day(self, store_id: str) -> str:
        if store_id not in self._days:
            self._days[store_id] = self._promise(self._sites[store_id])
        return self._days[store_id]
