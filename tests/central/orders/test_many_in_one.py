"""Orders of many that are committed in one transaction: each as if it were alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from central_sync.retail.orders import (
    Address,
    CustomerOrder,
    Mode,
    OrderLine,
    OrderRefused,
    Parcel,
    ParcelLine,
    commands,
)
from central_sync.server.central import Central
from central_sync.server.orders import carrying, selling
from central_sync.server.orders.carrying import Act, Shortage
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused
from central_sync.server.together import Spoiled
from central_sync.server.warehouse.rebuild import broken_rules
from central_sync.wire.orders import OrderRequest
from tests.central.orders.shop import ANNA, SHOP, level, now, offered, open_shop, order, quote
from tests.hardware.waiting import until


def test_orders_that_come_together_are_each_whole(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 9}, "SKU-2": {"s02": 9, "s03": 9}})
    wanted = [("SKU-1", "SKU-2"), *[("SKU-2",)] * 4]
    asked = [OrderRequest(quote_id=quote(room, *skus).quote_id, address=ANNA) for skus in wanted]

    placed = set(_all_at_once(room, asked))

    assert len(placed) == 5
    assert all(offered(now(room, order_id)) for order_id in placed)
    held = [level(room, *place)[1] for place in (("s02",), ("s02", "SKU-2"), ("s03", "SKU-2"))]
    assert sum(held) == 6
    with central.database.reading() as connection:
        assert broken_rules(connection) == []


def test_a_quote_sent_twice_in_one_group_is_one_order(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 5}})
    twice = OrderRequest(quote_id=quote(room, "SKU-1").quote_id, address=ANNA)
    other = OrderRequest(quote_id=quote(room, "SKU-1").quote_id, address=ANNA)

    answers = _all_at_once(room, [twice, other, twice])

    assert sorted(Counter(answers).values()) == [1, 2]
    assert level(room, "s02") == (5, 2)


def test_what_one_of_a_group_lacks_is_said_of_that_one(central: Central) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 2, "s03": 2}})
    first, second = order(room, "SKU-1"), order(room, "SKU-1")
    [(parcel_id, store_id)] = offered(second)
    at = central.timestamp()
    claim = commands.ClaimParcel(parcel_id, store_id, 1)
    refused = commands.PackParcel(first.parcels[0].parcel_id, first.parcels[0].store_id, 1)

    with pytest.raises(Spoiled) as spoiled, central.database.atomic() as connection:
        carrying.carry_out_all(
            room,
            connection,
            [Act(second.order_id, (claim,), at), Act(first.order_id, (refused,), at)],
        )

    assert {at: type(problem) for at, problem in spoiled.value.problems.items()} == {
        1: OrderRefused
    }
    assert now(room, second.order_id) == second


def test_the_last_piece_goes_to_the_first_of_a_group_and_the_others_are_told(
    central: Central,
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 1}})
    acts = [_straight_from_the_shelf(room, number) for number in (1, 2, 3)]

    with pytest.raises(Spoiled) as spoiled, central.database.atomic() as connection:
        carrying.carry_out_all(room, connection, acts)

    assert {at: type(problem) for at, problem in spoiled.value.problems.items()} == {
        1: Shortage,
        2: Shortage,
    }
    assert level(room, "s02") == (1, 0)


def _straight_from_the_shelf(room: OrderRoom, number: int) -> Act:
    """An order that no quote holds pieces for."""
    line = OrderLine(1, "SKU-1", "SKU-1", 1, 1_000, 200, 2_500, Mode.SHIP)
    placed = CustomerOrder(
        order_id=f"o{number}", number=f"N{number}", lines=(line,), address=Address(postcode="41119")
    )
    parcel = Parcel(f"p{number}", "s02", Mode.SHIP, (ParcelLine(1, "SKU-1", 1),))
    asked = (commands.PlaceOrder(placed, ()), commands.PlanParcels((parcel,)))
    return Act(placed.order_id, asked, room.timestamp())


def _all_at_once(room: OrderRoom, asked: Sequence[OrderRequest]) -> list[str]:
    """Order ids, or the codes of refusals; all wait at the desk while another commit is slow."""
    begun, goes_on = threading.Event(), threading.Event()

    def slow(_connection: Connection, works: Sequence[object]) -> list[object]:
        begun.set()
        goes_on.wait()
        return list(works)

    def place(one: OrderRequest) -> str:
        try:
            return selling.order(room, one, SHOP).order.order_id
        except Refused as refusal:
            return refusal.code

    room.placings.submit(None, slow)
    begun.wait()
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = [pool.submit(place, one) for one in asked]
        until(lambda: room.placings.count >= len(asked), 60)
        goes_on.set()
        return [one.result() for one in answers]
