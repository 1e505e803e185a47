"""Goods that a store lends to the web: sold while it is cut off, offered when it is heard."""

from __future__ import annotations

from sqlalchemy import select, update

from central_sync.database import tables as t
from central_sync.retail.orders import ParcelState
from central_sync.server.central import Central
from central_sync.server.orders import following
from central_sync.server.orders.auditing import audit
from central_sync.server.orders.room import OrderRoom
from central_sync.server.warehouse import pledges
from central_sync.server.warehouse.lending import lend
from tests.central.office import Clock
from tests.central.orders.shop import hear, level, now, offered, open_shop, order, quote
from tests.central.warehouse import stock

UNTIL = "2026-11-25T12:00:00.000Z"


def _lends(room: OrderRoom, store_id: str, pieces: int, sku: str = "SKU-1") -> None:
    """The store was asked, and its till has said that it knows."""
    with room.database.atomic() as connection:
        at = room.timestamp()
        pledge = pledges.offer(connection, store_id, sku, pieces, UNTIL, at, who="Eva")
        [till] = connection.execute(
            select(t.workstation.c.workstation_id).where(t.workstation.c.store_id == store_id)
        ).scalars()
        pledges.acknowledge(connection, store_id, till, [(sku, pledge.epoch)], at)
    room.router.image.stale()


def _is_well(room: OrderRoom) -> None:
    with room.database.reading() as connection:
        assert audit(connection, room.timestamp()) == []


def test_a_cut_off_stores_lent_goods_are_sold_and_its_others_are_not(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3}, "SKU-2": {"s02": 3}})
    _lends(room, "s02", 1)
    clock.forward(minutes=10)
    hear(room, "s02")

    assert [line.held for line in quote(room, "SKU-2").lines] == [0]
    placed = order(room, "SKU-1")

    assert [store for _, store in offered(placed)] == ["s02"]
    assert [line.held for line in quote(room, "SKU-1").lines] == [0]
    _is_well(room)


def test_an_order_waits_for_its_silent_store_and_is_offered_anew_when_that_is_heard(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3}})
    _lends(room, "s02", 1)
    clock.forward(minutes=10)
    hear(room, "s02")
    placed = order(room, "SKU-1")

    clock.forward(hours=1)
    hear(room, "s02")
    following.follow(room)
    waiting = now(room, placed.order_id)
    assert [store for _, store in offered(waiting)] == ["s02"]

    clock.forward(minutes=2)
    hear(room)
    following.follow(room)
    [parcel] = now(room, placed.order_id).parcels
    [offer] = parcel.open_offers
    assert (parcel.state, offer.expires_at) == (ParcelState.OFFERED, "2026-11-22T13:17:00.000Z")
    _is_well(room)


def test_work_of_a_store_that_fell_silent_goes_where_it_can_be_done(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3}})
    _lends(room, "s02", 1)
    placed = order(room, "SKU-1")
    with central.database.atomic() as connection:
        stock(connection, 2, "s03")

    clock.forward(minutes=10)
    hear(room, "s02")
    following.follow(room)

    assert [store for _, store in offered(now(room, placed.order_id))] == ["s03"]
    assert level(room, "s02") == (3, 0)


def test_when_the_lease_is_over_a_silent_store_loses_what_waited_for_it(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3}})
    _lends(room, "s02", 1)
    placed = order(room, "SKU-1")

    clock.forward(days=3)
    hear(room, "s02")
    following.follow(room)

    assert offered(now(room, placed.order_id)) == []
    _is_well(room)


def test_the_rule_asks_a_heard_store_for_the_few_pieces_that_the_web_buys(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3, "s03": 9, "s04": 2}})
    with central.database.atomic() as connection:
        connection.execute(update(t.price).values(price_minor=89_900))
    for _ in range(2):
        order(room, "SKU-1")
    clock.forward(minutes=10)
    hear(room, "s04")

    asked = lend(central.database, central.timestamp())

    with central.database.reading() as connection:
        lent = {one.store_id: one.reason for one in pledges.listed(connection)}
    assert (asked.offered, lent) == (1, {"s02": "thin"})
    assert lend(central.database, central.timestamp()).offered == 0
