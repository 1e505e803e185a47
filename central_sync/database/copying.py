"""Copies of a whole central database: of one moment while it serves, and back again.

SQLite is copied as a file by its backup API. PostgreSQL is written table by table (COPY, in
the order of the primary key) inside one read-only snapshot, and read into a schema that our
own migrations have made; so a dump needs no program of the server's version, and its bytes
can be compared. The thing to get wrong: `stock_level.changed` holds transaction ids, which
mean nothing on another server; it is written as 0.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from central_sync.database.open import Database
from central_sync.database.tables import METADATA

Progress = Callable[[int, int], None]
_PAGES = 4096
_WRITE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class TableDump:
    """One table as it was written; `sha256` of its bytes."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


def copy_sqlite(source: Path, to: Path, progress: Progress) -> None:
    """The database of one moment; raises sqlite3.DatabaseError when it cannot be read."""
    uri = f"{source.absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as held,
        closing(sqlite3.connect(to, isolation_level=None)) as target,
    ):
        held.execute("PRAGMA query_only = ON")
        held.execute("PRAGMA wal_autocheckpoint = 0")
        held.execute("BEGIN")
        held.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        held.backup(target, pages=_PAGES, progress=lambda _, left, n: progress(n - left, n))
        target.execute("PRAGMA journal_mode = DELETE")


def sqlite_faults(path: Path) -> str:
    """What is wrong with a copy, "" when nothing is."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            answer = str(found.execute("PRAGMA integrity_check(1)").fetchone()[0])
            stray = found.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as problem:
        return str(problem)
    if answer != "ok":
        return answer
    return f"a row of {stray[0]} names one that is not there" if stray else ""


def sqlite_is_in_use(path: Path) -> bool:
    """Does another connection have the file open? Nobody may come in meanwhile."""
    with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


def dump_postgres(database: Database, folder: Path, progress: Progress) -> list[TableDump]:
    """Write every table to `folder`/<table>.copy; raises psycopg.Error, OSError."""
    with _connected(database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        present = _present(connection)
        names = [table.name for table in METADATA.sorted_tables if table.name in present]
        dumps = []
        for done, name in enumerate(names):
            dumps.append(_dump(connection, name, folder / f"{name}.copy"))
            progress(done + 1, len(names))
        return dumps


def load_postgres(
    database: Database, folder: Path, dumps: Sequence[TableDump], progress: Progress
) -> None:
    """Read dumped tables into a migrated schema, in one transaction; raises psycopg.Error."""
    with _connected(database) as connection, connection.transaction():
        # Migrations may have put rows of their own.
        for dump in reversed(dumps):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(dump.name)))
        for done, dump in enumerate(dumps):
            _load(connection, dump, folder / f"{dump.name}.copy")
            progress(done + 1, len(dumps))
        _set_counters(connection, {dump.name for dump in dumps})


def digests_postgres(database: Database, dumps: Sequence[TableDump]) -> dict[str, str]:
    """The SHA-256 of each table as `dump_postgres` would write it now."""
    with _connected(database) as connection:
        return {d.name: _written(connection, d.name, d.columns, None)[1] for d in dumps}


@contextmanager
def scratch_schema(database: Database, name: str) -> Iterator[str]:
    """A schema of its own, gone afterwards; gives a URL that works in it. Raises psycopg.Error."""
    with _connected(database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        try:
            yield _url_within(database, name)
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def others_connected(database: Database) -> int:
    """How many other connections the database has."""
    with _connected(database) as connection:
        row = connection.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
        return int(row[0]) if row else 0


def is_empty_postgres(database: Database) -> bool:
    with _connected(database) as connection:
        return not _present(connection)


@contextmanager
def schema_set_aside(database: Database, name: str) -> Iterator[None]:
    """The tables there are now go on as schema `name`; they come back if the block fails."""
    with _connected(database, autocommit=True) as connection:
        row = connection.execute("SELECT current_schema()").fetchone()
        current, aside = sql.Identifier(str(row[0]) if row else "public"), sql.Identifier(name)
        with connection.transaction():
            connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(current, aside))
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(current))
        with ExitStack() as unless_done:
            unless_done.callback(_put_back, connection, current, aside)
            yield
            unless_done.pop_all()


def _put_back(
    connection: psycopg.Connection[tuple[Any, ...]], current: sql.Identifier, aside: sql.Identifier
) -> None:
    with connection.transaction():
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(current))
        connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(aside, current))


@contextmanager
def _connected(
    database: Database, *, autocommit: bool = False
) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(database.libpq_url, autocommit=autocommit) as connection:
        yield connection


def _url_within(database: Database, schema: str) -> str:
    url = make_url(database.libpq_url).update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


def _present(connection: psycopg.Connection[tuple[Any, ...]]) -> set[str]:
    rows = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    )
    return {str(row[0]) for row in rows}


def _dump(connection: psycopg.Connection[tuple[Any, ...]], name: str, path: Path) -> TableDump:
    columns = tuple(
        str(row[0])
        for row in connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
            (name,),
        )
    )
    rows, digest = _written(connection, name, columns, path)
    return TableDump(name, columns, rows, digest)


def _written(
    connection: psycopg.Connection[tuple[Any, ...]],
    name: str,
    columns: Sequence[str],
    path: Path | None,
) -> tuple[int, str]:
    """Rows and digest of a table, in the order of its key; written to `path` unless it is None."""
    shown = [
        sql.SQL("0") if (name, column) == ("stock_level", "changed") else sql.Identifier(column)
        for column in columns
    ]
    key = METADATA.tables[name].primary_key.columns
    query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(shown),
        sql.Identifier(name),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in key),
    )
    digest, rows = hashlib.sha256(), 0
    with connection.cursor().copy(query) as copy, _sink(path) as write:
        for part in copy:
            plain = bytes(part)
            rows += plain.count(b"\n")
            digest.update(plain)
            write(plain)
    return rows, digest.hexdigest()


@contextmanager
def _sink(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    if path is None:
        yield lambda plain: None
        return
    with path.open("wb", buffering=_WRITE_BYTES) as file:
        yield file.write


def _load(connection: psycopg.Connection[tuple[Any, ...]], dump: TableDump, path: Path) -> None:
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(dump.name),
        sql.SQL(", ").join(sql.Identifier(column) for column in dump.columns),
    )
    with path.open("rb") as file, connection.cursor().copy(query) as copy:
        while part := file.read(_WRITE_BYTES):
            copy.write(part)


def _set_counters(connection: psycopg.Connection[tuple[Any, ...]], names: set[str]) -> None:
    """Numbers that the database gives out go on above those that are taken."""
    for table in METADATA.sorted_tables:
        for column in table.primary_key.columns if table.name in names else ():
            if column.autoincrement is True:
                connection.execute(
                    sql.SQL(
                        "SELECT setval(pg_get_serial_sequence({name}, {text}),"
                        " COALESCE(MAX({column}), 0) + 1, false) FROM {table}"
                    ).format(
                        name=sql.Literal(table.name),
                        text=sql.Literal(column.name),
                        column=sql.Identifier(column.name),
                        table=sql.Identifier(table.name),
                    )
                )
