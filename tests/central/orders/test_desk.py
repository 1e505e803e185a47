"""The order desk of any till: what is found, who may pay a refund out, what ends a wish."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from central_sync.retail.orders import Mode, ParcelState, Promise, commands
from central_sync.retail.plain import tagged
from central_sync.retail.transaction import RetailTransaction
from central_sync.server.central import Central
from central_sync.server.orders import deciding, desk, following, selling
from central_sync.server.orders.private import SealedPrivate
from central_sync.server.orders.room import OrderRoom
from central_sync.server.people import erase_address
from central_sync.server.refused import Refused
from central_sync.wire.entries import EntryKind
from central_sync.wire.orders import OrderRequest
from tests.central.office import Clock, Workstation, enrolled, key_headers, pair
from tests.central.orders.shop import (
    ANNA,
    SHOP,
    hear,
    now,
    open_shop,
    order,
    pick_all,
    quote,
    say,
    tasks,
)
from tests.central.orders.test_from_tills import ORDER_ID, book, sold
from tests.hardware.waiting import until
from tests.retail.trade import cash, closed, returned_line


@pytest.fixture
def room(central: Central) -> OrderRoom:
    return sealing(central, {"SKU-1": {"s02": 2, "s03": 2}})


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def sealing(central: Central, goods: dict[str, dict[str, int]]) -> OrderRoom:
    """A room that keeps names as central does."""
    room = open_shop(central, goods)
    return replace(room, private=SealedPrivate(central.data_keys))


def found(room: OrderRoom, central: Central, text: str) -> list[str]:
    with central.database.reading() as connection:
        orders = desk.find(room, connection, central.data_keys, text).orders
    return [one.summary.order_id for one in orders]


def asks(till: Workstation, order_id: str, command: Any) -> None:
    payload = {"order_id": order_id, "command": tagged(command)}
    till.note(EntryKind.ORDER_COMMAND, payload=payload)


def taken_back(receipt: RetailTransaction, refund_key: str = "") -> RetailTransaction:
    back = returned_line(1, receipt.lines[0], receipt, refund_key=refund_key)
    return closed([back], [cash(-20_000)], number=8)


def test_an_order_is_found_by_number_phone_email_and_name_and_by_nobody_elses(
    central: Central, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")

    for text in (placed.number, "0701740605", "anna@example.se", "prov ann"):
        assert found(room, central, text) == [placed.order_id], text
    assert found(room, central, "0701740606") == []
    assert found(room, central, "annas") == []


def test_what_is_shown_says_where_the_pieces_are_why_and_for_whom(
    central: Central, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")

    with central.database.reading() as connection:
        shown = desk.shown_of(room, connection, placed.order_id)

    [parcel] = shown.summary.parcels
    assert parcel.store_name
    assert "Valdes för att" in parcel.why_sv
    assert shown.summary.lines[0].pieces == {"offered": 1}
    assert shown.contact.phone == "070-174 06 05"


def test_an_erased_address_finds_no_order(central: Central, room: OrderRoom) -> None:
    placed = order(room, "SKU-1")
    address = placed.address
    assert address is not None
    with central.database.atomic() as connection:
        erase_address(connection, address.address_id, room.timestamp())

    assert found(room, central, "0701740605") == []


def test_a_cancel_that_comes_before_its_order_is_done_when_the_order_comes(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    elsewhere = enrolled(central, "s02", "5")
    asks(elsewhere, ORDER_ID, commands.CancelPieces(1, 1, "customer"))
    book(elsewhere, http, room)
    till.sell(sold(room))

    book(till, http, room)
    # The server settles what it takes in beside us: it may be at the early word just now.
    until(lambda: deciding.settle_all(room) == 0 and now(room, ORDER_ID).lines[0].cancelled == 1)

    after = now(room, ORDER_ID)
    assert [(refund.amount_minor, refund.paid_at) for refund in after.refunds] == [(19_900, "")]


def test_one_till_at_a_time_may_pay_a_refund_out_and_nobody_after_it_is_paid(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom, clock: Clock
) -> None:
    receipt = sold(room)
    till.sell(receipt)
    book(till, http, room)
    say(room, ORDER_ID, commands.CancelPieces(1, 1, "customer"))
    [refund] = now(room, ORDER_ID).refunds

    mine = desk.claim(room, ORDER_ID, refund.refund_key, "w-1")
    with pytest.raises(Refused, match="another till"):
        desk.claim(room, ORDER_ID, refund.refund_key, "w-2")
    clock.forward(seconds=desk.CLAIM_SECONDS)
    desk.claim(room, ORDER_ID, refund.refund_key, "w-2")
    till.sell(taken_back(receipt, refund.refund_key))
    book(till, http, room)

    assert (mine.amount_minor, mine.shares) == (19_900, {"cash": 19_900})
    with pytest.raises(Refused, match="paid already"):
        desk.claim(room, ORDER_ID, refund.refund_key, "w-2")
    assert tasks(room, "s01")["refund"] == "done"


def test_a_receipt_of_another_till_comes_with_what_was_taken_back_of_it(
    central: Central, till: Workstation, http: httpx.Client, room: OrderRoom
) -> None:
    receipt = closed([pair(1)], [cash(20_000)], number=7)
    till.sell(receipt)
    elsewhere = enrolled(central, "s02", "5")
    back = returned_line(1, receipt.lines[0], receipt)
    elsewhere.sell(
        replace(
            closed([back], [cash(-20_000)], number=3),
            seller=replace(receipt.seller, store_id="s02"),
        )
    )
    book(till, http, room)
    book(elsewhere, http, room)

    with central.database.reading() as connection:
        shown = desk.receipt(room, connection, receipt.receipt_number)

    assert shown.receipt["receipt_id"] == receipt.receipt_id
    assert shown.returned == {1: 1}
    assert shown.order is None


def test_a_wish_that_nobody_answers_in_time_is_paid_back_by_the_store_that_sold_it(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    room = sealing(central, {"SKU-1": {}})
    receipt = sold(room)
    assert receipt.order is not None
    [line] = receipt.order.lines
    wish = replace(line, answer_by=clock_in(clock, 24))
    till.sell(replace(receipt, order=replace(receipt.order, lines=(wish,))))
    book(till, http, room)

    say(room, ORDER_ID, commands.PutOffAnswer(1, clock_in(clock, 48)))
    clock.forward(hours=25)
    hear(room)
    following.follow(room)
    assert now(room, ORDER_ID).refunds == ()

    clock.forward(hours=24)
    hear(room)
    following.follow(room)

    assert [one.reason for one in now(room, ORDER_ID).refunds] == ["order.no_answer"]
    assert tasks(room, "s01") == {"call_customer": "done", "refund": "accepted"}


def test_another_item_is_found_a_store_and_the_rest_is_refunded_under_both_names(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    room = sealing(central, {"SKU-1": {}, "SKU-2": {"s02": 2}})
    receipt = sold(room)
    till.sell(receipt)
    asks(till, ORDER_ID, commands.SubstituteLine(1, "SKU-2", "Vara 2", 15_000, 2500, "2099"))
    asks(till, ORDER_ID, commands.SubstituteLine(1, "SKU-2", "Vara 2", 15_000, 2500, "2099"))
    asks(till, ORDER_ID, commands.SubstituteLine(1, "NO-SUCH", "", 1, 2500, "2099"))
    book(till, http, room)
    until(lambda: deciding.settle_all(room) == 0 and now(room, ORDER_ID).parcels != ())

    after = now(room, ORDER_ID)
    [refund] = after.refunds
    assert (after.lines[1].promise, after.parcels[0].store_id) == (Promise.RESERVED, "s02")
    assert tasks(room, "s01")["call_customer"] == "done"
    mine = desk.claim(room, ORDER_ID, refund.refund_key, "w-1")
    assert (mine.amount_minor, mine.shares) == (4_900, {"cash": 4_900})
    assert mine.name.endswith("→ Vara 2")


def test_what_is_paid_at_the_counter_is_paid_for_the_lines_that_are_handed_out(
    central: Central, http: httpx.Client, room: OrderRoom
) -> None:
    held = quote(room, "SKU-1", mode="collect", collect="s02")
    placed = selling.order(room, OrderRequest(quote_id=held.quote_id, address=ANNA), SHOP).order
    assert placed.lines[0].shares[0].tender_id == ""
    packed = pick_all(room, placed.order_id)
    parcel = packed.parcels[0]
    say(room, placed.order_id, commands.MakeReady(parcel.parcel_id, "s02", "A1", ""))
    there = enrolled(central, "s02", "5")
    due = placed.lines[0].gross_minor
    rest = replace(pair(1), unit_price_minor=due, pays_order=placed.order_id, pays_line=1)
    receipt = closed([rest], [cash(due)], number=4)
    there.sell(replace(receipt, seller=replace(receipt.seller, store_id="s02")))

    book(there, http, room)
    say(room, placed.order_id, commands.CollectPieces(parcel.parcel_id, "s02", ((1, 1),)))

    after = now(room, placed.order_id)
    assert after.parcels[0].state is ParcelState.COLLECTED
    assert [(one.tender_id, one.amount_minor) for one in after.lines[0].shares] == [("cash", due)]


def test_a_web_shops_order_that_was_paid_at_the_counter_is_paid_back_at_one(
    central: Central, http: httpx.Client, room: OrderRoom
) -> None:
    held = quote(room, "SKU-1", mode="collect", collect="s02")
    placed = selling.order(room, OrderRequest(quote_id=held.quote_id, address=ANNA), SHOP).order
    due = placed.lines[0].gross_minor
    say(room, placed.order_id, commands.TakePayment("cash", due, "r1", (1,)))
    say(room, placed.order_id, commands.CancelPieces(1, 1, "customer"))
    [refund] = now(room, placed.order_id).refunds
    claim = desk.claim(room, placed.order_id, refund.refund_key, "w-1")
    assert claim.receipt_id == ""
    there = enrolled(central, "s02", "5")
    sold_as = closed([pair(1)], [cash(20_000)], number=9, receipt_id=placed.order_id)
    there.sell(
        replace(
            taken_back(sold_as, refund.refund_key),
            seller=replace(sold_as.seller, store_id="s02"),
        )
    )

    book(there, http, room)

    assert all(one.paid_at for one in now(room, placed.order_id).refunds)


def test_what_was_paid_online_and_at_the_counter_is_given_back_at_the_counter(
    central: Central, http: httpx.Client, room: OrderRoom
) -> None:
    held = quote(room, "SKU-1", mode="collect", collect="s02")
    placed = selling.order(room, OrderRequest(quote_id=held.quote_id, address=ANNA), SHOP).order
    due, order_id = placed.lines[0].gross_minor, placed.order_id
    there = enrolled(central, "s02", "5")
    rest = replace(pair(1), unit_price_minor=due, pays_order=order_id, pays_line=1)
    receipt = closed([rest], [cash(due)], number=4)
    there.sell(replace(receipt, seller=replace(receipt.seller, store_id="s02")))
    online = {"tender_id": "web", "amount_minor": due, "reference": "psp-1"}
    path, web = f"/v1/orders/{order_id}/payments", key_headers(central, "orders:write")
    assert http.post(path, json=online, headers=web).status_code == 200

    book(there, http, room)

    assert tasks(room, "s02")["refund"] == "accepted"
    [refund] = now(room, order_id).refunds
    claim = desk.claim(room, order_id, refund.refund_key, "w-1")
    assert (claim.amount_minor, claim.shares, claim.reason) == (
        due, {"cash": due}, "order.paid_twice",
    )  # fmt: skip
    sold_as = closed([pair(1)], [cash(20_000)], number=9, receipt_id=order_id)
    back = taken_back(sold_as, refund.refund_key)
    there.sell(replace(back, seller=replace(back.seller, store_id="s02")))
    book(there, http, room)
    after = now(room, order_id)
    assert (after.refunds[0].paid_at != "", after.lines[0].shares[0].tender_id) == (True, "web")
    assert tasks(room, "s02")["refund"] == "done"


def test_an_order_that_is_paid_is_not_paid_again_online(
    central: Central, http: httpx.Client, room: OrderRoom
) -> None:
    placed = order(room, "SKU-1")
    online = {"tender_id": "web", "amount_minor": 100}
    web = key_headers(central, "orders:write")

    reply = http.post(f"/v1/orders/{placed.order_id}/payments", json=online, headers=web)

    assert (reply.status_code, now(room, placed.order_id).refunds) == (409, ())


def test_the_fee_goes_back_when_nothing_is_shipped_any_more(room: OrderRoom) -> None:
    placed = order(room, "SKU-1")
    [fee] = [line for line in placed.lines if line.mode is Mode.FEE]

    say(room, placed.order_id, commands.ChangeLine(1, Mode.COLLECT, "s02"))

    after = now(room, placed.order_id)
    assert [(one.line, one.amount_minor) for one in after.refunds] == [(fee.line, fee.gross_minor)]
    assert after.lines[0].promise is Promise.RESERVED


def test_a_till_asks_and_a_stranger_does_not(
    central: Central, till: Workstation, room: OrderRoom, http: httpx.Client
) -> None:
    placed = order(room, "SKU-1")
    deciding.settle_all(room)

    answer = http.get("/v1/desk/orders", params={"q": placed.number}, headers=till.headers)
    stranger = http.get("/v1/desk/orders", params={"q": placed.number})

    assert [one["summary"]["number"] for one in answer.json()["orders"]] == [placed.number]
    assert stranger.status_code == 401


def clock_in(clock: Clock, hours: int) -> str:
    until = clock() + timedelta(hours=hours)
    return until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
