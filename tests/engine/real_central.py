"""The real central on a port of its own, and a wire to it that can be cut."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import Table, insert, select

from central_sync.database import tables as t
from central_sync.masterfile.tables import tables
from central_sync.server.app import create_app
from central_sync.server.central import Central, make_central, open_central
from central_sync.server.enrolment import add_workstation, replace_workstation, revoke_workstation
from central_sync.server.masters import set_price
from central_sync.server.nudging import Nudges
from central_sync.server.settings import CentralSettings
from tests.masterfile.chain import ROWS, many_items

_CHAIN_TABLES: tuple[Table, ...] = (t.item, t.barcode, t.price, t.tax_rate)


class RealCentral:
    """Starts and stops; its database file may be copied away and put back in between."""

    def __init__(self, home: Path) -> None:
        self.settings = CentralSettings(home, f"sqlite:///{home / 'central.db'}")
        make_central(self.settings)
        self.port = 0
        self._central: Central | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        with self.opened() as central:
            _fill(central)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def opened(self) -> Iterator[Central]:
        central = open_central(self.settings)
        try:
            yield central
        finally:
            central.close()

    def start(self) -> None:
        """Serve, on the same port as before if there was one."""
        self._central = open_central(self.settings)
        listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = listener.getsockname()[1]
        self._nudges = Nudges(self._central.database)
        self._app = create_app(self._central, nudges=self._nudges)
        config = uvicorn.Config(
            self._app,
            log_level="error",
            ws="none",
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is None or self._thread is None or self._central is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True
        self._nudges.close()
        self._thread.join()
        self._app.state.books.close()
        self._central.close()
        self._server = None

    def code(self, label: str = "1") -> str:
        with self.opened() as central, central.database.atomic() as connection:
            return add_workstation(connection, "s01", label, central.now()).code

    def new_code(self) -> str:
        """A code for the workstation that is there."""
        with self.opened() as central, central.database.atomic() as connection:
            return replace_workstation(connection, "s01-1", central.now()).code

    def revoke(self) -> None:
        with self.opened() as central, central.database.atomic() as connection:
            revoke_workstation(connection, "s01-1", central.now())

    def set_price(self, sku: str, price_minor: int) -> None:
        with self.opened() as central, central.database.atomic() as connection:
            set_price(connection, sku, price_minor, central.timestamp())

    def stored(self) -> list[tuple[int, int, bytes]]:
        """What central has of the journal: epoch, sequence, hash."""
        entry = t.journal_entry.c
        query = select(entry.epoch, entry.sequence, entry.hash).order_by(
            entry.epoch, entry.sequence
        )
        return self._rows(query)

    def aside(self) -> list[tuple[int, str]]:
        """What central keeps aside: sequence, why."""
        entry = t.aside_entry.c
        return self._rows(select(entry.sequence, entry.why).order_by(entry.sequence))

    def snapshot_bytes(self) -> int:
        """The size of the newest compressed master file."""
        files = sorted(self.settings.snapshots.glob("*.db.zst"))
        return files[-1].stat().st_size

    def copy_away(self, to: Path) -> None:
        """A backup of the database of a stopped central."""
        shutil.copytree(self.settings.home, to)

    def put_back(self, copy: Path) -> None:
        shutil.rmtree(self.settings.home)
        shutil.copytree(copy, self.settings.home)

    def _rows(self, query: Any) -> list[Any]:
        with self.opened() as central, central.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]


def _fill(central: Central) -> None:
    with central.database.atomic() as connection:
        connection.execute(
            insert(t.chain).values(
                chain="Två Par AB",
                country="SE",
                company="Två Par AB",
                organisation_number="556000-0000",
            )
        )
        connection.execute(insert(t.store).values(store_id="s01", kind="store", name="Växjö"))
        more = many_items(400, first=1000)
        for table in _CHAIN_TABLES:
            names = tables()[table.name].columns
            rows = [*ROWS[table.name], *more.get(table.name, ())]
            connection.execute(insert(table), [dict(zip(names, r, strict=False)) for r in rows])


@dataclass
class Cut:
    """How the next connection breaks: after so many bytes up or down."""

    after_up_bytes: int | None = None
    after_down_bytes: int | None = None


class Wire:
    """A TCP proxy that breaks connections as told, then carries on."""

    def __init__(self, target: RealCentral) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts: list[Cut] = []
        self.up_bytes = 0
        self.down_bytes = 0
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, run: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target.port))
            except OSError:
                near.close()
                continue
            cut = self.cuts.pop(0) if self.cuts else Cut()
            self._start(self._carry, near, far, cut.after_up_bytes, True)
            self._start(self._carry, far, near, cut.after_down_bytes, False)

    def _carry(
        self, source: socket.socket, target: socket.socket, limit: int | None, is_up: bool
    ) -> None:
        carried = 0
        with suppress(OSError):
            while data := source.recv(4096):
                if limit is not None and carried + len(data) > limit:
                    target.sendall(data[: limit - carried])
                    break
                target.sendall(data)
                carried += len(data)
                if is_up:
                    self.up_bytes += len(data)
                else:
                    self.down_bytes += len(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
