"""Many statements in one trip to the database: what would wait for an answer each waits once.

PostgreSQL gets all of them at once (libpq's pipeline), the rows of an insert as one JSON text
and inserts that follow one another as one statement; SQLite, which is in the process, gets one
after another, past all that SQLAlchemy does around a statement. The thing to get wrong: reading
in between what a trip has not written yet. Nothing is done before `go`, then all of it is, in
the order in which it was given.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import (
    Connection,
    CursorResult,
    Executable,
    Table,
    bindparam,
    tuple_,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from central_sync.database import statements
from central_sync.database.statements import ROWS

Row = Mapping[str, Any]


class Reply:
    """What a statement answered, once the trip is over; `count` of rows read or changed."""

    __slots__ = ("count", "rows")

    def __init__(self) -> None:
        self.rows: Sequence[Any] = ()
        self.count = 0


def ask(connection: Connection, statement: Executable, **values: Any) -> Reply:
    """One statement that was made once, asked now; lists are for `among`."""
    if connection.dialect.name == "sqlite":
        sql, fixed, order = statements.worded(statement, True)
        given = fixed | values
        reply = Reply()
        _say(connection, sql, tuple(_listed(given[name]) for name in order), reply)
        return reply
    return _replied(
        connection.execute(statement, {name: _listed(value) for name, value in values.items()})
    )


def read_on(connection: Connection, statement: Executable, **values: Any) -> Iterator[Any]:
    """The same, row by row, for answers that are read only until there is enough of them."""
    if connection.dialect.name != "sqlite":
        with connection.execute(statement, values) as found:
            yield from found
        return
    sql, fixed, order = statements.worded(statement, True)
    given = fixed | values
    ordered = tuple(given[name] for name in order)
    with _told_as_ever(sql), closing(_raw(connection).execute(sql, ordered)) as cursor:
        yield from map(_row(_names(cursor)), cursor)


def write(connection: Connection, statement: Executable, rows: Sequence[Row]) -> None:
    """A statement that was made once, for each of these rows of plain values with the same names.

    An insert gets the columns that the rows have.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(statement, list(rows))
        return
    names = tuple(rows[0]) if statement.is_insert else None
    sql, fixed, order = statements.worded(statement, True, names)
    given = [{**fixed, **row} for row in rows]
    _say(connection, sql, [tuple(row[name] for name in order) for row in given], Reply())


def write_tuples(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """The same of an insert in the database's own words, and of rows in its order."""
    if connection.dialect.name == "sqlite":
        _say(connection, sql, list(rows), Reply())
    else:
        connection.exec_driver_sql(sql, list(rows))


class among(FunctionElement[Any]):
    """`among(column, "names")` or `among((first, second), "names")`: one of a list (of pairs).

    Of texts. To SQLAlchemy it is no Boolean: behind one it writes "= 1" for SQLite, and no
    index serves that.
    For statements of a trip, which takes the list as it is. Unlike IN, the text of the
    statement is the same for every length, so that the database plans it once.
    """

    inherit_cache = True
    type = NullType()

    def __init__(self, columns: Any, name: str) -> None:
        several = isinstance(columns, tuple)
        super().__init__(tuple_(*columns) if several else columns, bindparam(name))


@compiles(among, "postgresql")
def _among_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    of, values = (compiler.process(one, **options) for one in element.clauses)
    listed = f"CAST({values} AS json)"
    if of.startswith("("):
        return f"{of} IN (SELECT value->>0, value->>1 FROM json_array_elements({listed}))"
    return f"{of} = ANY (ARRAY(SELECT json_array_elements_text({listed})))"


@compiles(among, "sqlite")
def _among_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    of, values = (compiler.process(one, **options) for one in element.clauses)
    if of.startswith("("):
        parts = "json_extract(value, '$[0]'), json_extract(value, '$[1]')"
        return f"{of} IN (SELECT {parts} FROM json_each({values}))"
    return f"{of} IN (SELECT value FROM json_each({values}))"


class Trip:
    """Statements for one connection, in the transaction that it has open."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._steps: list[_Step] = []

    def ask(self, statement: Executable, **values: Any) -> Reply:
        """A statement that was made once, at import; lists are for `among`."""
        sql, fixed, order = statements.worded(statement, self._is_sqlite)
        given = fixed | {name: _listed(value) for name, value in values.items()}
        return self._add(sql, tuple(given[name] for name in order) if self._is_sqlite else given)

    def insert(self, table: Table, rows: Sequence[Row]) -> Reply:
        """New rows of plain values, all with the same columns."""
        return self._write(statements.inserting, table, rows)

    def insert_missing(self, table: Table, rows: Sequence[Row]) -> Reply:
        """Rows whose key, or another unique one, is not there yet."""
        return self._write(statements.inserting_missing, table, rows)

    def upsert(self, table: Table, rows: Sequence[Row]) -> Reply:
        """Insert rows, or make those with the same primary key equal to them; the last counts."""
        keys = statements.keys_of(table)
        last = {tuple(row[key] for key in keys): row for row in rows}
        return self._write(statements.upserting, table, list(last.values()))

    def update(self, table: Table, rows: Sequence[Row], key: str, was: str = "") -> Reply:
        """Set columns of the rows where `key` is as given, under its own name or that of `was`."""
        last = was or key

        def text(of: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
            return statements.updating(of, names, key, last, is_sqlite)

        ordered = [{n: v for n, v in row.items() if n != last} | {last: row[last]} for row in rows]
        return self._write(text, table, ordered)

    def go(self) -> None:
        """Do it all and fill the replies; raises what the database refused."""
        steps, self._steps = self._steps, []
        if not steps:
            return
        if self._is_sqlite:
            _one_by_one(self.connection, steps)
        else:
            _all_at_once(self.connection, steps)

    def _write(
        self,
        text: Callable[[Table, tuple[str, ...], bool], str],
        table: Table,
        rows: Sequence[Row],
    ) -> Reply:
        if not rows:
            return Reply()
        names = tuple(rows[0])
        sql = text(table, names, self._is_sqlite)
        if self._is_sqlite:
            return self._add(sql, [tuple(row.values()) for row in rows], table.name)
        return self._add(sql, {ROWS: _JSON.encode(rows)}, table.name)

    def _add(self, sql: str, values: Any, writes: str = "") -> Reply:
        step = _Step(sql, values, writes)
        self._steps.append(step)
        return step.reply


@dataclass(frozen=True, slots=True)
class _Step:
    """`writes` names the table of a statement that takes its rows as they are given."""

    sql: str
    values: Any
    writes: str = ""
    reply: Reply = field(default_factory=Reply)


def _one_by_one(connection: Connection, steps: Sequence[_Step]) -> None:
    for step in steps:
        _say(connection, step.sql, step.values, step.reply)


def _say(connection: Connection, sql: str, values: Any, reply: Reply) -> None:
    """To SQLite's own driver; a list of values is for many rows. Raises what SQLAlchemy would."""
    raw = _raw(connection)
    with _told_as_ever(sql):
        if isinstance(values, list):
            reply.count = raw.executemany(sql, values).rowcount
            return
        cursor = raw.execute(sql, values)
        rows = cursor.fetchall()
    if cursor.description is None:
        reply.count = cursor.rowcount
    else:
        made = _row(_names(cursor))
        reply.rows = [made(row) for row in rows]
        reply.count = len(rows)


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


class _told_as_ever:
    """What SQLite refuses is raised as SQLAlchemy raises it."""

    __slots__ = ("_sql",)

    def __init__(self, sql: str) -> None:
        self._sql = sql

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        if isinstance(problem, sqlite3.Error):
            raise DBAPIError.instance(self._sql, None, problem, sqlite3.Error) from problem


def _names(cursor: Any) -> tuple[str, ...]:
    return tuple(column[0] for column in cursor.description)


@lru_cache(maxsize=1_000)
def _row(names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """What makes a row of these columns, to be asked by name or by place."""
    kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    return kind._make


def _replied(found: CursorResult[Any]) -> Reply:
    reply = Reply()
    if found.returns_rows:
        reply.rows = found.all()
        reply.count = len(reply.rows)
    else:
        reply.count = found.rowcount
    return reply


def _all_at_once(connection: Connection, steps: Sequence[_Step]) -> None:
    raw: Any = connection.connection.driver_connection
    parts = _parted(steps)
    cursors = []
    try:
        with raw.pipeline():
            for part in parts:
                cursor = raw.cursor(row_factory=namedtuple_row)
                cursors.append(cursor)
                cursor.execute(*_said(part), prepare=True)
        for part, cursor in zip(parts, cursors, strict=True):
            _heard(part, cursor)
    except psycopg.Error as problem:
        told = "; ".join(step.sql for step in steps)
        raise DBAPIError.instance(told, None, problem, psycopg.Error) from problem


def _parted(steps: Sequence[_Step]) -> list[list[_Step]]:
    """Each by itself, but writes that follow one another, to tables that differ, as one."""
    parts: list[list[_Step]] = []
    for step in steps:
        last = parts[-1] if parts else []
        tables = [one.writes for one in last]
        if step.writes and tables and "" not in tables and step.writes not in tables:
            last.append(step)
        else:
            parts.append([step])
    return parts


def _said(part: Sequence[_Step]) -> tuple[str, Any]:
    if len(part) == 1:
        return part[0].sql, part[0].values
    values = {f"{ROWS}_{number}": step.values[ROWS] for number, step in enumerate(part)}
    return statements.as_one(tuple(step.sql for step in part)), values


def _heard(part: Sequence[_Step], cursor: Any) -> None:
    rows: Sequence[Any] = cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else ()
    if len(part) == 1:
        part[0].reply.rows, part[0].reply.count = rows, cursor.rowcount
        return
    for step, count in zip(part, rows[0], strict=True):
        step.reply.count = count


def _listed(value: Any) -> Any:
    return _JSON.encode(value) if isinstance(value, (list, tuple)) else value


def _coded(value: Any) -> str:
    """Bytes as JSON can carry them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no plain value")


# Made once: `json.dumps` would make one for each call.
_JSON = json.JSONEncoder(default=_coded, ensure_ascii=False, separators=(",", ":"))
