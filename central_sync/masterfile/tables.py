"""The tables of a master file as values: names, columns, keys, in schema.sql's order.

The SQL is the source; this reads it once. The thing to get wrong: a row handed to
the builder or the feed in another column order than schema.sql's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

SCHEMA_VERSION = 5
SCHEMA = files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
INDEXES = files(__package__).joinpath("indexes.sql").read_text(encoding="utf-8")

# `meta` and the search index are ours; everything else comes from central. Item first:
# it is the largest, and its rows are what the search index is made from.
FEED_TABLES = (
    *("item", "barcode", "price", "stock", "pledge", "operator", "tax_rate", "tender", "store"),
    "customer",
    "site",
    "task",
    "customer_order",
    "workstation_key",
)

# What a row is known by on the feed. An item is known by its SKU; its rank is only an order.
_FEED_KEYS: Mapping[str, tuple[str, ...]] = {"item": ("sku",)}


@dataclass(frozen=True, slots=True)
class Table:
    """`key` is what the feed knows a row by; `defaults` are for columns a sender left out."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    defaults: Mapping[str, Any]

    def values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """A row in column order; raises KeyError when a column without default is missing."""
        if all(map(row.__contains__, self.columns)):
            return tuple(map(row.__getitem__, self.columns))
        return tuple(
            row[column] if column in row or column not in self.defaults else self.defaults[column]
            for column in self.columns
        )

    def key_of(self, row: Mapping[str, Any]) -> str:
        return "|".join(str(row[column]) for column in self.key)


@cache
def tables() -> Mapping[str, Table]:
    """Every table that the feed may fill, by name."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(SCHEMA)
        return {name: _table(connection, name) for name in FEED_TABLES}
    finally:
        connection.close()


def _table(connection: sqlite3.Connection, name: str) -> Table:
    rows = connection.execute(f"PRAGMA table_info({name})").fetchall()
    key = tuple(row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5])
    return Table(
        name=name,
        columns=tuple(row[1] for row in rows),
        key=_FEED_KEYS.get(name, key),
        defaults={row[1]: _default(row[4]) for row in rows if row[4] is not None},
    )


def _default(sql: str) -> str | int:
    return sql.strip("'") if sql.startswith("'") else int(sql)
