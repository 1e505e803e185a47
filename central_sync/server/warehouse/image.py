"""Stock in memory, item by item as it is asked for; disposable, and never the guard.

An item is read once and then followed: rows carry the mark of the commit that changed them
(`database.changes`). A commit of this process is followed before the next answer, those of
others within LOOK_SECONDS. The thing to get wrong: promising from here. It answers "is
there any?"; `reserving` asks the database.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.changes import horizon
from central_sync.database.open import Database
from central_sync.retail.stock import Band, Figure, available, band_of, network_available
from central_sync.server.goods.expected import newest_change, on_their_way
from central_sync.server.timestamps import Clock, iso
from central_sync.server.warehouse.figures import open_age
from central_sync.server.warehouse.sites import KnownSites, Point, postcode_point, read_sites

LOOK_SECONDS = 0.2
# Ages grow by the second, so an answer that is older than this is made anew.
SITES_SECONDS = 1.0
LARGEST_ITEMS = 20_000
_LARGEST_POSTCODES = 10_000

_COLUMNS = tuple(
    t.stock_level.c[name]
    for name in (
        *("store_id", "sku", "on_hand", "reserved", "minimum"),
        *("demand_thousandths", "nil_basis_points", "pledged", "pledge_epoch", "lent_until"),
    )
)


@dataclass(frozen=True, slots=True)
class SiteStock:
    """What one site has of an item, to promise; `expected` pieces are on their way there."""

    store_id: str
    available: int
    band: Band
    expected: int = 0
    expected_on: str = ""


@dataclass(frozen=True, slots=True)
class ItemStock:
    """`available` of the whole chain, each site discounted by the chance of a nil pick."""

    sku: str
    available: int
    band: Band
    sites: tuple[SiteStock, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """Items in the order asked, as of `at`; `sequence` is where the changes go on."""

    at: str
    items: tuple[ItemStock, ...]
    sites: KnownSites
    sequence: int
    origin: Point | None


class StockImage:
    """One process's image; safe for many threads."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now
        self._lock = threading.Lock()
        self._rows: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._made: dict[str, ItemStock] = {}
        self._points: dict[str, Point | None] = {}
        self._sites = KnownSites({}, "SE", "")
        self._open_ages: dict[str, int] = {}
        self._expected: dict[str, dict[str, tuple[int, str]]] = {}
        self._expected_as_of: tuple[int, str] = (0, "")
        self._mark = 0
        self._looked_at = self._sites_at = float("-inf")
        self._is_behind = True
        database.on_commit(self._fall_behind)

    def look(self, skus: Sequence[str], postcode: str = "") -> Look:
        """What the chain has of these items now; distances count from a postcode."""
        with self._lock:
            self._catch_up(skus, postcode)
            items = tuple(self._item(sku) for sku in skus)
            return Look(
                iso(self._now()), items, self._sites, self._mark, self._points.get(postcode)
            )

    def _fall_behind(self) -> None:
        self._is_behind = True

    def _catch_up(self, skus: Sequence[str], postcode: str) -> None:
        missing = [sku for sku in dict.fromkeys(skus) if sku not in self._rows]
        for sku in set(skus).difference(missing):
            self._rows.move_to_end(sku)
        clock = time.monotonic()
        is_due = self._is_behind or clock - self._looked_at >= LOOK_SECONDS
        is_old = clock - self._sites_at >= SITES_SECONDS
        is_unexpected = any(sku not in self._expected for sku in skus)
        is_new_place = bool(postcode) and postcode not in self._points
        if not (missing or is_unexpected or is_due or is_old or is_new_place):
            return
        # Before the read: a commit that comes meanwhile is followed the next time.
        self._is_behind = False
        with self._database.reading() as connection:
            self._follow(connection)
            self._looked_at = clock
            if is_old:
                self._read_sites(connection)
                self._sites_at = clock
                self._look_at_expected(connection)
            self._read_items(connection, missing)
            self._read_expected(connection, skus)
            if is_new_place:
                if len(self._points) >= _LARGEST_POSTCODES:
                    self._points.clear()
                self._points[postcode] = postcode_point(connection, postcode)

    def _follow(self, connection: Connection) -> None:
        """Rows that were changed since the last look; some may come twice, none is missed."""
        mark = horizon(connection)
        if self._rows:
            changed = t.stock_level.c.changed
            for row in connection.execute(select(*_COLUMNS).where(changed >= self._mark)):
                stores = self._rows.get(row.sku)
                if stores is not None:
                    stores[row.store_id] = row
                    self._made.pop(row.sku, None)
        self._mark = mark

    def _read_items(self, connection: Connection, skus: Sequence[str]) -> None:
        if not skus:
            return
        found: dict[str, dict[str, Any]] = {sku: {} for sku in skus}
        for row in connection.execute(select(*_COLUMNS).where(t.stock_level.c.sku.in_(skus))):
            found[row.sku][row.store_id] = row
        self._rows.update(found)
        while len(self._rows) > max(LARGEST_ITEMS, len(skus)):
            sku, _ = self._rows.popitem(last=False)
            self._made.pop(sku, None)

    def _read_sites(self, connection: Connection) -> None:
        self._sites = read_sites(connection, iso(self._now()))
        self._open_ages.clear()
        self._made.clear()

    def _look_at_expected(self, connection: Connection) -> None:
        """Something was announced, received or sent since: all of it is read again when asked."""
        as_of = newest_change(connection)
        if as_of != self._expected_as_of:
            self._expected_as_of = as_of
            self._expected.clear()

    def _read_expected(self, connection: Connection, skus: Sequence[str]) -> None:
        unknown = [sku for sku in dict.fromkeys(skus) if sku not in self._expected]
        if not unknown:
            return
        is_any = self._expected_as_of[0] > 0
        found = on_their_way(connection, unknown) if is_any else {}
        if len(self._expected) > LARGEST_ITEMS:
            # What is asked now stays; the rest is read again when it is asked for.
            self._expected = {sku: self._expected[sku] for sku in skus if sku in self._expected}
        for sku in unknown:
            self._expected[sku] = found.get(sku, {})
            self._made.pop(sku, None)

    def _item(self, sku: str) -> ItemStock:
        made = self._made.get(sku)
        if made is None:
            made = self._made[sku] = self._make(sku, self._rows[sku])
        return made

    def _make(self, sku: str, rows: Mapping[str, Any]) -> ItemStock:
        figures = {store_id: self._figure(store_id, row) for store_id, row in rows.items()}
        sites = []
        coming = self._expected.get(sku, {})
        for store_id in sorted({*figures, *coming}):
            pieces = available(figures[store_id]) if store_id in figures else 0
            sites.append(
                SiteStock(store_id, pieces, band_of(pieces), *coming.get(store_id, (0, "")))
            )
        network = network_available(figures.values())
        # A chain with one sure piece has "last", whatever the rounding says.
        whole = max(network, int(any(site.available for site in sites)))
        return ItemStock(sku, whole, band_of(whole), tuple(sites))

    def _figure(self, store_id: str, row: Any) -> Figure:
        site = self._sites.by_id.get(store_id)
        age = site.age_seconds if site else 0
        return Figure(
            on_hand=row.on_hand,
            reserved=row.reserved,
            minimum=row.minimum,
            demand_thousandths=row.demand_thousandths,
            age_seconds=age,
            open_age_seconds=self._open_age(store_id, age) if row.demand_thousandths else 0,
            nil_basis_points=row.nil_basis_points,
            pledged=row.pledged,
            pledge_epoch=row.pledge_epoch,
            is_lent=row.lent_until > self._sites.read_at,
        )

    def _open_age(self, store_id: str, age: int) -> int:
        if store_id not in self._open_ages:
            site = self._sites.by_id.get(store_id)
            hours = site.opening_hours if site else ""
            self._open_ages[store_id] = open_age(
                hours, self._sites.country, age, self._sites.read_at
            )
        return self._open_ages[store_id]
