"""The chain's stores and warehouses as availability tells them: where, what kind, how old.

Kept in memory for a moment and replaced as a whole. The thing to get wrong: a distance to a
place that nobody knows is None, not zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.server.warehouse.figures import age_seconds, heard_at

_EARTH_KM = 6_371.0


@dataclass(frozen=True, slots=True)
class Point:
    """WGS 84, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class KnownSite:
    """`age_seconds` since any of its tills was heard, as of the moment of reading.

    `never_heard`: none ever was, so the age is only the oldest that there is.
    """

    store_id: str
    kind: str
    name: str
    opening_hours: str
    point: Point | None
    age_seconds: int
    never_heard: bool = False


@dataclass(frozen=True, slots=True)
class KnownSites:
    by_id: Mapping[str, KnownSite]
    country: str
    read_at: str


def read_sites(connection: Connection, at: str) -> KnownSites:
    heard = heard_at(connection)
    known = {
        row.store_id: KnownSite(
            row.store_id,
            row.kind,
            row.name,
            row.opening_hours,
            point_of(row.latitude, row.longitude),
            age_seconds(row.kind, heard.get(row.store_id) or "", at),
            never_heard=row.kind != "warehouse" and not heard.get(row.store_id),
        )
        for row in connection.execute(select(t.store).order_by(t.store.c.store_id))
    }
    country = connection.execute(select(t.chain.c.country)).scalar() or "SE"
    return KnownSites(known, country, at)


def postcode_point(connection: Connection, postcode: str) -> Point | None:
    """Where a postcode is; of one that is not in the table, its nearest neighbour by number.

    At least its first two digits (a region) must be known.
    """
    plain = postcode_key(postcode)
    row = t.postcode.c
    for length in range(len(plain), 1, -1):
        first = plain[:length]
        found = connection.execute(
            select(row.latitude, row.longitude)
            .where(row.postcode >= first, row.postcode < first + "~")
            .order_by(row.postcode)
            .limit(1)
        ).first()
        if found is not None:
            return point_of(found.latitude, found.longitude)
    return None


def postcode_key(postcode: str) -> str:
    """A postcode as the table holds it: letters and digits, upper case, no blanks."""
    return "".join(char for char in postcode.upper() if char.isascii() and char.isalnum())


def point_of(latitude: str, longitude: str) -> Point | None:
    return Point(float(latitude), float(longitude)) if latitude and longitude else None


def km_between(one: Point | None, other: Point | None) -> int | None:
    """Great-circle distance (haversine) in whole kilometres."""
    if one is None or other is None:
        return None
    up = sin(radians(other.latitude - one.latitude) / 2)
    across = sin(radians(other.longitude - one.longitude) / 2)
    part = up * up + cos(radians(one.latitude)) * cos(radians(other.latitude)) * across * across
    return round(2 * _EARTH_KM * asin(sqrt(min(1.0, part))))
