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
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from central_sync.engine.safety.rescued import Left, Paper, Rebuilt, Salvaged
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
from pos_client.storage.rescued_numbers import Used, parsed, sort_out
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
    left: Left,
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
            untold = _append(rebuilder, loose, epoch, sign)
            troubles: list[str] = []
            if damaged is not None:
                _beside(database, damaged / "receipts.db", troubles)
            state = _state(rebuilder, damaged)
            rebuilder.finish(state, rebuilder.folded.totals)
        found = _rebuilt(rebuilder, damaged, (*entries, *loose), left)
    settle_restored(home)
    return replace(found, appended=len(loose) - len(untold), untold=tuple(untold))


def _signed(entry: JournalEntry, sign: Sign) -> JournalEntry:
    """Central keeps signatures of batches; an entry from there is signed by this till anew."""
    return entry if entry.signature else replace(entry, signature=sign(entry.hash))


def _append(
    rebuilder: Rebuilder, loose: Sequence[JournalEntry], epoch: int, sign: Sign
) -> list[JournalEntry]:
    """Tell them again; returns those that cannot be."""
    head = journal.JournalReader(rebuilder.database).head(epoch)
    untold = []
    for entry in sorted(loose, key=lambda each: (each.epoch, each.sequence)):
        if _is_legible(entry):
            head = _chained(rebuilder, head, entry, sign)
        else:
            untold.append(entry)
    return untold


def _is_legible(entry: JournalEntry) -> bool:
    try:
        return EntryBody.from_bytes(entry.body).to_bytes() == entry.body
    except Unreadable:
        return False


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


def _rebuilt(
    rebuilder: Rebuilder,
    damaged: Path | None,
    told: Sequence[JournalEntry],
    left: Left,
) -> Rebuilt:
    folded = rebuilder.folded
    rows = rebuilder.database.conn.execute("SELECT receipt_number FROM receipt")
    saved = parsed(str(number) for (number,) in rows)
    used = Used(left.workstation)
    used.hears(told)
    aside = used.hears(left.aside)
    spool = _spool(damaged)
    spooled = parsed(spool)
    papers = {each: _paper(spool[str(each)]) for each in spooled - saved - aside}
    for number in spooled:
        used.reaches({number.epoch: number.number})
    used.reaches(left.highest)
    last = _last_number(damaged, {each.epoch for each in saved | aside | spooled})
    used.reaches(last)
    legible = {number for number, paper in papers.items() if paper.text}
    return Rebuilt(
        receipts=folded.receipts,
        appended=0,
        newest=f"{folded.epoch}:{folded.sequence}",
        numbers=replace(sort_out(saved, aside, legible, used), is_end_known=bool(last)),
        papers=tuple(papers[number] for number in legible),
    )


def _spool(damaged: Path | None) -> dict[str, dict[str, Any]]:
    """The jobs of the damaged spool that print a receipt, by its number."""
    rows = _rows(damaged / "receipts.db", "print_job", []) if damaged else []
    return {str(row["receipt_number"]): row for row in rows if row["kind"] == "receipt"}


def _paper(row: dict[str, Any]) -> Paper:
    text = _words(str(row["document"]))
    return Paper(str(row["receipt_number"]), int(row["total_minor"]), text)


def _last_number(damaged: Path | None, epochs: set[int]) -> dict[int, int]:
    """How far the damaged register says that its newest series has come."""
    row = next(iter(_rows(damaged / "receipts.db", "register", [])), None) if damaged else None
    with suppress(ValueError, KeyError, TypeError):
        if row is not None and epochs:
            return {max(epochs): int(json.loads(row["state"])["next_number"]) - 1}
    return {}


def _words(document: str) -> str:
    """A document as it looks on paper."""
    try:
        return to_text(Document.from_plain(json.loads(document)))
    except (ValueError, KeyError, TypeError):
        return ""
