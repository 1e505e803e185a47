"""Orders accepted durably: quote, payment, order, decision, hold, offer and task, committed.

PostgreSQL with fsync on, in the same two cores as the clients, through the functions that
the HTTP handlers call (a handler adds its parsing). What is counted is whole orders; the
time is that of the second call, the order itself, as a customer waits for it after paying.
"""

from __future__ import annotations

import random
import threading
import time
from itertools import chain

from sqlalchemy import func, insert, select

from bench.figures import Row
from bench.orders.stock import fresh_postgres
from central_sync.database import tables as t
from central_sync.database.migrate import migrate
from central_sync.database.open import Database, open_database
from central_sync.server.orders import quoting, selling
from central_sync.server.orders.private import SealedPrivate
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.server.timestamps import iso, utc_now
from central_sync.wire.orders import AddressWords, OrderPayment, OrderRequest
from central_sync.wire.quotes import QuoteLine, QuoteRequest
from central_sync.wire.sealing import KeySet

ADDRESS = AddressWords(name="A B", street="Provgatan 7", postcode="411 19", town="Göteborg")


def acceptance_rows(*, stores: int, items: int, orders: int, clients: int) -> list[Row]:
    """One row for PostgreSQL; refuses to quote a figure when a piece was promised twice."""
    with fresh_postgres() as url:
        database = open_database(url)
        migrate(database)
        _fill(database, stores, items)
        room = OrderRoom(database, utc_now, SealedPrivate(KeySet.generate()), b"bench")
        room.router.image.refresh()
        _buy(room, items, 50, 1)  # what is only done once is not timed
        begun = time.perf_counter()
        both, second = _buy(room, items, orders, clients)
        took = time.perf_counter() - begun
        _check(database)
        database.close()
    return [
        Row(
            f"orders accepted durably, PostgreSQL, {stores} stores, {items:,} items,"
            f" {clients} clients",
            f"{orders / took:,.0f} orders/s (quote and order); order p50"
            f" {_at(second, 50):.0f}, p95 {_at(second, 95):.0f} ms; both calls p95"
            f" {_at(both, 95):.0f} ms",
            "1 process, clients and server on the same cores",
            ">= 300/s, p95 <= 25 ms",
        )
    ]


def _fill(database: Database, stores: int, items: int) -> None:
    chance = random.Random(1)
    names = [f"s{number:04d}" for number in range(stores)]
    at = iso(utc_now())
    with database.atomic() as connection:
        connection.execute(insert(t.chain).values(
            chain="B", country="SE", company="B AB", organisation_number="0"))  # fmt: skip
        connection.execute(
            insert(t.store),
            [{"store_id": name, "kind": "store", "name": f"Butik {name}",
              "opening_hours": "mon-sun 00:00-24:00",
              "latitude": str(55 + chance.randrange(1_000) / 100),
              "longitude": str(11 + chance.randrange(1_000) / 100)} for name in names],
        )  # fmt: skip
        connection.execute(
            insert(t.workstation),
            [{"workstation_id": f"{name}-1", "label": "1", "store_id": name, "status": "active",
              "created_at": at, "last_contact_at": "2099-01-01T00:00:00.000Z"}
             for name in names],
        )  # fmt: skip
        skus = [f"SKU-{number}" for number in range(items)]
        connection.execute(
            insert(t.item),
            [{"sku": sku, "rank": number, "name": sku, "tax_group": "standard", "kind": "goods"}
             for number, sku in enumerate(skus, 1)],
        )  # fmt: skip
        connection.execute(insert(t.price), [{"sku": sku, "price_minor": 49_900} for sku in skus])
        for start in range(0, items, 2_000):
            connection.execute(
                insert(t.stock_level),
                [{"store_id": name, "sku": sku, "on_hand": chance.randrange(1, 8),
                  "demand_thousandths": chance.randrange(500)}
                 for sku in skus[start : start + 2_000]
                 for name in chance.sample(names, max(1, stores // 10))],
            )  # fmt: skip


def _buy(room: OrderRoom, items: int, orders: int, clients: int) -> tuple[list[float], list[float]]:
    """Seconds of both calls together, and of the order alone."""
    both: list[list[float]] = [[] for _ in range(clients)]
    second: list[list[float]] = [[] for _ in range(clients)]

    def client(number: int) -> None:
        chance = random.Random(number)
        who = Client(f"key:{number}")
        for _ in range(number, orders, clients):
            lines = [
                QuoteLine(line=line, sku=f"SKU-{chance.randrange(items)}")
                for line in range(1, 1 + chance.choice((1, 1, 1, 2, 2, 3)))
            ]
            begun = time.perf_counter()
            held = quoting.quote(room, QuoteRequest(lines=lines, postcode="411 19"), who)
            paid = [OrderPayment(tender_id="web", amount_minor=held.total_minor)]
            asked = OrderRequest(quote_id=held.quote_id, address=ADDRESS, payments=paid)
            between = time.perf_counter()
            selling.order(room, asked, who)
            ended = time.perf_counter()
            both[number].append(ended - begun)
            second[number].append(ended - between)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(chain(*both)), sorted(chain(*second))


def _check(database: Database) -> None:
    level = t.stock_level.c
    with database.reading() as connection:
        over = connection.execute(
            select(func.count()).where(level.reserved > level.on_hand)
        ).scalar_one()
    assert over == 0, f"{over} records are promised beyond what is there"


def _at(seconds: list[float], percent: int) -> float:
    return seconds[len(seconds) * percent // 100] * 1000
