"""A new receipts.db out of what is left of one, and of what central has.

The journal is the truth: tables, totals and counters are folded from it again. What is in no
journal (parked lines in full, card payments, sealed notes, paper) is taken row by row from
the damaged file as far as SQLite can read it. The thing to get wrong: printing what waits in
the rescued spool; each such job becomes a question to a person.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from central_sync.engine.safety.rescued import Paper, Rebuilt, Salvaged
from central_sync.retail.journal import JournalEntry, chain_hash
from central_sync.retail.plain import Unreadable, from_plain, to_plain
from central_sync.wire.entries import EntryBody
from hardware.document import Document
from hardware.printers.text import to_text
from pos_client.register.state import Register
from pos_client.storage import journal
from pos_client.storage.carving import carve
from pos_client.storage.database import durable, open_receipts
from pos_client.storage.journal import JournalHead, Sign
from pos_client.storage.rebuilding import Rebuilder
from pos_client.storage.restoring import settle_restored

# What no entry tells; a table names those it depends on before it.
_BESIDE = ("print_job", "card_payment", "card_move", "sealed_note", "task_act", "parcel_label")
_PARKED = "suspended_basket"


def salvage(home: Path) -> Salvaged:
    """Look through a damaged home, changing nothing in it; raises OSError."""
    path = home / "receipts.db"
    if not path.exists():
        return Salvaged(troubles=(f"there is no {path}",))
    troubles: list[str] = []
    for table in (*_BESIDE, _PARKED, "register"):
        _rows(path, table, troubles)
    return Salvaged(tuple(carve(path)), tuple(troubles))


def rebuild(
    home: Path,
    damaged: Path | None,
    entries: Sequence[JournalEntry],
    loose: Sequence[JournalEntry],
    epoch: int,
    sign: Sign,
) -> Rebuilt:
    """Make the home's receipts.db from entries that follow from one another.

    `loose` are entries from behind a gap: what they tell is told again in `epoch`, whose first
    entries they become; their ids stay. Raises StorageTrouble, StorageDamaged.
    """
    with closing(open_receipts(home / "receipts.db")) as database:
        rebuilder = Rebuilder(database, with_journal=True)
        with durable(database):
            for entry in entries:
                rebuilder.take(_signed(entry, sign))
            appended = _append(rebuilder, loose, epoch, sign)
            troubles: list[str] = []
            if damaged is not None:
                _beside(database, damaged / "receipts.db", troubles)
            state = _state(rebuilder, damaged)
            rebuilder.finish(state, rebuilder.folded.totals)
        rebuilt = _rebuilt(rebuilder, appended, damaged)
    settle_restored(home)
    return rebuilt


def _signed(entry: JournalEntry, sign: Sign) -> JournalEntry:
    """Central keeps signatures of batches; an entry from there is signed by this till anew."""
    return entry if entry.signature else replace(entry, signature=sign(entry.hash))


def _append(rebuilder: Rebuilder, loose: Sequence[JournalEntry], epoch: int, sign: Sign) -> int:
    head = journal.JournalReader(rebuilder.database).head(epoch)
    count = 0
    for entry in sorted(loose, key=lambda each: (each.epoch, each.sequence)):
        with suppress(Unreadable):
            body = EntryBody.from_bytes(entry.body)
            if body.to_bytes() == entry.body:
                head = _chained(rebuilder, head, entry, sign)
                count += 1
    return count


def _chained(
    rebuilder: Rebuilder, head: JournalHead, entry: JournalEntry, sign: Sign
) -> JournalHead:
    digest = chain_hash(head.hash, entry.body)
    sequence = head.sequence + 1
    moved = JournalEntry(head.epoch, sequence, head.hash, entry.body, digest, sign(digest))
    rebuilder.take(moved)
    return JournalHead(head.epoch, sequence, digest)


def _rows(path: Path, table: str, troubles: list[str]) -> list[dict[str, Any]]:
    """A table's rows from both its ends, as far as they can be read."""
    found: dict[Any, dict[str, Any]] = {}
    problem = ""
    for order in ("ASC", "DESC"):
        reading = _reading(path, table, order)
        try:
            for row in reading:
                found[next(iter(row.values()))] = row
        except sqlite3.DatabaseError as bad:
            problem = str(bad)
        else:
            return list(found.values())
    troubles.append(f"{table}: {len(found)} rows could be read ({problem})")
    return list(found.values())


def _reading(path: Path, table: str, order: str) -> Iterator[dict[str, Any]]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1 {order}"):
            yield dict(row)


def _beside(database: Database, path: Path, troubles: list[str]) -> None:
    for table in _BESIDE:
        for row in _rows(path, table, troubles):
            _insert(database, table, row)
    parked = {name for (name,) in database.conn.execute(f"SELECT basket_id FROM {_PARKED}")}
    for row in _rows(path, _PARKED, troubles):
        if row["basket_id"] in parked:
            _insert(database, _PARKED, row)


def _insert(database: Database, table: str, row: dict[str, Any]) -> None:
    columns = ", ".join(row)
    places = ", ".join("?" for _ in row)
    with suppress(sqlite3.IntegrityError):  # a payment's move whose payment is gone
        database.conn.execute(
            f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({places})", tuple(row.values())
        )


def _state(rebuilder: Rebuilder, damaged: Path | None) -> Register:
    """The register as the journal leaves it; with the open card payments and, where nothing
    was lost, as it was kept."""
    folded = rebuilder.folded.state()
    row = next(iter(_rows(damaged / "receipts.db", "register", [])), None) if damaged else None
    if row is None:
        return folded
    try:
        kept = from_plain(Register, json.loads(row["state"]))
        totals = json.loads(row["totals"])
    except (Unreadable, ValueError):
        return folded
    ours = to_plain(rebuilder.folded.totals)
    is_whole = ours["grand"] == totals.get("grand") and kept.next_number == folded.next_number
    if is_whole and kept.day == folded.day:
        return kept
    return replace(folded, cards=kept.cards, next_card=kept.next_card)


def _rebuilt(rebuilder: Rebuilder, appended: int, damaged: Path | None) -> Rebuilt:
    folded = rebuilder.folded
    filed = {
        str(number)
        for (number,) in rebuilder.database.conn.execute("SELECT receipt_number FROM receipt")
    }
    papers = _papers(damaged, filed)
    gaps = _gaps(rebuilder)
    lost = sorted({*gaps, *(paper.receipt_number for paper in papers)}, key=_order)
    return Rebuilt(
        receipts=folded.receipts,
        appended=appended,
        newest=f"{folded.epoch}:{folded.sequence}",
        lost_receipts=tuple(lost),
        lost_papers=papers,
    )


def _papers(damaged: Path | None, filed: set[str]) -> tuple[Paper, ...]:
    """The receipts of the damaged spool of which no entry is left."""
    rows = _rows(damaged / "receipts.db", "print_job", []) if damaged else []
    return tuple(
        Paper(str(row["receipt_number"]), int(row["total_minor"]), _words(str(row["document"])))
        for row in rows
        if row["kind"] == "receipt" and row["receipt_number"] not in filed
    )


def _gaps(rebuilder: Rebuilder) -> list[str]:
    """Numbers that must have been used: a series has no hole but those an entry tells of."""
    found: list[str] = []
    rows = rebuilder.database.conn.execute(
        "SELECT epoch, number, receipt_number FROM receipt ORDER BY epoch, number"
    ).fetchall()
    for (epoch, number, _), (following, after, name) in pairwise(rows):
        if epoch == following:
            label = name.rpartition("-")[0]
            between = set(range(number + 1, after)) - rebuilder.folded.burnt
            found += [f"{label}-{each}" for each in sorted(between)]
    return found


def _order(number: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in number.split("-"))


def _words(document: str) -> str:
    """A document as it looks on paper."""
    try:
        return to_text(Document.from_plain(json.loads(document)))
    except (ValueError, KeyError, TypeError):
        return ""
