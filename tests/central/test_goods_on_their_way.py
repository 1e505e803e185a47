"""Goods between places: announced, sent on, received, charged for, counted; by tasks and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.stock import DocumentLine, MovementKind, StockDocument
from central_sync.server.central import Central
from central_sync.server.goods import counting, expected, invoices
from central_sync.server.goods.invoices import Invoice
from central_sync.server.importing.run import import_folder
from central_sync.server.orders import deciding
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused
from central_sync.server.warehouse.availability import answer
from central_sync.server.warehouse.image import StockImage
from central_sync.wire.availability import AvailabilityReply, AvailabilityRequest
from central_sync.wire.entries import EntryKind
from central_sync.wire.tasks import TaskBody
from tests.central.office import Workstation, enrolled, on_hand
from tests.central.orders.shop import open_shop, tasks

DELIVERY = """store_id,reference,supplier,expected_on,sku,quantity
s01,L-1,Nordsko AB,2026-11-24,SKU-1,3
s01,L-1,Nordsko AB,2026-11-24,SKU-2,2
"""
INVOICE = """store_id,supplier,invoice,reference,sku,quantity
s01,Nordsko AB,F-9,L-1,SKU-1,3
s01,Nordsko AB,F-9,L-1,SKU-2,2
"""


@pytest.fixture
def room(central: Central) -> OrderRoom:
    return open_shop(central, {"SKU-1": {"s01": 5}})


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def bring_in(central: Central, tmp_path: Path, **files: str) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    report = import_folder(central, tmp_path, lambda _done, _all: None)
    assert report.is_written, report.bad
    for name in files:
        (tmp_path / f"{name}.csv").unlink()


def told(
    till: Workstation, http: httpx.Client, room: OrderRoom, kind: MovementKind, **changes: Any
) -> None:
    """The till books a list of goods, and central decides what it means."""
    lines = tuple(DocumentLine(sku, count) for sku, count in changes.pop("lines").items())
    movement_id = f"{till.workstation_id}/{len(till.entries)}"
    document = StockDocument(movement_id, kind, lines, changes.pop("reference", ""))
    till.note(EntryKind.STOCK_MOVED, payload=document.payload() | changes)
    assert till.send(http).json()["status"] == "accepted"
    deciding.settle_all(room)


def the_task(central: Central, store_id: str) -> tuple[str, str, TaskBody]:
    """(id, state, body) of a store's only task, as the feed tells it."""
    row = t.store_task
    with central.database.reading() as connection:
        found = connection.execute(select(row).where(row.c.store_id == store_id)).one()
    return found.task_id, found.state, TaskBody.model_validate_json(found.body)


def differences(central: Central) -> list[dict[str, int]]:
    with central.database.reading() as connection:
        return [one.differences for one in expected.listed(connection)]


def charged(central: Central) -> list[tuple[str, dict[str, int]]]:
    with central.database.reading() as connection:
        return [(one.state, one.differences) for one in invoices.listed(connection)]


def coming(central: Central, sku: str, *, exact: bool = True) -> dict[str, tuple[int, str]]:
    image = StockImage(central.database, central.now)
    body = answer(image, AvailabilityRequest(skus=[sku]), exact=exact)
    [item] = AvailabilityReply.model_validate_json(body).items
    return {one.store_id: (one.expected, one.expected_on) for one in item.sites if one.expected}


def test_an_announced_delivery_is_a_task_of_the_store_and_seen_as_expected(
    central: Central, room: OrderRoom, tmp_path: Path
) -> None:
    bring_in(central, tmp_path, deliveries=DELIVERY)

    task_id, state, body = the_task(central, "s01")
    assert (task_id, state, body.number) == ("expect/s01/L-1", "accepted", "L-1")
    assert [(line.sku, line.quantity) for line in body.lines] == [("SKU-1", 3), ("SKU-2", 2)]
    assert body.why_sv == "Från Nordsko AB."
    assert coming(central, "SKU-2") == {"s01": (2, "2026-11-24")}
    assert coming(central, "SKU-2", exact=False) == {}


def test_the_same_advice_again_tells_nobody_anything(
    central: Central, room: OrderRoom, tmp_path: Path
) -> None:
    bring_in(central, tmp_path, deliveries=DELIVERY)
    feed = t.feed.c
    count = select(feed.position).where(feed.table_name == "task")
    with central.database.reading() as connection:
        before = len(connection.execute(count).all())

    bring_in(central, tmp_path, deliveries=DELIVERY)

    with central.database.reading() as connection:
        assert len(connection.execute(count).all()) == before


def test_what_came_short_over_or_unknown_is_told_and_the_task_is_over(
    central: Central, room: OrderRoom, till: Workstation, http: httpx.Client, tmp_path: Path
) -> None:
    bring_in(central, tmp_path, deliveries=DELIVERY)

    told(
        till, http, room, MovementKind.GOODS_RECEIVED, lines={"SKU-1": 2, "SKU-3": 1},
        task_id="expect/s01/L-1", unknown=[["7350000000017", 4]],
    )  # fmt: skip

    assert differences(central) == [{"SKU-1": -1, "SKU-2": -2, "SKU-3": 1, "7350000000017": 4}]
    assert the_task(central, "s01")[1] == "done"
    assert coming(central, "SKU-2") == {}


def test_a_delivery_received_by_its_number_is_the_one_that_was_expected(
    central: Central, room: OrderRoom, till: Workstation, http: httpx.Client, tmp_path: Path
) -> None:
    bring_in(central, tmp_path, deliveries=DELIVERY)

    lines = {"SKU-1": 3, "SKU-2": 2}
    told(till, http, room, MovementKind.GOODS_RECEIVED, lines=lines, reference="L-1")

    assert differences(central) == [{}]
    assert tasks(room, "s01") == {"receive": "done"}


@pytest.mark.parametrize("first", ["goods", "invoice"])
def test_an_invoice_is_held_against_what_came_whichever_is_first(
    central: Central,
    room: OrderRoom,
    till: Workstation,
    http: httpx.Client,
    tmp_path: Path,
    first: str,
) -> None:
    bring_in(central, tmp_path, deliveries=DELIVERY)
    if first == "invoice":
        bring_in(central, tmp_path, supplier_invoices=INVOICE)
        assert charged(central) == [("waiting", {})]

    lines = {"SKU-1": 2, "SKU-2": 2, "SKU-3": 1}
    told(till, http, room, MovementKind.GOODS_RECEIVED, lines=lines, task_id="expect/s01/L-1")
    if first == "goods":
        bring_in(central, tmp_path, supplier_invoices=INVOICE)

    assert charged(central) == [("differs", {"SKU-1": 1, "SKU-3": -1})]


def test_a_store_that_checks_the_paper_has_the_last_word_on_it(
    central: Central, room: OrderRoom, till: Workstation, http: httpx.Client, tmp_path: Path
) -> None:
    bring_in(central, tmp_path, deliveries=DELIVERY, supplier_invoices=INVOICE)
    lines = {"SKU-1": 3, "SKU-2": 2}
    told(till, http, room, MovementKind.GOODS_RECEIVED, lines=lines, reference="L-1")
    assert charged(central) == [("fits", {})]

    payload = {
        "delivery_id": "m0",
        "reference": "L-1",
        "invoice": "F-10",
        "lines": [["SKU-1", 3, 4]],
    }
    till.note(EntryKind.INVOICE_CHECKED, payload=payload)
    till.send(http)
    deciding.settle_all(room)

    assert charged(central) == [("differs", {"SKU-1": 1}), ("fits", {})]


def test_what_one_store_sends_the_other_is_asked_to_receive(
    central: Central, room: OrderRoom, till: Workstation, http: httpx.Client
) -> None:
    told(till, http, room, MovementKind.TRANSFER_OUT, lines={"SKU-1": 2}, other_store="två par s02")
    task_id, state, body = the_task(central, "s02")
    assert (state, [(line.sku, line.quantity) for line in body.lines]) == (
        "accepted",
        [("SKU-1", 2)],
    )
    assert coming(central, "SKU-1") == {"s02": (2, "")}
    assert on_hand(central, "SKU-1", "s01") == 3

    there = enrolled(central, "s02", "5")
    told(there, http, room, MovementKind.TRANSFER_IN, lines={"SKU-1": 1}, task_id=task_id)

    assert the_task(central, "s02")[1] == "done"
    assert (differences(central), coming(central, "SKU-1")) == ([{"SKU-1": -1}], {})
    assert on_hand(central, "SKU-1", "s02") == 1


def test_goods_sent_to_no_known_store_are_told_to_a_person(
    central: Central, room: OrderRoom, till: Workstation, http: httpx.Client
) -> None:
    told(till, http, room, MovementKind.TRANSFER_OUT, lines={"SKU-1": 2}, other_store="Månen")

    with central.database.reading() as connection:
        [lost] = expected.listed(connection, state=expected.NOWHERE)
    assert (lost.store_id, lost.from_store_id, lost.lines) == ("Månen", "s01", {"SKU-1": (2, 0)})
    assert coming(central, "SKU-1") == {}


def test_a_count_is_asked_for_blind_and_once_and_the_count_ends_it(
    central: Central, room: OrderRoom, till: Workstation, http: httpx.Client
) -> None:
    at = central.timestamp()
    with central.database.atomic() as connection:
        task_id = counting.ask(connection, "s01", ["SKU-1", "SKU-2"], at)
        again = counting.ask(connection, "s01", ["SKU-1"], at)
        due = counting.longest_uncounted(connection, "s01", 5)
    _, _, body = the_task(central, "s01")
    assert (again, due) == ("", ["SKU-1"])
    assert [line.quantity for line in body.lines] == [0, 0]

    told(till, http, room, MovementKind.COUNT, lines={"SKU-1": 4, "SKU-2": 0}, task_id=task_id)

    assert the_task(central, "s01")[1] == "done"
    assert on_hand(central, "SKU-1", "s01") == 4


def test_a_count_of_what_is_not_there_is_refused(central: Central) -> None:
    with central.database.atomic() as connection, pytest.raises(Refused, match="no item"):
        counting.ask(connection, "s01", ["SKU-99"], central.timestamp())


def test_words_on_goods_that_cannot_be_read_keep_nobody_waiting(
    central: Central, room: OrderRoom, till: Workstation, http: httpx.Client
) -> None:
    lines = {"delivery_id": "", "reference": 5, "invoice": None, "lines": []}
    till.note(EntryKind.INVOICE_CHECKED, payload=lines)
    told(till, http, room, MovementKind.TRANSFER_OUT, lines={"SKU-1": 1}, other_store="s02")

    assert tasks(room, "s02") == {"transfer_in": "accepted"}
    row = t.order_inbox.c
    with central.database.reading() as connection:
        states = connection.execute(select(row.state).where(row.state == "waiting")).all()
    assert states == []


def test_the_feed_tells_the_task_as_the_till_reads_it(
    central: Central, room: OrderRoom, tmp_path: Path
) -> None:
    bring_in(central, tmp_path, deliveries=DELIVERY)

    feed = t.feed.c
    with central.database.reading() as connection:
        told_row = connection.execute(
            select(feed.row).where(feed.table_name == "task", feed.scope == "store:s01")
        ).scalar_one()
    row = json.loads(told_row)
    assert (row["kind"], row["state"], row["due_at"][:10]) == ("receive", "accepted", "2026-11-24")


PRICED_DELIVERY = """store_id,reference,supplier,expected_on,sku,quantity,cost
s01,L-20,Nordsko AB,2026-11-24,SKU-1,6,"100,00"
s01,L-20,Nordsko AB,2026-11-24,SKU-2,2,"200,00"
"""
PRICED_INVOICE = """store_id,supplier,invoice,reference,sku,quantity,cost
s01,Nordsko AB,F-20,L-20,SKU-1,6,"{price}"
s01,Nordsko AB,F-20,L-20,SKU-2,2,"200,00"
"""
AT = "2026-11-22T12:00:00.000Z"


def priced(
    central: Central, http: httpx.Client, room: OrderRoom, tmp_path: Path, price: str, came: int = 6
) -> Invoice:
    """An invoice of six at this price and two at the agreed one; `came` of the six did."""
    invoice = PRICED_INVOICE.format(price=price)
    bring_in(central, tmp_path, deliveries=PRICED_DELIVERY, supplier_invoices=invoice)
    lines = {"SKU-1": came, "SKU-2": 2}
    kind = MovementKind.GOODS_RECEIVED
    told(enrolled(central), http, room, kind, lines=lines, reference="L-20")
    with central.database.reading() as connection:
        [found] = invoices.listed(connection)
    return found


def test_a_price_above_the_agreed_one_is_a_difference_of_its_line(
    central: Central, http: httpx.Client, room: OrderRoom, tmp_path: Path
) -> None:
    found = priced(central, http, room, tmp_path, "104,00")

    assert (found.state, [line.sku for line in found.differing]) == (invoices.DIFFERS, ["SKU-1"])
    assert (found.differences, found.claim_minor) == ({}, 6 * 400)


def test_a_price_within_the_chains_tolerance_fits(
    central: Central, http: httpx.Client, room: OrderRoom, tmp_path: Path
) -> None:
    with central.database.atomic() as connection:
        invoices.set_tolerance(connection, 400, "Eva", AT)

    assert priced(central, http, room, tmp_path, "104,00").state == invoices.FITS


def test_a_claim_is_what_is_charged_less_what_came_at_the_agreed_price(
    central: Central, http: httpx.Client, room: OrderRoom, tmp_path: Path
) -> None:
    found = priced(central, http, room, tmp_path, "104,00", came=5)

    assert (found.differences, found.claim_minor) == ({"SKU-1": 1}, 6 * 10_400 - 5 * 10_000)


def test_a_credit_note_is_asked_for_by_one_and_approved_by_another(
    central: Central, http: httpx.Client, room: OrderRoom, tmp_path: Path
) -> None:
    priced(central, http, room, tmp_path, "104,00")

    with central.database.atomic() as connection:
        asked = invoices.ask_credit(connection, "Nordsko AB", "F-20", "Eva", AT)
        done = invoices.settle(
            connection, "Nordsko AB", "F-20", AT, author="Karin", credit_note="K-17"
        )

    assert (asked.state, asked.credit_minor, asked.asked_by) == ("credit_asked", 2_400, "Eva")
    assert (done.state, done.approved_by, done.credit_note) == ("settled", "Karin", "K-17")


def test_no_credit_note_is_asked_for_where_nothing_is_charged_too_much(
    central: Central, http: httpx.Client, room: OrderRoom, tmp_path: Path
) -> None:
    priced(central, http, room, tmp_path, "95,00")

    with (
        central.database.atomic() as connection,
        pytest.raises(Refused, match="nothing too much"),
    ):
        invoices.ask_credit(connection, "Nordsko AB", "F-20", "Eva", AT)
