"""Bugs in how masters come to a till, and in what the register shows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from central_sync.engine import catalogue, download, having, heartbeat, report
from central_sync.engine import plan as planning
from central_sync.engine import round as rounds
from central_sync.masterfile import apply as applying
from central_sync.server import (
    feed,
    feed_pages,
    masters,
)
from pos_client.storage.master import MasterData
from pos_client.storage.receipts import Receipts
from tests.simulation.bugs.planted import changed, planted
from tests.simulation.replacing import replaced


@planted
def a_price_is_not_told() -> Iterator[None]:
    yield from changed((masters, "append", lambda *_: None))


@planted
def a_page_claims_to_be_the_last() -> Iterator[None]:
    """Of many changes the first is sent, and the cursor of the newest."""

    def window(connection: Any, *where: Any) -> Any:
        found = plain(connection, *where)
        return replace(found, rows=found.rows[:1]) if len(found.rows) > 2 else found

    plain = feed_pages._window
    yield from changed((feed_pages, "_window", window))


@planted
def pages_are_not_checked() -> Iterator[None]:
    yield from changed((download, "_proven_page", lambda received, *_: received.page))


@planted
def the_cursor_is_written_first() -> Iterator[None]:
    """Position in one transaction, rows in the next."""

    def apply(connection: Any, page: Any, **more: Any) -> Any:
        empty = page.model_copy(update={"rows": []})
        before = applying.position_of(connection, page.scope)
        plain(connection, empty, **more)
        connection.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"position:{page.scope}", str(page.next))
        )
        with replaced(applying, "position_of", lambda *_: before):
            return plain(connection, page, **more)

    plain = applying.apply_page
    yield from changed((catalogue, "apply_page", apply))


@planted
def the_cursor_is_kept_elsewhere() -> Iterator[None]:
    """How far the catalogue is stands in sync.db and is believed, and its hash is not sent."""

    def have(workstation: Any, **more: Any) -> Any:
        found = plain(workstation, **more)
        cursors = workstation.store.state().cursors
        return replace(found, positions=cursors) if found.positions and cursors else found

    plain = having.have_now
    no_hash = (catalogue.Catalogue, "hash_of", lambda *_: b"")
    yield from changed((rounds, "have_now", have), (heartbeat, "have_now", have), no_hash)


@planted
def rows_are_left_for_later() -> Iterator[None]:
    """Stock is applied only when a price came too."""

    def newest(rows: Any) -> Any:
        found = plain(rows)
        return found if len(rows) > 1 else {}

    plain = applying._newest
    yield from changed((applying, "_newest", newest))


@planted
def a_history_is_not_told_from_another() -> Iterator[None]:
    """Neither a lower position nor another hash at central makes a till start anew."""

    def is_followable(connection: Any, scope: str, cursor: Any) -> bool:
        return True

    def downloads(have: Any, said: Any) -> Any:
        return [one for one in plain(have, said) if not _is_back(one)]

    plain = planning._downloads
    yield from changed(*_follows(is_followable), (planning, "_downloads", downloads))


def _follows(is_followable: Any) -> list[tuple[object, str, object]]:
    return [(where, "is_followable", is_followable) for where in (feed, feed_pages)]


def _is_back(action: Any) -> bool:
    return isinstance(action, planning.TakeSnapshot) and "back" in action.why


@planted
def a_rewritten_feed_is_followed() -> Iterator[None]:
    """Central compares positions and not their hashes."""

    def is_followable(connection: Any, scope: str, cursor: Any) -> bool:
        return plain(connection, scope, replace(cursor, fh=b""))

    plain = feed.is_followable
    yield from changed(*_follows(is_followable))


@planted
def the_catalogue_is_renamed_over_the_old_one() -> Iterator[None]:
    """The old file's log stays, and is played into the new one."""

    def install(finished: Any, path: Any) -> None:
        finished.replace(path.resolve())

    yield from changed((catalogue, "install", install))


@planted
def the_register_keeps_the_old_catalogue_open() -> Iterator[None]:
    def refresh(self: Any) -> bool:
        return plain(self) if not self.is_loaded else False

    plain = MasterData.refresh
    yield from changed((MasterData, "refresh", refresh))


@planted
def own_sales_are_counted_twice_on_the_shelf() -> Iterator[None]:
    """The till takes off all that it ever sold, whatever central's figure includes."""

    def moved_since(self: Any, sku: str, epoch: int, sequence: int) -> int:
        return plain(self, sku, 0, 0)

    plain = Receipts.moved_since
    yield from changed((Receipts, "moved_since", moved_since))


@planted
def sync_ends_when_its_own_file_is_full() -> Iterator[None]:
    """The bug that the simulator found first in the product itself."""
    yield from changed((rounds, "note_outcome", report._note_outcome))
