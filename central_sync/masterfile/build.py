"""Builds a master file from nothing: all rows at once, then the indexes, then the search.

Central builds one per store; tests and the demo build small ones. The thing to get
wrong: building in place. The file is incomplete until `build_master` returns, so
build beside and let `swap.install` put it where the register looks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlite_utils

from central_sync.masterfile.tables import INDEXES, SCHEMA, SCHEMA_VERSION, tables
from central_sync.retail.folding import fold

Rows = Iterable[Sequence[Any]]

# The words of an item, from its columns; also how apply.py finds what to take out again.
WORDS_SQL = "fold(name || ' ' || model || ' ' || colour || ' ' || size || ' ' || sku)"


def build_master(
    path: Path,
    rows: Mapping[str, Rows],
    *,
    positions: Mapping[str, int],
    store_id: str,
    made_at: str = "",
    hashes: Mapping[str, bytes] | None = None,
) -> dict[str, int]:
    """Write a complete master file to `path`, which must not exist; returns rows per table.

    `rows` maps a table to its rows with columns in schema.sql's order, where the last ones
    may be left out if they have a default; in the order of their key (item: rank) they
    go in fastest. `positions` are the feed positions that the
    rows stand for, per scope, `hashes` theirs. Raises FileExistsError, ValueError for an
    unknown table, sqlite3.Error or KeyError for rows that do not fit.
    """
    unknown = set(rows) - set(tables())
    if unknown:
        raise ValueError(f"no such table in a master file: {', '.join(sorted(unknown))}")
    if path.exists():
        raise FileExistsError(path)
    database = sqlite_utils.Database(sqlite3.connect(path, isolation_level=None))
    try:
        return _fill(database, rows, _meta(positions, hashes or {}, store_id, made_at))
    finally:
        database.conn.close()


def add_fold(connection: sqlite3.Connection) -> None:
    """Give a connection the SQL function `fold` that WORDS_SQL uses."""
    connection.create_function("fold", 1, fold, deterministic=True)


def _fill(
    database: sqlite_utils.Database, rows: Mapping[str, Rows], meta: Mapping[str, str]
) -> dict[str, int]:
    connection = database.conn
    # Nobody reads the file before it is whole, so it needs no journal; the mover syncs it.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(SCHEMA)
    add_fold(connection)
    connection.execute("BEGIN")
    database.table("meta").insert_all({"key": key, "value": meta[key]} for key in sorted(meta))
    counts = {name: _insert(connection, name, rows.get(name, ())) for name in tables()}
    connection.execute(f"INSERT INTO item_search (rowid, words) SELECT rank, {WORDS_SQL} FROM item")
    connection.execute("COMMIT")
    connection.executescript(INDEXES)
    connection.execute("INSERT INTO item_search (item_search) VALUES ('optimize')")
    connection.execute("PRAGMA analysis_limit = 1000")
    connection.execute("ANALYZE")
    return counts


def _insert(connection: sqlite3.Connection, table: str, rows: Rows) -> int:
    columns, defaults = tables()[table].columns, tables()[table].defaults
    marks = ", ".join("?" for _ in columns)
    filled = (
        row if len(row) == len(columns) else (*row, *(defaults[c] for c in columns[len(row) :]))
        for row in rows
    )
    cursor = connection.executemany(f"INSERT INTO {table} VALUES ({marks})", filled)
    return max(0, cursor.rowcount)


def _meta(
    positions: Mapping[str, int], hashes: Mapping[str, bytes], store_id: str, made_at: str
) -> dict[str, str]:
    facts = {"schema_version": str(SCHEMA_VERSION), "store_id": store_id, "made_at": made_at}
    facts |= {f"position:{scope}": str(at) for scope, at in positions.items()}
    return facts | {f"hash:{scope}": fh.hex() for scope, fh in hashes.items()}
