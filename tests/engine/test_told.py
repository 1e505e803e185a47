"""Pages that central tells by itself: taken where they follow on, fetched where they do not."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from central_sync.engine.central import ReceivedPage, Told
from central_sync.engine.events import TooLong, read_events
from central_sync.engine.loop import Kick, Loop
from central_sync.engine.nudges import Nudges
from central_sync.engine.round import contact, take_told
from central_sync.engine.state import read_state
from central_sync.engine.trouble import Code
from central_sync.wire.canonical import canonical
from central_sync.wire.messages import FeedPage, FeedRow, Nudge
from tests.engine.central_twin import CentralTwin
from tests.engine.conftest import Shop
from tests.masterfile.chain import delete, put

FIRST, SECOND = b"1" * 32, b"2" * 32


def told(
    *rows: FeedRow, after: int, fh: bytes, scope: str = "chain", next_fh: bytes = SECOND
) -> Told:
    plain = canonical([row.model_dump(mode="json") for row in rows])
    digest = hashlib.sha256(plain).digest()
    page = FeedPage(scope=scope, rows=list(rows), next=rows[-1].position, sha256=digest, fh=next_fh)
    return Told(after, fh, 0, ReceivedPage(page, digest))


def price(position: int, minor: int) -> FeedRow:
    return put(position, "price", "CAFE-1", sku="CAFE-1", price_minor=minor)


@pytest.fixture
def standing(shop: Shop) -> Shop:
    """A till at position 1 of a history that it knows the hash of."""
    contact(shop.workstation)
    first = FeedPage(scope="chain", rows=[price(1, 100)], next=1, fh=FIRST)
    shop.workstation.catalogue.apply(first, accept=False)
    shop.central.change(price(0, 100))
    shop.central.calls.clear()
    return shop


def position(shop: Shop) -> tuple[int, bytes]:
    positions = shop.workstation.catalogue.positions() or {}
    return positions["chain"], shop.workstation.catalogue.hash_of("chain")


def test_a_page_that_follows_on_is_taken_and_nothing_asked(standing: Shop) -> None:
    report = take_told(standing.workstation, [told(price(2, 200), after=1, fh=FIRST)])
    assert (report.changes, report.is_behind, standing.central.calls) == (1, False, [])
    assert position(standing) == (2, SECOND)
    assert read_state(standing.workstation.home).cursors["chain"] == 2


def test_a_page_told_twice_changes_nothing(standing: Shop) -> None:
    again = told(price(2, 200), after=1, fh=FIRST)
    report = take_told(standing.workstation, [again, again])
    assert (report.changes, report.is_behind) == (1, False)


def damaged() -> Told:
    good = told(price(2, 200), after=1, fh=FIRST)
    return replace(good, received=replace(good.received, rows_sha256=bytes(32)))


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param(told(price(3, 300), after=2, fh=FIRST), id="one before it was lost"),
        pytest.param(told(price(2, 200), after=1, fh=SECOND), id="another history"),
        pytest.param(told(price(2, 200), after=1, fh=b""), id="no proof"),
        pytest.param(damaged(), id="damaged"),
        pytest.param(
            told(put(2, "price", "CAFE-1", sku="CAFE-1"), after=1, fh=FIRST), id="no such row"
        ),
    ],
)
def test_a_page_that_does_not_follow_on_is_fetched(standing: Shop, unfit: Told) -> None:
    report = take_told(standing.workstation, [unfit])
    assert (report.changes, report.is_behind, report.troubles) == (0, True, [])
    assert position(standing) == (1, FIRST)


def test_a_page_of_another_store_is_not_ours(standing: Shop) -> None:
    report = take_told(
        standing.workstation, [told(price(1, 200), after=0, fh=b"", scope="store:s99")]
    )
    assert (report.changes, report.is_behind) == (0, False)


def test_a_page_that_would_empty_the_catalogue_is_held_for_a_person(standing: Shop) -> None:
    standing.workstation.catalogue.remember_size()
    skus = ("CAFE-1", "KANGA-SV-40", "LS2-BLA-42", "STRUMPA-RO")
    gone = [delete(at, "price", sku) for at, sku in enumerate(skus, start=2)]
    report = take_told(standing.workstation, [told(*gone, after=1, fh=FIRST)])
    assert [trouble.code for trouble in report.troubles] == [Code.HELD]
    assert position(standing) == (1, FIRST)


class Telling(CentralTwin):
    """A central whose stream tells these pages and ends."""

    pages: tuple[Told, ...] = ()

    @contextmanager
    def events(self) -> Iterator[Iterator[Nudge | Told]]:
        yield iter(self.pages)


def heard(shop: Shop, *pages: Told) -> list[str]:
    """What the loop asks central after its stream told these."""
    line = Telling(shop.central.folder)
    line.pages = pages
    nudges = Nudges(line, threading.Event())
    loop = Loop(shop.workstation, threading.Event(), Kick(), nudges=nudges, chance=lambda: 0.5)
    for _ in ("a contact", "a look at the feed"):
        loop.turn()
    shop.central.calls.clear()
    nudges.listen()
    loop.turn()
    return shop.central.calls


def test_a_till_that_was_told_asks_nothing(standing: Shop) -> None:
    assert heard(standing, told(price(2, 200), after=1, fh=FIRST)) == []


def test_a_till_that_missed_a_page_asks_for_the_feed(standing: Shop) -> None:
    assert "feed chain 1" in heard(standing, told(price(3, 300), after=2, fh=FIRST))


def test_an_event_is_read_whole_wherever_the_line_is_cut() -> None:
    text = 'event: feed\ndata: {"after":1}\ndata: {"name":"a\u2028b\x85c"}\n\n: alive\n\n'
    parts = [bytes([byte]) for byte in text.encode()]
    events = list(read_events(parts))
    assert [event.name for event in events] == [b"feed"]
    assert events[0].data[1].decode() == '{"name":"a\u2028b\x85c"}'


def test_an_event_without_an_end_is_refused() -> None:
    with pytest.raises(TooLong):
        list(read_events(b"x" * 65_536 for _ in range(40)))
