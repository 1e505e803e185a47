"""The rules of orders and stock at run time: an act that breaks one writes nothing, and a look
at the whole finds what is broken already."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from central_sync.database import tables as t
from central_sync.retail.orders import commands
from central_sync.server.central import Central
from central_sync.server.orders import auditing, carrying, following
from central_sync.server.orders.invariants import InvariantBroken
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.timing import later
from tests.central.orders.shop import now, offered, open_shop, order, pick_all


def _broken(room: OrderRoom, seconds: int = 0) -> list[str]:
    with room.database.reading() as connection:
        found = auditing.audit(connection, later(room.timestamp(), seconds))
    return [one.rule for one in found]


def test_orders_in_every_state_keep_every_rule(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3}, "SKU-2": {"s03": 3}})
    order(room, "SKU-1", "SKU-2")
    pick_all(room, order(room, "SKU-2").order_id)

    assert _broken(room) == []


def test_a_right_that_stock_does_not_count_stops_the_act_and_is_found(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3}})
    placed = order(room, "SKU-1")
    [(parcel_id, store_id)] = offered(placed)
    with central.database.atomic() as connection:
        is_it = t.stock_level.c.sku == "SKU-1"
        connection.execute(update(t.stock_level).where(is_it).values(reserved=2))
    claim = commands.ClaimParcel(parcel_id, store_id, 1)
    cancel = commands.CancelPieces(1, 1, "customer")

    with central.database.atomic() as connection:
        carrying.carry_out(room, connection, placed.order_id, [claim], central.timestamp())
    with pytest.raises(InvariantBroken, match="I2"), central.database.atomic() as connection:
        carrying.carry_out(room, connection, placed.order_id, [cancel], central.timestamp())

    assert now(room, placed.order_id).lines[0].cancelled == 0
    assert set(_broken(room)) == {"I2"}


def test_an_order_that_nobody_looks_at_in_time_is_found_and_one_looked_at_is_not(
    central: Central,
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3}})
    placed = order(room, "SKU-1")
    ten_days = 10 * 86_400

    assert set(_broken(room, ten_days)) == {"I6"}

    at = later(central.timestamp(), ten_days)
    following.look(room, placed.order_id, at)
    assert now(room, placed.order_id).lines[0].escalated == "order.late"
    assert _broken(room, ten_days) == []
