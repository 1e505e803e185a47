"""sync.db as a file: its tables, how it is opened, how all of it is read at once.

A table is only ever added: a register that is newer than the sync beside it, or older, finds
what it knows. The thing to get wrong: raising VERSION for that. It rises only when a program
that knows the version before would misread the file or spoil it; such a program leaves it alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from central_sync.engine.plan import Fork, Mark
from central_sync.engine.sync_state import Grant, Identity, SyncState

# The file's `PRAGMA user_version`; 0 is a file from before versions, and the same as 1.
VERSION = 1

SCHEMA = """
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
CREATE TABLE IF NOT EXISTS granted (
    epoch         INTEGER PRIMARY KEY,
    first_number  INTEGER NOT NULL,
    next_z_number INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS fork (
    epoch    INTEGER PRIMARY KEY,
    why      TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    found_at TEXT    NOT NULL
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


class NewerFile(sqlite3.DatabaseError):
    """The file is of a newer program; nothing in it was read or changed."""


def check_version(connection: sqlite3.Connection) -> None:
    """Raises NewerFile for a version that this program does not know."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise NewerFile(
            f"it was written by a newer program (it has version {version}, this program knows"
            f" {VERSION}); start that"
        )


def connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection


def read(connection: sqlite3.Connection) -> SyncState:
    """All that the file says; raises NewerFile, sqlite3.Error."""
    connection.execute("BEGIN")
    try:
        check_version(connection)
        facts = _facts(connection)
        identity = connection.execute(
            "SELECT workstation_id, label, store_id, store_name, chain, country,"
            " central_public_key FROM identity"
        ).fetchone()
        epochs = connection.execute("SELECT epoch FROM epoch ORDER BY epoch").fetchall()
        marks = connection.execute("SELECT epoch, sequence, hash FROM mark").fetchall()
        cursors = connection.execute("SELECT scope, position FROM cursor").fetchall()
        forks, grants = _forks(connection)
    finally:
        connection.execute("COMMIT")
    return SyncState(
        identity=Identity(*identity) if identity else None,
        epochs=tuple(row[0] for row in epochs),
        marks={row[0]: Mark(*row) for row in marks},
        cursors=dict(cursors),
        forks=forks,
        grants=grants,
        **facts,
    )


def read_facts(connection: sqlite3.Connection, before: SyncState) -> SyncState:
    """The same where only facts of `state` were written since `before`; raises sqlite3.Error."""
    return replace(before, **_facts(connection))


def _facts(connection: sqlite3.Connection) -> dict[str, Any]:
    """The fields of SyncState that stand in `state`; they are only ever added and changed."""
    rows = connection.execute("SELECT key, value FROM state").fetchall()
    facts: dict[str, Any] = {
        key: value for key, value in rows if key in SyncState.__dataclass_fields__
    }
    for name, made in _MADE.items():
        if name in facts:
            try:
                facts[name] = made(facts[name])
            except (ValueError, TypeError, AttributeError) as problem:
                raise sqlite3.DatabaseError(f"what it says of {name} is damaged") from problem
    return facts


def _numbers(text: str) -> dict[int, int]:
    return {int(epoch): number for epoch, number in json.loads(text).items()}


def _safe(text: str) -> dict[int, Mark]:
    return {epoch: Mark(epoch, at, bytes.fromhex(hash_)) for epoch, at, hash_ in json.loads(text)}


# What of `state` is no text to the rest of the program.
_MADE: Mapping[str, Callable[[str], Any]] = {
    "clock_skew_seconds": int,
    "restored_epoch": int,
    "central_positions": json.loads,
    "vital_counts": json.loads,
    "central_numbers": _numbers,
    "safe": _safe,
}


def _forks(connection: sqlite3.Connection) -> tuple[dict[int, Fork], dict[int, Grant]]:
    """None in a file that no sync of this version has opened yet."""
    has_them = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'fork'").fetchone()
    if not has_them:
        return {}, {}
    forks = connection.execute("SELECT why, epoch, sequence, hash FROM fork").fetchall()
    grants = connection.execute("SELECT epoch, first_number, next_z_number FROM granted").fetchall()
    return {row[1]: Fork(*row) for row in forks}, {row[0]: Grant(*row) for row in grants}
