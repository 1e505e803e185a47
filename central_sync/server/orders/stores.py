"""The chain's stores as orders need them: name, place, opening hours, who is heard.

Read once and kept for some seconds; a store that is new or moved is known a moment later.
Safe for many threads: what is kept is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, func, select

from central_sync.countries import COUNTRIES
from central_sync.database import tables as t
from central_sync.retail.opening_hours import USUAL_WEEK, BadHours, Week, week_of
from central_sync.server.orders.promising import Calendar
from central_sync.server.timestamps import iso
from central_sync.server.warehouse.pledges import SELLERS_DAYS

KEPT_SECONDS = 30
MOST_PLACES = 20_000
# A store with a till is silent when none was heard for so long (two heartbeats).
SILENT_SECONDS = 120
NEVER_SECONDS = 10**9


@dataclass(frozen=True, slots=True)
class Place:
    """WGS 84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class KnownStore:
    """`has_tills` false: a warehouse that nobody hears, and that is always there."""

    store_id: str
    kind: str
    name: str
    postcode: str
    place: Place | None
    week: Week
    has_tills: bool


@dataclass(frozen=True, slots=True)
class Stores:
    by_id: Mapping[str, KnownStore]
    zone: ZoneInfo
    country: str
    currency: str
    read_at: float
    # Postcodes that were asked for, while these stores are kept.
    places: dict[str, Place] = field(default_factory=dict)

    def calendar(self, store_id: str) -> Calendar:
        known = self.by_id.get(store_id)
        return Calendar(self.zone, known.week if known else USUAL_WEEK)

    def name(self, store_id: str) -> str:
        known = self.by_id.get(store_id)
        return known.name if known else store_id

    @property
    def names(self) -> dict[str, str]:
        return {store_id: known.name for store_id, known in self.by_id.items()}

    @property
    def middle(self) -> Place:
        """Where the chain is on the average: for a customer whose place nobody knows."""
        places = [known.place for known in self.by_id.values() if known.place]
        if not places:
            return Place(0.0, 0.0)
        return Place(
            sum(place.latitude for place in places) / len(places),
            sum(place.longitude for place in places) / len(places),
        )


class StoreBook:
    """Keeps the stores for a while."""

    def __init__(self) -> None:
        self._kept: Stores | None = None

    def stores(self, connection: Connection, now: datetime) -> Stores:
        kept = self._kept
        seconds = now.timestamp()
        if kept is None or not 0 <= seconds - kept.read_at < KEPT_SECONDS:
            kept = self._kept = _read(connection, seconds)
        return kept

    def forget(self) -> None:
        self._kept = None


def silent_seconds(connection: Connection, now: datetime) -> dict[str, int]:
    """Since when no till of a store was heard; stores without tills are left out."""
    seen = t.workstation.c
    rows = connection.execute(
        select(seen.store_id, func.max(seen.last_contact_at))
        .where(seen.status != "revoked")
        .group_by(seen.store_id)
    )
    return {store_id: _since(last, now) for store_id, last in rows}


def has_said_all(connection: Connection, store_id: str, since: str, now: datetime) -> bool:
    """Was every till that may be selling there heard after `since`, and is all it had decided?

    Tills that nobody heard for SELLERS_DAYS are off; where none is left, nobody knows.
    """
    seen = t.workstation.c
    tills = connection.execute(
        select(seen.workstation_id, seen.last_contact_at, seen.outbox).where(
            seen.store_id == store_id, seen.status == "active"
        )
    ).all()
    if not tills:
        return True
    living = iso(now - timedelta(days=SELLERS_DAYS))
    sellers = [till for till in tills if till.last_contact_at >= living]
    if not sellers or any(one.last_contact_at <= since or one.outbox for one in sellers):
        return False
    epoch, booked, word = t.epoch.c, t.booked_upto.c, t.order_inbox.c
    same = and_(booked.workstation_id == epoch.workstation_id, booked.epoch == epoch.epoch)
    unread = (
        select(epoch.workstation_id)
        .select_from(t.epoch.outerjoin(t.booked_upto, same))
        .where(epoch.workstation_id.in_([one.workstation_id for one in sellers]))
        .where(epoch.head_sequence > func.coalesce(booked.sequence, 0))
    )
    undecided = select(word.inbox_id).where(word.store_id == store_id, word.state == "waiting")
    return not connection.execute(unread.limit(1)).first() and not (
        connection.execute(undecided.limit(1)).first()
    )


def place_of(connection: Connection, postcode: str, stores: Stores) -> Place:
    """Where a postcode is, or its nearest known neighbour by number; else the chain's middle."""
    plain = _digits(postcode)
    if plain not in stores.places:
        if len(stores.places) >= MOST_PLACES:
            stores.places.clear()
        stores.places[plain] = _place_of(connection, plain, stores)
    return stores.places[plain]


def _place_of(connection: Connection, plain: str, stores: Stores) -> Place:
    for length in range(len(plain), 1, -1):
        row = t.postcode.c
        found = connection.execute(
            select(row.latitude, row.longitude)
            .where(row.postcode.between(plain[:length], plain[:length] + "~"))
            .order_by(row.postcode)
            .limit(1)
        ).first()
        if found is not None:
            return Place(float(found.latitude), float(found.longitude))
    near = [
        known.place
        for known in stores.by_id.values()
        if known.place and plain and _digits(known.postcode)[:2] == plain[:2]
    ]
    return near[0] if near else stores.middle


def _read(connection: Connection, seconds: float) -> Stores:
    country = connection.execute(select(t.chain.c.country)).scalar() or "SE"
    law = COUNTRIES[country]
    with_tills = set(
        connection.execute(
            select(t.workstation.c.store_id).where(t.workstation.c.status != "revoked").distinct()
        ).scalars()
    )
    known = {
        row.store_id: KnownStore(
            row.store_id,
            row.kind,
            row.name,
            row.postcode,
            _place(row.latitude, row.longitude),
            _week(row.opening_hours),
            row.store_id in with_tills,
        )
        for row in connection.execute(select(t.store))
    }
    return Stores(known, ZoneInfo(law.time_zone), country, law.currency.code, seconds)


def _place(latitude: str, longitude: str) -> Place | None:
    return Place(float(latitude), float(longitude)) if latitude and longitude else None


def _week(words: str) -> Week:
    try:
        return week_of(words)
    except BadHours:
        return USUAL_WEEK


def _since(last: str, now: datetime) -> int:
    if not last:
        return NEVER_SECONDS
    return max(0, int((now - datetime.fromisoformat(last)).total_seconds()))


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
