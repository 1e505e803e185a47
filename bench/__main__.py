"""`make bench`: every speed figure in one table, ours beside peers or the physical limit.

Takes some ten minutes, most of it for a catalogue of a million items. `--quick`
uses small catalogues and few runs: to see that it works, not to quote.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import scans
from bench.figures import Row, Spread, table
from bench.hanging import measure_hanging
from bench.payment import COMMITS_PER_SALE, measure_payments
from bench.searching import measure_search
from bench.startup import measure_start
from bench.upload import measure_upload
from bench.world import Ware, make_world

SIZES = (100_000, 1_000_000)
QUICK_SIZES = (5_000, 20_000)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="small and few: a trial")
    quick = arguments.parse_args().quick
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="spindel-bench-") as folder:
        for items in QUICK_SIZES if quick else SIZES:
            rows += _at_size(Path(folder) / str(items), items, 40 if quick else 300)
        rows += _upload(Path(folder) / "upload", 200 if quick else 3000)
    print(table(rows))


def _at_size(home: Path, items: int, count: int) -> list[Row]:
    _say(f"making a catalogue of {items:,} items")
    goods = make_world(home, items, scanner=f"serial://{home}/scanner")
    rows = _scan_rows(home, goods, items, count)
    _say("scan -> painted line while every device hangs")
    idle, hanging = measure_hanging(home, goods, count)
    rows.append(
        Row(
            f"scan -> line, all devices hang, {items:,}",
            f"{_ms(hanging)}; {hanging.p50 / idle.p50:.2f}x",
            f"no devices {_ms(idle)}",
            "p99 <= 25 ms",
        )
    )
    _say("search")
    found = measure_search(home, 3 if count > 100 else 1)
    rows.append(Row(f"search as you type, {items:,}", _ms(found), goal="p99 <= 100 ms"))
    _say("pay")
    scans.fresh_day(home)
    paid, bare = measure_payments(home, goods, count)
    ratio = paid.p50 / bare.p50 / COMMITS_PER_SALE
    rows.append(
        Row(
            f"pay -> committed, {items:,}",
            f"{_ms(paid)}; {ratio:.1f}x per durable commit",
            f"bare commit {_ms(bare)}",
            "<= 2.5x a commit at p50",
        )
    )
    _say("start")
    scans.fresh_day(home)
    measure_start(home)
    starts = [measure_start(home) for _ in range(3)]
    started = sorted(starts, key=lambda each: each.seconds)[1]
    memory = started.core_megabytes + started.screen_megabytes
    rows.append(
        Row(
            f"start to first frame, {items:,}",
            f"{started.seconds:.2f} s; {memory:.0f} MB screen + core",
            goal="<= 1.0 s, <= 150 MB",
        )
    )
    return rows


def _scan_rows(home: Path, goods: Sequence[Ware], items: int, count: int) -> list[Row]:
    measured: list[tuple[str, str, Callable[[Path, Sequence[Ware], int], Spread | None]]] = [
        ("serial", "p99 <= 25 ms", scans.measure_serial),
        ("wedge, AIM id", "p99 <= 40 ms", scans.measure_wedge),
        ("wedge, bare", "p99 <= 40 ms", scans.measure_bare_wedge),
        ("serial, 1/4 core", "p99 <= 50 ms", scans.measure_on_quarter_core),
    ]
    _say("yardsticks")
    bare = scans.measure_bare_python(home, goods, count)
    stock = scans.measure_stock_widgets(home, goods, count)
    beside = f"bare Python {_ms(bare)}; stock widgets {_ms(stock)}"
    rows = []
    for name, goal, measure in measured:
        _say(f"scan -> painted line: {name}")
        spread = measure(home, goods, count)
        ours = _ms(spread) if spread else "not measured: no right to set a CPU quota here"
        if spread:
            ours += f"; {spread.p50 / bare.p50:.1f}x bare, {spread.p50 / stock.p50:.2f}x stock"
        rows.append(Row(f"scan -> line, {name}, {items:,}", ours, beside, goal))
        beside = "same run"
    return rows


def _upload(folder: Path, receipts: int) -> list[Row]:
    _say("upload and intake")
    folder.mkdir(parents=True)
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    ours, bare = measure_upload(folder, port, receipts)
    return [
        Row(
            "upload + intake, receipts/s",
            f"{ours:,.0f} ({ours / bare:.2f}x)",
            f"bare insert of the same rows {bare:,.0f}",
        )
    ]


def _ms(spread: Spread) -> str:
    return f"p50 {spread.p50:.1f} p99 {spread.p99:.1f} ms"


def _say(what: str) -> None:
    sys.stderr.write(f"... {what}\n")


main()
