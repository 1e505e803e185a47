"""The SQL of a trip's statements: made once for a table and its columns, and kept.

On PostgreSQL the rows of a write are one JSON text, so that one prepared statement serves any
number of them; on SQLite they are the driver's own executemany. The thing to get wrong: bytes.
JSON has none, so they are written out there and read back by the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, LargeBinary, Table
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect

# What a write's rows are called among its values.
ROWS = "rows"
_POSTGRESQL: Any = psycopg_dialect()  # type: ignore[no-untyped-call]
_SQLITE: Any = sqlite_dialect()


@cache
def worded(
    statement: Executable, is_sqlite: bool, names: tuple[str, ...] | None = None
) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Its text, the values that are always the same, and the order of all values.

    `names` are the columns that an insert gets.
    """
    made: Any = statement.compile(  # type: ignore[attr-defined]
        dialect=_SQLITE if is_sqlite else _POSTGRESQL, column_keys=names
    )
    assert not made.post_compile_params, "in a trip a list is for `among`, not for in_()"
    return str(made), dict(made.params), tuple(made.positiontup or ())


@lru_cache(maxsize=1_000)
def as_one(several: tuple[str, ...]) -> str:
    """Writes as one statement, for which the database and the driver wake once."""
    named = [sql.replace(f"%({ROWS})s", f"%({ROWS}_{n})s") for n, sql in enumerate(several)]
    made = ", ".join(f"w{n} AS ({sql} RETURNING 1)" for n, sql in enumerate(named))
    counts = ", ".join(f"(SELECT count(*) FROM w{n}) AS c{n}" for n in range(len(named)))
    return f"WITH {made} SELECT {counts}"


def keys_of(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


@cache
def inserting(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    columns = ", ".join(map(_quoted, names))
    if is_sqlite:
        marks = ", ".join("?" for _ in names)
        return f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"
    values = ", ".join(_value(table.c[name]) for name in names)
    typed = {name: table.c[name] for name in names}
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} {_from_json(typed)}"


@cache
def inserting_missing(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    return f"{inserting(table, names, is_sqlite)} ON CONFLICT DO NOTHING"


@cache
def upserting(table: Table, names: tuple[str, ...], is_sqlite: bool) -> str:
    keys = ", ".join(map(_quoted, keys_of(table)))
    others = [_quoted(name) for name in names if name not in keys_of(table)]
    sets = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f"{inserting(table, names, is_sqlite)} ON CONFLICT ({keys}) DO UPDATE SET {sets}"


@cache
def updating(table: Table, names: tuple[str, ...], key: str, was: str, is_sqlite: bool) -> str:
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
    return f"FROM json_to_recordset(CAST(%({ROWS})s AS json)) AS r({typed})"


def _type(column: ColumnElement[Any]) -> str:
    """As which it stands in the JSON text: bytes are written out."""
    is_bytes = isinstance(column.type, LargeBinary)
    return "text" if is_bytes else str(column.type.compile(_POSTGRESQL))


def _value(column: Any) -> str:
    name = f"r.{_quoted(column.name)}"
    return f"decode({name}, 'base64')" if isinstance(column.type, LargeBinary) else name


def _quoted(name: str) -> str:
    return str(_POSTGRESQL.identifier_preparer.quote(name))
