"""What central knows, on its way to a till: the whole catalogue as a file, then many changes."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import zstandard
from sqlalchemy import select

from bench.sync.world import SPINDEL, Office, enrol_till, opened_till, serving
from central_sync.database import tables as t
from central_sync.database.write import chunks
from central_sync.engine.download import pull_feed, take_snapshot
from central_sync.engine.plan import PullFeed
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import Workstation, no_progress
from central_sync.server.masters import put_chain_rows
from central_sync.wire.messages import SnapshotManifest


@dataclass(frozen=True, slots=True)
class Down:
    """`bare_seconds`: the same bytes downloaded and unpacked, nothing else.

    `peak_megabytes`: the most that a till's own process held while it took its first load.
    """

    items: int
    seconds: float
    bare_seconds: float
    wire_bytes: int
    changes: int
    change_seconds: float
    peak_megabytes: float


def measure_down(office: Office, folder: Path, changes: int) -> Down:
    """A first load, then a catch-up over so many changed prices, through HTTP."""
    with office.opened() as central:
        home = enrol_till(office, central, folder / "till", "9001")
        second = enrol_till(office, central, folder / "second", "9002")
    with serving(office) as up, opened_till(up, home) as till:
        manifest = built(till)
        begun = time.perf_counter()
        facts = take_snapshot(till, accept=False, progress=no_progress)
        seconds = time.perf_counter() - begun
        bare = _bare(till, manifest)
        peak = _peak_megabytes(second)
        changed = change_prices(office, changes)
        positions = till.catalogue.positions() or {}
        begun = time.perf_counter()
        pull_feed(
            till, PullFeed("chain", positions["chain"], 0), accept=False, progress=no_progress
        )
        change_seconds = time.perf_counter() - begun
    items = facts.counts["item"]
    return Down(items, seconds, bare, manifest.size, changed, change_seconds, peak)


def built(till: Workstation) -> SnapshotManifest:
    """Central's file, made beforehand: a store's first till waits for it, the others do not."""
    while True:
        try:
            return till.central.manifest().manifest
        except SyncTrouble as trouble:
            if trouble.code is not Code.SNAPSHOT_BUILDING:
                raise
            time.sleep(0.5)


def _bare(till: Workstation, manifest: SnapshotManifest) -> float:
    begun = time.perf_counter()
    packed = till.home / "bare.zst"
    with till.central.snapshot(manifest.name, 0) as parts, packed.open("wb") as file:
        for part in parts:
            file.write(part)
    with packed.open("rb") as source, (till.home / "bare.db").open("wb") as target:
        zstandard.ZstdDecompressor().copy_stream(source, target)
    return time.perf_counter() - begun


def _peak_megabytes(home: Path) -> float:
    """Of a process that takes the first load; the kernel's high-water mark, read until its end."""
    process = subprocess.Popen(
        [*SPINDEL, "sync", "now", "--home", str(home)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    peak = 0
    while process.poll() is None:
        # Gone between the question and the look, or still without memory of its own.
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
        time.sleep(0.005)
    if process.returncode or not (home / "master.db").exists():
        raise RuntimeError("the second till did not take its first load")
    return peak * 1024 / 1e6


def change_prices(office: Office, changes: int) -> int:
    with office.opened() as central:
        with central.database.reading() as connection:
            skus = list(connection.execute(select(t.price.c.sku).limit(changes)).scalars())
        for part in chunks(skus, 5_000):
            rows = [{"sku": sku, "price_minor": 12_345} for sku in part]
            with central.database.atomic() as connection:
                put_chain_rows(connection, t.price, rows, central.timestamp())
    return len(skus)
