"""Interprets parked entries again from the bytes that were stored, after a fix.

A parked receipt loses nothing by waiting: its id keeps it from being booked twice, and
the bytes are as they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.server.posting import Booking, post
from central_sync.server.reading import Parked, Sale, read_entry


@dataclass(frozen=True, slots=True)
class Reposted:
    booked: int
    still_parked: int


def repost(connection: Connection, at: str) -> Reposted:
    """Try every parked entry once more, in order; what cannot be booked stays parked."""
    entry = t.journal_entry.c
    rows = connection.execute(
        select(t.journal_entry)
        .where(entry.state == "parked")
        .order_by(entry.store_id, entry.workstation_id, entry.epoch, entry.sequence)
    ).all()
    outcomes = [_retry(connection, row, at) for row in rows]
    return Reposted(outcomes.count(True), outcomes.count(False))


def _retry(connection: Connection, row: Any, at: str) -> bool:
    reading = read_entry(row.body, workstation_id=row.workstation_id, store_id=row.store_id)
    if isinstance(reading, Parked):
        _set_state(connection, row, "parked", reading.reason)
        return False
    aliases: frozenset[int] = frozenset()
    if isinstance(reading, Sale):
        booking = Booking(row.workstation_id, row.epoch, row.sequence, reading.transaction)
        aliases = post(connection, row.store_id, [booking], at).aliases
    _set_state(connection, row, "alias" if aliases else "accepted", "")
    return True


def _set_state(connection: Connection, row: Any, state: str, reason: str) -> None:
    entry = t.journal_entry.c
    connection.execute(
        update(t.journal_entry)
        .where(
            entry.workstation_id == row.workstation_id,
            entry.epoch == row.epoch,
            entry.sequence == row.sequence,
        )
        .values(state=state, reason=reason)
    )
