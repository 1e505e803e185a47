"""The stream of events, on both databases: who changes what, and who is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from central_sync.server.central import Central
from central_sync.server.masters import set_price
from tests.central.office import Workstation, enrolled, sale


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


@contextmanager
def listening(http: httpx.Client, till: Workstation) -> Iterator[Iterator[dict[str, Any]]]:
    with http.stream("GET", "/v1/events", headers=till.headers, timeout=20) as reply:
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        lines = reply.iter_lines()
        yield (json.loads(line[6:]) for line in lines if line.startswith("data: "))


def test_a_changed_price_is_told_with_the_chains_new_position(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    with listening(http, till) as events:
        before = next(events)["positions"]["chain"]
        with central.database.atomic() as connection:
            set_price(connection, "SKU-1", 12_345, central.timestamp())

        told = next(event for event in events if event["positions"]["chain"] != before)

    assert told == {
        "positions": {"chain": before + 1, "store:s01": told["positions"]["store:s01"]},
        "spread_seconds": 0,
    }


def test_a_sale_in_the_store_is_told_to_its_tills(till: Workstation, http: httpx.Client) -> None:
    with listening(http, till) as events:
        before = next(events)["positions"]["store:s01"]
        till.sell(sale())
        till.send(http)

        told = next(event for event in events if event["positions"]["store:s01"] != before)

    assert told["positions"]["store:s01"] == before + 1
