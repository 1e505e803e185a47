"""The router's image of the chain, kept in memory and fed from the database.

It may be thrown away at any time; the guard stays the conditional update. The thing to get
wrong: reading the database while the image is locked for a decision. A refresh reads first,
in a transaction of its own, and only then writes the image.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from central_sync.database import tables as t
from central_sync.database.changes import horizon
from central_sync.database.open import Database
from central_sync.routing import Image, Lent, Moment, Policy, Pulse, Site
from central_sync.server.orders.rules import live_policy, order_rules
from central_sync.server.orders.stores import (
    SILENT_SECONDS,
    StoreBook,
    Stores,
    silent_seconds,
)
from central_sync.server.timestamps import Clock, iso
from central_sync.server.warehouse import pulse

# What changed in stock is looked at this often, load and queues that often.
STOCK_SECONDS = 0.2
LOAD_SECONDS = 2.0
# All of stock, and what stores are usually like, is read again this often, and when they move.
WHOLE_SECONDS = 900.0
# A warehouse that nobody hears is taken to have so many people.
WAREHOUSE_STAFF = 3


@dataclass(frozen=True, slots=True)
class Load:
    """What was read of all stores at one moment."""

    pulses: Mapping[str, Pulse]
    queues: Mapping[str, int]
    today: Mapping[str, int]
    cooling: Mapping[str, str]
    silent: frozenset[str]


class LiveImage:
    """One process's image. `deciding` gives it to one thread at a time."""

    def __init__(self, database: Database, now: Clock, book: StoreBook) -> None:
        self._database, self._now, self._book = database, now, book
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._counting = threading.Lock()
        self._image: Image | None = None
        self._mark = 0
        self._stock_at = self._load_at = self._whole_at = float("-inf")
        self._stores: Stores | None = None
        self._policy = Policy()
        self._cap = 0
        self._silent: frozenset[str] = frozenset()
        self._asked = self._done = 0

    @property
    def policy(self) -> Policy:
        return self._policy

    @property
    def silent(self) -> frozenset[str]:
        """Stores that are open and were not heard: only what they lend is sent there."""
        return self._silent

    def heard_with(self, sku: str) -> frozenset[str]:
        """Stores that have pieces of an item left and are not silent."""
        with self._lock:
            return frozenset(self._the_image().holders(sku)) - self._silent

    def lent_until(self, store_id: str, skus: Sequence[str]) -> str:
        """Until when a store lends all these items, ISO UTC; "" when it does not, now."""
        image, now = self._image, int(self._now().timestamp())
        ends = [image.lent_until(store_id, sku) for sku in skus] if image else []
        end = min(ends, default=0)
        return iso(datetime.fromtimestamp(end, UTC)) if end > now else ""

    @property
    def stores(self) -> Stores:
        assert self._stores is not None, "refresh before asking"
        return self._stores

    def stale(self) -> None:
        """The next refresh reads everything that may have changed."""
        with self._counting:
            self._asked += 1

    def refresh(self) -> None:
        """Take over what was committed since; call it before a transaction begins.

        One thread reads. Whoever comes meanwhile goes on with what is there, and waits only
        when it was said to be stale.
        """
        asked = self._asked
        is_needed = self._image is None or asked > self._done
        if not is_needed and not self._is_due(self._now().timestamp()):
            return
        if not self._refreshing.acquire(blocking=is_needed):
            return
        try:
            now = self._now()
            if asked > self._done or self._is_due(now.timestamp()):
                self._read(now)
        finally:
            self._refreshing.release()

    def _read(self, now: datetime) -> None:
        asked, seconds = self._asked, now.timestamp()
        with self._database.reading() as connection:
            stores = self._book.stores(connection, now)
            is_load_due = asked > self._done or not 0 <= seconds - self._load_at < LOAD_SECONDS
            cap = order_rules(connection).store_cap if is_load_due else self._cap
            is_new = self._is_other(stores, cap, seconds)
            mark, rows = _stock(connection, 0 if is_new else self._mark)
            load = _load(connection, stores, now) if is_load_due or is_new else None
            policy = live_policy(connection) if load else self._policy
            new = _made(connection, stores, cap, rows) if is_new else None
        with self._lock:
            if new is not None:
                self._image, self._cap, self._whole_at = new, cap, seconds
            else:
                _take(self._the_image(), rows)
            if load:
                _weigh(self._the_image(), load)
                self._silent, self._load_at = load.silent, seconds
            self._stores, self._policy, self._mark = stores, policy, mark
            self._stock_at, self._done = seconds, asked

    def _is_other(self, stores: Stores, cap: int, seconds: float) -> bool:
        """The image has to be made anew: its stores have changed, or it is old."""
        if self._stores is None or not 0 <= seconds - self._whole_at < WHOLE_SECONDS:
            return True
        is_same = stores.by_id is self._stores.by_id or stores.by_id == self._stores.by_id
        return cap != self._cap or not is_same

    @contextmanager
    def deciding(self) -> Iterator[tuple[Image, Moment]]:
        """The image, for one decision at a time."""
        with self._lock:
            yield self._the_image(), moment(self._now(), self.stores)

    def _the_image(self) -> Image:
        assert self._image is not None, "refresh before deciding"
        return self._image

    def _is_due(self, seconds: float) -> bool:
        return self._image is None or not 0 <= seconds - self._stock_at < STOCK_SECONDS


def moment(now: datetime, stores: Stores) -> Moment:
    local = now.astimezone(stores.zone)
    return Moment(int(now.timestamp()), local.weekday(), local.hour * 60 + local.minute)


def _made(connection: Connection, stores: Stores, cap: int, rows: Sequence[Any]) -> Image:
    """A new image; made beside the one that decides meanwhile."""
    image = Image(_sites(stores, cap, pulse.profiles(connection)))
    _fill(image, rows)
    return image


def _sites(stores: Stores, cap: int, profiles: Mapping[str, tuple[float, ...]]) -> list[Site]:
    middle = stores.middle
    return [
        Site(
            known.store_id,
            (known.place or middle).latitude,
            (known.place or middle).longitude,
            known.week,
            daily_cap=cap,
            profile=profiles.get(known.store_id, ()),
        )
        for known in sorted(stores.by_id.values(), key=lambda store: store.store_id)
    ]


def _stock(connection: Connection, mark: int) -> tuple[int, Sequence[Any]]:
    level = t.stock_level.c
    query = select(
        level.sku,
        level.store_id,
        level.on_hand,
        level.reserved,
        level.minimum,
        level.demand_thousandths,
        level.nil_basis_points,
        level.pledged,
        level.lent_until,
    ).order_by(level.sku, level.store_id)
    upto = horizon(connection)
    return upto, connection.execute(query.where(level.changed >= mark)).all()


def _fill(image: Image, rows: Sequence[Any]) -> None:
    """All that is known, item by item."""
    known = [row for row in rows if row.store_id in image.number]
    image.put_rows(
        (
            row.sku, row.store_id, row.on_hand, row.reserved, row.minimum,
            row.demand_thousandths, row.nil_basis_points,
        )
        for row in known
    )  # fmt: skip
    for row in known:
        if row.pledged is not None:
            image.lend(row.store_id, row.sku, _lent(row))


def _take(image: Image, rows: Sequence[Any]) -> None:
    for row in rows:
        if row.store_id in image.number:
            image.replace(
                row.store_id, row.sku, row.on_hand, row.reserved, row.minimum,
                row.demand_thousandths, row.nil_basis_points,
            )  # fmt: skip
            image.lend(row.store_id, row.sku, _lent(row))


def _lent(row: Any) -> Lent | None:
    if row.pledged is None:
        return None
    until = int(datetime.fromisoformat(row.lent_until).timestamp()) if row.lent_until else 0
    return Lent(row.pledged, until)


def _load(connection: Connection, stores: Stores, now: datetime) -> Load:
    silent = silent_seconds(connection, now)
    at = iso(now)
    parcel = t.order_parcel.c
    queues = connection.execute(
        select(parcel.store_id, func.sum(parcel.job_seconds))
        .where(parcel.state.in_(("planned", "offered", "claimed", "picking")))
        .group_by(parcel.store_id)
    )
    midnight = iso(now.astimezone(stores.zone).replace(hour=0, minute=0, second=0, microsecond=0))
    today = connection.execute(
        select(parcel.store_id, func.count().label("parcels"))
        .where(parcel.planned_at >= midnight)
        .group_by(parcel.store_id)
    )
    cooling = connection.execute(select(t.store_cooling).where(t.store_cooling.c.until > at))
    return Load(
        pulses=_pulses(connection, stores, silent, now),
        queues={store_id: int(seconds) for store_id, seconds in queues},
        today={row.store_id: row.parcels for row in today},
        cooling={row.store_id: row.until for row in cooling},
        silent=frozenset(
            store_id
            for store_id, age in silent.items()
            if age > SILENT_SECONDS
            and stores.calendar(store_id).open_for(at).total_seconds() > SILENT_SECONDS
        ),
    )


def _pulses(
    connection: Connection, stores: Stores, silent: Mapping[str, int], now: datetime
) -> dict[str, Pulse]:
    """How busy every store is, as of when it was last heard; a warehouse is always there."""
    found = dict(pulse.pulses(connection, iso(now)))
    for store_id, known in stores.by_id.items():
        if known.kind == "warehouse" and store_id not in silent:
            found[store_id] = Pulse(0.0, now.timestamp(), WAREHOUSE_STAFF)
    return found


def _weigh(image: Image, load: Load) -> None:
    for store_id in image.stores:
        image.hear(store_id, load.pulses.get(store_id, Pulse()))
        image.queue(store_id, load.queues.get(store_id, 0))
        image.sent_today(store_id, load.today.get(store_id, 0))
        until = load.cooling.get(store_id, "")
        seconds = int(datetime.fromisoformat(until).timestamp()) if until else 0
        image.cool_down(store_id, seconds)
