"""The stream of events, on both databases: who changes what, and who is told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from starlette.types import Message, Send

from central_sync.server import feed, feed_pages, streams
from central_sync.server.app import create_app
from central_sync.server.central import Central
from central_sync.server.masters import set_price
from central_sync.server.nudging import Nudges
from central_sync.server.streams import EventStream, Stream
from tests.central.faults import faults_of
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


@contextmanager
def told_pages(http: httpx.Client, till: Workstation) -> Iterator[Iterator[tuple[str, list[str]]]]:
    """Each event's name and lines of data, for a till that takes pages.

    There is one nudge for who comes, and one of central's first look: before it, a change is
    only named.
    """
    asked = {"pages": "true"}
    with http.stream("GET", "/v1/events", params=asked, headers=till.headers, timeout=20) as reply:
        events = _events(line for line in reply.iter_lines())
        assert next(events)[0] == "nudge"
        yield events


def _events(lines: Iterator[str]) -> Iterator[tuple[str, list[str]]]:
    name, data = "", []
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line and data:
            yield name, data
            name, data = "", []


def set_prices(central: Central, *prices: int) -> None:
    """As many positions of the feed, in one commit."""
    with central.database.atomic() as connection:
        for price in prices:
            set_price(connection, "SKU-1", price, central.timestamp())


def test_a_small_change_is_told_as_the_very_page_that_the_feed_gives(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    with told_pages(http, till) as events:
        before = json.loads(next(events)[1][0])["positions"]["chain"]
        set_prices(central, 12_344)
        next(name for name, data in events if name == "feed")
        set_prices(central, 12_345)

        follows, page = next(data for name, data in events if name == "feed")

    place = json.loads(follows)
    query = {"scope": "chain", "after": place["after"], "fh": place["fh"]}
    assert (place["after"], place["spread_seconds"]) == (before + 1, 0)
    assert page == http.get("/v1/feed", params=query, headers=till.headers).text


def test_many_changes_at_once_are_named_and_not_told(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    with told_pages(http, till) as events:
        next(events)
        set_prices(central, 12_344)
        next(name for name, data in events if name == "feed")
        set_prices(central, *range(100, 200))

        name, data = next(events)

    assert (name, "positions" in json.loads(data[0])) == ("nudge", True)


def test_a_feed_that_begins_anew_is_named_and_not_told(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    with told_pages(http, till) as events:
        next(events)
        set_prices(central, 12_344)
        next(name for name, data in events if name == "feed")
        with central.database.atomic() as connection:
            feed.raise_floor(connection, [feed.CHAIN], central.timestamp())

        name, _ = next(events)

    assert name == "nudge"


def test_a_fault_in_telling_ends_the_streams_so_that_tills_ask(
    central: Central, till: Workstation, edge: tuple[Any, str]
) -> None:
    """`chance`, asked when there is something to tell, stands for what nobody foresaw."""
    faults = [ValueError("nobody foresaw it")]

    def chance() -> float:
        if faults:
            raise faults.pop()
        return 0.5

    switch, url = edge
    nudges = Nudges(central.database, chance=chance)
    switch.app = app = create_app(central, nudges=nudges)
    with (
        faults_of("nudges") as found,
        httpx.Client(base_url=url, trust_env=False, timeout=30) as http,
    ):
        with listening(http, till) as events:
            assert len(list(events)) <= 1
        with listening(http, till) as events:
            before = next(events)["positions"]["chain"]
            set_prices(central, 12_345)
            assert any(event["positions"]["chain"] > before for event in events)
        nudges.close()
    app.state.books.close()
    assert found == [ValueError]


def test_a_page_follows_only_on_a_place_of_this_history(central: Central) -> None:
    set_prices(central, 1, 2, 3)
    with central.database.reading() as connection:
        now = feed.places(connection, [feed.CHAIN])[feed.CHAIN]
        after = feed_pages.page(connection, feed.CHAIN, now.newest.position - 2, 1)
        ours = feed.Place(after.next, after.fh)
        theirs = feed.Place(after.next, bytes(32))

        told = feed_pages.small_page_json(connection, feed.CHAIN, ours, now)
        foreign = feed_pages.small_page_json(connection, feed.CHAIN, theirs, now)

    assert told is not None
    assert foreign is None


def test_a_full_line_is_let_go_and_holds_up_nobody() -> None:
    async def fill() -> tuple[bool, list[bool]]:
        ours, theirs = socket.socketpair()
        line, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
        stream = Stream(["chain"], _no_server, takes_pages=True, line=line)
        stream.tell(b"event: nudge\n\n")
        read = theirs.recv(100) == b"e\r\nevent: nudge\n\n\r\n"
        were_over: list[bool] = []
        while not were_over or not were_over[-1]:
            stream.tell(bytes(50_000))
            were_over.append(stream.over.done())
        theirs.close()
        line.abort()
        return read, were_over

    read, were_over = asyncio.run(fill())
    assert read
    assert were_over[0] is False


async def _no_server(_message: Message) -> None:
    raise AssertionError("the line is there")


def test_a_till_that_does_not_read_is_let_go_and_holds_up_nobody() -> None:
    async def stuck(_message: Message) -> None:
        await asyncio.Event().wait()

    async def tell() -> bool:
        stream = Stream(["chain"], stuck, takes_pages=True)
        stream.tell(b"event: nudge\n\n")
        return stream.over.done()

    assert asyncio.run(tell())


def test_nothing_is_written_after_a_streams_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes on to the next reply, which would begin with the event."""
    monkeypatch.setattr(streams, "LONGEST_STREAM_SECONDS", 0.0)
    made: list[Stream] = []
    sent: list[bytes] = []

    def enter(send: Send, _line: asyncio.WriteTransport | None) -> Stream:
        made.append(Stream(["chain"], send, takes_pages=True))
        return made[0]

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nobody hangs up")

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    async def grow_old() -> None:
        await EventStream(enter, lambda _: b"first", lambda _: None)({}, never, send)
        # Whoever tells many at once has this stream among them still.
        made[0].tell(b"late")

    asyncio.run(grow_old())
    assert sent == [b"", b"first", b""]
