"""Central in the simulation: one disk, one process, the product's own Central on SQLite.

The thing to get wrong: what outlives a crash. Only the disk does; the engine object is kept
from life to life for its compiled statements, and every connection of it is closed.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Executable
from sqlalchemy.exc import OperationalError

from central_sync.database.open import Database, open_database
from central_sync.database.trip import ask
from central_sync.server.central import Central
from central_sync.server.orders.room import OrderRoom
from tests.simulation.chance import Chance
from tests.simulation.disk import Disk, Life
from tests.simulation.edge import Answered, Asked, Edge
from tests.simulation.images import open_central_at
from tests.simulation.judge import Ask, numbers_of
from tests.simulation.vfs import SimulatedFiles

_databases: dict[Path, Database] = {}


class Center:
    """`is_twin`: its troubles come at transactions, not at its disk (`twin`)."""

    is_twin = False

    def __init__(self, disk: Disk, files: SimulatedFiles, chance: Chance) -> None:
        self.disk = disk
        self.edge = Edge(cast("OrderRoom", None))
        self.central: Central | None = None
        self.requests = 0
        self._files, self._chance = files, chance
        self._life: Life | None = None

    @property
    def is_up(self) -> bool:
        return self.central is not None and self._life is not None and not self._life.is_dead

    @contextmanager
    def running(self) -> Iterator[Central]:
        before, self._files.current = self._files.current, self._life
        assert self.central is not None
        try:
            yield self.central
        finally:
            self._files.current = before

    def start(self, now: Callable[[], datetime]) -> None:
        self._life = self.disk.life("central")
        home = self.disk.folder
        database = _databases.get(home) or open_database(f"sqlite:///{home / 'central.db'}")
        _databases[home] = database
        self.central = open_central_at(home, now, database)

    def kill(self) -> None:
        if self._life is None:
            return
        self.disk.end(self._life)
        if self.central is not None:
            with self.running() as central:
                central.database.close()
            self.central = None
        if self._life.files_open:
            gc.collect()
        assert self._life.files_open == 0, "central left files open"
        self._life = None

    def lay_fuse(self, operations: int, *, is_power: bool) -> None:
        self.disk.fuse, self.disk.is_power_fuse = operations, is_power

    def put_out(self) -> None:
        """No fuse burns any more."""
        self.disk.fuse = None

    def back_up(self, folder: Path) -> None:
        self.disk.copy_to(folder)
        for shm in folder.rglob("*-shm"):
            shm.unlink()

    def put_back(self, folder: Path) -> None:
        """It is off, and its disk an older one from now on."""
        self.disk.become(folder)

    def numbers(self) -> set[int] | None:
        """The sales that central has; None where its file has to be looked at."""
        if not self.is_up:
            return None
        with self.asking() as ask:
            return numbers_of(ask)

    def settle(self) -> None:
        if self._life is not None and self._life.is_dead:
            self.kill()

    def deliver(self, token: str, asked: Asked) -> Answered | None:
        """What central answers; None when it is off, or goes off before it has answered."""
        if not self.is_up:
            return None
        self.requests += 1
        with self.running() as central:
            answered = self.edge.answer(central, token, asked)
        if not self.is_up:
            self._chance.note("central died in the middle of a request")
            self.settle()
            return None
        return answered

    def do(self, act: Callable[[Connection, str], Any]) -> bool:
        """Somebody at head office changes something; False when it did not happen, or may not."""
        if not self.is_up:
            return False
        try:
            with self.running() as central, central.database.atomic() as connection:
                act(connection, central.timestamp())
        except OperationalError:
            self.settle()
            return False
        if not self.is_up:
            self.settle()
            return False
        return True

    @contextmanager
    def asking(self) -> Iterator[Ask]:
        """A look into the tables past the product, for the judge."""
        path = self.disk.folder / "central.db"
        with (
            self.running(),
            self.disk.read_without_fail(),
            closing(sqlite3.connect(path)) as reader,
        ):
            # Opened here and now, so that it may be asked while a till's process runs.
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield lambda sql: reader.execute(sql).fetchall()

    def is_whole(self, ask: Ask) -> bool:
        return bool(ask("PRAGMA integrity_check")[0][0] == "ok")

    def read(self, query: Executable, **values: Any) -> list[Any]:
        """Rows of a question that was made once."""
        with (
            self.running() as central,
            self.disk.read_without_fail(),
            central.database.reading() as connection,
        ):
            return [tuple(row) for row in ask(connection, query, **values).rows]
