"""sync.db: who this workstation is, what central has confirmed, how the last contact went.

The sync process writes, the core reads. The thing to get wrong: putting anything here
that cannot be found again. Lose this file and the workstation is enrolled anew; the
receipts are in receipts.db and central's heads say where to go on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from central_sync.engine.plan import Mark
from central_sync.engine.trouble import FOR_A_PERSON

FILE = "sync.db"
# A contact is written down at most this often (plan: no wear on a till's flash disk), so a
# reader calls a till online when it was heard within three of these.
CONTACT_NOTE_SECONDS = 10

_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (
    one                INTEGER PRIMARY KEY CHECK (one = 1),
    workstation_id     TEXT NOT NULL,
    label              TEXT NOT NULL,
    store_id           TEXT NOT NULL,
    store_name         TEXT NOT NULL,
    chain              TEXT NOT NULL,
    country            TEXT NOT NULL,
    central_public_key TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS epoch (
    epoch      INTEGER PRIMARY KEY,
    nonce      TEXT NOT NULL,
    granted_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS mark (
    epoch    INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    hash     BLOB    NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cursor (
    scope    TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS note (
    note_id TEXT PRIMARY KEY,
    at      TEXT NOT NULL,
    refused TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS state (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Given at enrolment. `label` is the number printed on receipts."""

    workstation_id: str
    label: str
    store_id: str
    store_name: str
    chain: str
    country: str
    central_public_key: str


@dataclass(frozen=True, slots=True)
class SyncState:
    """All of sync.db as a value. Times are ISO UTC, "" for never; `held` a sentence or "".

    `restored_epoch` is the newest that the restored backup had, `restored_from` when it was made.
    """

    identity: Identity | None = None
    epochs: tuple[int, ...] = ()
    marks: Mapping[int, Mark] = field(default_factory=dict)
    cursors: Mapping[str, int] = field(default_factory=dict)
    last_contact_at: str = ""
    last_try_at: str = ""
    last_error_code: str = ""
    last_error: str = ""
    central_version: str = ""
    clock_skew_seconds: int = 0
    feed_checked_at: str = ""
    snapshot_at: str = ""
    held: str = ""
    held_at: str = ""
    restored_epoch: int = 0
    restored_from: str = ""
    central_positions: Mapping[str, int] = field(default_factory=dict)
    vital_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def newest_epoch(self) -> int:
        """The epoch to write in; 0 before enrolment."""
        return max(self.epochs, default=0)

    @property
    def awaits_new_epoch(self) -> bool:
        """Restored from a backup, so its series may have gone on elsewhere: sell in a newer one."""
        return 0 < self.newest_epoch <= self.restored_epoch

    def mark(self, epoch: int) -> Mark:
        return self.marks.get(epoch, Mark(epoch))

    def is_online(self, now: datetime) -> bool:
        """Was central reached, and just now? `now` is aware. Disputes do not count as offline."""
        if self.last_error_code and self.last_error_code not in FOR_A_PERSON:
            return False
        if not self.last_contact_at:
            return False
        age = now - datetime.fromisoformat(self.last_contact_at)
        return age.total_seconds() < 3 * CONTACT_NOTE_SECONDS


class StateReader:
    """Reads sync.db for another process, again only when it changed: ask as often as you like.

    `problem` says why the newest `read` could not, or "": then the state is an older one.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._connection: sqlite3.Connection | None = None
        self._version = -1
        self._state = SyncState()
        self.problem = ""

    def read(self) -> SyncState:
        """The newest state; the one before while the file is busy; empty when there is none."""
        try:
            if self._connection is None:
                if not self._path.exists():
                    return self._state
                self._connection = _connect(self._path, "rw")
                self._connection.execute("PRAGMA query_only = ON")
                self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._state = _read(self._connection)
                self._version = version
        except sqlite3.DatabaseError as problem:
            # Being made or locked just now: the next call reads it. Damaged: the sync says so.
            self.problem = str(problem)
            return self._state
        self.problem = ""
        return self._state

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def read_state(home: Path) -> SyncState:
    """The state once; keep a StateReader to ask again and again."""
    with closing(StateReader(home)) as reader:
        return reader.read()


def notes_sent(home: Path, before: str) -> list[str]:
    """The notes that central has had since before a time (ISO UTC): the register may erase them."""
    path = home / FILE
    if not path.exists():
        return []
    with closing(_connect(path, "rw")) as connection:
        connection.execute("PRAGMA query_only = ON")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'note'").fetchone():
            return []
        rows = connection.execute(
            "SELECT note_id FROM note WHERE refused = '' AND at < ?", (before,)
        ).fetchall()
    return [row[0] for row in rows]


class SyncStore:
    """The one writer of sync.db. Raises sqlite3.Error when the disk refuses."""

    def __init__(self, home: Path) -> None:
        path = home / FILE
        is_new = not path.exists()
        self._database = Database(_connect(path, "rwc"))
        self._connection = self._database.conn
        if is_new:
            # Under EXTRA the folder is synced too: a power cut cannot bring "no file" back.
            self._connection.execute("PRAGMA synchronous = EXTRA")
        self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    def state(self) -> SyncState:
        return _read(self._connection)

    def nonce(self, make: str) -> str:
        """The nonce of the enrolment under way, kept since its first try; `make` when none is."""
        with self._atomic():
            self._connection.execute("INSERT OR IGNORE INTO state VALUES ('nonce', ?)", (make,))
            row = self._connection.execute("SELECT value FROM state WHERE key = 'nonce'").fetchone()
        return str(row[0])

    def enrolled(self, identity: Identity, epoch: int, at: str) -> None:
        """Who this workstation is now, and the epoch it was granted."""
        row: dict[str, Any] = {"one": 1}
        row |= {name: getattr(identity, name) for name in Identity.__dataclass_fields__}
        with self._atomic():
            nonce = self._connection.execute(
                "SELECT value FROM state WHERE key = 'nonce'"
            ).fetchone()
            self._database.table("identity").insert(row, replace=True)
            self._database.table("epoch").insert(
                {"epoch": epoch, "nonce": nonce[0] if nonce else "", "granted_at": at}, ignore=True
            )
            self._connection.execute("DELETE FROM state WHERE key IN ('nonce', 'offered')")

    def set_marks(self, marks: Mapping[int, Mark]) -> None:
        with self._atomic():
            self._connection.executemany(
                "INSERT OR REPLACE INTO mark VALUES (?, ?, ?)",
                [(mark.epoch, mark.sequence, mark.hash) for mark in marks.values()],
            )

    def set_cursors(self, positions: Mapping[str, int], *, replace: bool = False) -> None:
        """Mirror the master file's positions; `replace` forgets scopes that are not named."""
        with self._atomic():
            if replace:
                self._connection.execute("DELETE FROM cursor")
            self._connection.executemany(
                "INSERT OR REPLACE INTO cursor VALUES (?, ?)", list(positions.items())
            )

    def set_vital_counts(self, counts: Mapping[str, int]) -> None:
        """The rows of the vital tables that this register is known to have had."""
        self.note(vital_counts=json.dumps(dict(counts)))

    def offered(self) -> dict[int, int]:
        """Per epoch, how far the journal was offered to a central that has revoked this till."""
        row = self._connection.execute("SELECT value FROM state WHERE key = 'offered'").fetchone()
        return {int(epoch): at for epoch, at in json.loads(row[0]).items()} if row else {}

    def set_offered(self, offered: Mapping[int, int]) -> None:
        with self._atomic():
            self._connection.execute(
                "INSERT OR REPLACE INTO state VALUES ('offered', ?)", (json.dumps(dict(offered)),)
            )

    def settled_notes(self, now: datetime) -> set[str]:
        """Notes not to be sent now: central has them, or refused them within the last day."""
        since = (now - timedelta(days=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        rows = self._connection.execute(
            "SELECT note_id FROM note WHERE refused = '' OR at > ?", (since,)
        ).fetchall()
        return {row[0] for row in rows}

    def note_settled(self, note_id: str, at: str, refused: str = "") -> None:
        """Central has a note, or will not have it (`refused` says why)."""
        with self._atomic():
            self._connection.execute(
                "INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (note_id, at, refused)
            )

    def set_central_positions(self, positions: Mapping[str, int]) -> None:
        """Central's feed positions as last heard."""
        self.note(central_positions=json.dumps(dict(positions)))

    def note(self, **facts: str | int) -> None:
        """Write down keys of `state` that are fields of SyncState."""
        assert facts.keys() <= SyncState.__dataclass_fields__.keys()
        with self._atomic():
            self._connection.executemany(
                "INSERT OR REPLACE INTO state VALUES (?, ?)",
                [(key, str(value)) for key, value in facts.items()],
            )

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _atomic(self) -> Iterator[None]:
        with self._database.atomic():
            yield


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection


def _read(connection: sqlite3.Connection) -> SyncState:
    connection.execute("BEGIN")
    try:
        facts = dict(connection.execute("SELECT key, value FROM state").fetchall())
        identity = connection.execute(
            "SELECT workstation_id, label, store_id, store_name, chain, country,"
            " central_public_key FROM identity"
        ).fetchone()
        epochs = connection.execute("SELECT epoch FROM epoch ORDER BY epoch").fetchall()
        marks = connection.execute("SELECT epoch, sequence, hash FROM mark").fetchall()
        cursors = connection.execute("SELECT scope, position FROM cursor").fetchall()
    finally:
        connection.execute("COMMIT")
    texts = {key: value for key, value in facts.items() if key in SyncState.__dataclass_fields__}
    skew = int(texts.pop("clock_skew_seconds", 0))
    restored_epoch = int(texts.pop("restored_epoch", 0))
    central_positions = json.loads(texts.pop("central_positions", "{}"))
    vital_counts = json.loads(texts.pop("vital_counts", "{}"))
    return SyncState(
        identity=Identity(*identity) if identity else None,
        epochs=tuple(row[0] for row in epochs),
        marks={row[0]: Mark(*row) for row in marks},
        cursors=dict(cursors),
        clock_skew_seconds=skew,
        restored_epoch=restored_epoch,
        central_positions=central_positions,
        vital_counts=vital_counts,
        **texts,
    )
