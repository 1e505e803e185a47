"""Applies pages of the feed to a master file: rows and position in one transaction.

Rows are absolute states, so only the newest per key counts and a repeated page does
no harm. The file's own position is the truth; a cursor elsewhere only mirrors it.
What a newer central adds (tables, columns) is left out, not refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from central_sync.masterfile.build import add_fold
from central_sync.masterfile.items import change_items
from central_sync.masterfile.tables import Table, tables
from central_sync.wire.changes import Change, Page

# Without these an item cannot be sold; their sudden loss is held for a person.
VITAL_TABLES = ("item", "barcode", "price")

# Somebody who was erased leaves no trace in the file's free pages.
PRIVATE_TABLES = ("customer",)


# What SQLite and its module say of a value that no column takes.
_UNFIT = (
    *(sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError),
    *(OverflowError, UnicodeEncodeError),
)


class PageUnfit(ValueError):
    """A row that this file cannot hold; says position, table and key."""


class CatalogueShrinks(ValueError):
    """A page would leave less than half of a vital table; nothing was applied."""

    def __init__(self, table: str, before: int, after: int) -> None:
        super().__init__(f"{table}: {before} would become {after}")
        self.table, self.before, self.after = table, before, after


@dataclass(frozen=True, slots=True)
class Applied:
    """`rows` were new; `position` is the scope's position now."""

    rows: int
    position: int


def open_for_apply(path: Path) -> sqlite3.Connection:
    """The one connection that writes a master file. It is re-creatable, so NORMAL is enough."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None
    )
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -32768")
    add_fold(connection)
    return connection


def places_of(connection: sqlite3.Connection) -> tuple[dict[str, int], dict[str, bytes]]:
    """Per scope, how far the file follows it, and the hash of that place where one came with it."""
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    positions = {scope: int(at) for scope, at in _under("position:", meta)}
    return positions, {scope: bytes.fromhex(hash_) for scope, hash_ in _under("hash:", meta)}


def _under(prefix: str, meta: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    cut = len(prefix)
    return ((key[cut:], value) for key, value in meta.items() if key.startswith(prefix))


def position_of(connection: sqlite3.Connection, scope: str) -> int:
    """How far the file follows a scope; 0 when it knows nothing of it."""
    row = connection.execute(
        "SELECT value FROM meta WHERE key = ?", (f"position:{scope}",)
    ).fetchone()
    return int(row[0]) if row else 0


def apply_page(
    connection: sqlite3.Connection,
    page: Page,
    *,
    vital_counts: Mapping[str, int] | None = None,
) -> Applied:
    """Apply a page and move the scope's position to `page.next`, or change nothing.

    `vital_counts` are the rows of VITAL_TABLES that the register is known to have had:
    a page that leaves less than half raises CatalogueShrinks. Raises PageUnfit for rows
    that do not fit, sqlite3.Error when the disk refuses.
    """
    with _transaction(connection):
        position = position_of(connection, page.scope)
        rows = [row for row in page.rows if row.position > position]
        for name, newest in _newest(rows).items():
            _apply_table(connection, tables()[name], newest)
            if vital_counts and any(row.op == "delete" for row in newest):
                _refuse_shrinking(connection, name, vital_counts.get(name, 0))
        if page.next > position:
            position = page.next
            places = {f"position:{page.scope}": str(position), f"hash:{page.scope}": page.fh.hex()}
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", places.items())
    return Applied(len(rows), position)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield


def _newest(rows: Sequence[Change]) -> dict[str, list[Change]]:
    """The last state per key, by table and sorted by key: in key order B-trees grow fastest."""
    newest: dict[str, dict[str, Change]] = {}
    for row in rows:
        if row.table in tables():
            newest.setdefault(row.table, {})[row.key] = row
    return {
        name: [by_key[key] for key in sorted(by_key)] for name, by_key in sorted(newest.items())
    }


def _apply_table(connection: sqlite3.Connection, table: Table, rows: Sequence[Change]) -> None:
    gone = [_key_values(table, row) for row in rows if row.op == "delete"]
    put = _all_values(table, [row for row in rows if row.op == "put"])
    try:
        if table.name == "item":
            change_items(connection, gone=[key[0] for key in gone], put=put)
        else:
            _delete(connection, table, gone)
            _put(connection, table, put)
    except _UNFIT as problem:
        at = f"positions {rows[0].position} to {rows[-1].position}"
        raise PageUnfit(f"{table.name} at {at}: {problem}") from problem


def _key_values(table: Table, row: Change) -> tuple[str, ...]:
    values = tuple(row.key.split("|")) if len(table.key) > 1 else (row.key,)
    if len(values) != len(table.key):
        raise PageUnfit(f"{table.name} at position {row.position}: no such key as {row.key!r}")
    return values


def _all_values(table: Table, rows: Sequence[Change]) -> list[tuple[Any, ...]]:
    try:
        return list(map(itemgetter(*table.columns), [row.row or {} for row in rows]))
    except KeyError:
        # Somebody left a column out: one by one they find a default, or say whose it was.
        return [_values(table, row) for row in rows]


def _values(table: Table, row: Change) -> tuple[Any, ...]:
    try:
        return table.values(row.row or {})
    except KeyError as missing:
        where = f"{table.name} {row.key!r} at position {row.position}"
        raise PageUnfit(f"{where} lacks {missing}") from missing


def _delete(connection: sqlite3.Connection, table: Table, keys: Sequence[tuple[str, ...]]) -> None:
    if keys and table.name in PRIVATE_TABLES:
        connection.execute("PRAGMA secure_delete = ON")
    where = " AND ".join(f"{column} = ?" for column in table.key)
    connection.executemany(f"DELETE FROM {table.name} WHERE {where}", keys)


def _put(connection: sqlite3.Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" for _ in table.columns)
    connection.executemany(f"INSERT OR REPLACE INTO {table.name} VALUES ({marks})", rows)


def _refuse_shrinking(connection: sqlite3.Connection, name: str, before: int) -> None:
    if name not in VITAL_TABLES:
        return
    after = int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])
    if after * 2 < before:
        raise CatalogueShrinks(name, before, after)
