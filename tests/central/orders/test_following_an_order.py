"""An order from its quote to the last piece, decided at central on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from central_sync.database import tables as t
from central_sync.retail.orders import ParcelState, commands, is_finished
from central_sync.server.central import Central
from central_sync.server.orders import following
from tests.central.office import Clock
from tests.central.orders.shop import (
    level,
    now,
    offered,
    open_shop,
    order,
    pick_all,
    quote,
    say,
    tasks,
)


def test_a_quote_holds_what_it_promises_and_an_order_makes_the_hold_firm(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 2}})

    held = quote(room, "SKU-1")
    during = level(room, "s02")
    placed = order(room, "SKU-1")

    assert held.is_whole
    assert during == (2, 1)
    assert level(room, "s02") == (2, 2)
    assert placed.parcels[0].state is ParcelState.OFFERED


def test_an_order_is_offered_claimed_picked_packed_and_shipped(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 2}})
    placed = order(room, "SKU-1")

    packed = pick_all(room, placed.order_id)
    parcel = packed.parcels[0]
    done = say(
        room,
        placed.order_id,
        commands.HandOver(parcel.parcel_id, parcel.store_id, parcel.epoch, "SE123"),
    ).stored.order

    assert is_finished(done)
    assert level(room, "s02") == (1, 0)
    assert tasks(room, "s02") == {"pick": "done"}


def test_an_order_that_cannot_be_read_is_put_off_and_the_others_go_on(
    central: Central, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 5}})
    broken, whole = order(room, "SKU-1"), order(room, "SKU-1")
    row = t.customer_order
    with central.database.atomic() as connection:
        connection.execute(
            update(row).where(row.c.order_id == broken.order_id).values(body="damaged")
        )
    clock.forward(minutes=30)

    following.follow(room)

    assert f"a fault in order {broken.order_id}" in caplog.text
    with central.database.reading() as connection:
        looks = connection.execute(select(row.c.look_at)).scalars().all()
    assert all(look_at > room.timestamp() for look_at in looks)
    assert offered(now(room, whole.order_id)) == []
