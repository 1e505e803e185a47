"""An order from its quote to the last piece, decided at central on both databases."""

from __future__ import annotations

from central_sync.retail.orders import ParcelState, commands, is_finished
from central_sync.server.central import Central
from tests.central.orders.shop import (
    level,
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
