"""How receipts.db comes from the version it has to the one that this program needs.

A copy first, then every missing step in one transaction: a step that fails leaves the file as
it was, and the program before this one still runs on it. The thing to get wrong: changing a
file of which central holds another history. While a fork is open nothing is changed: the
copies that a person may have to compare would no longer be of one kind.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from central_sync.engine.epochs import open_forks
from central_sync.engine.state import read_state
from pos_client.storage.errors import StorageTrouble, told_plainly

FOLDER: Traversable = files("pos_client.storage").joinpath("migrations")
COPIES = "before-update"
COPIES_KEPT = 2

_log = logging.getLogger(__name__)


class MigrationRefused(StorageTrouble):
    """The file stays as it is; the sentence says what to do first."""

    def __init__(self, detail: str) -> None:
        super().__init__("storage.cannot_open", detail)


def migrate(database: Database, path: Path, folder: Traversable | None = None) -> None:
    """Bring an opened receipts.db up to date; raises MigrationRefused, StorageTrouble.

    A new file is made without a copy, for there is nothing to lose.
    """
    steps = _migrations(folder) if folder else _own()
    applied = [step.name for step in steps.applied(database)]
    pending = [step.name for step in steps.pending(database)]
    newest = max([*applied, *pending])
    if newest not in _names(steps):
        raise MigrationRefused(f"it was written by a newer program (it has {newest}); start that")
    if not pending:
        return
    copy = None
    if applied:
        _check_forks(database, path)
        copy = _copy(database, path, max(applied))
        _log.info("%s is copied to %s, then %s are applied", path, copy, ", ".join(pending))
    try:
        with told_plainly(), database.atomic():
            steps.apply(database)
    except sqlite3.Error as problem:
        raise MigrationRefused(
            f"its update failed ({problem}) and nothing was changed; start the former program"
            f" and report this{f' (a copy is {copy})' if copy else ''}"
        ) from problem


def can_carry_on(database: Database) -> bool:
    """Does the file know of forks? Then one can be healed in it before it is updated."""
    return "carried_on" in database.table_names()


def _names(steps: Migrations) -> set[str]:
    return {step.name for step in steps._migrations}


def _check_forks(database: Database, path: Path) -> None:
    if not can_carry_on(database):
        return  # a register that knew no forks can have none open
    rows = database.conn.execute("SELECT from_epoch, MIN(above) FROM carried_on GROUP BY 1")
    if open_forks(read_state(path.parent), dict(rows.fetchall())):
        raise MigrationRefused(
            "central holds another history of this till, which has to be settled before the"
            " update; run: spindel sync now"
        )


def _copy(database: Database, path: Path, version: str) -> Path:
    """A whole copy beside the file, on the disk before anything is changed."""
    folder = path.parent / COPIES
    folder.mkdir(exist_ok=True, mode=0o700)
    target = folder / f"{path.stem}-{version.split('_')[0]}.db"
    draft = target.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as copy:
        database.conn.backup(copy)
        # A copy is one file: it may be carried away alone.
        copy.execute("PRAGMA journal_mode = DELETE")
    os.chmod(draft, 0o600)
    _sync(draft)
    draft.replace(target)
    _sync(folder)
    for old in sorted(folder.glob(f"{path.stem}-*.db"))[:-COPIES_KEPT]:
        old.unlink()
    return target


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_read: dict[str, Migrations] = {}


def _own() -> Migrations:
    """This program's own, read once: they do not change while it runs."""
    where = str(FOLDER)
    if where not in _read:
        _read[where] = _migrations(FOLDER)
    return _read[where]


def _migrations(folder: Traversable) -> Migrations:
    """Numbered SQL files."""
    migrations = Migrations("register")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            script = file.read_text(encoding="utf-8")
            migrations(name=file.name)(_applies(script))
    return migrations


class _applies:
    """One migration: its statements, executed singly so that nothing commits early."""

    __name__ = "applies"

    def __init__(self, script: str) -> None:
        self._script = script

    def __call__(self, database: Database, /) -> None:
        for statement in statements(self._script):
            database.conn.execute(statement)


def statements(script: str) -> Iterator[str]:
    """Split SQL at statement ends, never inside a trigger or a string."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    assert not pending.strip(), "the script ends inside a statement"
