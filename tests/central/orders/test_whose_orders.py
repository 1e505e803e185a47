"""A customer's orders stand beside the purchases, and hold the customer while they are open."""

from __future__ import annotations

import httpx
import pytest

from central_sync.retail.orders import CustomerOrder, commands
from central_sync.server import customers
from central_sync.server.central import Central
from central_sync.server.orders import selling
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused
from central_sync.wire.orders import OrderPayment, OrderRequest
from central_sync.wire.people import CustomerFile
from tests.central.office import enrolled
from tests.central.orders.shop import ANNA, SHOP, now, open_shop, order, quote, say
from tests.central.test_people import AT, EVA, put


@pytest.fixture
def room(central: Central) -> OrderRoom:
    put(central, EVA)
    return open_shop(central, {"SKU-1": {"s02": 5}})


def of_eva(room: OrderRoom, *, is_paid: bool = True) -> CustomerOrder:
    held = quote(room, "SKU-1", mode="collect", collect="s02")
    paid = [OrderPayment(tender_id="web", amount_minor=held.total_minor)] if is_paid else []
    asked = OrderRequest(
        quote_id=held.quote_id, address=ANNA, customer_id=EVA.customer_id, payments=paid
    )
    return selling.order(room, asked, SHOP).order


def cancelled(room: OrderRoom, order_id: str) -> CustomerOrder:
    for line in now(room, order_id).lines:
        say(room, order_id, commands.CancelPieces(line.line, line.quantity, "regret"))
    return now(room, order_id)


def erase(central: Central) -> list[str]:
    with central.database.atomic() as connection:
        return customers.erase(connection, EVA.customer_id, AT)


def test_a_till_sees_the_web_shop_s_orders_the_open_ones_first(
    central: Central, room: OrderRoom, http: httpx.Client
) -> None:
    order(room, "SKU-1")
    open_one, done = of_eva(room), cancelled(room, of_eva(room, is_paid=False).order_id)

    answer = http.get(f"/v1/customers/{EVA.customer_id}", headers=enrolled(central).headers)

    shown = CustomerFile.model_validate(answer.json()).orders
    assert [(each.number, each.state) for each in shown] == [
        (open_one.number, "open"),
        (done.number, "done"),
    ]
    assert shown[0].lines[0].name


def test_who_waits_for_an_order_is_not_erased_before_it_is_done(
    central: Central, room: OrderRoom
) -> None:
    placed = of_eva(room, is_paid=False)

    with pytest.raises(Refused, match=f"order {placed.number} is still to be delivered") as no:
        erase(central)
    cancelled(room, placed.order_id)

    assert (no.value.status, no.value.code) == (409, "open_orders")
    assert erase(central) == []


def test_money_still_owed_keeps_the_customer_too(central: Central, room: OrderRoom) -> None:
    cancelled(room, of_eva(room).order_id)

    with pytest.raises(Refused, match="paid back"):
        erase(central)


def test_an_export_holds_the_orders_with_their_lines(central: Central, room: OrderRoom) -> None:
    placed = of_eva(room)

    with central.database.reading() as connection:
        held = customers.export(connection, central.data_keys, EVA.customer_id)

    (told,) = held["orders"]
    assert (told["number"], told["lines"][0]["sku"]) == (placed.number, "SKU-1")
