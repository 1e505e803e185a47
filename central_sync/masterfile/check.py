"""Looks a master file over before a register trusts it, and tells what it holds.

Whoever builds a file for others looks it over whole, once (`look_over`), so that each of a
thousand registers has only to prove that it got those very bytes. The file in place is checked
by `spindel sync doctor`. Checking reads, and never repairs: a bad master file is replaced, since
central can always make another.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from central_sync.masterfile.tables import FEED_TABLES, SCHEMA_VERSION


class BadMaster(ValueError):
    """The file is damaged, of another version, another store's, or lacks rows; says which."""


@dataclass(frozen=True, slots=True)
class MasterFacts:
    """`positions` per feed scope; `counts` rows per table; `made_at` ISO UTC or ""."""

    schema_version: int
    store_id: str
    made_at: str
    positions: Mapping[str, int]
    counts: Mapping[str, int]


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write and never checkpoints; raises sqlite3.Error.

    It reads once, so that all it needs is open before a swap removes the file.
    Usable from any thread that holds it alone. Keep `swap.generation` beside it.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA busy_timeout = 2000")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    try:
        connection.execute("SELECT count(*) FROM meta").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def read_facts(path: Path, counted: Iterable[str] = FEED_TABLES) -> MasterFacts:
    """What a master file says of itself; raises BadMaster when it is none.

    `counted`: to count a million items takes its time, and not everybody has to know.
    """
    try:
        with closing(open_reader(path)) as connection:
            return _facts(connection, counted)
    except (sqlite3.Error, KeyError, ValueError) as problem:
        raise BadMaster(f"{path.name} is not a master file: {problem}") from problem


def look_over(path: Path) -> None:
    """Every page, row and index, the search's too; raises BadMaster. For who has just built it."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            connection.execute("INSERT INTO item_search (item_search) VALUES ('integrity-check')")
    except sqlite3.Error as problem:
        raise BadMaster(f"it cannot be read: {problem}") from problem
    if answer != "ok":
        raise BadMaster(f"it is damaged: {answer}")


def check_master(
    path: Path,
    *,
    store_id: str,
    counts: Mapping[str, int] | None = None,
    is_looked_over: bool = False,
) -> MasterFacts:
    """Check structure, version, store and row counts; raises BadMaster with the first fault.

    `is_looked_over`: these bytes are proven to be what `look_over` saw; the structure is sound.
    """
    if not is_looked_over:
        _quick_check(path)
    facts = read_facts(path)
    if facts.schema_version != SCHEMA_VERSION:
        raise BadMaster(
            f"it has version {facts.schema_version}, this register reads {SCHEMA_VERSION}"
        )
    if facts.store_id != store_id:
        raise BadMaster(
            f"it is made for store {facts.store_id!r}, this register is in {store_id!r}"
        )
    for table, count in (counts or {}).items():
        if table in facts.counts and facts.counts[table] != count:
            raise BadMaster(f"it has {facts.counts[table]} rows of {table}, {count} were promised")
    return facts


def _facts(connection: sqlite3.Connection, counted: Iterable[str]) -> MasterFacts:
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    prefix = "position:"
    return MasterFacts(
        schema_version=int(meta["schema_version"]),
        store_id=meta["store_id"],
        made_at=meta.get("made_at", ""),
        positions={
            key.removeprefix(prefix): int(value)
            for key, value in meta.items()
            if key.startswith(prefix)
        },
        counts={
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in counted
        },
    )


def _quick_check(path: Path) -> None:
    try:
        with closing(open_reader(path)) as connection:
            # Every page is read once: to keep them would only cost memory.
            connection.execute("PRAGMA cache_size = -256")
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as problem:
        raise BadMaster(f"it cannot be read: {problem}") from problem
    if answer != "ok":
        raise BadMaster(f"it is damaged: {answer}")
