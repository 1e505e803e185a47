"""Orders accepted durably: quote, payment, order, decision, hold, offer and task, committed.

PostgreSQL with fsync on, in the same two cores as the clients, through the functions that
the HTTP handlers call (a handler adds its parsing). Quotes and orders are timed apart: an
order is what a customer waits for after paying. The thing to get wrong: reading the rate of
a machine that others use. The time of a core that an order takes says more there.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg
from sqlalchemy import func, insert, select

from bench.figures import Row
from bench.orders.pacing import Clock, Pace, ServerClock, coming, joined, waiting
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
from tests.postgres import a_server

ADDRESS = AddressWords(name="A B", street="Provgatan 7", postcode="411 19", town="Göteborg")
WHO = Client("key:bench")
GOAL = ">= 300/s, p95 <= 25 ms"
# Orders that come by chance, so many a second.
OFFERED = 300
# Under way at once when they do: more than that wait, and it is timed.
MOST_UNDER_WAY = 32
PROCESSES, CLIENTS_EACH = 2, 8


def acceptance_rows(*, stores: int, items: int, orders: int, clients: Sequence[int]) -> list[Row]:
    """A row for each number of clients, one for orders that come by chance, one for two
    processes; refuses to quote when a piece was promised twice."""
    what = f"orders accepted durably, PostgreSQL, {stores} stores, {items:,} items"
    rows = []
    with a_server() as url:
        keys = KeySet.generate()
        with _opened(url, keys) as room, _clock(url) as clock:
            migrate(room.database)
            _fill(room.database, stores, items)
            room.router.image.refresh()
            # What is only done once is not timed.
            _accept(room, items, 50, 1, clock)
            for count in clients:
                quoted, accepted = _accept(room, items, orders, count, clock)
                beside = f"their quotes, held before: {quoted}"
                rows.append(Row(f"{what}, {count} clients", str(accepted), beside, GOAL))
            asked = _quoted(room, items, orders * 2, 5)
            offered = coming(_ordering(room), asked, OFFERED, MOST_UNDER_WAY, clock)
            rows.append(Row(f"{what}, {OFFERED}/s that come by chance", str(offered), "", GOAL))
            both = _processes(url, keys, items, orders, clock)
            name = f"{what}, {PROCESSES} processes of {CLIENTS_EACH} clients"
            rows.append(Row(name, str(both), "", GOAL))
            _check(room.database)
    return rows


@contextmanager
def _opened(url: str, keys: KeySet) -> Iterator[OrderRoom]:
    database = open_database(url)
    room = OrderRoom(database, utc_now, SealedPrivate(keys), b"bench")
    yield room
    room.placings.close()
    room.grants.close()
    database.close()


@contextmanager
def _clock(url: str) -> Iterator[Clock]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        yield ServerClock(connection.info.backend_pid)


def _accept(
    room: OrderRoom, items: int, orders: int, clients: int, clock: Clock
) -> tuple[Pace, Pace]:
    """Quotes of all orders, then the orders of all quotes."""
    asked: list[OrderRequest] = []
    carts = _carts(items, orders, clients)
    quoted = waiting(lambda cart: asked.append(_quote(room, cart)), carts, clients, clock)
    return quoted, waiting(_ordering(room), asked, clients, clock)


def _processes(url: str, keys: KeySet, items: int, orders: int, clock: Clock) -> Pace:
    """API processes beside one another, as a chain runs them; each orders what it quoted."""
    context = multiprocessing.get_context("spawn")
    ready, answers = context.Barrier(PROCESSES + 1), context.SimpleQueue()
    text = keys.to_text()
    each = [
        context.Process(target=_one, args=(url, text, items, orders, number, ready, answers))
        for number in range(PROCESSES)
    ]
    for one in each:
        one.start()
    ready.wait()
    begun, served = time.perf_counter(), clock.seconds()
    paces = [answers.get() for _ in each]
    took, served = time.perf_counter() - begun, clock.seconds() - served
    ready.wait()  # until then their connections to the server are counted
    for one in each:
        one.join()
    return joined(paces, took, served)


def _one(
    url: str, keys: str, items: int, orders: int, number: int, ready: Barrier, answers: Any
) -> None:
    with _opened(url, KeySet.from_text(keys)) as room, _clock(url) as clock:
        warm, *asked = _quoted(room, items, orders + 1, 100 + number)
        _ordering(room)(warm)
        ready.wait()
        answers.put(waiting(_ordering(room), asked, CLIENTS_EACH, clock))
        ready.wait()


def _carts(items: int, orders: int, seed: int) -> list[list[QuoteLine]]:
    chance = random.Random(seed)
    return [
        [
            QuoteLine(line=line, sku=f"SKU-{chance.randrange(items)}")
            for line in range(1, 1 + chance.choice((1, 1, 1, 2, 2, 3)))
        ]
        for _ in range(orders)
    ]


def _quoted(room: OrderRoom, items: int, orders: int, seed: int) -> list[OrderRequest]:
    return [_quote(room, cart) for cart in _carts(items, orders, seed)]


def _quote(room: OrderRoom, cart: list[QuoteLine]) -> OrderRequest:
    held = quoting.quote(room, QuoteRequest(lines=cart, postcode="411 19"), WHO)
    paid = [OrderPayment(tender_id="web", amount_minor=held.total_minor)]
    return OrderRequest(quote_id=held.quote_id, address=ADDRESS, payments=paid)


def _ordering(room: OrderRoom) -> Callable[[OrderRequest], object]:
    return lambda one: selling.order(room, one, WHO)


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


def _check(database: Database) -> None:
    level = t.stock_level.c
    with database.reading() as connection:
        over = connection.execute(
            select(func.count()).where(level.reserved > level.on_hand)
        ).scalar_one()
    assert over == 0, f"{over} records are promised beyond what is there"
