"""Sales while the till catches up: the register's own commits beside the sync's.

A real core sells the same baskets twice over: with no sync running, and from the start of
`spindel sync run`, its start included, until the last change is in the till's catalogue.
The thing to get wrong: central on the computer that is measured. Prices are changed before, and
central, which in a chain has a computer of its own, is given what the till leaves.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.figures import Spread
from bench.payment import running_core
from bench.sync.down import built, change_prices
from bench.sync.world import SPINDEL, Office, enrol_till, opened_till, serving
from bench.upload import goods
from bench.world import OPERATOR, PIN, TENDERS, Ware
from central_sync.database import tables as t
from central_sync.engine.download import take_snapshot
from central_sync.engine.workstation import no_progress
from central_sync.server import feed
from central_sync.server.facts import OperatorWrite
from central_sync.server.masters import put_chain_rows, put_operator
from pos_client.link.client import CoreClient
from pos_client.register.commands import Clear, EnterCode, Pay

LONGEST_SECONDS = 300.0
LOWEST_PRIORITY = 19
_LINES = 3


@dataclass(frozen=True, slots=True)
class Selling:
    """Milliseconds: a payment from key to committed, and a scan to its line; idle, then busy."""

    changes: int
    idle: Spread
    busy: Spread
    idle_scan: Spread
    busy_scan: Spread


def measure_selling(office: Office, folder: Path, changes: int, sales: int) -> Selling:
    """`sales` with no sync, then as many as fit into a catch-up of `changes`."""
    _people(office)
    with office.opened() as central:
        home = enrol_till(office, central, folder / "selling", "9100")
    with (home / "workstation.toml").open("a") as settings:
        settings.write(f'[devices]\nprinter = "escpos+file://{home}/paper"\n')
        settings.write('fiscal_unit = "demo://"\n')
    with serving(office) as up:
        assert up.process is not None
        _set_behind(up.process.pid)
        with opened_till(up, home) as till:
            built(till)
            take_snapshot(till, accept=False, progress=no_progress)
        changed = change_prices(office, changes)
        until = _newest(office)
        wares = goods(home)
        with running_core(home) as client:
            _sell(client, wares, lambda number: number < 5)
            idle, idle_scan = _sell(client, wares, lambda number: number < sales)
            ends_at = time.monotonic() + LONGEST_SECONDS
            with _syncing(home):
                busy, busy_scan = _sell(
                    client, wares,
                    lambda _: _position(home) < until and time.monotonic() < ends_at,
                )  # fmt: skip
        if _position(home) < until:
            raise TimeoutError("the till did not catch up")
    return Selling(changed, *map(Spread.of, (idle, busy, idle_scan, busy_scan)))


def _sell(
    client: CoreClient, wares: Sequence[Ware], go_on: Callable[[int], bool]
) -> tuple[list[float], list[float]]:
    paid: list[float] = []
    scanned: list[float] = []
    for number in count():
        if not go_on(number):
            return paid, scanned
        for at in range(_LINES):
            begun = time.perf_counter()
            client.do(EnterCode(wares[(number * _LINES + at) % len(wares)].gtin))
            scanned.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        view = client.do(Pay("cash"))
        paid.append((time.perf_counter() - begun) * 1000)
        if view.last_receipt is None:
            raise RuntimeError(f"the sale did not end: {view.message}")
        client.do(Clear())
    raise AssertionError


@contextmanager
def _syncing(home: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [*SPINDEL, "sync", "run", "--home", str(home)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _set_behind(process: int) -> None:
    """Each thread has its own priority; those it makes later have that of their maker."""
    for thread in Path(f"/proc/{process}/task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), LOWEST_PRIORITY)


def _people(office: Office) -> None:
    """What a register needs beyond goods: a cashier and ways to pay."""
    names = ("tender_id", "name", "kind", "is_recorded", "opens_drawer", "rank")
    with office.opened() as central, central.database.atomic() as connection:
        rows = [dict(zip(names, tender, strict=True)) for tender in TENDERS]
        put_chain_rows(connection, t.tender, rows, central.timestamp())
        cashier = OperatorWrite(name="Anna Berg", role="cashier", pin=PIN)
        put_operator(connection, OPERATOR, cashier, central.timestamp())


def _newest(office: Office) -> int:
    with office.opened() as central, central.database.reading() as connection:
        return feed.positions(connection, [feed.CHAIN])[feed.CHAIN]


def _position(home: Path) -> int:
    with closing(sqlite3.connect(f"file:{home / 'master.db'}?mode=ro", uri=True)) as connection:
        query = "SELECT value FROM meta WHERE key = 'position:chain'"
        return int(connection.execute(query).fetchone()[0])
