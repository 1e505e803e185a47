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
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from central_sync.database import tables as t
from central_sync.database.changes import horizon
from central_sync.database.open import Database
from central_sync.routing import Image, Moment, Policy, Pulse, Site
from central_sync.server.orders.rules import live_policy, order_rules
from central_sync.server.orders.stores import (
    SILENT_SECONDS,
    StoreBook,
    Stores,
    silent_seconds,
)
from central_sync.server.timestamps import Clock, iso
from central_sync.server.warehouse import pulse

# Stock is looked at this often, load and queues that often; policies with the stores.
STOCK_SECONDS = 0.2
LOAD_SECONDS = 2.0
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
        self._image: Image | None = None
        self._mark = 0
        self._stock_at = self._load_at = float("-inf")
        self._stores: Stores | None = None
        self._policy = Policy()
        self._silent: frozenset[str] = frozenset()
        self._forced = True

    @property
    def policy(self) -> Policy:
        return self._policy

    @property
    def silent(self) -> frozenset[str]:
        """Stores that are open and were not heard: nothing is sent there."""
        return self._silent

    @property
    def stores(self) -> Stores:
        assert self._stores is not None, "refresh before asking"
        return self._stores

    def stale(self) -> None:
        """The next refresh reads everything that may have changed."""
        self._forced = True

    def refresh(self) -> None:
        """Take over what was committed since; call it before a transaction begins."""
        now = self._now()
        seconds = now.timestamp()
        if not (self._forced or self._is_due(seconds)):
            return
        with self._refreshing:
            is_load_due = self._forced or not 0 <= seconds - self._load_at < LOAD_SECONDS
            self._forced = False
            with self._database.reading() as connection:
                stores = self._book.stores(connection, now)
                is_new = self._image is None or stores.by_id is not self._known()
                mark, rows = _stock(connection, 0 if is_new else self._mark)
                load = _load(connection, stores, now) if is_load_due or is_new else None
                policy = live_policy(connection) if load else self._policy
                cap = order_rules(connection).store_cap if is_new else 0
                usual = pulse.profiles(connection) if is_new else {}
            with self._lock:
                if is_new:
                    self._image = Image(_sites(stores, cap, usual))
                    _fill(self._image, rows)
                else:
                    _take(self._the_image(), rows)
                if load:
                    _weigh(self._the_image(), load)
                    self._silent, self._load_at = load.silent, seconds
                self._stores, self._policy, self._mark = stores, policy, mark
                self._stock_at = seconds

    @contextmanager
    def deciding(self) -> Iterator[tuple[Image, Moment]]:
        """The image, for one decision at a time."""
        with self._lock:
            yield self._the_image(), moment(self._now(), self.stores)

    def _the_image(self) -> Image:
        assert self._image is not None, "refresh before deciding"
        return self._image

    def _known(self) -> object:
        return self._stores.by_id if self._stores else None

    def _is_due(self, seconds: float) -> bool:
        return self._image is None or not 0 <= seconds - self._stock_at < STOCK_SECONDS


def moment(now: datetime, stores: Stores) -> Moment:
    local = now.astimezone(stores.zone)
    return Moment(int(now.timestamp()), local.weekday(), local.hour * 60 + local.minute)


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
    ).order_by(level.sku, level.store_id)
    upto = horizon(connection)
    return upto, connection.execute(query.where(level.changed >= mark)).all()


def _fill(image: Image, rows: Sequence[Any]) -> None:
    """All that is known, item by item."""
    known = (row for row in rows if row.store_id in image.number)
    image.put_rows(
        (
            row.sku, row.store_id, row.on_hand, row.reserved, row.minimum,
            row.demand_thousandths, row.nil_basis_points,
        )
        for row in known
    )  # fmt: skip


def _take(image: Image, rows: Sequence[Any]) -> None:
    for row in rows:
        if row.store_id in image.number:
            image.level(row.store_id, row.sku, row.on_hand, row.reserved)


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
