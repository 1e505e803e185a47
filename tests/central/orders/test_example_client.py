"""The example client of the documentation, against a real central."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from central_sync.server.central import Central
from central_sync.server.signed_post import signature
from tests.central.office import key_headers
from tests.central.orders.shop import ANNA, open_shop

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "webshop.py"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("webshop_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_example_buys_and_follows_and_cancels(
    central: Central, http: httpx.Client, example: ModuleType
) -> None:
    open_shop(central, {"SKU-1": {"s02": 2}})
    headers = key_headers(central, "stock:read", "orders:read", "orders:write")
    key = headers["Authorization"].removeprefix("Bearer ")
    shop = example.Spindel(str(http.base_url).rstrip("/"), key)

    bands = shop.availability(["SKU-1"], "411 19")
    quote = shop.quote([{"line": 1, "sku": "SKU-1", "quantity": 1}], "411 19", "basket-1")
    address = ANNA.model_dump()
    first = shop.order(quote, address, "basket-1", "W-1")
    again = shop.order(quote, address, "basket-1", "W-1")
    facts = [event["fact"]["is"] for event in shop.follow(first["order_id"])["events"]]
    cancelled = shop.cancel(first["order_id"], "cancel-1")

    assert bands["items"][0]["available"] is None
    assert first == again
    assert facts == ["OrderPlaced", "ParcelPlanned", "ParcelOffered"]
    assert (cancelled["cancelled"], cancelled["refused"]) == ({"1": 1}, [])


def test_the_example_tells_a_genuine_message_from_a_forged_or_old_one(example: ModuleType) -> None:
    signed = signature("whsec_1", 1_000, b"{}")

    assert example.is_genuine("whsec_1", signed, b"{}", 1_100)
    assert not example.is_genuine("whsec_1", signed, b"{ }", 1_100)
    assert not example.is_genuine("whsec_2", signed, b"{}", 1_100)
    assert not example.is_genuine("whsec_1", signed, b"{}", 2_000)
    assert not example.is_genuine("whsec_1", "nonsense", b"{}", 1_000)
