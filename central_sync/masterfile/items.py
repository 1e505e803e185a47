"""Changes items and their words in the search index together.

A contentless index forgets a row only when told the very words it was given, so words
are taken out while the old row is still there to tell them. The thing to get wrong: the
order. FTS5 writes its pending rows out whenever a rowid is not above the one before,
so one pass takes out and one puts in, each by rank.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from central_sync.masterfile.build import WORDS_SQL
from central_sync.masterfile.tables import tables

# Words are fetched first and given as values: INSERT ... SELECT would open a savepoint for
# every row, and FTS5 writes its pending rows out at each (1 ms instead of 4 us).
_WORDS = f"SELECT {WORDS_SQL} FROM item WHERE rank = ?"
_FORGET = "INSERT INTO item_search (item_search, rowid, words) VALUES ('delete', ?, ?)"
_LEARN = "INSERT INTO item_search (rowid, words) VALUES (?, ?)"


def change_items(
    connection: sqlite3.Connection, *, gone: Iterable[str], put: Sequence[tuple[Any, ...]]
) -> None:
    """Remove the SKUs `gone` and write the rows `put` (schema.sql's columns, one per SKU).

    In a transaction of the caller's. Two items may swap ranks in two pages: whoever
    stands where another is put goes last, until its own turn comes.
    """
    columns = tables()["item"].columns
    sku_at, rank_at = columns.index("sku"), columns.index("rank")
    skus = [*gone, *(row[sku_at] for row in put)]
    old = _found(connection, "SELECT rank FROM item WHERE sku = ?", skus)
    rows = _with_free_ranks(connection, put, rank_at)
    taken = _found(connection, "SELECT rank FROM item WHERE rank = ?", (r[rank_at] for r in rows))
    displaced = sorted(taken - old)
    connection.executemany(_FORGET, _words(connection, old | taken))
    connection.executemany("DELETE FROM item WHERE rank = ?", ((rank,) for rank in sorted(old)))
    moved = _move_last(connection, displaced, above=max((r[rank_at] for r in rows), default=0))
    marks = ", ".join("?" for _ in columns)
    connection.executemany(f"INSERT INTO item VALUES ({marks})", rows)
    connection.executemany(_LEARN, _words(connection, {*moved, *(r[rank_at] for r in rows)}))


def _words(connection: sqlite3.Connection, ranks: set[int]) -> list[tuple[int, str]]:
    return [(rank, connection.execute(_WORDS, (rank,)).fetchone()[0]) for rank in sorted(ranks)]


def _found(connection: sqlite3.Connection, sql: str, keys: Iterable[Any]) -> set[int]:
    ranks: set[int] = set()
    for key in keys:
        ranks.update(row[0] for row in connection.execute(sql, (key,)))
    return ranks


def _with_free_ranks(
    connection: sqlite3.Connection, put: Sequence[tuple[Any, ...]], rank_at: int
) -> list[tuple[Any, ...]]:
    """Rows in the order of their ranks; of several with one rank all but the first go last."""
    last = _last(connection, max((row[rank_at] for row in put), default=0))
    rows: dict[int, tuple[Any, ...]] = {}
    for row in put:
        rank = row[rank_at]
        if rank in rows:
            last += 1
            rank = last
        rows[rank] = (*row[:rank_at], rank, *row[rank_at + 1 :])
    return [rows[rank] for rank in sorted(rows)]


def _move_last(connection: sqlite3.Connection, ranks: Sequence[int], *, above: int) -> list[int]:
    """Give these items ranks behind all others; returns the new ones."""
    last = _last(connection, above)
    moved = [last + step for step in range(1, len(ranks) + 1)]
    connection.executemany(
        "UPDATE item SET rank = ? WHERE rank = ?", zip(moved, ranks, strict=True)
    )
    return moved


def _last(connection: sqlite3.Connection, above: int) -> int:
    highest = connection.execute("SELECT COALESCE(max(rank), 0) FROM item").fetchone()[0]
    return max(int(highest), above)
