"""Masters: whatever head office changes goes out on the feed of those whom it concerns."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from central_sync.server import feed, feed_pages
from central_sync.server.central import Central
from central_sync.wire.pins import pin_matches
from tests.central.office import Workstation, enrolled, key_headers, on_hand, sale


@pytest.fixture
def office(central: Central) -> dict[str, str]:
    return key_headers(central, "masters:write", "receipts:read", "stock:read", "workstations:read")


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


class News:
    """What came on a scope's feed since this was made."""

    def __init__(self, central: Central, scope: str) -> None:
        self._central, self._scope = central, scope
        with central.database.reading() as connection:
            self._start = feed.positions(connection, [scope])[scope]

    def rows(self) -> list[tuple[str, str, str, Any]]:
        with self._central.database.reading() as connection:
            found = feed_pages.page(connection, self._scope, self._start, 100).rows
        return [(row.table, row.key, row.op, row.row) for row in found]


def test_a_new_price_goes_out_to_the_chain(
    central: Central, http: httpx.Client, office: dict[str, str]
) -> None:
    news = News(central, "chain")

    reply = http.put("/v1/items/SKU-1/price", json={"price_minor": 9_900}, headers=office)

    assert reply.json() == {"changed": True}
    row = {"sku": "SKU-1", "price_minor": 9_900}
    assert news.rows() == [("price", "SKU-1", "put", row)]


def test_a_price_that_is_so_already_is_not_told(
    central: Central, http: httpx.Client, office: dict[str, str]
) -> None:
    news = News(central, "chain")

    reply = http.put("/v1/items/SKU-1/price", json={"price_minor": 19_900}, headers=office)

    assert reply.json() == {"changed": False}
    assert news.rows() == []


@pytest.mark.parametrize(
    ("sku", "price", "status"), [("SKU-99", 1, 404), ("SKU-1", -1, 422), ("SKU-1", "1", 422)]
)
def test_a_price_needs_an_item_and_an_amount(
    http: httpx.Client, office: dict[str, str], sku: str, price: Any, status: int
) -> None:
    reply = http.put(f"/v1/items/{sku}/price", json={"price_minor": price}, headers=office)

    assert reply.status_code == status


def _operator(**changes: Any) -> dict[str, Any]:
    return {"name": "Anna Berg", "role": "cashier", "pin": "1234", "stores": ["s01"]} | changes


def test_an_operator_goes_out_to_her_stores_with_her_pin_hashed(
    central: Central, http: httpx.Client, office: dict[str, str]
) -> None:
    here, there = News(central, "store:s01"), News(central, "store:s02")

    http.put("/v1/operators/1001", json=_operator(), headers=office)

    table, key, op, row = here.rows()[0]
    assert (table, key, op, row["name"]) == ("operator", "1001", "put", "Anna Berg")
    assert pin_matches(row["pin_hash"], "1234")
    assert [(row[1], row[2]) for row in there.rows()] == [("1001", "delete")]


def test_an_operator_of_all_stores_goes_out_to_all(
    central: Central, http: httpx.Client, office: dict[str, str]
) -> None:
    scopes = [News(central, "store:s01"), News(central, "store:s02")]

    http.put("/v1/operators/1001", json=_operator(stores=[]), headers=office)

    assert [news.rows()[0][2] for news in scopes] == ["put", "put"]


def test_an_operator_who_leaves_a_store_can_no_longer_sign_on_there(
    central: Central, http: httpx.Client, office: dict[str, str]
) -> None:
    http.put("/v1/operators/1001", json=_operator(), headers=office)
    news = News(central, "store:s01")

    http.put("/v1/operators/1001", json=_operator(stores=["s02"], pin=""), headers=office)

    assert [row[2] for row in news.rows()] == ["delete"]


@pytest.mark.parametrize(
    "changes",
    [{"role": "king"}, {"pin": "12"}, {"pin": ""}, {"stores": ["s99"]}, {"name": " "}],
)
def test_an_operator_who_is_not_right_is_refused(
    http: httpx.Client, office: dict[str, str], changes: dict[str, Any]
) -> None:
    reply = http.put("/v1/operators/1001", json=_operator(**changes), headers=office)

    assert reply.status_code == 422


def test_a_stock_adjustment_moves_the_level_and_is_told(
    central: Central, http: httpx.Client, office: dict[str, str]
) -> None:
    news = News(central, "store:s01")
    wish = {"store_id": "s01", "sku": "SKU-1", "delta": -2, "reason": "damaged"}

    http.post("/v1/stock-adjustments", json=wish, headers=office)

    assert on_hand(central) == 3
    assert [row[3]["on_hand"] for row in news.rows()] == [3]


@pytest.mark.parametrize(
    "changes", [{"store_id": "s99"}, {"sku": "SKU-99"}, {"delta": 0}, {"reason": " "}]
)
def test_an_adjustment_needs_a_place_an_item_a_number_and_a_reason(
    http: httpx.Client, office: dict[str, str], changes: dict[str, Any]
) -> None:
    wish = {"store_id": "s01", "sku": "SKU-1", "delta": 1, "reason": "found"} | changes

    reply = http.post("/v1/stock-adjustments", json=wish, headers=office)

    assert reply.status_code in (404, 422)


def test_receipts_are_read_by_store_day_and_page(
    till: Workstation, http: httpx.Client, office: dict[str, str]
) -> None:
    for number in (1, 2, 3):
        till.sell(sale(number))
    till.send(http)
    question: dict[str, str | int] = {"store": "s01", "day": "2026-11-22", "limit": 2}

    first = http.get("/v1/receipts", params=question, headers=office).json()
    rest = http.get(
        "/v1/receipts", params=question | {"after": first["next"]}, headers=office
    ).json()

    numbers = [row["receipt_number"] for row in first["receipts"] + rest["receipts"]]
    assert numbers == ["1-1-1", "1-1-2", "1-1-3"]
    assert rest["next"] == ""


def test_a_receipt_is_read_as_the_till_made_it(
    till: Workstation, http: httpx.Client, office: dict[str, str]
) -> None:
    made = sale(1)
    till.sell(made)
    till.send(http)

    reply = http.get(f"/v1/receipts/{made.receipt_id}", headers=office).json()

    assert (reply["total_minor"], reply["sequence"]) == (19_900, 1)
    assert reply["transaction"]["lines"][0]["name"] == "Sko 1"
    assert http.get("/v1/receipts/none", headers=office).status_code == 404


def test_stock_is_read_by_store_and_item(http: httpx.Client, office: dict[str, str]) -> None:
    reply = http.get("/v1/stock", params={"store": "s01", "sku": "SKU-1"}, headers=office).json()

    assert reply == {"stock": [{"store_id": "s01", "sku": "SKU-1", "on_hand": 5}], "next": ""}


def test_the_status_counts_what_is_there_and_names_who_was_heard(
    central: Central, till: Workstation, http: httpx.Client, office: dict[str, str]
) -> None:
    till.sell(sale(1), schema=9)
    till.sell(sale(2))
    till.send(http)
    message = {"heads": [], "version": "0.1.0", "clock": "2026-11-22T12:03:00Z", "outbox": 4}
    http.post("/v1/heartbeat", json=message, headers=till.headers)

    status = http.get("/v1/status", headers=office).json()

    counted = {name: status[name] for name in ("stores", "items", "receipts", "parked")}
    assert counted == {"stores": 2, "items": 3, "receipts": 1, "parked": 1}
    heard = status["workstations"][0]
    assert (heard["outbox"], heard["received"], heard["clock_skew_seconds"]) == (4, 2, 180)
    parked = http.get("/v1/parked", headers=office).json()
    assert [(entry["sequence"], entry["store_id"]) for entry in parked] == [(1, "s01")]


def test_what_an_upload_brings_no_longer_waits_at_the_till(
    till: Workstation, http: httpx.Client, office: dict[str, str]
) -> None:
    message = {"heads": [], "version": "0.1.0", "clock": "2026-11-22T12:03:00Z", "outbox": 4}
    http.post("/v1/heartbeat", json=message, headers=till.headers)
    till.note()
    till.sell(sale())
    till.send(http)

    (heard,) = http.get("/v1/status", headers=office).json()["workstations"]

    assert heard["outbox"] == 2
