"""Facts spread by store, on PostgreSQL: each large table in parts, a store's rows in one of them.

Every fact names its store, so a table can be cut by it; its primary key then begins with the
store, as PostgreSQL wants. A newcomer would expect a receipt's id to be unique over all parts by
the database: it is by intake, which asks for it before it books, and a till belongs to one store.
Nothing in the program knows how many parts there are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from central_sync.database import tables as t
from central_sync.database.open import Database

Progress = Callable[[int, int], None]
MOST_PARTS = 1_024
LEAVING_SECONDS = 1.0

# Parents before those that name them.
SPREAD: tuple[Table, ...] = (
    t.journal_entry,
    t.receipt,
    t.receipt_line,
    t.payment,
    t.receipt_tax,
    t.stock_movement,
    t.stock_level,
    t.reservation_event,
)

# Every session of a client but this one; the server's own workers are no user's.
_OTHERS = """
    SELECT application_name FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""


class CannotSpread(Exception):
    """Says why, and what to do instead."""


def spread(
    database: Database, parts: int, progress: Progress, *, among_others: bool = False
) -> None:
    """Cut the facts into `parts` by store, in one transaction; raises CannotSpread.

    Rewrites every row. Needs as much room again as the facts. While others use the database it
    is refused, but for `among_others`: whoever reads in one transaction (`Database.reading`)
    that began before the cut finds the facts empty after it, and those who write wait in rings.
    """
    if database.is_sqlite:
        raise CannotSpread("SQLite has no partitions; one file carries a small chain.")
    if not 2 <= parts <= MOST_PARTS:
        raise CannotSpread(f"The number of parts is 2 to {MOST_PARTS}.")
    if not among_others:
        _wait_for_leavers(database)
    with database.atomic() as connection:
        if held := parts_of(connection):
            raise CannotSpread(f"The facts lie in {held} parts already.")
        for table in reversed(SPREAD):  # those that name others first, or they could not be dropped
            connection.execute(text(f"ALTER TABLE {table.name} RENAME TO {table.name}_whole"))
        for done, table in enumerate(SPREAD):
            _cut(connection, table, parts)
            progress(done + 1, len(SPREAD))
        for table in reversed(SPREAD):
            connection.execute(text(f"DROP TABLE {table.name}_whole"))
        for table in SPREAD:
            for statement in _rules(table):
                connection.execute(text(statement))
        if not among_others:  # whoever came meanwhile has waited for what is cut
            _refuse_others(connection)


def parts_of(connection: Connection) -> int:
    """How many parts the facts lie in; 0 when they are whole."""
    query = "SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('journal_entry')"
    return int(connection.execute(text(query)).scalar_one())


def _wait_for_leavers(database: Database) -> None:
    """Whoever has just hung up is seen for a moment more."""
    until = time.monotonic() + LEAVING_SECONDS
    while True:
        with database.reading() as connection:
            try:
                return _refuse_others(connection)
            except CannotSpread:
                if time.monotonic() >= until:
                    raise
        time.sleep(LEAVING_SECONDS / 10)


def _refuse_others(connection: Connection) -> None:
    connection.execute(text("SELECT pg_stat_clear_snapshot()"))  # else it answers as before
    others = connection.execute(text(_OTHERS)).all()
    if others:
        named = ", ".join(sorted({name or "no name" for (name,) in others}))
        raise CannotSpread(
            f"Others are connected to this database ({len(others)}: {named}). Stop spindel central"
            " serve and work on every computer, close what else uses it, and try again;"
            " nothing was changed."
        )


def _cut(connection: Connection, table: Table, parts: int) -> None:
    name, whole = table.name, f"{table.name}_whole"
    connection.execute(
        text(f"CREATE TABLE {name} (LIKE {whole} INCLUDING DEFAULTS) PARTITION BY HASH (store_id)")
    )
    for part in range(parts):
        values = f"FOR VALUES WITH (MODULUS {parts}, REMAINDER {part})"
        connection.execute(text(f"CREATE TABLE {name}_{part:04} PARTITION OF {name} {values}"))
    connection.execute(text(f"INSERT INTO {name} SELECT * FROM {whole}"))
    for column in table.primary_key:
        counter = connection.execute(
            text("SELECT pg_get_serial_sequence(:whole, :column)"),
            {"whole": whole, "column": column.name},
        ).scalar()
        if counter:  # it goes on counting where it was
            connection.execute(text(f"ALTER SEQUENCE {counter} OWNED BY {name}.{column.name}"))


def _rules(table: Table) -> Iterator[str]:
    """Keys, indexes and references of a table in parts."""
    keys = ", ".join(_keys(table))
    yield f"ALTER TABLE {table.name} ADD CONSTRAINT pk_{table.name} PRIMARY KEY ({keys})"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield str(CreateIndex(index).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    for foreign in table.foreign_keys:
        to = foreign.column.table
        if to in SPREAD:
            names = f"store_id, {foreign.parent.name}"
            yield (
                f"ALTER TABLE {table.name} ADD CONSTRAINT fk_{table.name}_of_store"
                f" FOREIGN KEY ({names}) REFERENCES {to.name} (store_id, {foreign.column.name})"
            )


def _keys(table: Table) -> list[str]:
    others = [column.name for column in table.primary_key if column.name != "store_id"]
    return ["store_id", *others]
