"""`make bench-sync`: receipts up, the catalogue and its changes down, in one table, beside bare
work and beside PouchDB.

`--quick` uses few receipts and a small catalogue: to see that it works, not to quote.
`--only down listening` measures those parts alone; `--changes 50` makes so many single changes
for each number of listeners instead of 300, which take two minutes and a half.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from bench.figures import Row, table
from bench.sync.down import Down, measure_down
from bench.sync.listening import measure_listening
from bench.sync.pouch import measure_pouch
from bench.sync.returning import Return, after_outage, after_restart, requests_a_second
from bench.sync.selling import measure_selling
from bench.sync.up import Upload, measure_upload, stores_for
from bench.sync.world import Office, make_office, sell
from central_sync.wire.keys import SigningKey
from tests.postgres import a_server


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything. An upload is (tills at once, receipts of each)."""

    uploads: tuple[tuple[int, int], ...]
    postgres_uploads: tuple[tuple[int, int], ...]
    items: int
    changes: int
    sales: int
    single_changes: int
    measured_tills: int
    pouch_items: int
    pouch_receipts: int


# The last upload is a store of twenty after a week.
FULL = Sizes(
    uploads=((1, 20_000), (10, 2_000), (100, 200), (1_000, 20), (20, 14_000)),
    postgres_uploads=((1, 20_000), (10, 2_000)),
    items=1_000_000, changes=200_000, sales=300, single_changes=300, measured_tills=200,
    pouch_items=100_000, pouch_receipts=5_000,
)  # fmt: skip
QUICK = Sizes(
    uploads=((1, 1_000), (10, 100)),
    postgres_uploads=((1, 500),),
    items=5_000, changes=2_000, sales=60, single_changes=10, measured_tills=16,
    pouch_items=1_000, pouch_receipts=300,
)  # fmt: skip
# Other streams that hear the change as well, beside the till that is measured.
LISTENERS = (0, 49, 999)
RETURNING = 10_000


PARTS = ("up", "down", "selling", "listening", "returning", "pouch")


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="small and few: a trial")
    arguments.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="these parts")
    arguments.add_argument("--changes", type=int, default=0, help="single changes that are heard")
    asked = arguments.parse_args()
    sizes = QUICK if asked.quick else FULL
    if asked.changes:
        sizes = replace(sizes, single_changes=asked.changes)
    with tempfile.TemporaryDirectory(prefix="spindel-bench-") as name:
        print(table(_rows(Path(name), sizes, set(asked.only))))


def _rows(folder: Path, sizes: Sizes, parts: set[str]) -> list[Row]:
    """PouchDB is held against what was measured of ours in the same run, so it needs both."""
    rows: list[Row] = []
    if "pouch" in parts:
        parts |= {"up", "down"}
    office = make_office(folder / "central", 300, stores=_stores(sizes.uploads))
    if "up" in parts:
        up, uploads = _up(office, folder / "up", sizes.uploads, "SQLite")
        rows += _told(up)
        with a_server() as url:
            beside = make_office(
                folder / "postgres", 300, database_url=url, stores=_stores(sizes.postgres_uploads)
            )
            rows += _told(
                _up(beside, folder / "up-postgres", sizes.postgres_uploads, "PostgreSQL")[0]
            )
    if "down" in parts:
        downs, down = _down(folder / "down", sizes)
        rows += _told(downs)
    if "selling" in parts:
        rows += _told(_selling(folder / "selling", sizes))
    if "listening" in parts:
        rows += _told(_listening(office, folder / "listening", sizes.single_changes))
    if "returning" in parts:
        rows += _told(_returning(office, folder / "returning", sizes.measured_tills))
    if "pouch" in parts:
        rows += _told(_pouch(folder / "pouch", sizes, down, uploads[0]))
    return rows


def _stores(uploads: tuple[tuple[int, int], ...]) -> int:
    return stores_for(max(tills for tills, _ in uploads))


def _up(
    office: Office, folder: Path, uploads: tuple[tuple[int, int], ...], engine: str
) -> tuple[list[Row], list[Upload]]:
    rows, done = [], []
    for number, (tills, receipts) in enumerate(uploads, start=1):
        _say(f"{tills} tills send {receipts} receipts each to {engine}")
        up = measure_upload(office, folder / str(number), tills, receipts)
        fair = f", last till {up.fairness:.2f}x the first" if up.fairness and tills > 1 else ""
        done.append(up)
        rows.append(
            Row(
                f"upload to {engine}, {tills} tills, {up.receipts:,} receipts",
                f"{up.a_second:,.0f}/s, {up.seconds:.1f} s{fair}; booked after"
                f" {up.booked_seconds:.1f} s; processor ms a receipt: till {up.till_ms:.3f},"
                f" central {up.central_ms:.3f} ({up.a_core:,.0f}/s a core), booking"
                f" {up.booking_ms:.2f}; central {up.megabytes[0]:.0f} -> {up.megabytes[1]:.0f} MB",
                f"bare SQLite insert {up.receipts / up.bare_seconds:,.0f}/s ({up.share:.2f}x)",
                ">= 10,000/s; a store in 60 s, fair <= 1.5x" if engine == "SQLite" else "",
            )
        )
    return rows, done


def _down(folder: Path, sizes: Sizes) -> tuple[list[Row], Down]:
    _say(f"a first load of {sizes.items:,} items, then {sizes.changes:,} changes")
    down = measure_down(make_office(folder / "central", sizes.items), folder, sizes.changes)
    rows = [
        Row(
            f"first load, {down.items:,} items",
            f"{down.seconds:.2f} s; {down.wire_bytes / down.items:.0f} B an item",
            f"download + unpack {down.bare_seconds:.2f} s"
            f" ({down.seconds / down.bare_seconds:.1f}x)",
            "<= 1.5 s, <= 48 B, <= 2x",
        ),
        Row("the till's memory at its first load", f"{down.peak_megabytes:.0f} MB", "", "<= 64 MB"),
        Row(
            f"catch-up, {down.changes:,} changes",
            f"{down.changes / down.change_seconds:,.0f} rows/s",
            goal=">= 50,000 rows/s",
        ),
    ]
    return rows, down


def _selling(folder: Path, sizes: Sizes) -> list[Row]:
    _say(f"sales while {sizes.changes:,} changes come")
    it = measure_selling(
        make_office(folder / "central", sizes.items), folder, sizes.changes, sizes.sales
    )
    return [
        Row(
            f"{what} while {it.changes:,} changes come",
            f"p50 {busy.p50:.1f} ms, p99 {busy.p99:.1f} ms ({busy.count} times);"
            f" p99 {busy.p99 / idle.p99:.1f}x idle",
            f"idle p50 {idle.p50:.1f} ms, p99 {idle.p99:.1f} ms ({idle.count} times)",
            goal,
        )
        for what, busy, idle, goal in (
            ("sale commit", it.busy, it.idle, "p99 <= 4x idle"),
            ("scan -> line", it.busy_scan, it.idle_scan, "p99 as idle"),
        )
    ]


def _listening(office: Office, folder: Path, changes: int) -> list[Row]:
    rows = []
    for others in LISTENERS:
        _say(f"single changes, heard by {others + 1}")
        it = measure_listening(office, folder, others, changes)
        rows.append(
            Row(
                f"one change -> committed on the till, {it.listeners:,} listening",
                f"p50 {it.committed.p50:.1f} ms, p99 {it.committed.p99:.1f} ms"
                f" ({it.committed.count} times); heard p50 {it.heard.p50:.1f} ms,"
                f" p99 {it.heard.p99:.1f} ms",
                f"from head office's request p50 {it.asked.p50:.1f} ms, p99 {it.asked.p99:.1f} ms",
                "p50 <= 5 ms, p99 <= 25 ms",
            )
        )
    return rows


def _returning(office: Office, folder: Path, tills: int) -> list[Row]:
    _say(f"{tills} tills come back, then {RETURNING:,} in pretended time")
    rate = requests_a_second(office, folder, tills, 20)
    return [
        _back("a moment's restart", after_restart(RETURNING, rate), rate),
        _back("many minutes away", after_outage(RETURNING, rate), rate),
    ]


def _back(what: str, it: Return, rate: float) -> Row:
    return Row(
        f"{RETURNING:,} tills back after {what} (pretended)",
        f"peak {it.peak:,} requests/s, {it.refused_share:.0%} told to come later; half served"
        f" after {it.median_seconds:.0f} s, all after {it.seconds:.0f} s",
        f"central answers {rate:,.0f} requests a processor second (measured)",
    )


def _pouch(folder: Path, sizes: Sizes, down: Down, up: Upload) -> list[Row]:
    _say("PouchDB")
    key = SigningKey.generate()
    key.save(folder / "till" / "keys" / "workstation.key")
    receipts = sell(folder / "till", "s01-pouch", sizes.pouch_receipts)
    pouch = measure_pouch(folder / "npm", sizes.pouch_items, receipts)
    if isinstance(pouch, str):
        return [Row("beside PouchDB", "not measured", pouch, ">= 150x down, >= 5x up")]
    items = down.items / down.seconds
    return [
        Row(
            f"first load beside PouchDB, {pouch.items:,} documents",
            f"{items:,.0f} items/s ({items / pouch.down_a_second:,.0f}x)",
            f"express-pouchdb -> PouchDB {pouch.down_a_second:,.0f}/s",
            ">= 150x",
        ),
        Row(
            f"upload beside PouchDB, {pouch.receipts:,} receipts",
            f"{up.a_second:,.0f}/s ({up.a_second / pouch.up_a_second:.1f}x)",
            f"PouchDB -> express-pouchdb {pouch.up_a_second:,.0f}/s, unsigned, unchecked",
            ">= 5x",
        ),
    ]


def _told(rows: list[Row]) -> list[Row]:
    """As they come: the whole takes a quarter of an hour, and the table stands at its end."""
    for row in rows:
        sys.stderr.write(f"    {row.what}: {row.ours} | {row.beside}\n")
    return rows


def _say(what: str) -> None:
    sys.stderr.write(f"... {what}\n")


if __name__ == "__main__":
    main()
