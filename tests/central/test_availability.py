"""What may be promised: told to whom it may be, nearest first, and never older than a moment."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import update

from central_sync.database import tables as t
from central_sync.database.open import open_database
from central_sync.server.central import Central
from central_sync.server.importing.load import Loader
from central_sync.server.warehouse import reserving
from central_sync.server.warehouse.availability import changes
from central_sync.server.warehouse.image import StockImage
from central_sync.server.warehouse.reserving import Want
from tests.central.office import Clock, Workstation, enrolled, key_headers, sale, store_row
from tests.central.warehouse import stock
from tests.hardware.waiting import until

AT = "2026-11-22T12:00:00.000Z"


@pytest.fixture
def till(central: Central) -> Workstation:
    """A till of s01 in a chain with a store and a warehouse besides, each with its place."""
    with central.database.atomic() as connection:
        loader = Loader(connection, AT)
        loader.write(
            "stores",
            [
                store_row("s02") | {"latitude": "59.3326", "longitude": "18.0649"},
                store_row("w01")
                | {"kind": "warehouse", "latitude": "57.7815", "longitude": "14.1562"},
            ],
        )
        place = {"postcode": "111 60", "latitude": "59.3326", "longitude": "18.0649"}
        loader.write("postcodes", [place])
        loader.finish()
        stock(connection, 7, "w01")
        stock(connection, 1, "s02")
    return enrolled(central)


def _ask(http: httpx.Client, headers: dict[str, str], *skus: str, **asked: object) -> Any:
    reply = http.post(
        "/v1/availability", json={"skus": list(skus or ("SKU-1",))} | asked, headers=headers
    )
    assert reply.status_code == 200, reply.text
    return reply.json()


def _sites(reply: Any, *names: str) -> list[Any]:
    return [tuple(site[name] for name in names) for site in reply["items"][0]["sites"]]


def test_a_till_is_told_figures_its_own_store_first_and_then_by_distance(
    till: Workstation, http: httpx.Client
) -> None:
    reply = _ask(http, till.headers, store_id="s01")

    assert _sites(reply, "store_id", "available", "km") == [
        ("s01", 5, 0),
        ("w01", 7, 130),
        ("s02", 1, 397),
    ]
    assert _sites(reply, "kind", "can_collect")[1] == ("warehouse", False)
    assert reply["items"][0]["available"] == 12


def test_a_web_shop_is_told_bands_and_their_age(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    till.note()
    till.send(http)
    clock.forward(seconds=90)

    reply = _ask(http, key_headers(central, "stock:read"), store_id="s01")

    assert (reply["items"][0]["available"], reply["items"][0]["band"]) == (None, "many")
    assert _sites(reply, "available", "band", "age_seconds")[0] == (None, "few", 90)


def test_a_store_that_was_never_heard_is_told_as_that(
    till: Workstation, http: httpx.Client
) -> None:
    till.note()
    till.send(http)

    sites = _sites(_ask(http, till.headers, store_id="s01"), "store_id", "never_heard")

    assert sites == [("s01", False), ("w01", False), ("s02", True)]


def test_a_key_for_figures_is_told_figures(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    reply = _ask(http, key_headers(central, "stock:read:exact"))
    assert reply["items"][0]["available"] == 12


def test_a_key_for_something_else_is_told_nothing(central: Central, http: httpx.Client) -> None:
    headers = key_headers(central, "receipts:read")
    reply = http.post("/v1/availability", json={"skus": ["SKU-1"]}, headers=headers)
    assert reply.status_code == 403


def test_distances_count_from_the_customers_postcode(till: Workstation, http: httpx.Client) -> None:
    reply = _ask(http, till.headers, postcode="111 99")
    assert _sites(reply, "store_id", "km")[0] == ("s02", 0)


def test_every_store_is_a_place_to_collect_at_whatever_it_has(
    till: Workstation, http: httpx.Client
) -> None:
    reply = _ask(http, till.headers, "SKU-77", store_id="s01", places=True)

    assert [(p["store_id"], p["km"]) for p in reply["places"]] == [("s01", 0), ("s02", 397)]
    assert _ask(http, till.headers, "SKU-77")["places"] == []


def test_a_place_that_nobody_knows_has_no_distance(till: Workstation, http: httpx.Client) -> None:
    assert {km for (km,) in _sites(_ask(http, till.headers, postcode="99999"), "km")} == {None}


def test_the_earliest_day_is_told_while_anybody_can_send_it(
    till: Workstation, http: httpx.Client
) -> None:
    one, none = _ask(http, till.headers, "SKU-1", "SKU-77")["items"]
    assert one["earliest_promise"] > "2026-11-22"
    assert none["earliest_promise"] == ""


def test_an_item_that_nobody_has_is_told_so(till: Workstation, http: httpx.Client) -> None:
    item = _ask(http, till.headers, "SKU-77")["items"][0]
    assert (item["available"], item["band"], item["sites"]) == (0, "none", [])


def test_more_than_a_hundred_items_are_refused(till: Workstation, http: httpx.Client) -> None:
    skus = [f"SKU-{number}" for number in range(101)]
    reply = http.post("/v1/availability", json={"skus": skus}, headers=till.headers)
    assert reply.status_code == 422


def test_a_sale_is_seen_in_the_next_answer(till: Workstation, http: httpx.Client) -> None:
    _ask(http, till.headers)
    till.sell(sale(quantity=5))
    till.send(http)

    assert _ask(http, till.headers)["items"][0]["available"] == 7


def test_what_is_held_is_not_available(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    _ask(http, till.headers)
    with central.database.atomic() as connection:
        reserving.grant(connection, [Want("s01", "SKU-1", 4)], "q1", "2027", True, AT)

    assert _sites(_ask(http, till.headers, store_id="s01"), "available", "band")[0] == (1, "last")


def test_what_another_process_writes_is_followed(
    central: Central, till: Workstation, http: httpx.Client, database_url: str
) -> None:
    _ask(http, till.headers)
    elsewhere = open_database(database_url)
    with elsewhere.atomic() as connection:
        stock(connection, 3, "s01")
    elsewhere.close()

    until(lambda: _ask(http, till.headers)["items"][0]["available"] == 15)


def test_an_old_figure_promises_less_the_more_the_store_sells(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    till.note()
    till.send(http)
    with central.database.atomic() as connection:
        connection.execute(update(t.stock_level).values(demand_thousandths=4_000))
    clock.forward(days=1)

    # A warehouse without tills is written here only: its figure is always fresh.
    assert _sites(_ask(http, till.headers), "store_id", "available") == [("w01", 7)]


def test_a_shop_follows_what_changed_since_its_last_answer(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    since = _ask(http, till.headers)["sequence"]
    with central.database.atomic() as connection:
        stock(connection, 1, "s01", "SKU-2")
        stock(connection, 1, "s02", "SKU-2")

    first = _changes(http, till, since)
    second = _changes(http, till, first["next"])

    assert [(one["sku"], one["available"]) for one in first["changes"]] == [("SKU-2", 1)]
    assert (first["is_gone"], second["changes"], second["more"]) == (False, [], False)


def test_a_sequence_of_another_history_is_told_to_begin_again(
    till: Workstation, http: httpx.Client
) -> None:
    newest = _changes(http, till, 0)
    assert (newest["is_gone"], newest["changes"]) == (True, [])
    assert _changes(http, till, newest["next"] + 1_000_000)["is_gone"]


def test_changes_come_in_pages_of_whole_commits(central: Central, till: Workstation) -> None:
    image = StockImage(central.database, central.now)
    since = image.look(["SKU-1"]).sequence
    for sku in ("SKU-1", "SKU-2", "SKU-3"):
        with central.database.atomic() as connection:
            stock(connection, 1, "s01", sku)
            stock(connection, 1, "s02", sku)
    told: list[str] = []
    with central.database.reading() as connection:
        for _ in range(10):
            page = changes(connection, image, since, exact=True, limit=3)
            told += [one["sku"] for one in page["changes"]]
            since = page["next"]
            if not page["more"]:
                break

    assert list(dict.fromkeys(told)) == ["SKU-1", "SKU-2", "SKU-3"]
    assert not page["more"]


def _changes(http: httpx.Client, till: Workstation, since: int) -> Any:
    reply = http.get("/v1/availability/changes", params={"since": since}, headers=till.headers)
    assert reply.status_code == 200, reply.text
    return reply.json()
