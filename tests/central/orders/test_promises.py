"""What a customer was told holds, or is told anew when goods turn out not to be there."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import CustomerOrder, Mode, Parcel, ParcelState, commands
from central_sync.server.carriers import FolderCarrier
from central_sync.server.central import Central
from central_sync.server.messages import FolderMessenger
from central_sync.server.orders import following, sending, webhooks
from central_sync.server.orders.promising import arrived_by
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.rules import order_rules, set_order_rules
from central_sync.server.orders.sending import Outlets
from tests.central.office import Clock
from tests.central.orders.shop import hear, level, now, offered, open_shop, order, say, tasks

HERE_AND_THERE = {"SKU-1": {"s02": 1, "s03": 1}}


def not_found(room: OrderRoom, placed: CustomerOrder) -> CustomerOrder:
    """The store that has the work takes it and finds nothing on the shelf."""
    parcel = in_hand(placed)
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    say(room, placed.order_id, commands.ClaimParcel(*place))
    say(room, placed.order_id, commands.ShortLine(*place, 1, 1, "not_found"))
    return now(room, placed.order_id)


def in_hand(placed: CustomerOrder) -> Parcel:
    [parcel] = [one for one in placed.parcels if one.is_in_hand]
    return parcel


def told_store(room: OrderRoom, store_id: str) -> Any:
    row = t.store_order.c
    with room.database.reading() as connection:
        body = connection.execute(select(row.body).where(row.store_id == store_id)).scalar_one()
    return json.loads(body)["lines"][0]["promised_by"]


def hooked(room: OrderRoom) -> list[Any]:
    """The data of each `order.promised` that waits to go out."""
    row = t.outgoing.c
    with room.database.reading() as connection:
        rows = connection.execute(select(row.body).where(row.kind == "webhook")).scalars()
        return [json.loads(body)["data"] for body in rows]


def letters(room: OrderRoom, folder: Path) -> list[str]:
    sending.send_due(room, Outlets(FolderCarrier(folder / "p"), FolderMessenger(folder / "l")))
    return [json.loads(path.read_text())["text"] for path in (folder / "l").glob("*")]


def arrives_at(room: OrderRoom, sender: str, receiver: str) -> str:
    """What is promised of goods that one store sends to another now."""
    with room.database.reading() as connection:
        stores = room.stores(connection)
        rules = order_rules(connection)
    return arrived_by(stores.calendar(sender), stores.calendar(receiver), rules, room.timestamp())


def hours_until(room: OrderRoom, at: str) -> float:
    return (datetime.fromisoformat(at) - room.now()).total_seconds() / 3600


def test_goods_that_come_from_elsewhere_after_all_get_a_new_promise_and_it_is_told(
    central: Central, tmp_path: Path
) -> None:
    room = open_shop(central, HERE_AND_THERE)
    with central.database.atomic() as connection:
        webhooks.add(connection, "https://shop.example.se/x", ["order.promised"], room.timestamp())
    placed = order(room, "SKU-1", mode="collect", collect="s02")
    before = placed.lines[0].promised_by

    after = not_found(room, placed)

    by = after.lines[0].promised_by
    assert in_hand(after).store_id == "s03"
    assert (hours_until(room, before), by) == (2, arrives_at(room, "s03", "s02"))
    assert told_store(room, "s02") == by
    assert [(one["promised_by"], one["moved_from"]) for one in hooked(room)] == [(by, before)]
    [letter] = letters(room, tmp_path)
    assert f"senast {by[:10]}" in letter


def test_a_promise_that_still_holds_is_not_told_again(central: Central, tmp_path: Path) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 1, "s03": 1}})
    placed = order(room, "SKU-1")

    after = not_found(room, placed)

    assert after.lines[0].promised_by == placed.lines[0].promised_by
    assert letters(room, tmp_path) == []


def test_what_the_sending_store_does_not_find_may_come_a_day_later(
    central: Central, clock: Clock, tmp_path: Path
) -> None:
    room = open_shop(central, {"SKU-1": {"s03": 1, "s04": 1}})
    placed = order(room, "SKU-1", mode="collect", collect="s02")
    before = placed.lines[0].promised_by
    clock.forward(hours=3)  # after the day's cut-off
    hear(room)

    after = not_found(room, placed)

    assert before < after.lines[0].promised_by == arrives_at(room, "s04", "s02")
    assert len(letters(room, tmp_path)) == 1


def test_who_chooses_another_way_is_promised_anew_and_not_written_to(
    central: Central, tmp_path: Path
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 2, "s03": 2}})
    placed = order(room, "SKU-1", mode="collect", collect="s02")

    def by(mode: Mode, store_id: str = "") -> str:
        say(room, placed.order_id, commands.ChangeLine(1, mode, store_id))
        return now(room, placed.order_id).lines[0].promised_by

    home, here = by(Mode.SHIP), by(Mode.COLLECT, "s03")

    assert (home > here, hours_until(room, here)) == (True, 2)
    assert letters(room, tmp_path) == []


def test_goods_wait_for_their_customer_where_they_lie_and_are_to_be_collected(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, HERE_AND_THERE)
    placed = order(room, "SKU-1", mode="collect", collect="s02")
    parcel = in_hand(placed)
    say(room, placed.order_id, commands.SeeOffer(parcel.parcel_id, "s02", ""))

    for _ in range(7):
        clock.forward(minutes=30)
        hear(room)
        following.follow(room)

    later = now(room, placed.order_id)
    assert offered(later) == [(parcel.parcel_id, "s02")]
    assert later.lines[0].escalated == "order.late", "a person knows when the promise is over"

    clock.forward(minutes=31)
    hear(room)
    following.follow(room)

    gone = now(room, placed.order_id)
    assert [store for _, store in offered(gone)] == ["s03"]
    assert gone.lines[0].promised_by == arrives_at(room, "s03", "s02")


def test_a_collecting_store_that_is_cut_off_keeps_what_lies_there(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, HERE_AND_THERE)
    placed = order(room, "SKU-1", mode="collect", collect="s02")

    for _ in range(5):
        clock.forward(minutes=10)
        hear(room, "s02")
        following.follow(room)

    [parcel] = now(room, placed.order_id).parcels
    assert (parcel.state, parcel.epoch, level(room, "s02")) == (ParcelState.OFFERED, 1, (1, 1))


def test_head_office_decides_how_long_goods_wait_in_the_collecting_store(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, HERE_AND_THERE)
    with central.database.atomic() as connection:
        rules = {"collect_accept_seconds": 600}
        set_order_rules(connection, {**rules}, "Eva", room.timestamp())
    placed = order(room, "SKU-1", mode="collect", collect="s02")

    clock.forward(minutes=11)
    hear(room)
    following.follow(room)

    assert [store for _, store in offered(now(room, placed.order_id))] == ["s03"]
    assert tasks(room, "s02")["pick"] == "cancelled"
