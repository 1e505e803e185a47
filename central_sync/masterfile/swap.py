"""Puts a finished master file where the register looks, between two reads of it.

`master.db` is a link to one of `master-<n>.db`; a swap makes a new file and turns the
link in one step. The thing to get wrong: renaming a database over another one in WAL
mode. The old file's `-wal` would stay beside the new file under its name, and SQLite
would play it into it. Behind a link every file has a `-wal` of its own, and readers
that have the old file open go on with it until they look at `has_changed`.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

_NUMBERED = re.compile(r"-(\d+)\.db$")

Generation = tuple[int, int]


def generation(path: Path) -> Generation | None:
    """Which file `path` is now; None when there is none. Cheap: one stat."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def has_changed(path: Path, opened: Generation | None) -> bool:
    """True when another file stands at `path` than the one that was opened. Keep the old
    connection open until the new one is, so that the system cannot give its number again."""
    return generation(path) != opened


def install(finished: Path, path: Path) -> None:
    """Move a complete, checked master file into place at `path`, durably.

    `finished` must be in the same folder and have no connection. Raises OSError or
    sqlite3.Error, and then `path` is what it was.
    """
    target = path.with_name(f"{path.stem}-{_last_number(path) + 1:06}{path.suffix}")
    _set_wal(finished)
    _sync(finished)
    finished.rename(target)
    link = path.with_name(f"{path.name}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    _sync(path.parent)
    link.replace(path)
    _sync(path.parent)
    _remove_older(path, keep=target.name)


def _set_wal(finished: Path) -> None:
    """So that no reader ever sees the file change its mode; leaves no `-wal` behind."""
    with closing(sqlite3.connect(finished)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _last_number(path: Path) -> int:
    found = (_NUMBERED.search(file.name) for file in path.parent.glob(f"{path.stem}-*.db"))
    return max((int(match.group(1)) for match in found if match), default=0)


def _remove_older(path: Path, *, keep: str) -> None:
    stale = [
        file
        for file in path.parent.glob(f"{path.stem}-*.db*")
        if file.name.split(".db")[0] + ".db" != keep
    ]
    # Those of a plain master.db, from before the first swap.
    stale += [path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm")]
    for file in stale:
        with suppress(FileNotFoundError):
            file.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
