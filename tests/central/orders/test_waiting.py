"""Pieces that nobody could send find a store as soon as one may, not at the next slow retry."""

from __future__ import annotations

from sqlalchemy import update

from central_sync.database import tables as t
from central_sync.retail.orders import commands
from central_sync.server.central import Central
from central_sync.server.orders import following
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.waiting import Waiting
from tests.central.office import Clock
from tests.central.orders.shop import hear, now, offered, open_shop, order, say
from tests.central.warehouse import stock


def _nobody_has_it(room: OrderRoom, waiting: Waiting, sku: str = "SKU-1") -> str:
    """An order whose store did not find the piece; a person was told."""
    placed = order(room, sku)
    [(parcel_id, store_id)] = offered(placed)
    place = (parcel_id, store_id, 1)
    say(room, placed.order_id, commands.ClaimParcel(*place))
    say(room, placed.order_id, commands.ShortLine(*place, 1, 1, "not_found"))
    following.follow(room)
    assert now(room, placed.order_id).lines[0].escalated == "order.no_stock"
    waiting.call()
    return placed.order_id


def _stores_asked(room: OrderRoom, order_id: str) -> list[str]:
    following.follow(room)
    return [store_id for _, store_id in offered(now(room, order_id))]


def test_goods_that_come_in_are_offered_to_who_waits(central: Central, clock: Clock) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 1}})
    waiting = Waiting(room)
    order_id = _nobody_has_it(room, waiting)

    with central.database.atomic() as connection:
        stock(connection, 1, "s03", "SKU-1")
    clock.forward(seconds=5)

    assert waiting.call() == 1
    assert _stores_asked(room, order_id) == ["s03"]


def test_a_store_that_is_heard_again_is_asked_at_once(central: Central, clock: Clock) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 1, "s03": 1}})
    waiting = Waiting(room)
    clock.forward(minutes=10)
    hear(room, "s03")
    order_id = _nobody_has_it(room, waiting)
    assert _stores_asked(room, order_id) == []

    hear(room)
    clock.forward(seconds=5)

    assert waiting.call() == 1
    assert _stores_asked(room, order_id) == ["s03"]


def test_nothing_is_tried_while_nothing_has_come(central: Central, clock: Clock) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 1}})
    waiting = Waiting(room)
    _nobody_has_it(room, waiting)

    clock.forward(seconds=5)
    hear(room)

    assert waiting.call() == 0


def test_what_stores_said_no_to_is_a_persons(central: Central, clock: Clock) -> None:
    room = open_shop(central, {"SKU-1": {f"s{number:02d}": 1 for number in range(2, 9)}}, stores=8)
    waiting = Waiting(room)
    placed = order(room, "SKU-1")
    while not now(room, placed.order_id).lines[0].escalated:
        for parcel_id, store_id in offered(now(room, placed.order_id)):
            parcel = now(room, placed.order_id).parcel(parcel_id)
            assert parcel is not None
            no = commands.RejectParcel(parcel_id, store_id, parcel.epoch, "busy")
            say(room, placed.order_id, no)

    clock.forward(seconds=5)
    hear(room)

    assert waiting.call() == 0


def test_an_order_that_cannot_be_read_holds_up_nobody(central: Central, clock: Clock) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 1}, "SKU-2": {"s02": 1}})
    waiting = Waiting(room)
    broken, whole = _nobody_has_it(room, waiting), _nobody_has_it(room, waiting, "SKU-2")
    row = t.customer_order
    with central.database.atomic() as connection:
        damaged = update(row).where(row.c.order_id == broken)
        connection.execute(damaged.values(body="damaged", version=row.c.version + 1))
        stock(connection, 1, "s03", "SKU-2")
    clock.forward(seconds=5)

    assert waiting.call() == 1
    assert _stores_asked(room, whole) == ["s03"]
