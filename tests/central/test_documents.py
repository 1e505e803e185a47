"""Goods that stores tell of: booked once, by line, and never against the shelf's truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, delete, insert, select

from central_sync.database import tables as t
from central_sync.retail.stock import DocumentLine, MovementKind, Reservation, StockDocument
from central_sync.server.bookkeeping import book_all
from central_sync.server.central import Central
from central_sync.server.importing.load import Loader
from central_sync.server.intake import Sender, receive
from central_sync.server.reads import parked
from central_sync.server.repost import repost
from central_sync.server.warehouse import pulse, reserving
from central_sync.server.warehouse.rebuild import broken_rules, rebuild
from central_sync.server.warehouse.reserving import Want
from central_sync.server.warehouse.upkeep import Upkeep
from central_sync.wire.entries import EntryKind
from tests.central.office import (
    Clock,
    Workstation,
    count_of,
    enrolled,
    item_row,
    on_hand,
    sale,
    states,
)

AT = "2026-11-22T12:00:00.000Z"


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def _told(
    till: Workstation, kind: MovementKind, *lines: DocumentLine, movement_id: str = "m1"
) -> None:
    document = StockDocument(movement_id, kind, lines, "F-17", "")
    till.note(EntryKind.STOCK_MOVED, payload=document.payload())


def _lines(central: Central) -> list[Any]:
    line = t.stock_document_line
    with central.database.reading() as connection:
        return list(connection.execute(select(line).order_by(line.c.document_id, line.c.line)))


def _is_whole(central: Central) -> bool:
    with central.database.reading() as connection:
        return broken_rules(connection) == []


@pytest.mark.parametrize(
    ("kind", "line", "after"),
    [
        (MovementKind.GOODS_RECEIVED, DocumentLine("SKU-1", 3), 8),
        (MovementKind.TRANSFER_OUT, DocumentLine("SKU-1", 2), 3),
        (MovementKind.TRANSFER_IN, DocumentLine("SKU-1", 2), 7),
        (MovementKind.PUT_BACK, DocumentLine("SKU-1", 1), 6),
        (MovementKind.ADJUSTMENT, DocumentLine("SKU-1", -4), 1),
        (MovementKind.COUNT, DocumentLine("SKU-1", 7, 6), 6),
        (MovementKind.COUNT, DocumentLine("SKU-1", 7), 7),
    ],
)
def test_a_document_moves_goods_by_its_kind(
    central: Central, till: Workstation, http: httpx.Client, kind: MovementKind,
    line: DocumentLine, after: int,
) -> None:  # fmt: skip
    _told(till, kind, line)

    till.send(http)

    assert (states(central), on_hand(central), _is_whole(central)) == (["accepted"], after, True)


def test_a_document_that_comes_again_moves_nothing_but_is_named_in_the_stock(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _told(till, MovementKind.GOODS_RECEIVED, DocumentLine("SKU-1", 3))
    till.send(http)
    restored = replace(till, epoch=2, entries=[])
    _told(restored, MovementKind.GOODS_RECEIVED, DocumentLine("SKU-1", 3))

    restored.send(http)

    assert (states(central), on_hand(central)) == (["accepted", "alias"], 8)
    with central.database.reading() as connection:
        as_of = connection.execute(select(t.stock_level.c.as_of)).scalar_one()
    assert as_of == f'{{"{till.workstation_id}": [2, 1]}}'
    assert _is_whole(central)


def test_an_unknown_item_parks_its_line_and_the_rest_of_the_delivery_goes_on(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _told(till, MovementKind.GOODS_RECEIVED, DocumentLine("SKU-1", 3), DocumentLine("SKU-9", 2))

    till.send(http)

    assert on_hand(central) == 8
    assert [line.state for line in _lines(central)] == ["booked", "parked"]
    with central.database.reading() as connection:
        assert "no item has the SKU or code SKU-9" in parked(connection)[0].reason


def test_a_parked_line_is_booked_when_its_item_is_known(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _told(till, MovementKind.GOODS_RECEIVED, DocumentLine("SKU-9", 2))
    till.send(http)
    with central.database.atomic() as connection:
        loader = Loader(connection, AT)
        loader.write("items", [item_row(9)])
        loader.finish()

    with central.database.atomic() as connection:
        report = repost(connection, AT)

    assert (report.booked, on_hand(central, "SKU-9"), _is_whole(central)) == (1, 2, True)


def test_a_code_that_nobody_knew_is_booked_on_the_item_that_gets_it(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    lines, unknown = (DocumentLine("SKU-1", 3),), (DocumentLine("7350000000017", 2),)
    document = StockDocument("m1", MovementKind.GOODS_RECEIVED, lines, unknown=unknown)
    till.note(EntryKind.STOCK_MOVED, payload=document.payload())
    till.send(http)
    with central.database.atomic() as connection:
        loader = Loader(connection, AT)
        loader.write("barcodes", [{"code": "7350000000017", "sku": "SKU-2"}])
        loader.finish()

    with central.database.atomic() as connection:
        report = repost(connection, AT)

    assert (report.booked, on_hand(central), on_hand(central, "SKU-2")) == (1, 8, 2)
    assert _is_whole(central)


def test_over_and_short_are_kept_beside_what_came(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _told(
        till, MovementKind.GOODS_RECEIVED, DocumentLine("SKU-1", 3, 5), DocumentLine("SKU-2", 2, 1)
    )

    till.send(http)

    assert [(line.quantity, line.expected) for line in _lines(central)] == [(3, 5), (2, 1)]


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"movement_id": "m1", "kind": "sale", "lines": [["SKU-1", 1]]},
        {"movement_id": "m1", "kind": "goods_received", "lines": [["SKU-1", -1]]},
        {"movement_id": "m1", "kind": "goods_received", "lines": [["SKU-1"]]},
        {"movement_id": "m1", "kind": "goods_received", "lines": [["SKU-1", 10**12]]},
        {"movement_id": "", "kind": "goods_received", "lines": []},
        {"movement_id": "m1", "kind": "goods_received", "lines": [["SKU-1", True]]},
        {"movement_id": "a\x00b", "kind": "goods_received", "lines": []},
    ],
)
def test_a_document_that_cannot_be_read_is_parked_and_later_ones_go_on(
    central: Central, till: Workstation, http: httpx.Client, payload: dict[str, Any]
) -> None:
    till.note(EntryKind.STOCK_MOVED, payload=payload)
    till.sell(sale())

    reply = till.send(http).json()

    assert (reply["accepted"], states(central)[0], on_hand(central)) == (2, "parked", 4)


def test_a_checked_invoice_is_kept_and_moves_nothing(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    payload = {"delivery_id": "m1", "lines": [["SKU-1", 3, 5]], "differences": [["SKU-1", -2]]}
    till.note(EntryKind.INVOICE_CHECKED, payload=payload)

    till.send(http)

    assert (count_of(central, t.stock_document), on_hand(central)) == (1, 5)
    assert [(line.state, line.expected) for line in _lines(central)] == [("noted", 5)]


def _sold_out(central: Central, till: Workstation, *, soft: bool) -> Sequence[Reservation]:
    """A walk-in sale of all five pairs while two are held; returns who is told to be short."""
    broken: list[Reservation] = []

    def on_shortfall(_connection: Connection, short: Sequence[Reservation], _at: str) -> None:
        broken.extend(short)

    till.sell(sale(quantity=5))
    sender = Sender(till.workstation_id, till.store_id, till.key.public)
    with central.database.atomic() as connection:
        reserving.grant(connection, [Want("s01", "SKU-1", 2)], "p1", "2027", soft, AT)
        receive(connection, sender, till.request(), AT)
    book_all(replace(central, on_shortfall=on_shortfall))
    return broken


def test_a_sale_always_enters_and_names_the_orders_it_leaves_short(
    central: Central, till: Workstation
) -> None:
    broken = _sold_out(central, till, soft=False)

    assert (on_hand(central), [one.holder for one in broken]) == (0, ["p1/1"])
    assert _is_whole(central)


def test_a_quote_that_a_sale_leaves_short_is_let_go_at_once(
    central: Central, till: Workstation
) -> None:
    _sold_out(central, till, soft=True)

    with central.database.reading() as connection:
        assert reserving.held(connection, "p1") == ()
    assert _is_whole(central)


def test_levels_are_rebuilt_from_their_ledger_byte_for_byte(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale())
    till.send(http)
    with central.database.atomic() as connection:
        connection.execute(t.stock_level.update().values(on_hand=99, reserved=3))

    with central.database.atomic() as connection:
        looked = rebuild(connection, AT, check=True)
        mended = rebuild(connection, AT)
        after = rebuild(connection, AT, check=True)

    assert (looked.wrong, mended.wrong, after.wrong) == ((("s01", "SKU-1"),),) * 2 + ((),)
    assert (on_hand(central), _is_whole(central)) == (4, True)


def _minutes(central: Central) -> list[Any]:
    with central.database.reading() as connection:
        return list(connection.execute(select(t.store_pulse).order_by("minute")))


def _work(till: Workstation, at: str = AT) -> None:
    till.note(EntryKind.SIGNED_ON, at=at)
    till.sell(replace(sale(), at=at))
    _told(till, MovementKind.GOODS_RECEIVED, DocumentLine("SKU-1", 3), DocumentLine("SKU-2", 3))


def test_what_tills_send_is_counted_per_store_and_minute(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _work(till)

    till.send(http)

    (row,) = _minutes(central)
    assert (row.store_id, row.minute, row.staff) == ("s01", "2026-11-22T12:00Z", 1)
    assert (row.receipts, row.inbound_lines, row.returns) == (1, 2, 0)


def test_an_entry_known_already_is_no_work_of_today(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _work(till)
    till.send(http)
    restored = replace(till, epoch=2, entries=[])
    _work(restored)
    restored.send(http)

    assert [(row.receipts, row.inbound_lines) for row in _minutes(central)] == [(1, 2)]


def test_a_late_flood_makes_no_store_busy_now(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(replace(sale(), at="2026-11-21T09:00:00.000Z"))
    till.send(http)

    with central.database.reading() as connection:
        assert pulse.pulses(connection, AT)["s01"].work == 0


def test_a_busy_store_is_told_from_an_idle_and_a_silent_one(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    idle = enrolled(central, "s02", "2")
    idle.note()
    _work(till)
    till.send(http)
    idle.send(http)
    clock.forward(minutes=10)

    with central.database.reading() as connection:
        found = pulse.pulses(connection, central.timestamp())

    assert found["s01"].work > 0.3 > 0.1 > found["s02"].work
    assert found["s02"].heard_at == clock().timestamp() - 600


def test_a_store_where_nobody_was_ever_heard_has_no_pulse(
    central: Central, till: Workstation
) -> None:
    with central.database.reading() as connection:
        assert pulse.pulses(connection, AT) == {}


def test_profiles_learn_from_the_last_quarter_hour(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    _work(till)
    till.send(http)
    clock.forward(minutes=16)

    with central.database.atomic() as connection:
        pulse.learn_profiles(connection, central.timestamp())
        profile = pulse.profiles(connection)["s01"]

    assert (len(profile), round(profile[6 * 96 + 52], 3)) == (672, 0.24)


def test_demand_is_what_was_sold_on_open_days_of_four_weeks(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    till.sell(replace(sale(1, quantity=2), at=AT))
    till.sell(replace(sale(2, quantity=5), at="2026-09-22T12:00:00.000Z"))
    till.send(http)
    upkeep = Upkeep(central.database, clock)

    done = [upkeep.run(), upkeep.run()]

    with central.database.reading() as connection:
        demand = connection.execute(select(t.stock_level.c.demand_thousandths)).scalar_one()
    assert (done, demand) == ([4, 0], 2 * 1000 // 28)


def test_upkeep_that_fails_rests_is_named_once_and_holds_up_no_other(
    central: Central, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with central.database.atomic() as connection:
        connection.execute(insert(t.setting).values(name="lending", body="damaged", at=AT))
    upkeep = Upkeep(central.database, clock)

    with pytest.raises(ValueError, match="Expecting value"):
        upkeep.run()
    others = [upkeep.run(), upkeep.run()]
    clock.forward(minutes=6)
    with pytest.raises(ValueError, match="Expecting value"):
        upkeep.run()
    with central.database.atomic() as connection:
        connection.execute(delete(t.setting))
    clock.forward(minutes=6)

    assert (others, upkeep.run()) == ([2, 0], 1)
    assert caplog.text.count("asking stores to lend failed") == 2


def test_minutes_are_forgotten_after_ninety_days(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _work(till)
    till.send(http)

    with central.database.atomic() as connection:
        kept = pulse.prune(connection, "2027-02-19T00:00:00.000Z")
        gone = pulse.prune(connection, "2027-02-21T00:00:00.000Z")

    assert (kept, gone) == (0, 1)


def test_the_pulse_names_no_person() -> None:
    columns = {column.name for table in (t.store_pulse, t.till_session) for column in table.c}
    assert columns.isdisjoint({"operator", "number", "name", "pin_hash"})
