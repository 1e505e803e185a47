"""Quotes and orders over a real socket, as a web shop asks."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from central_sync.server.app import openapi
from central_sync.server.central import Central
from tests.central.office import key_headers
from tests.central.orders.shop import ANNA, open_shop
from tests.central.warehouse import stock


@pytest.fixture
def shop(central: Central, http: httpx.Client) -> httpx.Client:
    """A web shop with a key of its own; two pairs in s02 and one in s03."""
    open_shop(central, {"SKU-1": {"s02": 2, "s03": 1}})
    http.headers.update(key_headers(central, "orders:read", "orders:write", "routing:read"))
    return http


def _quote(shop: httpx.Client, quantity: int = 1, **changes: Any) -> Any:
    asked = {
        "lines": [{"line": 1, "sku": "SKU-1", "quantity": quantity}],
        "postcode": "411 19",
    } | changes
    return shop.post("/v1/quotes", json=asked)


def _order(shop: httpx.Client, quote: Any, key: str = "k-1") -> httpx.Response:
    asked = {
        "quote_id": quote["quote_id"],
        "reference": "W-1",
        "address": ANNA.model_dump(),
        "payments": [{"tender_id": "web", "amount_minor": quote["total_minor"]}],
    }
    return shop.post("/v1/orders", json=asked, headers={"Idempotency-Key": key})


def test_an_order_is_quoted_placed_and_read_back(shop: httpx.Client) -> None:
    quote = _quote(shop).json()

    placed = _order(shop, quote)
    assert placed.status_code == 201, placed.text
    read = shop.get(f"/v1/orders/{placed.json()['order_id']}")

    assert placed.status_code == 201
    assert quote["fee"]["gross_minor"] == 4_900
    assert read.json()["lines"][0]["pieces"] == {"offered": 1}
    assert read.json()["unpaid_minor"] == 0


def test_every_post_takes_a_key() -> None:
    document = openapi()
    office = (
        "/v1/enrol",
        "/v1/heartbeat",
        "/v1/journal",
        "/v1/availability",
        "/v1/routing/simulate",
    )
    orders = {"orders", "offers"}

    keyless = [
        path
        for path, calls in document["paths"].items()
        if "post" in calls and path not in office and orders & set(calls["post"].get("tags", ()))
        if not any(p["name"] == "Idempotency-Key" for p in calls["post"].get("parameters", ()))
    ]

    assert keyless == []


def test_pieces_picked_twice_with_one_key_are_picked_once(shop: httpx.Client) -> None:
    order = _order(shop, _quote(shop, 2).json()).json()
    (parcel,) = order["parcels"]
    offer = f"/v1/offers/{parcel['parcel_id']}"
    said = {"store_id": "s02", "epoch": 1, "line": 1, "quantity": 1}
    shop.post(f"{offer}/claim", json=said)
    key = {"Idempotency-Key": "pick-1"}

    first = shop.post(f"{offer}/picked", json=said, headers=key)
    again = shop.post(f"{offer}/picked", json=said, headers=key)
    other = shop.post(f"{offer}/short", json=said, headers=key)

    assert first.status_code == 200, first.text
    assert again.content == first.content
    assert first.json()["lines"][0]["pieces"] == {"picking": 2}
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_the_same_key_gets_the_same_answer_and_another_body_is_refused(shop: httpx.Client) -> None:
    quote = _quote(shop).json()
    first = _order(shop, quote)

    again = _order(shop, quote)
    other = _order(shop, _quote(shop).json())

    assert again.content == first.content
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_an_order_that_was_read_is_not_sent_again(shop: httpx.Client) -> None:
    order_id = _order(shop, _quote(shop).json()).json()["order_id"]
    etag = shop.get(f"/v1/orders/{order_id}").headers["ETag"]

    again = shop.get(f"/v1/orders/{order_id}", headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


def test_a_quote_that_was_let_go_cannot_be_ordered(shop: httpx.Client) -> None:
    quote = _quote(shop).json()
    shop.delete(f"/v1/quotes/{quote['quote_id']}")

    late = _order(shop, quote)

    assert (late.status_code, late.json()["code"]) == (409, "quote_gone")


def test_a_quote_that_ended_is_answered_with_another_that_can_be_ordered(
    shop: httpx.Client,
) -> None:
    quote = _quote(shop, quantity=2).json()
    shop.delete(f"/v1/quotes/{quote['quote_id']}")

    instead = _order(shop, quote).json()["alternative"]
    placed = _order(shop, instead, key="k-2")

    assert (instead["is_whole"], instead["total_minor"]) == (True, quote["total_minor"])
    assert placed.status_code == 201, placed.text


def test_a_no_that_is_asked_for_again_holds_no_more_pieces(shop: httpx.Client) -> None:
    quote = _quote(shop, quantity=3).json()
    shop.delete(f"/v1/quotes/{quote['quote_id']}")

    told = [_order(shop, quote).json()["alternative"] for _ in range(3)]

    assert [one["is_whole"] for one in told] == [True] * 3


def test_what_the_store_has_not_any_more_is_offered_from_another_or_not_at_all(
    central: Central, shop: httpx.Client
) -> None:
    lines = [
        {"line": 1, "sku": "SKU-1", "quantity": 1, "mode": "collect", "collect_store_id": "s03"}
    ]
    quote = _quote(shop, lines=lines).json()
    shop.delete(f"/v1/quotes/{quote['quote_id']}")
    with central.database.atomic() as connection:
        stock(connection, -1, "s03", "SKU-1")
        stock(connection, -2, "s02", "SKU-1")
    nothing = _order(shop, quote).json()
    with central.database.atomic() as connection:
        stock(connection, 1, "s02", "SKU-1")

    something = _order(shop, quote).json()["alternative"]

    assert (nothing["code"], nothing["alternative"]) == ("quote_gone", None)
    assert something["lines"][0]["held"] == 1


def test_what_nobody_has_is_told_in_the_quote_and_refused_as_an_order(shop: httpx.Client) -> None:
    quote = _quote(shop, quantity=9).json()

    refused = _order(shop, quote)

    assert (quote["is_whole"], refused.status_code) == (False, 409)
    assert refused.json()["code"] == "not_whole"
    assert [line["held"] for line in refused.json()["alternative"]["lines"]] == [3]


def test_why_names_every_candidate_and_replays(shop: httpx.Client) -> None:
    order_id = _order(shop, _quote(shop).json()).json()["order_id"]

    told = shop.get(f"/v1/orders/{order_id}/why").json()["decisions"]

    assert [one["replays"] for one in told] == [True]
    assert {one["store_id"] for one in told[0]["candidates"]} == {"s02", "s03"}
    assert "Valdes" in told[0]["candidates"][0]["why_sv"]


def test_a_key_without_the_scope_places_nothing(central: Central, http: httpx.Client) -> None:
    headers = key_headers(central, "orders:read")

    refused = http.post("/v1/quotes", json={}, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope")


def test_another_policy_is_tried_on_the_days_own_orders(shop: httpx.Client) -> None:
    _order(shop, _quote(shop).json())

    told = shop.post(
        "/v1/routing/simulate", json={"policy": "nearest-complete", "day": "2026-11-22"}
    ).json()

    assert (told["live"]["orders"], told["tried"]["orders"]) == (1, 1)
    assert told["tried"]["policy"] == "nearest-complete"


def test_the_contract_names_nothing_that_it_does_not_describe() -> None:
    document = openapi()

    asked = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))

    assert asked <= document["components"]["schemas"].keys()
    assert {"/v1/orders", "/v1/quotes", "/v1/routing/simulate"} <= document["paths"].keys()


def test_a_store_takes_picks_packs_and_ships_over_http(shop: httpx.Client) -> None:
    order_id = _order(shop, _quote(shop).json()).json()["order_id"]
    told = shop.get(f"/v1/orders/{order_id}/why").json()["decisions"][0]["candidates"]
    store_id = next(one["store_id"] for one in told if one["is_chosen"])
    parcel = shop.get(f"/v1/orders/{order_id}").json()["parcels"][0]["parcel_id"]
    said = {"store_id": store_id, "epoch": 1, "line": 1, "quantity": 1, "tracking": "T1"}

    steps = [
        shop.post(f"/v1/offers/{parcel}/{step}", json=said).status_code
        for step in ("claim", "picked", "packed", "handed-over")
    ]

    done = shop.get(f"/v1/orders/{order_id}").json()
    assert steps == [200] * 4
    assert (done["state"], done["lines"][0]["pieces"]) == ("done", {"shipped": 1})
    assert shop.post(f"/v1/orders/{order_id}/cancel", json={}).json()["cancelled"] == {}
