"""From the sale at a till to the web shop's figure: the real till, its sync, central, HTTP.

The clock starts when the receipt is on the till's disk and stops when a web shop that asks
every 20 ms is told one piece less. Sales come at odd moments, so that nothing falls in step
with a timer of ours.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Row
from bench.payment import running_core
from bench.upload import SPINDEL, found_chain, goods
from central_sync.database.open import open_database
from central_sync.server.auth import add_key
from central_sync.server.settings import read_settings
from central_sync.server.timestamps import iso, utc_now
from pos_client.register.commands import EnterCode, Pay

STORE = "s01"
ASK_SECONDS = 0.02
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Asker:
    """A web shop with the right to see figures."""

    port: int
    key: str

    def pieces(self, sku: str) -> int:
        """What the store may promise of an item."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = json.dumps({"skus": [sku], "store_id": STORE})
        headers = {"Authorization": f"Bearer {self.key}"}
        connection.request("POST", "/v1/availability", body, headers)
        reply = json.loads(connection.getresponse().read())
        connection.close()
        sites = [site for site in reply["items"][0]["sites"] if site["store_id"] == STORE]
        return int(sites[0]["available"]) if sites else 0


def seeing_row(folder: Path, sales: int) -> Row:
    seconds = sorted(_seconds_until_seen(folder, sales))
    p50, p95 = (seconds[len(seconds) * share // 100] for share in (50, 95))
    return Row(
        f"sale at a till -> visible in the web's availability, {sales} sales",
        f"p50 {p50:.2f} s, p95 {p95:.2f} s, worst {seconds[-1]:.2f} s",
        "core, sync and central are processes of their own, SQLite",
        "p95 <= 2 s",
    )


def _seconds_until_seen(folder: Path, sales: int) -> list[float]:
    till, central = folder / "till", folder / "central"
    port = _free_port()
    serving = found_chain(folder, till, central, port)
    syncing = subprocess.Popen([*SPINDEL, "sync", "run", "--home", str(till)])
    try:
        asker = Asker(port, _key(central))
        with running_core(till) as client:
            found = []
            chance = random.Random(1)
            wares = [ware for ware in goods(till) if asker.pieces(ware.sku) > 1]
            for number in range(sales):
                ware = wares[number % len(wares)]
                before = asker.pieces(ware.sku)
                client.do(EnterCode(ware.gtin))
                view = client.do(Pay("card"))
                assert view.last_receipt is not None, view.message
                found.append(_until_less(asker, ware.sku, before))
                time.sleep(chance.uniform(0, 1.5))
            return found
    finally:
        for process in (syncing, serving):
            process.terminate()
            process.wait()


def _until_less(asker: Asker, sku: str, before: int) -> float:
    begun = time.perf_counter()
    while asker.pieces(sku) >= before:
        if time.perf_counter() - begun > PATIENCE_SECONDS:
            raise TimeoutError(f"{sku} was sold and nobody is told")
        time.sleep(ASK_SECONDS)
    return time.perf_counter() - begun


def _key(home: Path) -> str:
    database = open_database(read_settings(home).database_url)
    with database.atomic() as connection:
        key = add_key(connection, "bench", ["stock:read", "stock:read:exact"], iso(utc_now()))
    database.close()
    return key


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
