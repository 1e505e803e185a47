"""A person decides: parked entries are settled, what is kept aside is booked or settled."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.stock import DocumentLine, MovementKind, StockDocument
from central_sync.server import aside, reads
from central_sync.server.central import Central
from central_sync.server.enrolment import revoke_workstation
from central_sync.server.refused import Refused
from central_sync.server.repost import repost
from central_sync.server.settled import Decided, settle_parked
from central_sync.wire.entries import EntryKind
from tests.central.office import Workstation, count_of, enrolled, key_headers, on_hand, sale, states

AT = "2026-11-22T13:00:00.000Z"
ANNA = Decided("anna", "looked at the till", AT)


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def _revoked_with(central: Central, till: Workstation, http: httpx.Client, *sales: int) -> None:
    """The till is revoked, and then comes what it sold offline."""
    with central.database.atomic() as connection:
        revoke_workstation(connection, till.workstation_id, central.now())
    for number in sales:
        till.sell(sale(number))
    assert till.send(http).status_code == 403


def test_a_settled_entry_leaves_the_list_and_stays_in_the_journal(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.append(b"nonsense")
    till.send(http)
    with central.database.reading() as connection:
        (waiting,) = reads.parked(connection)

    with central.database.atomic() as connection:
        settle_parked(connection, waiting.entry_id, ANNA)
        assert repost(connection, AT).still_parked == 0

    assert states(central) == ["settled"]
    with central.database.reading() as connection:
        assert reads.parked(connection) == []
        words = connection.execute(select(t.settled_entry)).one()
    assert (words.settled_by, words.note, words.settled_at) == ("anna", ANNA.note, AT)


def test_a_parked_line_of_a_document_is_settled_alone(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    lines = (DocumentLine("SKU-1", 2), DocumentLine("NOBODY-KNOWS", 3))
    document = StockDocument("d-1", MovementKind.GOODS_RECEIVED, lines)
    till.note(EntryKind.STOCK_MOVED, payload=document.payload())
    till.send(http)
    with central.database.reading() as connection:
        (waiting,) = reads.parked(connection)

    with central.database.atomic() as connection:
        settle_parked(connection, waiting.entry_id, ANNA)

    assert waiting.entry_id.endswith(":1/2")
    with central.database.reading() as connection:
        assert reads.parked(connection) == []
    assert on_hand(central) == 7


def test_what_is_not_parked_cannot_be_settled(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale())
    till.send(http)
    wrong = {f"{till.workstation_id}:1:1": 404, f"{till.workstation_id}:1:9": 404, "x": 422}
    wrong["s:1:²"] = 422

    for entry_id, status in wrong.items():
        with central.database.atomic() as connection, pytest.raises(Refused) as refused:
            settle_parked(connection, entry_id, ANNA)
        assert refused.value.status == status, entry_id
    assert count_of(central, t.settled_entry) == 0


def test_what_is_taken_from_aside_is_booked_once_and_can_be_read(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    till.sell(sale(1))
    till.send(http)
    _revoked_with(central, till, http, 2, 3)
    with central.database.reading() as connection:
        (waiting,) = aside.listed(connection)
    assert (waiting.why, waiting.entries, on_hand(central)) == ("revoked", 2, 4)

    with central.database.atomic() as connection:
        done = aside.take(connection, waiting.aside_id, ANNA)

    assert (done.booked, on_hand(central), count_of(central, t.receipt)) == (2, 2, 3)
    with central.database.reading() as connection:
        assert (aside.listed(connection), reads.status(connection).aside) == ([], 0)
        for receipt in reads.receipts(connection).receipts:
            assert reads.receipt(connection, receipt.receipt_id).transaction
    with central.database.atomic() as connection, pytest.raises(Refused):
        aside.take(connection, waiting.aside_id, ANNA)


def test_what_is_known_already_is_taken_without_being_counted_again(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _revoked_with(central, till, http, 1)
    other = enrolled(central, label="2")
    other.sell(sale(1))
    other.send(http)

    with central.database.atomic() as connection:
        (waiting,) = aside.listed(connection)
        done = aside.take(connection, waiting.aside_id, ANNA)

    assert (done.booked, done.aliases, on_hand(central)) == (0, 1, 4)


def test_systems_list_take_and_settle_with_the_scope_for_it(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _revoked_with(central, till, http, 1)
    reader = key_headers(central, "workstations:read")
    writer = key_headers(central, "workstations:write")
    (waiting,) = http.get("/v1/aside", headers=reader).json()
    where = f"/v1/aside/{waiting['aside_id']}"

    assert http.post(f"{where}/settle", headers=reader, json={"note": "x"}).status_code == 403
    assert http.post(f"{where}/settle", headers=writer, json={"note": " "}).status_code == 422
    settled = http.post(f"{where}/settle", headers=writer, json={"note": "a test"})
    again = http.post(f"{where}/take", headers=writer, json={"note": "after all"})

    assert (settled.json()["settled"], again.status_code) == (1, 404)
    assert http.get("/v1/aside", headers=reader).json() == []
    assert count_of(central, t.aside_entry) == 1
