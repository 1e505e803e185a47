"""Receipts from tills' journals to central, durable at both ends, proven by its answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.sync.world import Office, enrol_till, opened_till, sell, serving
from bench.upload import bare_insert
from central_sync.engine.round import send_receipts
from central_sync.server.bookkeeping import waiting

# More threads than this only wait for one another on two cores.
LANES = 16


@dataclass(frozen=True, slots=True)
class Upload:
    """`fairness`: when the last till was served, by when the median was; memory before, after."""

    receipts: int
    seconds: float
    bare_seconds: float
    booked_seconds: float
    fairness: float
    megabytes: tuple[float, float]

    @property
    def a_second(self) -> float:
        return self.receipts / self.seconds

    @property
    def share(self) -> float:
        return self.bare_seconds / self.seconds


def measure_upload(office: Office, folder: Path, tills: int, receipts: int) -> Upload:
    """`receipts` of each till at once; the clock stops when central has proven all of them."""
    homes, bodies = _stocked(office, folder, tills, receipts)
    bare = bare_insert(folder / "bare.db", bodies)
    del bodies
    with serving(office) as up:
        before = up.megabytes
        ends: list[float] = []
        begun = time.perf_counter()
        lanes = [
            threading.Thread(target=_send, args=(up, homes[lane::LANES], begun, ends))
            for lane in range(min(LANES, tills))
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        after = up.megabytes
        _until_booked(up)
        booked = time.perf_counter() - begun
    seconds = max(ends)
    ordered = sorted(ends)
    fairness = seconds / ordered[len(ordered) // 2] if tills <= LANES else 0.0
    return Upload(tills * receipts, seconds, bare, booked, fairness, (before, after))


def _stocked(
    office: Office, folder: Path, tills: int, receipts: int
) -> tuple[list[Path], list[bytes]]:
    homes, bodies = [], []
    with office.opened() as central:
        for number in range(1, tills + 1):
            label = f"{int(folder.name)}{number:04d}"
            homes.append(enrol_till(office, central, folder / label, label))
            bodies += sell(homes[-1], f"{'s01'}-{label}", receipts)
    return homes, bodies


def _send(office: Office, homes: Sequence[Path], begun: float, ends: list[float]) -> None:
    for home in homes:
        with opened_till(office, home) as till:
            count = till.journal.heads()[0].sequence
            sent = 0
            while sent < count:
                report = send_receipts(till)
                sent += report.receipts
                if report.troubles and not report.troubles[0].again:
                    raise report.troubles[0]
            ends.append(time.perf_counter() - begun)


def _until_booked(office: Office) -> None:
    with office.opened() as central:
        left = 1
        while left:
            with central.database.reading() as connection:
                left = sum(waiting(connection).values())
            time.sleep(0.2)
