"""Interprets parked entries again from the bytes that were stored, after a fix.

A parked receipt loses nothing by waiting: its id keeps it from being booked twice, and
the bytes are as they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.server.booking import OnShortfall, Read, book, nobody, note_highest
from central_sync.server.bookkeeping import words_of_entries
from central_sync.server.orders import inbox
from central_sync.server.reading import Parked, read_entry
from central_sync.server.warehouse.documents import book_parked


@dataclass(frozen=True, slots=True)
class Reposted:
    booked: int
    still_parked: int


def repost(connection: Connection, at: str, on_shortfall: OnShortfall = nobody) -> Reposted:
    """Try every parked entry once more, in order, and every parked line of a document.

    What cannot be booked stays parked.
    """
    entry = t.journal_entry.c
    rows = connection.execute(
        select(t.journal_entry)
        .where(entry.state == "parked")
        .order_by(entry.store_id, entry.workstation_id, entry.epoch, entry.sequence)
    ).all()
    outcomes = [_retry(connection, row, at, on_shortfall) for row in rows]
    lines = book_parked(connection, at)
    if lines.broken:
        on_shortfall(connection, lines.broken, at)
    booked, still_parked = outcomes.count(True), outcomes.count(False)
    return Reposted(booked + lines.booked, still_parked + lines.still_parked)


def _retry(connection: Connection, row: Any, at: str, on_shortfall: OnShortfall) -> bool:
    reading = read_entry(row.body, workstation_id=row.workstation_id, store_id=row.store_id)
    if isinstance(reading, Parked):
        _set_state(connection, row, "parked", reading.reason)
        return False
    read = [Read(row.epoch, row.sequence, reading)]
    booked = book(connection, row.workstation_id, row.store_id, read, at)
    if booked.broken:
        on_shortfall(connection, booked.broken, at)
    words = words_of_entries(row.store_id, row.workstation_id, read, booked.aliases)
    inbox.put_all(connection, words, at)
    _set_state(connection, row, "alias" if booked.aliases else "accepted", "")
    note_highest(connection, row.workstation_id, read)
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
