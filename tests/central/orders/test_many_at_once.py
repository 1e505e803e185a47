"""Many orders at once: nothing is promised twice, no store is buried, every line ends somewhere."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import CustomerOrder, ParcelState, commands, fold, is_finished
from central_sync.retail.orders.invariants import unbalanced, unseen
from central_sync.server.central import Central
from central_sync.server.orders import ledger, selling
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused
from central_sync.wire.orders import OrderRequest
from tests.central.orders.shop import (
    ANNA,
    SHOP,
    MemoryPrivate,
    level,
    now,
    offered,
    open_shop,
    order,
    quote,
    say,
)


def test_the_last_pair_is_promised_to_exactly_one_of_web_and_tills(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s03": 1}})
    clients = [Client("key:web"), Client("till:s01-9", "s01"), Client("till:s02-9", "s02")] * 4
    barrier = threading.Barrier(len(clients))

    def ask(client: Client) -> bool:
        barrier.wait()
        return quote(room, "SKU-1", client=client).is_whole

    with ThreadPoolExecutor(len(clients)) as pool:
        held = list(pool.map(ask, clients))

    assert held.count(True) == 1
    assert level(room, "s03") == (1, 1)


def test_two_processes_never_promise_a_piece_twice(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 6, "s03": 5, "s04": 4}})
    other = OrderRoom(central.database, central.now, MemoryPrivate(), room.secret)

    def buy(at: int) -> bool:
        try:
            placed = order((room, other)[at % 2], "SKU-1", client=Client(f"key:{at % 4}"))
        except Refused:
            return False
        return bool(offered(placed))

    with ThreadPoolExecutor(6) as pool:
        bought = list(pool.map(buy, range(24)))

    reserved = {store: level(room, store)[1] for store in ("s02", "s03", "s04")}
    assert sum(bought) == sum(reserved.values()) == 15


def test_one_quote_becomes_one_order_however_many_ask(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 5}})
    held = quote(room, "SKU-1")
    asked = OrderRequest(quote_id=held.quote_id, address=ANNA)

    def place(_: int) -> str:
        try:
            return selling.order(room, asked, SHOP).order.order_id
        except Refused as refusal:
            return refusal.code

    with ThreadPoolExecutor(6) as pool:
        answers = Counter(pool.map(place, range(6)))

    with central.database.reading() as connection:
        [order_id] = connection.execute(select(t.customer_order.c.order_id)).scalars()
    assert answers.keys() <= {order_id, "quote_gone"}
    assert level(room, "s02") == (5, 1)


def test_a_burst_is_shared_among_the_stores_that_could_fill_it(central: Central) -> None:
    stores = [f"s{number:02d}" for number in range(2, 10)]
    room = open_shop(central, {"SKU-1": dict.fromkeys(stores, 60)}, stores=9)

    placed = [order(room, "SKU-1") for _ in range(80)]

    shares = Counter(store for one in placed for _, store in offered(one))
    assert sum(shares.values()) == 80
    assert max(shares.values()) <= 3 * 80 / len(stores)


def test_every_line_ends_somewhere_and_money_follows_goods(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 4, "s03": 4}, "SKU-2": {"s03": 4, "s04": 4}})
    ids = [order(room, "SKU-1", "SKU-2").order_id for _ in range(4)]

    for number, order_id in enumerate(ids):
        for parcel_id, store_id in offered(now(room, order_id)):
            _work(room, order_id, parcel_id, store_id, gives_up=number == 0)
        for line in now(room, order_id).lines:
            if number == 1 and line.is_carried:
                say(room, order_id, commands.ReturnPieces(line.line, 1, "s01", "regret"))

    for order_id in ids[1:]:
        done = now(room, order_id)
        for refund in done.refunds:
            say(room, order_id, commands.PayRefund(refund.refund_key, "R"))
        done = now(room, order_id)
        assert is_finished(done)
        assert unbalanced(done) == unseen(done, central.timestamp()) == []


def test_the_fold_that_is_kept_is_the_fold_of_the_events(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 2, "s03": 2}})
    placed = order(room, "SKU-1")
    [(parcel_id, store_id)] = offered(placed)
    _work(room, placed.order_id, parcel_id, store_id, gives_up=False)

    with central.database.reading() as connection:
        stored = ledger.find(connection, placed.order_id)
        events = [event for _, _, event in ledger.events_of(connection, placed.order_id)]

    assert fold(CustomerOrder(), events) == stored.order
    assert len(events) == stored.version


def _work(room: OrderRoom, order_id: str, parcel_id: str, store_id: str, *, gives_up: bool) -> None:
    parcel = now(room, order_id).parcel(parcel_id)
    assert parcel is not None
    assert parcel.state is ParcelState.OFFERED
    if gives_up:
        say(room, order_id, commands.RejectParcel(parcel_id, store_id, parcel.epoch, "busy"))
        return
    say(room, order_id, commands.ClaimParcel(parcel_id, store_id, parcel.epoch))
    place = (parcel_id, store_id, parcel.epoch)
    for line in parcel.lines:
        say(room, order_id, commands.PickLine(*place, line.line, line.quantity))
    say(room, order_id, commands.PackParcel(*place))
    say(room, order_id, commands.HandOver(*place, "T"))
