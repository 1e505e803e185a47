"""Many statements in one trip to the database: what would wait for an answer each waits once.

PostgreSQL gets all of them at once (libpq's pipeline) and the rows of an insert as one JSON
text; SQLite, which is in the process, gets one after another. The thing to get wrong: reading
in between what a trip has not written yet. Nothing is done before `go`, then all of it is, in
the order in which it was given.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    LargeBinary,
    Table,
    bindparam,
    tuple_,
)
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean

Row = Mapping[str, Any]
_POSTGRESQL: Any = psycopg_dialect()  # type: ignore[no-untyped-call]
_SQLITE: Any = sqlite_dialect()


class Reply:
    """What a statement answered, once the trip is over; `count` of rows read or changed."""

    __slots__ = ("count", "rows")

    def __init__(self) -> None:
        self.rows: Sequence[Any] = ()
        self.count = 0


class among(FunctionElement[bool]):
    """`among(column, "names")` or `among((first, second), "names")`: one of a list (of pairs).

    For statements of a trip, which takes the list as it is. Unlike IN, the text of the
    statement is the same for every length, so that the database plans it once.
    """

    inherit_cache = True
    type = Boolean()

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
        self._steps: list[tuple[str, Any, Reply]] = []

    def ask(self, statement: Executable, **values: Any) -> Reply:
        """A statement that was made once, at import; lists are for `among`."""
        sql, fixed, order = _worded(statement, self._is_sqlite)
        given = fixed | {name: _listed(value) for name, value in values.items()}
        return self._add(sql, tuple(given[name] for name in order) if self._is_sqlite else given)

    def insert(self, table: Table, rows: Sequence[Row]) -> Reply:
        """New rows of plain values, all with the same columns."""
        return self._write(_inserting, table, rows)

    def insert_missing(self, table: Table, rows: Sequence[Row]) -> Reply:
        """Rows whose key, or another unique one, is not there yet."""
        return self._write(_inserting_missing, table, rows)

    def upsert(self, table: Table, rows: Sequence[Row]) -> Reply:
        """Insert rows, or make those with the same primary key equal to them; the last counts."""
        keys = _keys(table)
        last = {tuple(row[key] for key in keys): row for row in rows}
        return self._write(_upserting, table, list(last.values()))

    def update(self, table: Table, rows: Sequence[Row], key: str, was: str = "") -> Reply:
        """Set columns of the rows where `key` is as given, under its own name or that of `was`."""
        last = was or key

        def text(of: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
            return _updating(of, names, key, last, is_sqlite)

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
            return self._add(sql, [tuple(row.values()) for row in rows])
        return self._add(sql, {"rows": _JSON.encode(rows)})

    def _add(self, sql: str, values: Any) -> Reply:
        reply = Reply()
        self._steps.append((sql, values, reply))
        return reply


_Steps = Sequence[tuple[str, Any, Reply]]


def _one_by_one(connection: Connection, steps: _Steps) -> None:
    for sql, values, reply in steps:
        found = connection.exec_driver_sql(sql, values)
        if found.returns_rows:
            reply.rows = found.all()
            reply.count = len(reply.rows)
        else:
            reply.count = found.rowcount


def _all_at_once(connection: Connection, steps: _Steps) -> None:
    raw: Any = connection.connection.driver_connection
    cursors = []
    try:
        with raw.pipeline():
            for sql, values, _ in steps:
                cursor = raw.cursor(row_factory=namedtuple_row)
                cursors.append(cursor)
                cursor.execute(sql, values, prepare=True)
        for (_, _, reply), cursor in zip(steps, cursors, strict=True):
            reply.count = cursor.rowcount
            reply.rows = cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else ()
    except psycopg.Error as problem:
        told = DBAPIError.instance(
            "; ".join(sql for sql, _, _ in steps), None, problem, psycopg.Error
        )
        raise told from problem


@cache
def _worded(statement: Executable, is_sqlite: bool) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Its text, the values that are always the same, and the order of all values."""
    made: Any = statement.compile(  # type: ignore[attr-defined]
        dialect=_SQLITE if is_sqlite else _POSTGRESQL
    )
    assert not made.post_compile_params, "in a trip a list is for `among`, not for in_()"
    return str(made), dict(made.params), tuple(made.positiontup or ())


def _listed(value: Any) -> Any:
    return _JSON.encode(value) if isinstance(value, (list, tuple)) else value


def _coded(value: Any) -> str:
    """Bytes as JSON can carry them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no plain value")


# Made once: `json.dumps` would make one for each call.
_JSON = json.JSONEncoder(default=_coded, ensure_ascii=False, separators=(",", ":"))


def _keys(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


@cache
def _inserting(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    columns = ", ".join(map(_quoted, names))
    if is_sqlite:
        marks = ", ".join("?" for _ in names)
        return f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"
    values = ", ".join(_value(table.c[name]) for name in names)
    typed = {name: table.c[name] for name in names}
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} {_from_json(typed)}"


@cache
def _inserting_missing(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    return f"{_inserting(table, names, is_sqlite)} ON CONFLICT DO NOTHING"


@cache
def _upserting(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    keys = ", ".join(map(_quoted, _keys(table)))
    others = [_quoted(name) for name in names if name not in _keys(table)]
    sets = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"{_inserting(table, names, is_sqlite)} ON CONFLICT ({keys}) DO UPDATE SET {sets}"


@cache
def _updating(table: Table, names: tuple[str, ...], key: str, was: str, is_sqlite: bool) -> str:
    others = [name for name in names if name != was]
    if is_sqlite:
        sets = ", ".join(f"{_quoted(name)} = ?" for name in others)
        return f"UPDATE {table.name} SET {sets} WHERE {_quoted(key)} = ?"
    sets = ", ".join(f"{_quoted(name)} = {_value(table.c[name])}" for name in others)
    where = f"{table.name}.{_quoted(key)} = r.{_quoted(was)}"
    typed = {name: table.c[name] for name in others} | {was: table.c[key]}
    return f"UPDATE {table.name} SET {sets} {_from_json(typed)} WHERE {where}"


def _from_json(columns: Mapping[str, ColumnElement[Any]]) -> str:
    typed = ", ".join(f"{_quoted(name)} {_type(column)}" for name, column in columns.items())
    return f"FROM json_to_recordset(CAST(%(rows)s AS json)) AS r({typed})"


def _type(column: ColumnElement[Any]) -> str:
    """As which it stands in the JSON text: bytes are written out."""
    is_bytes = isinstance(column.type, LargeBinary)
    return "text" if is_bytes else str(column.type.compile(_POSTGRESQL))


def _value(column: Any) -> str:
    name = f"r.{_quoted(column.name)}"
    return f"decode({name}, 'base64')" if isinstance(column.type, LargeBinary) else name


def _quoted(name: str) -> str:
    return str(_POSTGRESQL.identifier_preparer.quote(name))
