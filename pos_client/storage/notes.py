"""Sealed notes: who a customer is and where to, beside the journal and never in it.

Written by the core in the act that first names the person, read by sync, erased once central
has had them for some days. The thing to get wrong: keeping anything of a note in clear, be it
in an event, a log line or a column.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from sqlite_utils import Database

from central_sync.engine.home_keys import DATA_KEY, KeysAway, kept_keys, key_file
from central_sync.engine.notes import Note
from central_sync.retail.customer import Customer
from central_sync.wire.sealing import KeySet, Unsealable
from pos_client.storage.database import durable, open_reader
from pos_client.storage.errors import told_plainly

KEPT_DAYS = 7

_log = logging.getLogger(__name__)


def write(connection: sqlite3.Connection, keys: KeySet, note: Note) -> None:
    """Seal a note and keep it; part of the transaction that is open."""
    plain = json.dumps(dict(note.content), ensure_ascii=False).encode()
    connection.execute(
        """
        INSERT INTO sealed_note (note_id, kind, subject_id, customer_id, at, sealed)
        VALUES (:note_id, :kind, :subject_id, :customer_id, :at, :sealed)
        """,
        {
            "note_id": note.note_id,
            "kind": note.kind,
            "subject_id": note.subject_id,
            "customer_id": note.customer_id,
            "at": note.at,
            "sealed": keys.seal(plain, _about(note.note_id)),
        },
    )


def erase(database: Database, note_ids: Collection[str]) -> None:
    """Wipe notes that central has; nothing of them is left in the file's free pages."""
    with durable(database) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.executemany(
            "DELETE FROM sealed_note WHERE note_id = :note_id",
            [{"note_id": note_id} for note_id in note_ids],
        )


class NoteReader:
    """Fulfils engine.notes.Notes. A note that does not open is left out and told in the log.

    `keys` is asked when there is a note to open and not before: what needs no note, as the
    sending of receipts, is not to wait for a keyring that is locked.
    """

    def __init__(self, database: Database, keys: Callable[[], KeySet]) -> None:
        self._database, self._keys = database, keys

    def waiting(self, sent: Collection[str] = ()) -> Sequence[Note]:
        with told_plainly():
            rows = self._database.conn.execute(
                """
                SELECT note_id, kind, subject_id, at, sealed, customer_id
                  FROM sealed_note ORDER BY at, note_id
                """
            ).fetchall()
        waiting = [row for row in rows if row[0] not in sent]
        if not waiting:
            return []
        keys = self._keys()
        opened = (_opened(row, keys) for row in waiting)
        return [note for note in opened if note is not None]

    def customers(self) -> list[Customer]:
        """Customers that were made here, newest last, as long as their notes are kept."""
        made = (note for note in self.waiting() if note.kind == "customer")
        return [customer_from(note.subject_id, dict(note.content)) for note in made]

    def close(self) -> None:
        self._database.close()


def open_for_sync(home: Path) -> NoteReader:
    """The notes of a home folder, read-only; raises StorageTrouble.

    It makes no keys: those are the register's, which made them before its first note.
    """
    return NoteReader(open_reader(home / "receipts.db"), lambda: _made_keys(home))


def _made_keys(home: Path) -> KeySet:
    keys = kept_keys(home, DATA_KEY)
    if keys is None:
        path = key_file(home, DATA_KEY)
        raise KeysAway(
            f"{path} is gone, and notes are sealed under it. Restore it from its backup."
        )
    return keys


def customer_from(customer_id: str, content: dict[str, str]) -> Customer:
    """A customer from sealed fields; what a newer writer added is left out."""
    fields = {
        name: content.get(name, "")
        for name in Customer.__dataclass_fields__
        if name != "customer_id"
    }
    return Customer(customer_id, **fields)


def _opened(row: Sequence[str | bytes], keys: KeySet) -> Note | None:
    note_id, kind, subject_id, at, sealed, customer_id = row
    try:
        plain = keys.unseal(bytes(sealed), _about(str(note_id)))  # type: ignore[arg-type]
    except Unsealable as problem:
        _log.error("note %s does not open: %s", note_id, problem)
        return None
    content = {str(name): str(value) for name, value in json.loads(plain).items()}
    known = "customer" if kind == "customer" else "address"
    return Note(str(note_id), known, str(subject_id), str(at), content, str(customer_id))  # type: ignore[arg-type]


def _about(note_id: str) -> str:
    return f"note/{note_id}"
