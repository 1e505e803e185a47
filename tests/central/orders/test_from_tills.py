"""What tills say of orders in their journals: receipts with an order, words on parcels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.retail.orders import (
    Address,
    CustomerOrder,
    Mode,
    OrderLine,
    ParcelState,
    Promise,
    commands,
)
from central_sync.retail.plain import tagged
from central_sync.retail.transaction import RetailTransaction
from central_sync.server.central import Central
from central_sync.server.orders import deciding, following, ledger
from central_sync.server.orders.identities import new_id
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.wire.entries import EntryKind
from tests.central.office import Clock, Workstation, enrolled, pair, sale
from tests.central.orders.shop import (
    ANNA,
    hear,
    level,
    now,
    offered,
    open_shop,
    order,
    quote,
    say,
    tasks,
)
from tests.retail.trade import cash, closed, returned_line

ORDER_ID = "018bcfe5-0000-7000-8000-00000000a001"


@pytest.fixture
def room(central: Central) -> OrderRoom:
    return open_shop(central, {"SKU-1": {"s02": 2, "s03": 2}})


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def sold(room: OrderRoom, promise: Promise = Promise.INTENT, **changes: Any) -> RetailTransaction:
    """A pair of SKU-1 paid in s01, to be sent home from somewhere else."""
    address_id = new_id(room.timestamp())
    with room.database.atomic() as connection:
        trip = Trip(connection)
        room.private.keep_all(trip, [(address_id, ANNA, "")], room.timestamp(), "SE")
        trip.go()
    receipt = closed([pair(1)], [cash(20_000)], number=7)
    line = receipt.lines[0]
    wanted = CustomerOrder(
        order_id=ORDER_ID,
        number=receipt.receipt_number,
        lines=(
            OrderLine(
                line.line, line.sku, line.name, 1, line.gross_minor, line.vat_minor,
                line.tax_rate_basis_points, Mode.SHIP, promise,
            ),
        ),
        address=Address(address_id=address_id),
        **changes,
    )  # fmt: skip
    seller = replace(receipt.seller, store_id="s01")
    return replace(receipt, seller=seller, order=wanted)


def book(till: Workstation, http: httpx.Client, room: OrderRoom) -> None:
    assert till.send(http).json()["status"] == "accepted"
    deciding.settle_all(room)


def words(central: Central) -> list[tuple[str, str, str]]:
    row = t.order_inbox.c
    with central.database.reading() as connection:
        found = connection.execute(select(row.kind, row.state, row.reason).order_by(row.inbox_id))
        return [(one.kind, one.state, one.reason) for one in found]


def claimed_pair(central: Central) -> tuple[OrderRoom, str, tuple[str, str, int]]:
    """An order of two lines, a piece each, in one parcel that s02 of five has taken on."""
    room = open_shop(central, {"SKU-1": {"s02": 5}})
    placed = order(room, "SKU-1", "SKU-1")
    [(parcel_id, store_id)] = offered(placed)
    place = (parcel_id, store_id, 1)
    say(room, placed.order_id, commands.ClaimParcel(*place))
    return room, placed.order_id, place


def note_words(till: Workstation, order_id: str, *said: commands.OrderCommand) -> None:
    for word in said:
        till.note(EntryKind.ORDER_COMMAND, payload={"order_id": order_id, "command": tagged(word)})


def open_tasks(room: OrderRoom, store_id: str) -> list[tuple[str, int]]:
    """Kind and line of what a store is asked to do."""
    row = t.store_task.c
    with room.database.reading() as connection:
        found = connection.execute(
            select(row.kind, row.body).where(row.store_id == store_id, row.closed_at == "")
        )
        asked = [(one.kind, json.loads(one.body)["lines"]) for one in found]
    return sorted((kind, line["line"]) for kind, lines in asked for line in lines)


def test_a_paid_wish_is_routed_when_it_comes_and_takes_nothing_from_its_own_shelf(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    till.sell(sold(room))

    book(till, http, room)

    placed = now(room, ORDER_ID)
    assert placed.lines[0].promise is Promise.RESERVED
    assert {store for _, store in offered(placed)} <= {"s02", "s03"}
    assert [share.amount_minor for share in placed.lines[0].shares] == [19_900]
    assert level(room, "s01") == (0, 0)


def test_the_same_receipt_twice_is_one_order(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    receipt = sold(room)
    till.sell(receipt)
    till.sell(receipt)

    book(till, http, room)

    with central.database.reading() as connection:
        count = len(list(connection.execute(select(t.customer_order.c.order_id))))
    assert count == 1
    assert sum(level(room, store)[1] for store in ("s02", "s03")) == 1


def test_a_quote_of_the_till_becomes_its_order_with_the_pieces_that_it_held(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    client = Client(f"till:{till.workstation_id}", "s01", True)
    held = quote(room, "SKU-1", client=client)
    till.sell(sold(room, Promise.RESERVED, quote_id=held.quote_id))

    book(till, http, room)

    placed = now(room, ORDER_ID)
    assert [parcel.parcel_id for parcel in placed.parcels] == [held.parcels[0].parcel_id]
    assert sum(level(room, store)[1] for store in ("s02", "s03")) == 1


def test_a_quote_that_ended_before_the_till_was_heard_is_routed_anew(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom, clock: Clock
) -> None:
    client = Client(f"till:{till.workstation_id}", "s01", True)
    held = quote(room, "SKU-1", client=client)
    till.sell(sold(room, Promise.RESERVED, quote_id=held.quote_id))
    clock.forward(minutes=40)
    hear(room)
    following.follow(room)

    book(till, http, room)

    assert len(offered(now(room, ORDER_ID))) == 1


def test_a_wish_that_no_store_can_fill_is_told_to_a_person_in_the_selling_store(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    room = open_shop(central, {"SKU-1": {}})
    till.sell(sold(room))

    book(till, http, room)

    assert now(room, ORDER_ID).lines[0].escalated == "order.no_stock"
    assert tasks(room, "s01") == {"call_customer": "accepted"}


def test_a_store_answers_through_its_journal(
    central: Central, http: httpx.Client, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")
    [(parcel_id, store_id)] = offered(placed)
    there = enrolled(central, store_id, "5")
    there.note(
        EntryKind.ORDER_COMMAND,
        payload={
            "order_id": placed.order_id,
            "command": tagged(commands.ClaimParcel(parcel_id, store_id, 1)),
        },
    )

    book(there, http, room)

    assert now(room, placed.order_id).parcels[0].state is ParcelState.CLAIMED
    assert words(central) == [("command", "done", "")]


def test_a_store_that_lost_the_parcel_meanwhile_puts_the_goods_back(
    central: Central, http: httpx.Client, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")
    [(parcel_id, store_id)] = offered(placed)
    say(room, placed.order_id, commands.ClaimParcel(parcel_id, store_id, 1))
    say(room, placed.order_id, commands.TakeBackParcel(parcel_id, "order.store_silent"))
    there = enrolled(central, store_id, "5")
    there.note(
        EntryKind.ORDER_COMMAND,
        payload={
            "order_id": placed.order_id,
            "command": tagged(commands.PickLine(parcel_id, store_id, 1, 1, 1)),
        },
    )
    there.note(EntryKind.TASK_DONE, payload={"task_id": "no such task"})

    book(there, http, room)

    assert [(kind, state) for kind, state, _ in words(central)] == [
        ("command", "refused"),
        ("task_done", "done"),
    ]
    assert tasks(room, store_id)["put_back"] == "accepted"


def test_a_piece_that_was_picked_before_its_cancelling_was_heard_goes_back_on_the_shelf(
    central: Central, http: httpx.Client
) -> None:
    """The other line of the parcel is still wanted."""
    room, order_id, place = claimed_pair(central)
    say(room, order_id, commands.CancelPieces(2, 1, "customer"))
    there = enrolled(central, "s02", "5")
    picked = [commands.PickLine(*place, line, 1) for line in (1, 2)]
    note_words(there, order_id, *picked, commands.PackParcel(*place))

    book(there, http, room)

    assert now(room, order_id).parcels[0].state is ParcelState.PACKED
    assert ("put_back", 2) in open_tasks(room, "s02")
    assert level(room, "s02") == (4, 0)


def test_a_picker_who_was_cut_off_and_found_nothing_has_the_shelf_counted(
    central: Central, http: httpx.Client, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")
    [(parcel_id, store_id)] = offered(placed)
    say(room, placed.order_id, commands.ClaimParcel(parcel_id, store_id, 1))
    say(room, placed.order_id, commands.CancelPieces(1, 1, "customer"))
    there = enrolled(central, store_id, "5")
    missed = commands.ShortLine(parcel_id, store_id, 1, 1, 1, "not_found")
    note_words(there, placed.order_id, missed)

    book(there, http, room)

    assert open_tasks(room, store_id) == [("count", 1)]


@pytest.mark.parametrize("picked_before", [0, 1], ids=["not begun", "being picked"])
def test_what_a_store_sent_before_it_heard_that_it_was_cancelled_is_booked_out_once(
    central: Central, http: httpx.Client, picked_before: int
) -> None:
    """The store was cut off when the customer thought better of it."""
    room, order_id, place = claimed_pair(central)
    picks = [commands.PickLine(*place, line, 1) for line in (1, 2)]
    for pick in picks[:picked_before]:
        say(room, order_id, pick)
    for line in (1, 2):
        say(room, order_id, commands.CancelPieces(line, 1, "customer"))
    there = enrolled(central, "s02", "5")
    sent = commands.HandOver(*place, "T1")
    note_words(there, order_id, *picks[picked_before:], commands.PackParcel(*place), sent, sent)

    book(there, http, room)

    assert level(room, "s02") == (3, 0)
    assert open_tasks(room, "s02") == [("call_customer", 1), ("call_customer", 2)]
    assert {state for _, state, _ in words(central)} == {"refused"}


def test_a_till_does_not_speak_for_another_store(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")
    [(parcel_id, store_id)] = offered(placed)
    till.note(
        EntryKind.ORDER_COMMAND,
        payload={
            "order_id": placed.order_id,
            "command": tagged(commands.ClaimParcel(parcel_id, store_id, 1)),
        },
    )

    book(till, http, room)

    assert now(room, placed.order_id).parcels[0].state is ParcelState.OFFERED
    assert words(central)[0][1] == "refused"


def test_words_that_cannot_be_read_keep_nobody_waiting(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    unreadable: list[dict[str, Any]] = [
        {},
        {"order_id": 5, "command": {"is": "Nothing"}},
        {"command": []},
    ]
    for payload in unreadable:
        till.note(EntryKind.ORDER_COMMAND, payload=payload)
    till.sell(sold(room))

    book(till, http, room)

    assert [state for _, state, _ in words(central)] == ["refused"] * 3 + ["done"]


def test_a_sale_of_the_last_pair_sends_the_order_to_another_store(
    central: Central, http: httpx.Client
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 1, "s03": 1}})
    placed = order(room, "SKU-1")
    [(_, store_id)] = offered(placed)
    there = enrolled(central, store_id, "5")
    receipt = sale(9)
    there.sell(replace(receipt, seller=replace(receipt.seller, store_id=store_id)))

    book(there, http, room)

    assert [store for _, store in offered(now(room, placed.order_id))] != [store_id]
    assert level(room, store_id) == (0, 0)


def test_a_return_of_a_shipped_line_refunds_its_exact_share_and_is_paid(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    receipt = sold(room)
    till.sell(receipt)
    book(till, http, room)
    parcel = now(room, ORDER_ID).parcels[0]
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    for command in (
        commands.ClaimParcel(*place),
        commands.PickLine(*place, 1, 1),
        commands.PackParcel(*place),
        commands.HandOver(*place, "T1"),
    ):
        say(room, ORDER_ID, command)
    back = returned_line(1, receipt.lines[0], receipt)
    till.sell(closed([back], [cash(-20_000)], number=8))

    book(till, http, room)

    after = now(room, ORDER_ID)
    assert [(r.amount_minor, bool(r.paid_at)) for r in after.refunds] == [(19_900, True)]
    assert after.lines[0].returned == 1


def test_the_store_hears_of_its_task_on_the_feed_and_of_nobodys_name(
    central: Central, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")
    [(_, store_id)] = offered(placed)

    with central.database.reading() as connection:
        told = t.feed.c
        rows = connection.execute(
            select(told.table_name, told.row).where(told.scope == f"store:{store_id}")
        ).all()
        events = ledger.events_of(connection, placed.order_id)

    [task] = [json.loads(row.row) for row in rows if row.table_name == "task"]
    assert (task["kind"], task["state"], task["sealed"]) == ("pick", "offered", "")
    assert "Valdes för att" in task["body"]
    assert "Provsson" not in repr(rows) + repr(events)
