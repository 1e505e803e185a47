"""sync.db: who this workstation is, what central has confirmed, how the last contact went.

The sync process writes, the core reads. The thing to get wrong: putting anything here
that cannot be found again. Lose this file and the workstation is enrolled anew; the
receipts are in receipts.db and central's heads say where to go on.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from central_sync.engine.plan import Fork, Mark
from central_sync.engine.state_file import (
    SCHEMA,
    VERSION,
    NewerFile,
    check_version,
    connect,
    read,
    read_facts,
)
from central_sync.engine.sync_state import CONTACT_NOTE_SECONDS, Grant, Identity, SyncState
from central_sync.engine.trouble import Code, SyncTrouble

__all__ = [
    "CONTACT_NOTE_SECONDS",
    "FILE",
    "Grant",
    "Identity",
    "StateReader",
    "StateUnreadable",
    "SyncState",
    "SyncStore",
    "notes_sent",
    "read_state",
]

FILE = "sync.db"
# What SQLite says of a file that has no tables yet.
_BEING_MADE = "no such table"


class StateUnreadable(sqlite3.DatabaseError):
    """sync.db is there and cannot be read: damaged, of a newer program, or the disk is full."""


class StateReader:
    """Reads sync.db for another process, again only when it changed: ask as often as you like.

    `problem` says why the newest `read` could not, or "": then the state is an older one.
    `is_newer`: the problem is that a newer program wrote the file.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._connection: sqlite3.Connection | None = None
        self._version = -1
        self._state = SyncState()
        self.problem = ""
        self.is_newer = False

    def read(self) -> SyncState:
        """The newest state; the one before while the file is busy; empty when there is none."""
        try:
            if self._connection is None:
                if not self._path.exists():
                    return self._state
                self._connection = connect(self._path, "rw")
                self._connection.execute("PRAGMA query_only = ON")
                self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._state = read(self._connection)
                self._version = version
        except sqlite3.DatabaseError as problem:
            # Being made or locked just now: the next call reads it. Damaged: the sync says so.
            self.problem, self.is_newer = str(problem), isinstance(problem, NewerFile)
            return self._state
        self.problem = ""
        return self._state

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def read_state(home: Path) -> SyncState:
    """The state once; keep a StateReader to ask again and again.

    Raises StateUnreadable: a till whose file is damaged is enrolled all the same.
    """
    with closing(StateReader(home)) as reader:
        state = reader.read()
        if reader.problem and not reader.problem.startswith(_BEING_MADE):
            raise StateUnreadable(f"{home / FILE} cannot be read: {reader.problem}")
        return state


def notes_sent(home: Path, before: str) -> list[str]:
    """The notes that central has had since before a time (ISO UTC): the register may erase them.

    Raises sqlite3.Error.
    """
    path = home / FILE
    if not path.exists():
        return []
    with closing(connect(path, "rw")) as connection:
        connection.execute("PRAGMA query_only = ON")
        check_version(connection)
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'note'").fetchone():
            return []
        rows = connection.execute(
            "SELECT note_id FROM note WHERE refused = '' AND at < ?", (before,)
        ).fetchall()
    return [row[0] for row in rows]


def safe_facts(marks: Iterable[Mark], backup_at: str) -> dict[str, str]:
    """As `note` takes what central's newest backup is proven to hold of this journal."""
    safe = [(mark.epoch, mark.sequence, mark.hash.hex()) for mark in marks]
    return {"safe": json.dumps(safe), "backup_at": backup_at}


class SyncStore:
    """The one writer of sync.db. Raises sqlite3.Error when the disk refuses.

    A file of a newer program is left as it is: SyncTrouble says so.
    """

    def __init__(self, home: Path) -> None:
        self._state: SyncState | None = None
        self._version = -1
        self._has_other_facts = False
        path = home / FILE
        is_new = not path.exists()
        with ExitStack() as unless_open:
            connection = connect(path, "rwc")
            unless_open.callback(connection.close)
            self._database = Database(connection)
            self._connection = self._database.conn
            self._check_version(path)
            if is_new:
                # Under EXTRA the folder is synced too: a power cut cannot bring "no file" back.
                self._connection.execute("PRAGMA synchronous = EXTRA")
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            unless_open.pop_all()

    def _check_version(self, path: Path) -> None:
        try:
            check_version(self._connection)
        except NewerFile as problem:
            raise SyncTrouble(
                Code.SETTINGS,
                f"{path} was written by a newer program and is left as it is.",
                "Start the newer program; this one cannot keep what is in the file.",
            ) from problem

    def state(self) -> SyncState:
        """What the file says; read again only when it changed, here or in another process."""
        version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        if self._state is None or version != self._version:
            self._state, self._version = read(self._connection), version
        elif self._has_other_facts:
            self._state = read_facts(self._connection, self._state)
        self._has_other_facts = False
        return self._state

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

    def epoch_nonce(self, make: str) -> str:
        """The nonce of the epoch asked for, kept since the first try; `make` when none is."""
        with self._atomic():
            self._connection.execute(
                "INSERT OR IGNORE INTO state VALUES ('epoch_nonce', ?)", (make,)
            )
            row = self._connection.execute(
                "SELECT value FROM state WHERE key = 'epoch_nonce'"
            ).fetchone()
        return str(row[0])

    def forget_epoch_nonce(self) -> None:
        with self._atomic():
            self._connection.execute("DELETE FROM state WHERE key = 'epoch_nonce'")

    def granted(self, grant: Grant, at: str) -> None:
        """Central gave an epoch to go on in: the register enters it as soon as it may."""
        with self._atomic():
            nonce = self._connection.execute(
                "SELECT value FROM state WHERE key = 'epoch_nonce'"
            ).fetchone()
            self._connection.execute(
                "INSERT OR IGNORE INTO epoch VALUES (?, ?, ?)",
                (grant.epoch, nonce[0] if nonce else "", at),
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO granted VALUES (?, ?, ?)",
                (grant.epoch, grant.first_number, grant.next_z_number),
            )
            self._connection.execute("DELETE FROM state WHERE key = 'epoch_nonce'")

    def add_forks(self, forks: Iterable[Fork], at: str) -> None:
        """Remember how far central agrees; what it agreed to before may shrink, never grow."""
        with self._atomic():
            self._connection.executemany(
                """
                INSERT INTO fork VALUES (:epoch, :why, :sequence, :hash, :at)
                    ON CONFLICT (epoch) DO UPDATE
                       SET why = :why, sequence = :sequence, hash = :hash, found_at = :at
                     WHERE excluded.sequence < sequence
                """,
                [
                    {
                        "epoch": fork.epoch,
                        "why": fork.why,
                        "sequence": fork.sequence,
                        "hash": fork.hash,
                        "at": at,
                    }
                    for fork in forks
                ],
            )

    def set_marks(self, marks: Mapping[int, Mark], **facts: str | int) -> None:
        """What central has proven to have, and `facts` as `note` takes them, at once."""
        known = self._state
        with self._atomic():
            self._connection.executemany(
                "INSERT OR REPLACE INTO mark VALUES (?, ?, ?)",
                [(mark.epoch, mark.sequence, mark.hash) for mark in marks.values()],
            )
            self._write_facts(facts)
        self._has_other_facts |= bool(facts)
        if known is not None:  # the file need not be read again for what was just written
            self._state = replace(known, marks={**known.marks, **marks})

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

    def send_notes_again(self) -> None:
        """Central may have lost them: what is still here goes once more, known by its id."""
        with self._atomic():
            self._connection.execute("DELETE FROM note WHERE refused = ''")

    def set_safe(self, marks: Iterable[Mark], backup_at: str) -> None:
        """What central's newest backup is proven to hold of this journal."""
        self.note(**safe_facts(marks, backup_at))

    def note(self, **facts: str | int) -> None:
        """Write down keys of `state` that are fields of SyncState."""
        self._has_other_facts = True
        with self._database.atomic():
            self._write_facts(facts)

    def close(self) -> None:
        self._connection.close()

    def _write_facts(self, facts: Mapping[str, str | int]) -> None:
        assert facts.keys() <= SyncState.__dataclass_fields__.keys()
        self._connection.executemany(
            "INSERT OR REPLACE INTO state VALUES (?, ?)",
            [(key, str(value)) for key, value in facts.items()],
        )

    @contextmanager
    def _atomic(self) -> Iterator[None]:
        self._state = None
        with self._database.atomic():
            yield
