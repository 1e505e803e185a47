"""Insert-or-update and large IN lists, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from central_sync.database.trip import write, write_tuples

T = TypeVar("T")
Row = Mapping[str, Any]

CHUNK_ROWS = 2_000


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or make the rows with the same primary key equal to them.

    All rows have the same columns, the primary key among them.
    """
    if not rows:
        return
    statement = _upserting(connection.dialect.name, table, tuple(rows[0]))
    write(connection, statement, rows)


# To build the statement costs more than to run it.
@cache
def _upserting(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    keys = [column.name for column in table.primary_key]
    others = [name for name in names if name not in keys]
    insert = insert_on(dialect, table)
    if not others:
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(
        index_elements=keys, set_={name: insert.excluded[name] for name in others}
    )


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert many rows of plain values (text, integers, bytes, None), all with the same columns."""
    if rows:
        names = tuple(rows[0])
        values = itemgetter(*names) if len(names) > 1 else (lambda row: (row[names[0]],))
        insert_tuples(connection, table, names, [values(row) for row in rows])


def insert_tuples(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert many rows of plain values, each in the order of `names`.

    The driver's own executemany: SQLAlchemy's work on each row costs four times the insert.
    """
    if not rows:
        return
    is_sqlite = connection.dialect.name == "sqlite"
    write_tuples(connection, _inserting_tuples(table, tuple(names), is_sqlite), rows)


@cache
def _inserting_tuples(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    quote = (sqlite if is_sqlite else postgresql).dialect().identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    marks = ", ".join("?" if is_sqlite else "%s" for _ in names)
    return f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose primary key is not there yet."""
    if rows:
        write(connection, _inserting_missing(connection.dialect.name, table), rows)


@cache
def _inserting_missing(dialect: str, table: Table) -> Any:
    keys = [column.name for column in table.primary_key]
    return insert_on(dialect, table).on_conflict_do_nothing(index_elements=keys)


def chunks(values: Iterable[T], size: int = CHUNK_ROWS) -> Iterator[list[T]]:
    """Lists of at most `size` values, in order."""
    left = iter(values)
    while part := list(islice(left, size)):
        yield part


def inserting(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, on this connection's database."""
    return insert_on(connection.dialect.name, table)


def insert_on(dialect: str, table: Table) -> Any:
    """The same, for statements that are made once for each database."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
