"""Orders accepted durably: quote, payment, order, decision, hold, offer and task, committed.

PostgreSQL with fsync on, in the same two cores as the clients, through the functions that
the HTTP handlers call (a handler adds its parsing). Quotes and orders are timed apart: an
order is what a customer waits for after paying. The thing to get wrong: reading the rate of
a machine that others use. The time of a core that an order takes says more there.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

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

T = TypeVar("T")
ADDRESS = AddressWords(name="A B", street="Provgatan 7", postcode="411 19", town="Göteborg")


def acceptance_rows(*, stores: int, items: int, orders: int, clients: Sequence[int]) -> list[Row]:
    """A row for each number of clients; refuses to quote when a piece was promised twice."""
    rows = []
    with fresh_postgres() as url:
        database = open_database(url)
        migrate(database)
        _fill(database, stores, items)
        room = OrderRoom(database, utc_now, SealedPrivate(KeySet.generate()), b"bench")
        room.router.image.refresh()
        _accept(room, items, 50, 1)  # what is only done once is not timed
        for count in clients:
            quoted, accepted = _accept(room, items, orders, count)
            rows.append(
                Row(
                    f"orders accepted durably, PostgreSQL, {stores} stores, {items:,} items,"
                    f" {count} clients",
                    str(accepted),
                    f"their quotes, held before: {quoted}",
                    ">= 300/s, p95 <= 25 ms",
                )
            )
        _check(database)
        database.close()
    return rows


@dataclass(frozen=True, slots=True)
class Pace:
    """`load` is the machine's, of the last minute, on its two cores: above 2 others were served."""

    calls: int
    took_seconds: float
    each_seconds: list[float]
    core_seconds: float
    load: float

    def __str__(self) -> str:
        each = sorted(self.each_seconds)
        p50, p95 = (each[len(each) * share // 100] * 1000 for share in (50, 95))
        core = self.core_seconds / self.calls * 1000
        return (
            f"{self.calls / self.took_seconds:,.0f}/s; p50 {p50:.0f}, p95 {p95:.0f} ms;"
            f" {core:.1f} ms of a core in Python each; load {self.load:.0f}"
        )


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


def _accept(room: OrderRoom, items: int, orders: int, clients: int) -> tuple[Pace, Pace]:
    """Quotes of all orders, then the orders of all quotes."""
    chance = random.Random(clients)
    who = Client("key:bench")
    carts = [
        [
            QuoteLine(line=line, sku=f"SKU-{chance.randrange(items)}")
            for line in range(1, 1 + chance.choice((1, 1, 1, 2, 2, 3)))
        ]
        for _ in range(orders)
    ]
    asked: list[OrderRequest] = []

    def quote(cart: list[QuoteLine]) -> None:
        held = quoting.quote(room, QuoteRequest(lines=cart, postcode="411 19"), who)
        paid = [OrderPayment(tender_id="web", amount_minor=held.total_minor)]
        asked.append(OrderRequest(quote_id=held.quote_id, address=ADDRESS, payments=paid))

    def order(one: OrderRequest) -> None:
        selling.order(room, one, who)

    quoted = _paced(quote, carts, clients)
    return quoted, _paced(order, asked, clients)


def _paced(call: Callable[[T], None], works: Sequence[T], clients: int) -> Pace:
    """Each client makes its next call when the one before is answered."""
    each: list[list[float]] = [[] for _ in range(clients)]

    def client(number: int) -> None:
        for work in works[number::clients]:
            begun = time.perf_counter()
            call(work)
            each[number].append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    begun, core = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, core = time.perf_counter() - begun, time.process_time() - core
    return Pace(len(works), took, list(chain(*each)), core, os.getloadavg()[0])


def _check(database: Database) -> None:
    level = t.stock_level.c
    with database.reading() as connection:
        over = connection.execute(
            select(func.count()).where(level.reserved > level.on_hand)
        ).scalar_one()
    assert over == 0, f"{over} records are promised beyond what is there"
