"""Pages of a till's journal, overwritten as a failing disk does it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from central_sync.retail.journal import JournalEntry
from pos_client.storage.replaying import entries_of
from tests.storage.disk import Disk

PAGE_BYTES = 4096


def written(home: Path) -> list[JournalEntry]:
    """Every entry of the home's journal, all of them in the file itself."""
    with Disk(home) as disk:
        entries = list(entries_of(disk.records.journal))
    with closing(sqlite3.connect(home / "receipts.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return entries


def page_of(home: Path, entry: JournalEntry) -> int:
    return (home / "receipts.db").read_bytes().index(entry.body[:200]) // PAGE_BYTES + 1


def spoil(home: Path, *pages: int) -> None:
    with (home / "receipts.db").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE_BYTES)
            file.write(b"\xa5" * PAGE_BYTES)
