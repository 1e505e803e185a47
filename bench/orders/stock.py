"""The virtual warehouse under load: one hot item, and what a web shop asks over HTTP.

Hot item: `clients` threads, each with one wish under way at a time, through the desk that a
process reserves by; held against the conditional update in a transaction of its own, and
exact or not quoted. Availability: a real central process, calls of twenty items.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select

from bench.figures import Row
from central_sync.database import tables as t
from central_sync.database.migrate import migrate
from central_sync.database.open import Database, open_database
from central_sync.retail.stock import MovementKind
from central_sync.server.auth import add_key
from central_sync.server.central import make_central
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.settings import read_settings
from central_sync.server.timestamps import iso, utc_now
from central_sync.server.warehouse import ledger
from central_sync.server.warehouse.grouping import GrantQueue
from central_sync.server.warehouse.reserving import Granted, Want, Wish, grant
from tests.postgres import a_server

AT = "2026-11-22T12:00:00.000Z"
LATER = "2026-11-22T12:10:00.000Z"
CALL_ITEMS = 20
UP_SECONDS = 30.0
SPINDEL = [sys.executable, "-m", "pos_client.commands.spindel"]


def stock_rows(*, tries: int, stores: int, items: int, seconds: float) -> list[Row]:
    """All rows; `tries` wishes on the hot item, half as many pieces as wishes."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="spindel-bench-") as folder:
        rows += _hot("SQLite", f"sqlite:///{folder}/hot.db", tries)
        with a_server() as url:
            rows += _hot("PostgreSQL", url, tries)
        rows.append(_availability(Path(folder) / "central", stores, items, seconds))
    return rows


def _hot(name: str, url: str, tries: int) -> list[Row]:
    database = open_database(url)
    migrate(database)
    alone = _alone(database, "ALONE", max(200, tries // 20))
    rows = [
        Row(
            f"one hot item, {clients} clients, {name}",
            f"{_grouped(database, f'HOT-{clients}', tries, clients):,.0f} reservations/s, exact",
            f"one a transaction, 16 clients: {alone:,.0f}/s",
            ">= 5,000/s",
        )
        for clients in (16, 64, 256)
    ]
    database.close()
    return rows


def _grouped(database: Database, sku: str, tries: int, clients: int) -> float:
    desk = GrantQueue(database, lambda: datetime.fromisoformat(AT))

    def one(number: int) -> bool:
        wish = Wish((Want("s01", sku, 1),), f"{sku}-{number}", LATER)
        return isinstance(desk.grant(wish), Granted)

    rate = _rush(database, sku, tries, clients, one)
    desk.close()
    return rate


def _alone(database: Database, sku: str, tries: int) -> float:
    def one(number: int) -> bool:
        with database.atomic() as connection:
            wants = [Want("s01", sku, 1)]
            answer = grant(connection, wants, f"{sku}-{number}", LATER, True, AT)
        return isinstance(answer, Granted)

    return _rush(database, sku, tries, 16, one)


def _rush(
    database: Database, sku: str, tries: int, clients: int, one: Callable[[int], bool]
) -> float:
    """Wishes answered a second; refuses to quote a figure that is not exact."""
    pieces = tries // 2
    with database.atomic() as connection:
        lock_scopes(connection, [store_scope("s01")])
        movement = ledger.central_movement("s01", sku, MovementKind.OPENING, pieces, AT)
        ledger.move(connection, "s01", [movement], AT)
    won = [0] * clients

    def client(at: int) -> None:
        won[at] = sum(one(number) for number in range(at, tries, clients))

    threads = [threading.Thread(target=client, args=(at,)) for at in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    level = t.stock_level.c
    with database.reading() as connection:
        reserved = connection.execute(select(level.reserved).where(level.sku == sku)).scalar_one()
    assert sum(won) == reserved == pieces, f"{sum(won)} granted of {pieces}"
    return tries / took


def _availability(home: Path, stores: int, items: int, seconds: float) -> Row:
    settings = read_settings(home)
    make_central(settings)
    database = open_database(settings.database_url)
    rows = _fill(database, stores, items)
    with database.atomic() as connection:
        key = add_key(connection, "bench", ["stock:read", "stock:read:exact"], iso(utc_now()))
    database.close()
    with _serving(home) as port:
        rate, p95 = _asked(port, key, items, seconds)
    return Row(
        f"availability over HTTP, {stores} stores, {items:,} items ({rows:,} figures)",
        f"{rate:,.0f} item answers/s in calls of {CALL_ITEMS}; p95 of a call {p95:.0f} ms",
        "1 process, 2 clients on the same cores",
        ">= 3,000/s",
    )


def _fill(database: Database, stores: int, items: int) -> int:
    """Each item in a tenth of the stores; returns how many figures there are."""
    chance = random.Random(1)
    count = 0
    with database.atomic() as connection:
        names = [f"s{number:04d}" for number in range(stores)]
        connection.execute(
            insert(t.store),
            [{"store_id": name, "kind": "store", "name": f"Butik {name}",
              "latitude": str(55 + chance.randrange(1_000) / 100),
              "longitude": str(11 + chance.randrange(1_000) / 100)} for name in names],
        )  # fmt: skip
        for start in range(0, items, 2_000):
            levels = [
                {"store_id": name, "sku": f"SKU-{number}", "on_hand": chance.randrange(1, 8),
                 "demand_thousandths": chance.randrange(500)}
                for number in range(start, min(items, start + 2_000))
                for name in chance.sample(names, max(1, stores // 10))
            ]  # fmt: skip
            connection.execute(insert(t.stock_level), levels)
            count += len(levels)
    return count


def _asked(port: int, key: str, items: int, seconds: float) -> tuple[float, float]:
    """Item answers a second by two clients on connections of their own, and a call's p95 in ms."""
    took: list[list[float]] = [[], []]
    until = time.perf_counter() + seconds + 2

    def client(number: int) -> None:
        chance = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while (begun := time.perf_counter()) < until:
            skus = [f"SKU-{min(items - 1, int(chance.paretovariate(0.6)))}"
                    for _ in range(CALL_ITEMS)]  # fmt: skip
            body = json.dumps({"skus": skus, "store_id": "s0001"})
            headers = {"Authorization": f"Bearer {key}"}
            connection.request("POST", "/v1/availability", body, headers)
            reply = connection.getresponse()
            assert reply.status == 200, reply.read()
            reply.read()
            if begun > until - seconds:  # the first seconds fill the image
                took[number].append(time.perf_counter() - begun)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = sorted(took[0] + took[1])
    return len(calls) * CALL_ITEMS / seconds, calls[len(calls) * 95 // 100] * 1000


@contextmanager
def _serving(home: Path) -> Iterator[int]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    command = [*SPINDEL, "central", "serve", "--home", str(home), "--port", str(port)]
    serving = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _until_up(port)
        yield port
    finally:
        serving.terminate()
        serving.wait()


def _until_up(port: int) -> None:
    until = time.monotonic() + UP_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
