"""Opens the central database, SQLite or PostgreSQL by its URL, and gives out transactions.

`atomic` is the only way to write. The thing to get wrong on SQLite: a transaction that
reads first and writes later fails when another one wrote between; so writers say so at
BEGIN, and wait for each other here rather than in SQLite's unfair busy loop.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_MILLISECONDS = 10_000
# What PostgreSQL calls our sessions where its address does not name them.
NAME = "spindel"
_WRITES = "spindel_writes"
# As many connections to SQLite lie ready, with their pages, for the next who read.
MOST_READY = 8
# A connection to PostgreSQL that was just used is taken to live.
TRUSTED_SECONDS = 1.0
_RESTS_SINCE = "spindel_rests_since"


class BadDatabase(ValueError):
    """The database's URL cannot be used; says what is allowed."""


class Database:
    """Transactions on one central database; safe for many threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._ready: list[Connection] = []

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def libpq_url(self) -> str:
        """The address for a PostgreSQL connection of one's own, password included."""
        plain = self.engine.url.set(drivername="postgresql")
        return plain.render_as_string(hide_password=False)

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Called after each commit that is news, in the thread that made it; must not wait."""
        self._listeners.append(listener)

    @contextmanager
    def atomic(self, *, is_news: bool = True) -> Iterator[Connection]:
        """One transaction that may write: all of it is durable at the end, or none.

        `is_news`: it may change feeds, stock or orders, so whoever waits for that is told.
        """
        with self._transaction() as connection:
            yield connection
        for listener in self._listeners if is_news else ():
            listener()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self.is_sqlite:
            with self._writer, self._borrowed(writes=True) as connection, connection.begin():
                yield connection
        else:
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees a single state of everything and writes nothing."""
        if self.is_sqlite:
            with self._borrowed(writes=False) as connection, connection.begin():
                yield connection
            return
        with self.engine.connect() as plain:
            connection = plain.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with connection.begin():
                yield connection

    @contextmanager
    def _borrowed(self, *, writes: bool) -> Iterator[Connection]:
        """A connection to SQLite; what the pool does around each costs more than a question."""
        try:
            connection = self._ready.pop()
        except IndexError:
            connection = self.engine.connect()
        try:
            yield connection.execution_options(**{_WRITES: writes})
        finally:
            if len(self._ready) < MOST_READY and _is_at_rest(connection):
                self._ready.append(connection)
            else:
                connection.close()

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """For a single trip that only reads: on PostgreSQL no transaction is said around it.

        What its statements see may be of two moments; use `reading` where that matters.
        """
        if self.is_sqlite:
            with self.reading() as connection:
                yield connection
            return
        with self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def wipe_past(self) -> None:
        """Leave nothing of what was deleted in SQLite's log; PostgreSQL's vacuum is its own."""
        if self.is_sqlite:
            with self._writer, self.engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        while self._ready:
            self._ready.pop().close()
        self.engine.dispose()


def open_database(url: str) -> Database:
    """`sqlite:///file` or `postgresql://user@host/name`; raises BadDatabase.

    Nothing is connected yet: sqlalchemy.exc.OperationalError comes with the first use.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as problem:
        raise BadDatabase(_ALLOWED) from problem
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise BadDatabase("SQLite needs a file, as in sqlite:////var/lib/spindel/central.db")
        return Database(_open_sqlite(url))
    if parsed.get_backend_name() == "postgresql":
        postgres = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(
            postgres, pool_size=8, max_overflow=24, connect_args={"fallback_application_name": NAME}
        )
        event.listen(engine, "checkin", _put_down)
        event.listen(engine, "checkout", _try_rested)
        return Database(engine)
    raise BadDatabase(_ALLOWED)


_ALLOWED = "a database is sqlite:///FILE or postgresql://USER@HOST/NAME"


def _put_down(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()


def _try_rested(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """A connection that lay unused is tried first; in a rush nobody waits for a try."""
    rested = time.monotonic() - record.info.get(_RESTS_SINCE, float("inf"))
    if rested < TRUSTED_SECONDS or _RESTS_SINCE not in record.info:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as problem:
        raise DisconnectionError from problem


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=40,
        # Whoever was used last is used next: each keeps pages of its own in memory.
        pool_use_lifo=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _is_at_rest(connection: Connection) -> bool:
    """Is nothing under way in it? A commit that failed may leave its transaction open."""
    if connection.closed or connection.invalidated:
        return False
    raw: Any = connection.connection.dbapi_connection
    return not (connection.in_transaction() or raw.in_transaction)


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions by itself: BEGIN is said by _begin.
    connection.isolation_level = None
    # EXTRA while the file may still be in rollback mode: its creation survives a power cut.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Each of a process's connections fills its own; beyond it the system's memory answers.
    connection.execute("PRAGMA cache_size = -32768")


def _begin(connection: Connection) -> None:
    begin = "BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN"
    raw: Any = connection.connection.dbapi_connection
    try:
        raw.execute(begin)
    except sqlite3.Error as problem:
        raise DBAPIError.instance(begin, None, problem, sqlite3.Error) from problem
