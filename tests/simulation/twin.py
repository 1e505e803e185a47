"""The same seeds with central on SQLite and on PostgreSQL: the same run, the same state at the end.

    python -m tests.simulation.twin 0-30

So that both have the same troubles, central's come at its transactions and not at its disk: it
dies just before a commit or just after one. All else is as ever, tills' disks among it. The
thing to get wrong: chance that one of the two draws and the other does not; what central's own
files need is drawn apart.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import OperationalError

from central_sync.database import tables as t
from central_sync.database.open import Database, open_database
from central_sync.server.central import make_central
from central_sync.server.settings import CentralSettings
from tests.postgres import a_quick_server
from tests.simulation.center import Center
from tests.simulation.chance import Chance
from tests.simulation.disk import Disk
from tests.simulation.images import open_central_at
from tests.simulation.judge import Ask, numbers_of
from tests.simulation.running import Simulator, simulator
from tests.simulation.scene import Scene
from tests.simulation.vfs import SimulatedFiles
from tests.simulation.world import whole_day

_FUSE_TRANSACTIONS = 8
_IMAGE, _RUN, _BACKUP = "image_of_central", "central_of_a_run", "backup_of_central"
_TABLES = t.store.metadata.sorted_tables
# Marks of transactions, and numbers that a database gives its rows by itself.
_VOLATILE = {"changed", "movement_id", "rowid"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a seed came out: its fault, its trace, and a hash over all of central's facts."""

    fault: str
    trace_hash: str
    state_hash: str


class FusedDatabase(Database):
    """Transactions at which central may die; nothing of a dead one reaches the database."""

    def __init__(self, database: Database, center: TwinCenter) -> None:
        super().__init__(database.engine)
        self._center = center

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self._center.check_alive()
        with super()._transaction() as connection:
            yield connection
            self._center.near_commit(is_done=False)
        self._center.near_commit(is_done=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        self._center.check_alive()
        with super().reading() as connection:
            yield connection


class TwinCenter(Center):
    """Central whose troubles come at its transactions, on either database."""

    is_twin = True
    url = ""

    def __init__(self, disk: Disk, files: SimulatedFiles, chance: Chance) -> None:
        disk.draw_from(random.Random(0))
        super().__init__(disk, files, chance)
        self._fuse: tuple[int, bool] | None = None

    def lay_fuse(self, operations: int, *, is_power: bool) -> None:
        self._fuse = (operations % _FUSE_TRANSACTIONS, is_power)

    def put_out(self) -> None:
        self._fuse = None

    def check_alive(self) -> None:
        if not self.is_up:
            raise _killed()

    def near_commit(self, *, is_done: bool) -> None:
        """Called before and after each: a process dies before one, the power goes after one."""
        if self._fuse is None:
            return
        left, is_power = self._fuse
        if left > 0:
            self._fuse = (left - 1, is_power)
        elif is_done == is_power:
            self._fuse = None
            self.disk.die()
            raise _killed()

    def start(self, now: Callable[[], datetime]) -> None:
        self._life = self.disk.life("central")
        url = self.url or f"sqlite:///{self.disk.folder / 'central.db'}"
        self.central = open_central_at(
            self.disk.folder, now, FusedDatabase(open_database(url), self)
        )


class PostgresCenter(TwinCenter):
    """Its database is a copy of the image's; killing it is closing its connections."""

    server = ""

    def __init__(self, disk: Disk, files: SimulatedFiles, chance: Chance) -> None:
        super().__init__(disk, files, chance)
        self.url = _database_url(self.server, _RUN)
        self._copy(_IMAGE, _RUN)

    @contextmanager
    def asking(self) -> Iterator[Ask]:
        with psycopg.connect(self.url) as connection:
            yield lambda sql: connection.execute(sql.encode()).fetchall()

    def is_whole(self, ask: Ask) -> bool:
        return True

    def numbers(self) -> set[int]:
        with self.asking() as ask:
            return numbers_of(ask)

    def back_up(self, folder: Path) -> None:
        super().back_up(folder)
        if self.central is not None:
            self.central.database.close()
        self._copy(_RUN, _BACKUP)

    def put_back(self, folder: Path) -> None:
        super().put_back(folder)
        self._copy(_BACKUP, _RUN)

    def _copy(self, source: str, target: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)".encode())
            connection.execute(f"CREATE DATABASE {target} TEMPLATE {source}".encode())


def ended(runs: Simulator, seed: int, kind: type[TwinCenter]) -> Ended:
    """One seed with central on that database."""
    hashes: list[str] = []

    def play(scene: Scene) -> None:
        whole_day(scene)
        with scene.center.running() as central, central.database.reading() as connection:
            hashes.append(state_hash(connection))

    outcome = runs.run(seed, play=play, make_center=kind)
    return Ended(outcome.fault, outcome.trace_hash, "".join(hashes))


def state_hash(connection: Connection) -> str:
    """Over every row of every table, whatever order a database gives them in."""
    digest = hashlib.sha256()
    for table in _TABLES:
        columns = [column for column in table.columns if column.name not in _VOLATILE]
        rows = [
            json.dumps([_plain(value) for value in row])
            for row in connection.execute(select(*columns))
        ]
        digest.update(json.dumps([table.name, sorted(rows)]).encode())
    return digest.hexdigest()[:16]


@contextmanager
def postgres(runs: Simulator) -> Iterator[type[PostgresCenter]]:
    """A server of our own with the image of central on it."""
    with a_quick_server(_IMAGE) as url, tempfile.TemporaryDirectory() as home:
        _fill(runs.images.central, _database_url(url, _IMAGE), Path(home))
        yield type("ServedCenter", (PostgresCenter,), {"server": url})


def _fill(image: Path, url: str, home: Path) -> None:
    """A migrated PostgreSQL with the rows of the image's SQLite."""
    make_central(CentralSettings(home, url))
    source, target = open_database(f"sqlite:///{image / 'central.db'}"), open_database(url)
    try:
        with source.reading() as reader, target.atomic() as writer:
            for table in reversed(_TABLES):
                writer.execute(table.delete())
            for table in _TABLES:
                rows = [dict(row) for row in reader.execute(select(table)).mappings()]
                if rows:
                    writer.execute(insert(table), rows)
                _go_on_counting(writer, table)
    finally:
        source.close()
        target.close()


def _go_on_counting(writer: Connection, table: Table) -> None:
    """Rows that came with their numbers did not move PostgreSQL's own counters."""
    for column in table.primary_key:
        counter = writer.execute(select(func.pg_get_serial_sequence(table.name, column.name)))
        name, newest = counter.scalar(), writer.execute(select(func.max(column))).scalar()
        if name and newest:
            writer.execute(select(func.setval(name, newest)))


def _database_url(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def _plain(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value


def _killed() -> OperationalError:
    return OperationalError("", None, sqlite3.OperationalError("the process was killed"))


def main() -> int:
    first, _, last = (sys.argv[1] if len(sys.argv) > 1 else "0-30").partition("-")
    differ = 0
    with simulator() as runs, postgres(runs) as served:
        for seed in range(int(first), int(last or first) + 1):
            ours, theirs = ended(runs, seed, TwinCenter), ended(runs, seed, served)
            if ours != theirs or ours.fault:
                differ += 1
                print(f"seed {seed}: {ours} on SQLite, {theirs} on PostgreSQL", flush=True)
    print(f"seeds {first}-{last or first}: {differ} differ or break a promise")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
