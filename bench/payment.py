"""Pay -> receipt committed, over the real socket of a real core, beside a bare commit.

A cash sale makes two durable commits: the intent with its number, and the receipt
with everything that belongs to it. The yardstick is one row in a table of its
own, `synchronous=FULL`, on the same disk, in turn with the sales.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Spread
from bench.world import OPERATOR, PIN, Ware
from pos_client.link.client import CoreClient, CoreGone
from pos_client.register.commands import Clear, EnterCode, OpenDay, Pay, SignOn
from pos_client.register.view import Mode

COMMITS_PER_SALE = 2


@contextmanager
def running_core(home: Path) -> Iterator[CoreClient]:
    """A core process of its own and a client that may act, signed on, day open."""
    core = subprocess.Popen([sys.executable, "-m", "pos_client.bootstrap", str(home)])
    client = _connected(home / "core.sock", core)
    try:
        if client.view.mode is Mode.SIGNED_OFF:
            client.do(SignOn(OPERATOR, PIN))
        if client.view.mode is Mode.DAY_CLOSED:
            client.do(OpenDay(100_000))
        yield client
    finally:
        client.close()
        core.terminate()
        core.wait()


def _connected(socket: Path, core: subprocess.Popen[bytes]) -> CoreClient:
    for _ in range(1000):
        client = CoreClient(socket)
        try:
            client.connect()
        except CoreGone:
            client.close()
            time.sleep(0.02)
            assert core.poll() is None, "the core stopped"
            continue
        return client
    raise TimeoutError("the core did not start")


def measure_payments(home: Path, wares: list[Ware], sales: int) -> tuple[Spread, Spread]:
    """Milliseconds: (sale from key to committed, one bare commit), interleaved."""
    bare = _bare_database(home / "bare.db")
    paid, committed = [], []
    with running_core(home) as client:
        for number in range(sales):
            for at in range(5):
                client.do(EnterCode(wares[(number * 5 + at) % len(wares)].gtin))
            begun = time.perf_counter()
            view = client.do(Pay("cash"))
            paid.append((time.perf_counter() - begun) * 1000)
            assert view.last_receipt is not None, view.message
            begun = time.perf_counter()
            bare.execute("INSERT INTO one (body) VALUES (?)", ("x" * 200,))
            committed.append((time.perf_counter() - begun) * 1000)
            client.do(Clear())
    bare.close()
    return Spread.of(paid), Spread.of(committed)


def _bare_database(path: Path) -> sqlite3.Connection:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, body TEXT)")
    return connection


def resident_megabytes(pid: int) -> float:
    """The resident memory of a process, as the kernel counts it."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
