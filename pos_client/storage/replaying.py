"""Holds what the register keeps against its journal, folded again in a scratch database.

Read only: the kept file is never written, and a register that is selling is not disturbed;
what it wrote since the look began is not in it. The thing to get wrong: comparing while it
sells, table after table; one read transaction holds one moment.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from central_sync.engine.safety.replayed import Difference, Replayed
from central_sync.engine.workstation import Progress
from central_sync.retail.identity import is_number
from central_sync.retail.journal import JournalEntry
from central_sync.retail.plain import from_plain, to_plain
from pos_client.register.state import Register
from pos_client.storage.database import durable, open_reader, open_receipts
from pos_client.storage.errors import told_plainly
from pos_client.storage.journal import JournalReader
from pos_client.storage.rebuilding import Folded, Rebuilder, differing

_BATCH_ENTRIES, _BATCH_BYTES = 1000, 8_000_000

# Columns that the journal tells, the table's key first.
_COMPARED: dict[str, str] = {
    "receipt": "receipt_number, receipt_id, epoch, number, sequence, total_minor",
    "returned_line": "original_id, original_line, receipt_id, quantity",
    "receipt_copy": "receipt_id",
    "suspended_basket": "basket_id",
    "deposit_slip": "number, receipt_id",
    "delivery": "movement_id, reference, is_checked",
    "carried_on": "from_epoch, above, into_epoch, into_sequence, entries",
    "refund_paid": "refund_key, receipt_id",
    "order_paid": "order_id, line, receipt_id, amount_minor",
}
_STOCK = "sku, epoch, sequence, delta"
_MOST_SHOWN = 20


class NoSuchReceipt(LookupError):
    """The journal has no receipt of that number."""


def replay(home: Path, to: str, progress: Progress) -> Replayed:
    """Fold the home's journal and compare; `to` a printed number ends the fold at that receipt.

    Raises StorageTrouble, StorageDamaged, NoSuchReceipt.
    """
    with told_plainly(), closing(open_reader(home / "receipts.db")) as kept:
        kept.conn.execute("BEGIN")
        with _scratch() as scratch:
            rebuilder = Rebuilder(scratch, with_journal=False)
            is_found = _fold(rebuilder, kept, to, progress)
            folded = rebuilder.folded
            differences = [] if to else list(_differences(kept, scratch, folded))
    if to and not is_found:
        raise NoSuchReceipt(f"The journal has no receipt {to}.")
    return Replayed(
        upto=f"{folded.epoch}:{folded.sequence}",
        entries=folded.entries,
        receipts=folded.receipts,
        day=folded.day,
        next_number=folded.next_number,
        next_z_number=folded.next_z_number,
        last_receipt=folded.last_receipt,
        totals=to_plain(folded.totals),
        unread=tuple(folded.unread),
        is_compared=not to,
        differences=tuple(differences),
    )


@contextmanager
def _scratch() -> Iterator[Database]:
    with (
        tempfile.TemporaryDirectory(prefix="spindel-replay-") as folder,
        closing(open_receipts(Path(folder) / "receipts.db")) as database,
    ):
        database.conn.execute("PRAGMA synchronous = OFF")  # nobody needs it after a power cut
        yield database


def _fold(rebuilder: Rebuilder, kept: Database, to: str, progress: Progress) -> bool:
    """True when the receipt `to` was reached, or there was none to reach."""
    reader = JournalReader(kept)
    total = sum(head.sequence for head in reader.heads())
    with durable(rebuilder.database):
        for entry in entries_of(reader):
            rebuilder.take(entry)
            if to and is_number(rebuilder.folded.last_receipt, to):
                return True
            if rebuilder.folded.entries % _BATCH_ENTRIES == 0:
                progress("replaying", rebuilder.folded.entries, total)
    return not to


def entries_of(reader: JournalReader) -> Iterator[JournalEntry]:
    """Every entry, epoch by epoch."""
    for head in reader.heads():
        done = 0
        while batch := reader.entries_after(head.epoch, done, _BATCH_ENTRIES, _BATCH_BYTES):
            yield from batch
            done = batch[-1].sequence


def _differences(kept: Database, scratch: Database, folded: Folded) -> Iterator[Difference]:
    for each in folded.disagreements:
        yield Difference(each.entry, each.what, each.folded, each.told)
    yield from _register(kept, folded)
    for table, columns in _COMPARED.items():
        yield from _rows(table, columns, kept, scratch)
    yield from _rows("stock_movement", _STOCK, kept, scratch, "WHERE delta <> 0")


def _register(kept: Database, folded: Folded) -> Iterator[Difference]:
    row = kept.conn.execute("SELECT state, totals FROM register").fetchone()
    if row is None:
        if folded.entries:
            yield Difference("register", "state", "there", "missing")
        return
    for name, ours, told in differing(folded.totals, json.loads(row[1])):
        yield Difference("totals", name, ours, told)
    state = from_plain(Register, json.loads(row[0]))
    if folded.day != state.day:
        yield Difference("register", "day", repr(folded.day), repr(state.day))
    z, kept_z = folded.next_z_number, state.next_z_number
    if kept_z < z or (kept_z > z and not folded.has_entered):
        yield Difference("register", "next_z_number", str(z), str(kept_z))
    # The next number may be further than the journal (one is burning), never behind it.
    if state.next_number < folded.next_number and state.completing is None:
        yield Difference("register", "next_number", str(folded.next_number), str(state.next_number))


def _rows(
    table: str, columns: str, kept: Database, scratch: Database, where: str = ""
) -> Iterator[Difference]:
    """Both sides in the order of their key, walked together."""
    query = f"SELECT {columns} FROM {table} {where}"
    theirs = set(kept.conn.execute(query).fetchall())
    ours = set(scratch.conn.execute(query).fetchall())
    odd = sorted(theirs ^ ours)[:_MOST_SHOWN]
    for row in odd:
        name = f"row {'/'.join(str(part) for part in row)}"
        told = ("missing", "there") if row in theirs else ("there", "missing")
        yield Difference(table, name, *told)
