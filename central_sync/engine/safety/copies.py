"""Copies of a till's databases as they stood at one moment, while the till sells on.

Each file is held in a read transaction of its own before the first is copied, sync.db before
receipts.db. The thing to get wrong: that order. A mark that is newer than the journal would
say that central has entries which the copy has not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from central_sync.engine.journal import HeadLike, Journal, open_journal
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.state import read_state
from central_sync.engine.workstation import Progress
from central_sync.retail.journal import GENESIS, first_broken

SYNC, RECEIPTS, MASTER = "sync.db", "receipts.db", "master.db"
_PAGES = 4096
_BATCH_ENTRIES, _BATCH_BYTES = 1000, 8_000_000
_OF_THE_DISK = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
)


def journal_files(home: Path) -> tuple[Path, ...]:
    """receipts.db and what SQLite keeps beside it, there or not. The database goes last: while it
    stands, its log belongs to it."""
    return tuple(home / f"{RECEIPTS}{ending}" for ending in ("-wal", "-shm", ""))


def copy_databases(
    home: Path, to: Path, names: tuple[str, ...], progress: Progress
) -> dict[str, Path]:
    """Copy the databases of `names` that are there into `to`; returns where each copy is.

    Raises SafetyTrouble when one is damaged, OSError or sqlite3.Error when the disk refuses.
    """
    present = [name for name in names if (home / name).exists()]
    with ExitStack() as stack:
        held = {name: stack.enter_context(_held(home / name)) for name in present}
        return {name: _copy(held[name], to / name, progress) for name in present}


def check_copies(copies: Mapping[str, Path], progress: Progress) -> tuple[HeadLike, ...]:
    """Check each database, the journal's chain and that no mark is ahead of it; the heads.

    The copies stand in one folder as they do in a home. Raises SafetyTrouble.
    """
    for name, path in copies.items():
        progress(f"checking {name}", 0, 0)
        _check_database(name, path)
    if RECEIPTS not in copies:
        return ()
    folder = copies[RECEIPTS].parent
    with closing(open_journal(folder)) as journal:
        heads = tuple(journal.heads())
        for head in heads:
            _check_chain(journal, head, progress)
        if SYNC in copies:
            _check_marks(journal, folder)
    return heads


@contextmanager
def _held(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that sees the file as it is now, for as long as it lives."""
    with closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    ) as connection:
        try:
            connection.execute("PRAGMA busy_timeout = 5000")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("BEGIN")
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as problem:
            raise of_disk_or_file(path.name, problem) from problem
        yield connection


def _copy(source: sqlite3.Connection, to: Path, progress: Progress) -> Path:
    def told(_status: int, left: int, total: int) -> None:
        progress(f"copying {to.name}", total - left, total)

    with closing(sqlite3.connect(to, isolation_level=None)) as target:
        try:
            source.backup(target, pages=_PAGES, progress=told)
        except sqlite3.DatabaseError as problem:
            raise of_disk_or_file(to.name, problem) from problem
        # Behind no -wal, so that the one file is all there is.
        target.execute("PRAGMA journal_mode = DELETE")
    return to


def _check_database(name: str, path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            answer = str(found.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as problem:
        answer = str(problem)
    if answer != "ok":
        raise damaged(name, answer)


def _check_chain(journal: Journal, head: HeadLike, progress: Progress) -> None:
    after, done = GENESIS, 0
    while batch := journal.entries_after(head.epoch, done, _BATCH_ENTRIES, _BATCH_BYTES):
        broken = first_broken(batch, after=after, sequence=done)
        if broken is not None:
            raise damaged(RECEIPTS, f"entry {broken.epoch}:{broken.sequence} {broken.reason}")
        after, done = batch[-1].hash, batch[-1].sequence
        progress(f"checking epoch {head.epoch}", done, head.sequence)
    if done < head.sequence:
        raise damaged(RECEIPTS, f"entry {head.epoch}:{done + 1} is missing")


def _check_marks(journal: Journal, folder: Path) -> None:
    for mark in read_state(folder).marks.values():
        entry = journal.entry(mark.epoch, mark.sequence) if mark.sequence else None
        if mark.sequence and (entry is None or entry.hash != mark.hash):
            raise SafetyTrouble(
                f"sync.db says that central has {mark.epoch}:{mark.sequence}, and the journal has"
                " it not. The files are from different times: run spindel sync doctor."
            )


def of_disk_or_file(name: str, problem: sqlite3.DatabaseError) -> Exception:
    """What to raise: a disk that is full or shut wants room or rights, and harms no file."""
    is_disk = getattr(problem, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK
    return problem if is_disk else damaged(name, str(problem))


def damaged(name: str, reason: str) -> SafetyTrouble:
    return SafetyTrouble(
        f"{name} is damaged ({reason}). Save what can be saved: spindel sync rescue --help"
    )
