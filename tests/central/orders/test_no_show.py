"""What nobody collected is put back and paid back once its store was heard after the deadline."""

from __future__ import annotations

from central_sync.retail.orders import ParcelState, commands
from central_sync.server.central import Central
from central_sync.server.orders import following, inbox
from central_sync.server.orders.room import OrderRoom
from tests.central.office import Clock
from tests.central.orders.shop import hear, now, open_shop, order, pick_all, say

DEADLINE = "2026-11-22T14:00:00.000Z"


def _ready(central: Central) -> tuple[OrderRoom, str]:
    """An order that lies ready in s02 until two hours from now."""
    room = open_shop(central, {"SKU-1": {"s02": 2}})
    order_id = order(room, "SKU-1", mode="collect", collect="s02").order_id
    [parcel] = pick_all(room, order_id).parcels
    say(room, order_id, commands.MakeReady(parcel.parcel_id, "s02", "A1", DEADLINE))
    return room, order_id


def _state(room: OrderRoom, order_id: str) -> ParcelState:
    following.follow(room)
    return now(room, order_id).parcels[0].state


def test_a_store_that_is_heard_after_the_deadline_has_not_handed_it_out(
    central: Central, clock: Clock
) -> None:
    room, order_id = _ready(central)
    clock.forward(hours=2, minutes=1)
    hear(room)

    assert _state(room, order_id) is ParcelState.UNCOLLECTED
    assert [one.reason for one in now(room, order_id).refunds] == ["order.not_collected"]


def test_a_store_that_is_cut_off_may_have_handed_it_out_in_time(
    central: Central, clock: Clock
) -> None:
    room, order_id = _ready(central)
    clock.forward(hours=2, minutes=1)
    hear(room, "s02")
    assert _state(room, order_id) is ParcelState.READY

    clock.forward(minutes=5)
    hear(room)
    with central.database.atomic() as connection:
        parcel_id = now(room, order_id).parcels[0].parcel_id
        handed_out = {
            "order_id": order_id,
            "command": {
                "is": "CollectPieces",
                "parcel_id": parcel_id,
                "store_id": "s02",
                "pieces": [[1, 1]],
            },
        }
        inbox.put(connection, "s02", "w-s02", inbox.COMMAND, handed_out, room.timestamp())

    assert _state(room, order_id) is ParcelState.COLLECTED
    assert now(room, order_id).refunds == ()


def test_a_person_may_give_up_what_a_silent_store_holds(central: Central, clock: Clock) -> None:
    room, order_id = _ready(central)
    clock.forward(hours=2, minutes=1)
    hear(room, "s02")

    say(room, order_id, commands.NoShow(now(room, order_id).parcels[0].parcel_id))

    assert _state(room, order_id) is ParcelState.UNCOLLECTED
