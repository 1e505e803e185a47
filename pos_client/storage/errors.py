"""Trouble with the disk, told apart from our own bugs.

SQLite reports a full disk, a read-only file and a broken disk as the same
exception class; here each becomes one with a text key. The thing to get wrong:
treating "locked" as trouble of this kind, it is a bug of ours (one writer).
"""

from __future__ import annotations

import sqlite3
from contextlib import ContextDecorator

from central_sync.engine.journal import JournalUnreadable


class StorageTrouble(JournalUnreadable):
    """The disk refused; nothing was half done. `key` names the sentence to show."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(detail)
        self.key = key


class StorageDamaged(JournalUnreadable):
    """The database or its journal does not check out; selling must not start."""


_KEYS = {
    sqlite3.SQLITE_FULL: "storage.full",
    sqlite3.SQLITE_READONLY: "storage.read_only",
    sqlite3.SQLITE_CANTOPEN: "storage.cannot_open",
    sqlite3.SQLITE_PERM: "storage.cannot_open",
    sqlite3.SQLITE_IOERR: "storage.disk_error",
}

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class told_plainly(ContextDecorator):
    """Turn SQLite's disk errors into StorageTrouble, damage into StorageDamaged."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, sqlite3.OperationalError):
            key = _KEYS.get(_code(problem))
            if key is not None:
                raise StorageTrouble(key, str(problem)) from problem
        elif isinstance(problem, sqlite3.DatabaseError) and _code(problem) in _DAMAGE:
            raise StorageDamaged(str(problem)) from problem


class catalogue_told(told_plainly):
    """The same of master.db, which can be fetched again: its damage is trouble and no more."""

    __slots__ = ()

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, sqlite3.DatabaseError):
            key = _KEYS.get(_code(problem), "storage.disk_error")
            raise StorageTrouble(key, str(problem)) from problem


def _code(problem: sqlite3.Error) -> int:
    """SQLite's primary code; errors that Python itself raises have none."""
    return int(getattr(problem, "sqlite_errorcode", 0)) & 0xFF
