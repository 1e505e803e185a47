"""Each person's own key: what is sealed under it is gone for ever when the key is.

A person is a customer, or an address of nobody that is known. The thing to get wrong:
sealing personal data under central's data key itself; then erasing one person means
rewriting every backup.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.database.write import chunks
from central_sync.wire.sealing import KeySet


def keys_of(
    connection: Connection, data_keys: KeySet, person_ids: Collection[str]
) -> dict[str, KeySet]:
    """The keys of those who have one."""
    found: dict[str, KeySet] = {}
    for part in chunks(person_ids):
        rows = connection.execute(select(t.person_key).where(t.person_key.c.person_id.in_(part)))
        found |= {row.person_id: opened(data_keys, row.person_id, row.sealed) for row in rows}
    return found


def make_keys(
    connection: Connection, data_keys: KeySet, person_ids: Collection[str]
) -> dict[str, KeySet]:
    """A key for each person, who has none yet."""
    trip = Trip(connection)
    made = new_keys(trip, data_keys, person_ids)
    trip.go()
    return made


def new_keys(trip: Trip, data_keys: KeySet, person_ids: Collection[str]) -> dict[str, KeySet]:
    """The same, kept when the trip is made."""
    made = {person_id: KeySet.generate() for person_id in person_ids}
    rows = [
        {
            "person_id": person_id,
            "sealed": data_keys.seal(keys.to_text().encode(), _about(person_id)),
        }
        for person_id, keys in made.items()
    ]
    trip.insert(t.person_key, rows)
    return made


def shred_keys(connection: Connection, person_ids: Collection[str]) -> None:
    """Whatever was sealed under these keys cannot be read by anybody any more."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    for part in chunks(person_ids):
        connection.execute(delete(t.person_key).where(t.person_key.c.person_id.in_(part)))


def opened(data_keys: KeySet, person_id: str, sealed: bytes) -> KeySet:
    """A person's key as person_key holds it; raises Unsealable."""
    return KeySet.from_text(data_keys.unseal(sealed, _about(person_id)).decode())


def packed(content: Mapping[str, Any]) -> bytes:
    """Personal data as it is sealed: the fields that say something, as JSON."""
    return json.dumps({k: v for k, v in content.items() if v}, ensure_ascii=False).encode()


def _about(person_id: str) -> str:
    return f"person/{person_id}"
