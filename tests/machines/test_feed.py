"""The feed and a till that follows it: changes, pages of any size, compaction, snapshots.

A real master file applies real pages. At every position where the till stands it has
exactly the rows that central had there.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from central_sync.masterfile.apply import apply_page, open_for_apply, places_of
from central_sync.masterfile.build import build_master
from central_sync.server.feed import CHAIN, Change, append, positions, raise_floor, trim
from central_sync.server.feed_pages import page
from tests.machines.running import fresh_database, run
from tests.masterfile.chain import ROWS

AT = "2026-11-22T12:00:00.000Z"
LATER = "2026-11-23T12:00:00.000Z"
SKUS = st.sampled_from([f"SKU-{number}" for number in range(6)])
CHANGES = st.lists(st.tuples(SKUS, st.none() | st.integers(0, 99_900)), min_size=1, max_size=8)


class Feed(RuleBasedStateMachine):
    file: Connection

    @initialize()
    def begin(self) -> None:
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.database = fresh_database(self.folder)
        self.prices: dict[str, int] = {}
        self.history: dict[int, dict[str, int]] = {0: {}}
        self.files = 0
        self._take_snapshot()

    @rule(changes=CHANGES)
    def head_office_changes_prices(self, changes: list[tuple[str, int | None]]) -> None:
        rows = []
        for sku, price_minor in changes:
            if price_minor is None:
                rows.append(Change(CHAIN, "price", sku, None, "delete"))
                self.prices.pop(sku, None)
            else:
                row = {"sku": sku, "price_minor": price_minor}
                rows.append(Change(CHAIN, "price", sku, row))
                self.prices[sku] = price_minor
            self.history[max(self.history) + 1] = dict(self.prices)
        with self.database.atomic() as connection:
            append(connection, rows, AT)

    @rule(limit=st.integers(1, 7), pages=st.integers(1, 9))
    def the_till_asks(self, limit: int, pages: int) -> None:
        for _ in range(pages):
            after, fh = self._place()
            with self.database.reading() as connection:
                found = page(connection, CHAIN, after, limit, fh)
            if found.is_gone:
                self._take_snapshot()
                return
            apply_page(self.file, found)
            if not found.more:
                return

    @rule(limit=st.integers(1, 7))
    def a_page_comes_twice(self, limit: int) -> None:
        after, fh = self._place()
        with self.database.reading() as connection:
            found = page(connection, CHAIN, after, limit, fh)
        if not found.is_gone:
            apply_page(self.file, found)
            apply_page(self.file, found)

    @rule(keep=st.integers(0, 10), limit=st.integers(1, 20))
    def central_forgets_old_rows(self, keep: int, limit: int) -> None:
        with self.database.atomic() as connection:
            trim(connection, CHAIN, LATER, keep, limit)

    @rule()
    def central_imports_everything_anew(self) -> None:
        with self.database.atomic() as connection:
            raise_floor(connection, [CHAIN], AT)
        self.history[max(self.history) + 1] = dict(self.prices)

    @rule()
    def the_disk_of_the_till_is_new(self) -> None:
        self._take_snapshot()

    @invariant()
    def the_till_has_what_central_had_at_its_position(self) -> None:
        if hasattr(self, "file"):
            assert self._rows() == self.history[self._place()[0]]

    @invariant()
    def positions_count_the_changes(self) -> None:
        if hasattr(self, "file"):
            with self.database.reading() as connection:
                assert positions(connection, [CHAIN])[CHAIN] == max(self.history)

    def teardown(self) -> None:
        if not hasattr(self, "file"):
            return
        try:
            self.the_till_asks(limit=3, pages=10_000)
            assert self._rows() == self.prices
        finally:
            self.file.close()
            self.database.close()
            self._folder.cleanup()

    def _place(self) -> tuple[int, bytes]:
        positions, hashes = places_of(self.file)
        return positions.get(CHAIN, 0), hashes.get(CHAIN, b"")

    def _rows(self) -> dict[str, int]:
        rows = self.file.execute("SELECT sku, price_minor FROM price").fetchall()
        return dict(rows)

    def _take_snapshot(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
        self.files += 1
        path = self.folder / f"master-{self.files}.db"
        rows = {**ROWS, "price": sorted(self.prices.items())}
        build_master(path, rows, positions={CHAIN: max(self.history)}, store_id="s01")
        self.file = open_for_apply(path)


def test_a_till_has_what_central_had_at_its_position() -> None:
    run(Feed)
