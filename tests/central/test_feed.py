"""The feed: positions follow the commits, every page proves itself, old cursors are told."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import httpx
import pytest

from central_sync.server import feed
from central_sync.server.central import Central
from central_sync.server.feed import Change, Place
from central_sync.server.feed_pages import page
from central_sync.wire.canonical import canonical
from tests.central.office import Clock, Workstation, enrolled


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def _price(number: int, price_minor: int = 100) -> Change:
    sku = f"SKU-{number}"
    return Change("chain", "price", sku, {"sku": sku, "price_minor": price_minor})


def _append(central: Central, *changes: Change) -> None:
    with central.database.atomic() as connection:
        feed.append(connection, changes, central.timestamp())


def _start(central: Central) -> int:
    with central.database.reading() as connection:
        return feed.positions(connection, ["chain"])["chain"]


def _get(http: httpx.Client, till: Workstation, **question: Any) -> Any:
    reply = http.get("/v1/feed", params={"scope": "chain"} | question, headers=till.headers)
    assert reply.status_code == 200
    return reply.json()


def test_rows_come_in_order_page_by_page(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    start = _start(central)
    _append(central, *(_price(number) for number in range(5)))

    pages = [_get(http, till, after=start + had, limit=2) for had in (0, 2, 4)]

    assert [[row["key"] for row in page["rows"]] for page in pages] == [
        ["SKU-0", "SKU-1"],
        ["SKU-2", "SKU-3"],
        ["SKU-4"],
    ]
    assert [page["more"] for page in pages] == [True, True, False]
    assert pages[-1]["next"] == start + 5


def test_a_page_carries_the_hash_of_its_rows(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    start = _start(central)
    _append(central, _price(1), Change("chain", "barcode", "0001", None, "delete"))

    page = _get(http, till, after=start)

    assert page["sha256"] == hashlib.sha256(canonical(page["rows"])).hexdigest()
    assert page["rows"][1]["op"] == "delete"


def test_a_large_page_comes_compressed_when_that_is_understood(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    start = _start(central)
    _append(central, *(_price(number) for number in range(100)))

    reply = http.get(
        f"/v1/feed?scope=chain&after={start}",
        headers=till.headers | {"Accept-Encoding": "zstd"},
    )

    assert reply.headers["Content-Encoding"] == "zstd"
    assert len(reply.json()["rows"]) == 100


def test_a_cursor_below_the_floor_is_gone(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    before = _start(central)
    with central.database.atomic() as connection:
        feed.raise_floor(connection, ["chain"], central.timestamp())

    pages = [_get(http, till, after=after) for after in (before, before + 1)]

    assert [page["is_gone"] for page in pages] == [True, False]


def test_a_cursor_of_a_history_that_is_not_ours_is_gone(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    assert _get(http, till, after=_start(central) + 1)["is_gone"]


def test_a_page_tells_only_the_last_of_what_it_changes_again(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    start = _start(central)
    _append(central, _price(1, 100), _price(2, 200), _price(1, 101), _price(1, 102))

    whole = _get(http, till, after=start, limit=2)

    assert [(row["position"], row["key"]) for row in whole["rows"]] == [
        (start + 2, "SKU-2"),
        (start + 4, "SKU-1"),
    ]
    assert (whole["next"], whole["more"]) == (start + 4, False)


def test_a_cursor_with_the_hash_of_another_history_is_gone(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    start = _start(central)
    _append(central, _price(1, 100), _price(1, 200))
    mine = _get(http, till, after=start, limit=1000)["fh"]
    _append(central, _price(2))

    went_on = _get(http, till, after=start + 2, fh=mine)
    strange = _get(http, till, after=start + 2, fh="ab" * 32)
    unproven = _get(http, till, after=start + 2)

    assert [page["is_gone"] for page in (went_on, strange, unproven)] == [False, True, False]


def test_histories_that_part_have_other_hashes_from_there_on(central: Central) -> None:
    """What a central restored from its backup gives out again is told apart."""
    places: list[Place] = []

    def try_out(*changes: Change) -> None:
        with central.database.atomic() as connection:
            feed.append(connection, changes, central.timestamp())
            places.append(feed.places(connection, ["chain"])["chain"].newest)
            raise KeyError

    for changes in ([_price(1), _price(2)], [_price(1, 101), _price(2)], [_price(1), _price(2)]):
        with pytest.raises(KeyError):
            try_out(*changes)

    assert places[0] == places[2] != places[1]
    assert places[0].position == places[1].position


def test_what_is_old_is_forgotten_but_for_the_newest_rows(
    central: Central, till: Workstation, http: httpx.Client, clock: Clock
) -> None:
    start = _start(central)
    _append(central, *(_price(number) for number in range(6)))
    kept = _get(http, till, after=start + 2, limit=1)
    clock.forward(days=46)
    _append(central, _price(7))

    with central.database.atomic() as connection:
        gone = [feed.trim(connection, "chain", central.timestamp(), 4, 2) for _ in range(3)]

    assert gone == [2, 2, 0]
    assert _get(http, till, after=start + 2)["is_gone"]
    rows = _get(http, till, after=start + 3, fh=kept["fh"])["rows"]
    assert [row["key"] for row in rows] == ["SKU-3", "SKU-4", "SKU-5", "SKU-7"]


def test_every_scope_has_positions_of_its_own(central: Central) -> None:
    scopes = ["chain", "store:s01", "store:s02"]
    with central.database.reading() as connection:
        before = feed.positions(connection, scopes)

    _append(central, Change("store:s02", "stock", "A", {"sku": "A"}), _price(1), _price(2))

    with central.database.reading() as connection:
        after = feed.positions(connection, scopes)
    assert [after[scope] - before[scope] for scope in scopes] == [2, 0, 1]


def test_a_change_that_is_taken_back_leaves_no_hole(central: Central) -> None:
    start = _start(central)

    def fail() -> None:
        with central.database.atomic() as connection:
            feed.append(connection, [_price(1)], central.timestamp())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    _append(central, _price(2))

    with central.database.reading() as connection:
        rows = page(connection, "chain", start, 10).rows
    assert [(row.position, row.key) for row in rows] == [(start + 1, "SKU-2")]


def test_a_reader_skips_nothing_while_many_write(central: Central) -> None:
    """On PostgreSQL a bare sequence fails this: later numbers are committed first."""
    start, writers, rounds = _start(central), 6, 8
    seen: list[tuple[int, str]] = []
    done = threading.Event()

    def write(number: int) -> None:
        for step in range(rounds):
            _append(central, _price(number * 100 + step), _price(number * 100 + 50 + step))

    def follow() -> None:
        cursor, is_last = start, False
        while True:
            with central.database.reading() as connection:
                found = page(connection, "chain", cursor, 7)
            seen.extend((row.position, row.key) for row in found.rows)
            cursor = found.next
            if is_last and not found.rows:
                return
            is_last = done.is_set()

    reader = threading.Thread(target=follow)
    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()

    expected = writers * rounds * 2
    assert [position for position, _ in seen] == list(range(start + 1, start + 1 + expected))
    assert len({key for _, key in seen}) == expected
