"""A till's core, its sync and central as processes that are killed and come again.

Between till and central lies a relay. Everything is set up by the product's own functions;
what is compared at the end is bytes on two disks.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.database.open import open_database
from central_sync.engine.enrol import enrol
from central_sync.engine.round import contact
from central_sync.engine.workstation import open_workstation
from central_sync.server.central import make_central, open_central
from central_sync.server.enrolment import add_workstation
from central_sync.server.settings import CentralSettings
from pos_client.link.client import CoreClient, CoreGone
from pos_client.register import commands
from tests.e2e.shop import SPINDEL, wait_for_port
from tests.e2e.weather import Relay, Weather
from tests.hardware.waiting import until
from tests.simulation.images import CASHIER, PIN, SKUS, open_chain

Part = Literal["core", "sync", "central"]
PARTS: tuple[Part, ...] = ("core", "sync", "central")
PATIENCE_SECONDS = 120.0
_DEVICES = '\n[devices]\nprinter = "memory://"\nfiscal_unit = "demo://{home}/unit.jsonl"\n'


class Chain:
    """One till of one store, and central on the database of this URL."""

    def __init__(self, folder: Path, database_url: str, port: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.relay = Relay(port, seed)
        self.home = folder / "till"
        self.shown: list[str] = []
        """Numbers of receipts that a screen showed as done."""
        self._port, self._url = port, database_url
        self._central_home = folder / "office"
        self._processes: dict[Part, subprocess.Popen[bytes]] = {}
        code = self._found()
        self.start("central")
        enrol(self.home, code, central_url=self.relay.url)
        with open_workstation(self.home) as workstation:
            assert contact(workstation).is_snapshot_taken
        with (self.home / "workstation.toml").open("a") as file:
            file.write(_DEVICES.format(home=self.home))
        for part in ("core", "sync"):
            self.start(part)
        with closing(self._client()) as client:
            client.do(commands.SignOn(CASHIER, PIN))
            client.do(commands.OpenDay(0))
        # Sync is in its loop then, and hears signals.
        until(lambda: len(self.theirs()) == len(self.ours()), PATIENCE_SECONDS)

    def _found(self) -> str:
        """Makes central with its chain; returns the till's code."""
        settings = CentralSettings(self._central_home, self._url)
        make_central(settings)
        central = open_central(settings)
        try:
            open_chain(central)
            with central.database.atomic() as connection:
                return add_workstation(connection, "s01", "1", datetime.now(UTC)).code
        finally:
            central.close()

    def start(self, part: Part) -> None:
        home, office = str(self.home), str(self._central_home)
        command = {
            "core": [sys.executable, "-m", "pos_client.bootstrap", home],
            "sync": [*SPINDEL, "sync", "run", "--home", home],
            "central": [
                *(*SPINDEL, "central", "serve", "--home", office),
                *("--database", self._url, "--port", str(self._port)),
            ],
        }[part]
        with (self.home.parent / f"{part}.log").open("ab") as log:
            self._processes[part] = subprocess.Popen(command, stdout=log, stderr=log)
        if part == "central":
            wait_for_port(self._port, PATIENCE_SECONDS)

    def kill(self, part: Part) -> None:
        """kill -9; it comes again when it is started."""
        self._processes[part].kill()
        self._processes[part].wait()

    def killed_while_selling(self, part: Part, receipts: int) -> None:
        """Sell so many, or until the core is gone; meanwhile, at any moment, the part dies."""
        moment = threading.Timer(self.chance.uniform(0.0, 0.3), self._processes[part].kill)
        moment.start()
        self.sell(receipts)
        moment.join()
        self._processes[part].wait()
        self.start(part)

    def sell(self, receipts: int) -> None:
        try:
            with closing(self._client()) as client:
                for _ in range(receipts):
                    client.do(commands.ScanCode(self.chance.choice(SKUS)))
                    last = client.do(commands.Pay("cash", 1_000_000)).last_receipt
                    if last is not None:
                        self.shown.append(last.receipt_number)
        except CoreGone:
            return

    def _client(self) -> CoreClient:
        """A client of a core that may still be starting, with the right to act."""
        found: list[CoreClient] = []

        def is_up() -> bool:
            client = CoreClient(self.home / "core.sock")
            try:
                client.connect()
            except CoreGone:
                client.close()
                return False
            found.append(client)
            return True

        until(is_up, PATIENCE_SECONDS)
        return found[0]

    def ours(self) -> list[tuple[int, int, bytes, bytes]]:
        """The till's journal: epoch, sequence, hash, body."""
        with closing(sqlite3.connect(self.home / "receipts.db")) as file:
            return file.execute(
                "SELECT epoch, sequence, hash, body FROM journal ORDER BY epoch, sequence"
            ).fetchall()

    def theirs(self) -> list[tuple[int, int, bytes, bytes]]:
        """The same at central."""
        entry = t.journal_entry.c
        return self._at_central(
            select(entry.epoch, entry.sequence, entry.hash, entry.body).order_by(
                entry.epoch, entry.sequence
            )
        )

    def receipts_at_central(self) -> list[str]:
        receipt = t.receipt.c.receipt_number
        return [row[0] for row in self._at_central(select(receipt).order_by(receipt))]

    def receipts_at_the_till(self) -> list[str]:
        """As the journal says, the numbers that were printed."""
        with closing(sqlite3.connect(self.home / "receipts.db")) as file:
            rows = file.execute(
                "SELECT json_extract(CAST(body AS TEXT), '$.payload.receipt_number')"
                " FROM journal WHERE kind = 'receipt'"
            ).fetchall()
        return sorted(row[0] for row in rows)

    def states_at_central(self) -> set[str]:
        return {row[0] for row in self._at_central(select(t.journal_entry.c.state).distinct())}

    def meets(self, weather: Weather) -> None:
        """Until sync has run into it; a word of ours wakes it where it waits."""

        def has_met() -> bool:
            self._processes["sync"].send_signal(signal.SIGUSR1)  # as `spindel sync now` does
            return weather in self.relay.met

        until(has_met, PATIENCE_SECONDS)

    def settle(self) -> None:
        """Fair weather, everything up, and sync starts without what it learned of bad times."""
        self.relay.turn("fair")
        self.kill("sync")
        self.start("sync")
        self._client().close()
        until(lambda: len(self.theirs()) == len(self.ours()), PATIENCE_SECONDS)
        # What came is kept first and booked after.
        sold = len(self.receipts_at_the_till())
        until(lambda: len(self.receipts_at_central()) >= sold, PATIENCE_SECONDS)

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self.relay.close()

    def _at_central(self, query: Any) -> list[Any]:
        database = open_database(self._url)
        try:
            with database.reading() as connection:
                return [tuple(row) for row in connection.execute(query)]
        finally:
            database.close()
