"""The parts of a core that hold personal data: the till's key, its notes, the store's people.

None of them may keep a till from selling: without its key a till sells to nobody by name.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from central_sync.engine.home_keys import KeysAway, data_keys
from central_sync.engine.state import notes_sent
from central_sync.wire.sealing import KeySet
from pos_client.storage import notes
from pos_client.storage.database import open_reader
from pos_client.storage.errors import StorageTrouble
from pos_client.storage.notes import NoteReader
from pos_client.storage.people import People
from pos_client.storage.records import Records

_log = logging.getLogger(__name__)


def private_keys(home: Path) -> KeySet | None:
    """What this till seals notes under; None when it cannot be read or made now."""
    try:
        return data_keys(home)
    except (KeysAway, OSError) as problem:
        _log.error("no customer can be noted: %s", problem)
        return None


def people_of(home: Path, records: Records | None, open_things: ExitStack) -> People:
    """The store's own customers, for one thread; with `records` on the core's own connection."""
    keys = records.data_keys if records else private_keys(home)
    made_here = None
    if keys is not None:
        database = records.database if records else open_reader(home / "receipts.db")
        reader = NoteReader(database, lambda: keys)
        made_here = reader.customers
        if records is None:
            open_things.callback(reader.close)
    people = People(home, made_here or (lambda: ()))
    open_things.callback(people.close)
    return people


def erase_old_notes(home: Path, records: Records) -> None:
    """Wipe the notes that central has had for `notes.KEPT_DAYS` days."""
    before = datetime.now(UTC) - timedelta(days=notes.KEPT_DAYS)
    try:
        sent = notes_sent(home, before.strftime("%Y-%m-%dT%H:%M:%S"))
        if sent:
            notes.erase(records.database, sent)
    except (sqlite3.Error, StorageTrouble) as problem:
        _log.warning("old notes are kept a while longer: %s", problem)
