"""Intake: everything a till proves is kept, and every receipt is booked once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
import zstandard
from sqlalchemy import func, select

from central_sync.database import tables as t
from central_sync.retail.journal import chain_hash
from central_sync.retail.plain import to_plain
from central_sync.retail.transaction import ReceiptKind
from central_sync.server.central import Central
from central_sync.server.enrolment import revoke_workstation
from central_sync.server.feed_pages import page
from central_sync.server.repost import repost
from tests.central.office import (
    Workstation,
    count_of,
    enrolled,
    on_hand,
    pair,
    sale,
    states,
)
from tests.retail.trade import cash, closed, returned_line


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def _as_of(central: Central, sku: str = "SKU-1") -> Any:
    with central.database.reading() as connection:
        text = connection.execute(
            select(t.stock_level.c.as_of).where(t.stock_level.c.sku == sku)
        ).scalar_one()
    return json.loads(text)


def test_a_receipt_is_booked_with_its_lines_payments_and_tax(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(closed([pair(1), pair(2, 2)], [cash(59_700)]))

    reply = till.send(http).json()

    assert (reply["status"], reply["accepted"]) == ("accepted", 1)
    assert reply["head"] == {"epoch": 1, "sequence": 1, "hash": till.entries[0].hash.hex()}
    counts = [
        count_of(central, table)
        for table in (t.receipt, t.receipt_line, t.payment, t.receipt_tax, t.stock_movement)
    ]
    assert counts == [1, 2, 1, 1, 1 + 2]  # the opening movement is there already


def test_a_sale_takes_from_the_stock_and_a_return_gives_back(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    sold = sale(1, quantity=2)
    back = closed([returned_line(1, sold.lines[0], sold)], [cash(-39_800)], number=2)
    till.sell(sold)
    till.send(http)
    after_sale = on_hand(central)
    till.sell(replace(back, lines=tuple(replace(line, sku="SKU-1") for line in back.lines)))

    till.send(http)

    assert (after_sale, on_hand(central)) == (3, 5)


def test_the_stock_level_is_the_sum_of_its_movements(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    for number in range(1, 6):
        till.sell(sale(number, quantity=number))
    till.send(http)

    with central.database.reading() as connection:
        moved = connection.execute(
            select(func.sum(t.stock_movement.c.delta)).where(t.stock_movement.c.sku == "SKU-1")
        ).scalar_one()

    assert on_hand(central) == moved == 5 - 15


def test_a_repeated_batch_gets_the_same_answer_and_books_nothing(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale())
    till.note(EntryKindFuture)
    first = till.send(http).json()

    again = [till.send(http).json() for _ in range(3)]

    assert again == [first] * 3
    assert (on_hand(central), count_of(central, t.receipt)) == (4, 1)


EntryKindFuture = "kind_of_a_later_version"


def test_a_batch_that_overlaps_what_is_held_adds_only_the_rest(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale(1))
    till.send(http)
    till.sell(sale(2))

    reply = till.send(http).json()

    assert (reply["accepted"], reply["head"]["sequence"]) == (2, 2)
    assert on_hand(central) == 3


def test_an_older_batch_is_answered_with_the_newest_head(
    till: Workstation, http: httpx.Client
) -> None:
    till.note()
    till.note()
    till.send(http)

    reply = till.send(http, till.entries[:1]).json()

    assert (reply["status"], reply["head"]["sequence"]) == ("accepted", 2)


def test_a_gap_stores_nothing_and_names_the_last_entry_held(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    for _ in range(3):
        till.note()
    till.send(http, till.entries[:1])

    reply = till.send(http, till.entries[2:]).json()

    assert (reply["status"], reply["head"]["sequence"]) == ("gap", 1)
    assert count_of(central, t.journal_entry) == 1


def test_another_entry_under_a_known_number_is_a_fork_and_both_are_kept(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.note()
    clone = till.copy()
    till.sell(sale(1))
    clone.sell(sale(2, quantity=3))
    till.send(http)

    reply = clone.send(http).json()

    assert (reply["status"], reply["head"]["sequence"]) == ("fork", 1)
    assert reply["head"]["hash"] == till.entries[0].hash.hex()
    assert (count_of(central, t.journal_entry), count_of(central, t.aside_entry)) == (2, 1)
    assert on_hand(central) == 4


def test_an_entry_that_follows_from_another_head_is_a_fork(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.note()
    clone = till.copy()
    till.note("a")
    clone.note("b")
    clone.note()
    till.send(http)

    reply = clone.send(http, clone.entries[2:]).json()

    assert (reply["status"], reply["head"]["sequence"]) == ("fork", 1)
    assert reply["head"]["hash"] == till.entries[0].hash.hex()


def test_a_fork_sent_again_is_kept_once(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    clone = till.copy()
    till.note("a")
    clone.note("b")
    till.send(http)

    answers = [clone.send(http).json()["status"] for _ in range(2)]

    assert answers == ["fork", "fork"]
    assert count_of(central, t.aside_entry) == 1


def test_a_receipt_known_from_another_entry_is_kept_and_moves_nothing(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale())
    till.send(http)
    restored = replace(till, epoch=2, entries=[])
    restored.sell(sale())

    reply = restored.send(http).json()

    assert (reply["status"], reply["accepted"]) == ("accepted", 1)
    assert (states(central), on_hand(central)) == (["accepted", "alias"], 4)
    assert _as_of(central) == {till.workstation_id: [2, 1]}


def test_the_same_receipt_twice_in_one_batch_moves_stock_once(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale())
    till.sell(sale())

    till.send(http)

    assert (states(central), on_hand(central)) == (["accepted", "alias"], 4)


def test_a_stock_row_names_the_last_entry_that_it_includes(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.note()
    till.sell(sale())
    till.note()

    till.send(http)

    with central.database.reading() as connection:
        rows = page(connection, "store:s01", 1, 100).rows
    told = [row.row for row in rows if row.table == "stock"]
    assert told == [{"sku": "SKU-1", "on_hand": 4, "as_of": f'{{"{till.workstation_id}": [1, 2]}}'}]


def test_two_tills_of_a_store_are_both_named_in_its_stock(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    other = enrolled(central, label="2")
    till.sell(sale(1))
    other.sell(sale(2))

    till.send(http)
    other.send(http)

    assert _as_of(central) == {till.workstation_id: [1, 1], other.workstation_id: [1, 1]}
    assert on_hand(central) == 3


def test_a_receipt_of_an_item_that_central_does_not_know_is_booked(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(closed([pair(77)], [cash(19_900)]))

    till.send(http)

    assert (states(central), on_hand(central, "SKU-77")) == (["accepted"], -1)


def test_training_moves_no_stock(central: Central, till: Workstation, http: httpx.Client) -> None:
    till.sell(sale(kind=ReceiptKind.TRAINING))

    till.send(http)

    assert on_hand(central) == 5


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        ({"total_minor": "much"}, "cannot be read"),
        ({"total_minor": 1}, "sums are wrong"),
        ({"operator_name": "An\x00na"}, "cannot be stored"),
        ({"change_minor": 2**60}, "cannot be stored"),
        ({"receipt_id": ""}, "no id"),
    ],
)
def test_a_receipt_that_cannot_be_booked_is_parked_and_later_ones_go_on(
    central: Central, till: Workstation, http: httpx.Client, spoiled: dict[str, Any], reason: str
) -> None:
    body = to_plain(sale(1)) | spoiled
    text = json.dumps({**_frame(till), "payload": body})
    till.append(text.encode())
    till.sell(sale(2))

    reply = till.send(http).json()

    assert reply["accepted"] == 2
    assert (states(central), on_hand(central)) == (["parked", "accepted"], 4)
    with central.database.reading() as connection:
        first = t.journal_entry.c.sequence == 1
        said = connection.execute(select(t.journal_entry.c.reason).where(first)).scalar_one()
    assert reason in said


def _frame(till: Workstation) -> dict[str, Any]:
    return {
        "schema": 1,
        "id": "018bcfe5-687b-7000-8000-000000000001",
        "kind": "receipt",
        "at": "2026-11-22T12:00:00.000Z",
        "business_day": "2026-11-22",
        "store": till.store_id,
        "workstation": till.workstation_id,
        "operator": "1001",
    }


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", "null", pytest.param("[" * 100_000, id="deep"), '{"schema": 1}', "\x00"],
)
def test_bytes_that_are_no_entry_are_parked_as_they_came(
    central: Central, till: Workstation, http: httpx.Client, body: str
) -> None:
    till.append(body.encode())

    reply = till.send(http).json()

    assert (reply["accepted"], states(central)) == (1, ["parked"])
    with central.database.reading() as connection:
        kept = connection.execute(select(t.journal_entry.c.body)).scalar_one()
    assert bytes(kept) == body.encode()


def test_a_receipt_of_a_later_schema_is_parked(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale(), schema=2)

    till.send(http)

    assert (states(central), on_hand(central)) == (["parked"], 5)


def test_a_receipt_of_another_store_is_parked(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale(), store="s02")

    till.send(http)

    assert states(central) == ["parked"]


def test_a_parked_receipt_is_booked_when_it_can_be_read(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale(1), store="s02")
    till.sell(sale(2))
    till.send(http)
    with central.database.atomic() as connection:
        connection.execute(t.workstation.update().values(store_id="s02"))
        connection.execute(t.journal_entry.update().values(store_id="s02"))

    with central.database.atomic() as connection:
        report = repost(connection, central.timestamp())

    assert (report.booked, report.still_parked) == (1, 0)
    assert (states(central), on_hand(central, store_id="s02")) == (["accepted", "accepted"], -1)


def test_booking_an_older_entry_late_leaves_the_newer_position(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale(1), schema=2)
    till.sell(sale(2))
    till.send(http)
    body = till.entries[0].body.replace(b'"schema":2', b'"schema":1')
    with central.database.atomic() as connection:
        entry = t.journal_entry
        connection.execute(entry.update().where(entry.c.sequence == 1).values(body=body))

    with central.database.atomic() as connection:
        repost(connection, central.timestamp())

    assert on_hand(central) == 3
    assert _as_of(central) == {till.workstation_id: [1, 2]}


def test_a_batch_signed_by_another_key_is_refused(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.note()
    forged = till.request().model_copy(
        update={"signature": enrolled(central, label="2").key.sign(till.entries[0].hash)}
    )

    reply = http.post("/v1/journal", content=forged.model_dump_json(), headers=till.headers)

    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
    assert count_of(central, t.journal_entry) == 0


def test_a_changed_body_is_refused(central: Central, till: Workstation, http: httpx.Client) -> None:
    entry = till.note()
    changed = replace(entry, body=entry.body.replace(b"1001", b"1002"))

    reply = till.send(http, [changed])

    assert reply.status_code == 422
    assert "has been changed" in reply.json()["detail"]


def test_entries_that_do_not_follow_from_one_another_are_refused(
    till: Workstation, http: httpx.Client
) -> None:
    till.note()
    second = till.note()
    stray = replace(second, previous_hash=bytes(32), hash=chain_hash(bytes(32), second.body))

    reply = till.send(http, [till.entries[0], stray])

    assert reply.status_code == 422


def test_what_a_revoked_till_sends_is_kept_aside_and_not_booked(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale())
    with central.database.atomic() as connection:
        revoke_workstation(connection, till.workstation_id, central.now())

    reply = till.send(http)

    assert (reply.status_code, reply.json()["code"]) == (403, "revoked")
    assert (count_of(central, t.aside_entry), count_of(central, t.journal_entry)) == (1, 0)
    assert on_hand(central) == 5


def test_a_batch_may_come_compressed(till: Workstation, http: httpx.Client) -> None:
    till.sell(sale())
    content = zstandard.compress(till.request().model_dump_json().encode())

    reply = http.post(
        "/v1/journal", content=content, headers=till.headers | {"Content-Encoding": "zstd"}
    )

    assert reply.json()["status"] == "accepted"


def test_an_epoch_that_central_has_forgotten_is_taken_back(
    till: Workstation, http: httpx.Client
) -> None:
    later = replace(till, epoch=7, entries=[])
    later.note()

    reply = later.send(http).json()

    assert (reply["status"], reply["head"]["epoch"]) == ("accepted", 7)


def test_the_heartbeat_tells_the_head_of_every_epoch_and_the_feeds_positions(
    till: Workstation, http: httpx.Client
) -> None:
    till.note()
    till.send(http)
    message = {"heads": [], "version": "0.1.0", "clock": "2026-11-22T12:03:00Z", "outbox": 0}

    reply = http.post("/v1/heartbeat", json=message, headers=till.headers).json()

    assert reply["heads"] == [{"epoch": 1, "sequence": 1, "hash": till.entries[0].hash.hex()}]
    assert reply["clock"] == "2026-11-22T12:00:00.000Z"
    assert set(reply["positions"]) == {"chain", "store:s01"}


def test_a_copys_older_entry_is_never_told_as_held(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    copy = till.copy()
    for _ in range(3):
        till.note()
    till.send(http)
    copy.note(operator="1002")
    copy.note(operator="1002")

    reply = copy.send(http, copy.entries[1:]).json()

    assert (reply["status"], reply["head"]["sequence"]) == ("fork", 0)
