"""The append-only, hash-chained journal of this workstation.

The core appends, sync reads. Bodies are stored as the bytes that were hashed and
are never written again. The thing to get wrong: appending outside the
transaction that holds the rest of the act; `append` therefore takes a connection
that already is in one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from central_sync.retail.journal import GENESIS, Broken, JournalEntry, chain_hash, first_broken
from central_sync.wire.entries import EntryBody
from pos_client.storage.database import open_reader
from pos_client.storage.errors import told_plainly

Sign = Callable[[bytes], bytes]
Found = TypeVar("Found")

_COLUMNS = "epoch, sequence, previous_hash, body, hash, signature"

# Hops from epoch to epoch by the index: sync asks three times a second, and a journal
# holds a month of entries.
_HEADS = """
WITH RECURSIVE known (epoch) AS (
    SELECT MIN(epoch) FROM journal
    UNION ALL
    SELECT (SELECT MIN(epoch) FROM journal WHERE epoch > known.epoch)
      FROM known WHERE known.epoch IS NOT NULL
)
SELECT epoch, sequence, hash FROM journal
  JOIN (SELECT epoch AS of,
               (SELECT MAX(sequence) FROM journal WHERE epoch = known.epoch) AS newest
          FROM known WHERE epoch IS NOT NULL)
    ON epoch = of AND sequence = newest
 ORDER BY epoch
"""


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The newest entry of one epoch; sequence 0 and GENESIS when there is none."""

    epoch: int
    sequence: int
    hash: bytes


def append(
    connection: sqlite3.Connection, head: JournalHead, body: EntryBody, sign: Sign
) -> JournalHead:
    """Write the next entry after `head`; returns the new head."""
    return append_content(
        connection, head, Content(body.id, body.kind, body.at, body.to_bytes()), sign
    )


@dataclass(frozen=True, slots=True)
class Content:
    """A body as the bytes that are hashed, and what the journal is looked up by."""

    entry_id: str
    kind: str
    at: str
    body: bytes


def append_content(
    connection: sqlite3.Connection, head: JournalHead, content: Content, sign: Sign
) -> JournalHead:
    """Write bytes that are a body already, as `append` does."""
    assert connection.in_transaction
    digest = chain_hash(head.hash, content.body)
    sequence = head.sequence + 1
    connection.execute(
        """
        INSERT INTO journal
               (epoch, sequence, previous_hash, hash, signature, entry_id, kind, at, body)
        VALUES (:epoch, :sequence, :previous_hash, :hash, :signature, :entry_id, :kind, :at, :body)
        """,
        {
            "epoch": head.epoch,
            "sequence": sequence,
            "previous_hash": head.hash,
            "hash": digest,
            "signature": sign(digest),
            "entry_id": content.entry_id,
            "kind": content.kind,
            "at": content.at,
            "body": content.body,
        },
    )
    return JournalHead(head.epoch, sequence, digest)


class JournalReader:
    """Reads for sync and for checking; fulfils central_sync.engine.journal.Journal."""

    def __init__(self, database: Database) -> None:
        self._connection = database.conn
        self._knows_forks = False
        self._known: dict[str, Any] = {}
        self._known_at = (-1, -1)

    def heads(self) -> list[JournalHead]:
        """The newest entry of every epoch, oldest epoch first."""
        with told_plainly():
            return list(self._once("heads", self._heads))

    def _heads(self) -> list[JournalHead]:
        return [JournalHead(*row) for row in self._connection.execute(_HEADS)]

    def _once(self, what: str, find: Callable[[], Found]) -> Found:
        """Found once, and again when the file was written to, by this connection or another."""
        connection = self._connection
        if connection.in_transaction:
            return find()
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        now = (int(version), connection.total_changes)
        if now != self._known_at:
            self._known, self._known_at = {}, now
        if what not in self._known:
            self._known[what] = find()
        found: Found = self._known[what]
        return found

    def head(self, epoch: int) -> JournalHead:
        """The newest entry of one epoch, or the empty head."""
        row = self._connection.execute(
            """
            SELECT epoch, sequence, hash FROM journal
             WHERE epoch = :epoch ORDER BY sequence DESC LIMIT 1
            """,
            {"epoch": epoch},
        ).fetchone()
        return JournalHead(*row) if row else JournalHead(epoch, 0, GENESIS)

    def entries_after(
        self, epoch: int, sequence: int, limit: int, max_bytes: int
    ) -> list[JournalEntry]:
        """Entries in order, at least one if there is any, at most `max_bytes` of bodies."""
        found: list[JournalEntry] = []
        size = 0
        with told_plainly():
            for entry in self._walk(epoch, sequence, limit):
                size += len(entry.body)
                if found and size > max_bytes:
                    break
                found.append(entry)
        return found

    def entry(self, epoch: int, sequence: int) -> JournalEntry | None:
        found = self.entries_after(epoch, sequence - 1, 1, 1)
        return found[0] if found and found[0].sequence == sequence else None

    def count_after(self, epoch: int, sequence: int) -> tuple[int, str]:
        """How many entries are newer, and when the oldest of them was made ("" if none)."""
        row = self._connection.execute(
            "SELECT at FROM journal WHERE epoch = :epoch AND sequence = :next",
            {"epoch": epoch, "next": sequence + 1},
        ).fetchone()
        # Sequences have no holes, so counting is a subtraction, however long the outbox.
        return max(0, self.head(epoch).sequence - sequence), str(row[0]) if row else ""

    def carried(self) -> dict[int, int]:
        """Per forked epoch, above which of its entries all stand in a later epoch."""
        return dict(self._once("carried", self._carried))

    def _carried(self) -> dict[int, int]:
        if not self._has_carried():
            return {}
        rows = self._connection.execute(
            "SELECT from_epoch, MIN(above) FROM carried_on GROUP BY from_epoch"
        ).fetchall()
        return dict(rows)

    def highest_number(self, epoch: int) -> int:
        """The highest receipt number printed in an epoch; 0 for none."""
        return self._once(f"number {epoch}", lambda: self._highest_number(epoch))

    def _highest_number(self, epoch: int) -> int:
        row = self._connection.execute(
            "SELECT MAX(number) FROM receipt WHERE epoch = :epoch", {"epoch": epoch}
        ).fetchone()
        return int(row[0] or 0)

    def _has_carried(self) -> bool:
        """Not in a file that no register of this version has opened yet."""
        if not self._knows_forks:
            query = "SELECT 1 FROM sqlite_master WHERE name = 'carried_on'"
            self._knows_forks = self._connection.execute(query).fetchone() is not None
        return self._knows_forks

    def newest_at(self) -> str:
        """When the newest entry was made, in any epoch; "" when there is none."""
        row = self._connection.execute(
            "SELECT at FROM journal ORDER BY epoch DESC, sequence DESC LIMIT 1"
        ).fetchone()
        return str(row[0]) if row else ""

    def first_broken(self, after: dict[int, int] | None = None) -> Broken | None:
        """Check every epoch's chain; `after` skips what was already proven, per epoch."""
        for head in self.heads():
            start = (after or {}).get(head.epoch, 0)
            proven = self.entry(head.epoch, start) if start else None
            if start and proven is None:
                return Broken(head.epoch, start, "missing")
            known = proven.hash if proven else GENESIS
            broken = first_broken(self._walk(head.epoch, start), after=known, sequence=start)
            if broken is not None:
                return broken
        return None

    def close(self) -> None:
        self._connection.close()

    def _walk(self, epoch: int, sequence: int, limit: int = -1) -> Iterator[JournalEntry]:
        rows = self._connection.execute(
            f"""
            SELECT {_COLUMNS} FROM journal
             WHERE epoch = :epoch AND sequence > :sequence
             ORDER BY sequence LIMIT :limit
            """,
            {"epoch": epoch, "sequence": sequence, "limit": limit},
        )
        return (JournalEntry(*row) for row in rows)


def open_for_sync(home: Path) -> JournalReader:
    """The journal of a home folder, read-only; raises StorageTrouble when there is none."""
    return JournalReader(open_reader(home / "receipts.db"))
