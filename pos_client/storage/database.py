"""Opening receipts.db: how safe it is, and how its tables come to be.

WAL with one writer. A file is created under synchronous=EXTRA and only then
switched to WAL (sync-reliability 7.4: otherwise a power cut may bring the empty
schema back). A durable act commits under FULL; a basket edit commits under
NORMAL, which survives kill -9, and is pushed to the disk within 50 ms by `Flusher`,
so a power cut loses at most what was just scanned.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlite_utils import Database

from pos_client.storage.errors import StorageDamaged, told_plainly
from pos_client.storage.migrating import can_carry_on, migrate

FLUSH_SECONDS = 0.05


def open_receipts(path: Path, *, to_heal: bool = False) -> Database:
    """The writer's connection, migrated and ready.

    `to_heal`: a fork is to be settled in it, which comes before an update. Raises StorageTrouble
    (disk full, read-only, cannot open, MigrationRefused) or StorageDamaged.
    """
    with told_plainly(), ExitStack() as unless_ready:
        database = Database(_connect(path, "rwc"))
        unless_ready.callback(database.close)
        if not database.conn.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            database.conn.execute("PRAGMA synchronous = EXTRA")
            database.conn.execute("CREATE TABLE created (at TEXT)")
            _sync_folder(path.parent)
        database.conn.execute("PRAGMA journal_mode = WAL")
        database.conn.execute("PRAGMA synchronous = FULL")
        database.conn.execute("PRAGMA foreign_keys = ON")
        if database.conn.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise StorageDamaged(f"{path} does not pass its check")
        if not (to_heal and can_carry_on(database)):
            migrate(database, path)
        unless_ready.pop_all()
        return database


def open_reader(path: Path) -> Database:
    """A connection that never writes and never checkpoints (sync-reliability 4.1)."""
    with told_plainly():
        database = Database(_connect(path, "rw"))
        database.conn.execute("PRAGMA query_only = ON")
        database.conn.execute("PRAGMA wal_autocheckpoint = 0")
        return database


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """`mode` "rwc" may make the file, "rw" may not: a reader never leaves an empty one behind."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=5.0,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Flusher:
    """Pushes lazily committed edits to the disk within FLUSH_SECONDS, off the scan path."""

    def __init__(self, path: Path) -> None:
        self._wal = Path(f"{path}-wal")
        self._dirty = threading.Event()
        self._is_pending = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
        self._thread.start()

    def soon(self) -> None:
        self._is_pending = True
        self._dirty.set()

    def needless(self) -> None:
        """A durable commit has just taken everything before it to the disk."""
        self._is_pending = False

    def close(self) -> None:
        self._stopped = True
        self._dirty.set()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        while self._dirty.wait() and not self._stopped:
            self._dirty.clear()
            threading.Event().wait(FLUSH_SECONDS)
            if self._is_pending:
                self._is_pending = False
                self._flush()

    def _flush(self) -> None:
        try:
            descriptor = os.open(self._wal, os.O_RDWR)
        except FileNotFoundError:
            return  # checkpointed and removed meanwhile: everything is in the database
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def durable(database: Database) -> Iterator[sqlite3.Connection]:
    """One transaction that is on the disk when it returns. Nothing may be half done."""
    with told_plainly(), database.atomic():
        yield database.conn


@contextmanager
def lazy(database: Database) -> Iterator[sqlite3.Connection]:
    """One transaction that survives the death of this process, not yet of the machine."""
    with told_plainly():
        database.conn.execute("PRAGMA synchronous = NORMAL")
        try:
            with database.atomic():
                yield database.conn
        finally:
            database.conn.execute("PRAGMA synchronous = FULL")
