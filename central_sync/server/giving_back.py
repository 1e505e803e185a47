"""Central as the second copy: a workstation's own entries, for one that has lost them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.wire.messages import EntryMessage, KeptEntries

PAGE_ENTRIES = 500
PAGE_BYTES = 8_000_000


def kept_entries(
    connection: Connection, workstation_id: str, epoch: int, after: int
) -> KeptEntries:
    """A page of what is held of an epoch, from the entry after `after` on."""
    held = t.journal_entry.c
    rows = connection.execute(
        select(held.sequence, held.previous_hash, held.hash, held.body)
        .where(held.workstation_id == workstation_id, held.epoch == epoch, held.sequence > after)
        .order_by(held.sequence)
        .limit(PAGE_ENTRIES + 1)
    ).all()
    entries: list[EntryMessage] = []
    size = 0
    for sequence, previous_hash, digest, body in rows[:PAGE_ENTRIES]:
        size += len(body)
        if entries and size > PAGE_BYTES:
            break
        entries.append(
            EntryMessage(
                sequence=sequence, previous_hash=previous_hash, hash=digest, body=body.decode()
            )
        )
    return KeptEntries(epoch=epoch, entries=entries, more=len(entries) < len(rows))
