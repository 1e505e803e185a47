"""Receipts from a till's journal to central, durable at both ends, beside a bare insert.

A real central process with SQLite; the register's own sync code sends. The bare
figure writes the same bodies, in batches of the same size, each batch one durable
transaction, with nothing checked.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.payment import running_core
from bench.world import Ware
from pos_client.register.commands import EnterCode, OpenDay, Pay, SignOn
from pos_client.register.view import Mode
from pos_client.storage.journal import open_for_sync

SPINDEL = [sys.executable, "-m", "pos_client.commands.spindel"]
BATCH = 500
UP_SECONDS = 30.0


def measure_upload(folder: Path, port: int, receipts: int) -> tuple[float, float]:
    """Receipts a second: (through sync into central's books, the bare insert)."""
    till, central = folder / "till", folder / "central"
    serving = found_chain(folder, till, central, port)
    try:
        _sell(till, receipts)
        begun = time.perf_counter()
        _spindel("sync", "now", "--home", str(till))
        # One contact of a process that has to start as well: its empty run is taken off.
        loaded = time.perf_counter() - begun
        begun = time.perf_counter()
        _spindel("sync", "now", "--home", str(till))
        empty = time.perf_counter() - begun
    finally:
        serving.kill()
        serving.wait()
    bodies = [entry.body for entry in open_for_sync(till).entries_after(1, 0, 10**9, 10**12)]
    bare = bare_insert(folder / "bare.db", bodies)
    return receipts / max(0.001, loaded - empty), receipts / bare


def found_chain(folder: Path, till: Path, central: Path, port: int) -> subprocess.Popen[bytes]:
    url = f"http://127.0.0.1:{port}"
    _spindel("central", "demo-files", str(folder / "files"), "--items", "300")
    _spindel("central", "init", "--home", str(central))
    _spindel("central", "import", str(folder / "files"), "--home", str(central))
    serving = subprocess.Popen(
        [*SPINDEL, "central", "serve", "--home", str(central), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    added = _spindel(
        "central", "workstation", "add", "--store", "s01", "--label", "1", "--json",
        "--home", str(central),
    )  # fmt: skip
    till.mkdir(parents=True)
    (till / "workstation.toml").write_text(
        f'[devices]\nprinter = "escpos+file://{till}/paper"\nfiscal_unit = "demo://"\n'
    )
    code = json.loads(added)["code"]
    _until_enrolled(code, url, till)
    _spindel("sync", "now", "--home", str(till))
    return serving


def _until_enrolled(code: str, url: str, till: Path) -> None:
    until = time.monotonic() + UP_SECONDS
    command = [*SPINDEL, "sync", "enrol", code, "--central", url, "--home", str(till)]
    while subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        if time.monotonic() > until:
            raise TimeoutError("central did not come up")
        time.sleep(0.3)


def _sell(home: Path, receipts: int) -> None:
    """Ordinary receipts of three lines, made by the register itself."""
    wares = goods(home)
    with running_core(home) as client:
        if client.view.mode is Mode.SIGNED_OFF:
            client.do(SignOn("1001", "1234"))
        if client.view.mode is Mode.DAY_CLOSED:
            client.do(OpenDay(0))
        for number in range(receipts):
            for at in range(3):
                client.do(EnterCode(wares[(number * 3 + at) % len(wares)].gtin))
            client.do(Pay("card"))


def goods(home: Path) -> Sequence[Ware]:
    connection = sqlite3.connect(home / "master.db")
    try:
        rows = connection.execute(
            """
            SELECT sku, name, gtin, price_minor FROM item JOIN price USING (sku)
             WHERE gtin <> '' AND NOT is_blocked ORDER BY rank LIMIT 200
            """
        ).fetchall()
    finally:
        connection.close()
    return [Ware(*row) for row in rows]


def bare_insert(path: Path, bodies: Sequence[bytes]) -> float:
    """Seconds to insert the bodies in durable batches."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, body BLOB)")
    begun = time.perf_counter()
    for start in range(0, len(bodies), BATCH):
        connection.execute("BEGIN")
        rows = [(body,) for body in bodies[start : start + BATCH]]
        connection.executemany("INSERT INTO entry (body) VALUES (?)", rows)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds


def _spindel(*arguments: str) -> str:
    return subprocess.run(
        [*SPINDEL, *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
