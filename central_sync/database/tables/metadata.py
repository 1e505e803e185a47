"""One MetaData for all tables, and the column types that mean the same on every database.

Times are ISO 8601 UTC texts with Z, flags are integers 0 and 1 as in master.db, and
what is read as a whole (a feed row, a journal body) is stored as a whole.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up only what is an INTEGER PRIMARY KEY to the letter.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


def text(name: str, **options: Any) -> Column[str]:
    """A text that is never NULL; "" where there is nothing to say."""
    return Column(name, Text, nullable=False, **options)


def text_or_empty(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def whole(name: str, **options: Any) -> Column[int]:
    """A 64-bit integer: minor units, counts, positions."""
    return Column(name, BigInteger, nullable=False, **options)


def flag(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")
