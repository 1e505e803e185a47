"""`make bench-sync`: receipts up and the catalogue down, in one table, beside bare work.

`--quick` uses few receipts and a small catalogue: to see that it works, not to quote.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.figures import Row, table
from bench.sync.down import measure_down
from bench.sync.up import measure_upload
from bench.sync.world import make_office

# Tills at once, receipts of each; the last is a store of twenty after a week.
UPLOADS = ((1, 20_000), (10, 2_000), (100, 200), (1_000, 20), (20, 14_000))
QUICK_UPLOADS = ((1, 1_000), (10, 100))


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="small and few: a trial")
    quick = arguments.parse_args().quick
    items, changes = (5_000, 2_000) if quick else (1_000_000, 200_000)
    with tempfile.TemporaryDirectory(prefix="spindel-bench-") as folder:
        rows = _up(Path(folder) / "up", quick=quick)
        rows += _down(Path(folder) / "down", items, changes)
    print(table(rows))


def _up(folder: Path, *, quick: bool) -> list[Row]:
    rows = []
    office = make_office(folder / "central", 300)
    for number, (tills, receipts) in enumerate(QUICK_UPLOADS if quick else UPLOADS, start=1):
        _say(f"{tills} tills send {receipts} receipts each")
        up = measure_upload(office, folder / str(number), tills, receipts)
        fair = f"; last by {up.fairness:.2f}x" if up.fairness and tills > 1 else ""
        rows.append(
            Row(
                f"upload, {tills} tills, {up.receipts:,} receipts",
                f"{up.a_second:,.0f}/s, {up.seconds:.1f} s{fair}; booked after"
                f" {up.booked_seconds:.1f} s; central {up.megabytes[0]:.0f} ->"
                f" {up.megabytes[1]:.0f} MB",
                f"bare insert {up.receipts / up.bare_seconds:,.0f}/s ({up.share:.2f}x)",
                ">= 10,000/s; a store in 60 s, fair <= 1.5x",
            )
        )
    return rows


def _down(folder: Path, items: int, changes: int) -> list[Row]:
    _say(f"a first load of {items:,} items, then {changes:,} changes")
    down = measure_down(make_office(folder / "central", items), folder, changes)
    return [
        Row(
            f"first load, {down.items:,} items",
            f"{down.seconds:.2f} s; {down.wire_bytes / down.items:.0f} B an item",
            f"download + unpack {down.bare_seconds:.2f} s"
            f" ({down.seconds / down.bare_seconds:.1f}x)",
            "<= 1.5 s, <= 48 B, <= 2x",
        ),
        Row(
            f"catch-up, {down.changes:,} changes",
            f"{down.changes / down.change_seconds:,.0f} rows/s",
            goal=">= 50,000 rows/s",
        ),
    ]


def _say(what: str) -> None:
    sys.stderr.write(f"... {what}\n")


main()
