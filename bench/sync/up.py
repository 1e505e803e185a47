"""Receipts from tills' journals to central, durable at both ends, proven by its answers.

Tills and central are a process each, and what a receipt costs either is their processor time,
which is true on a busy machine as well. The thing to get wrong: all tills in one store. A
store's figure of an item names each of its tills, so a store has twenty here at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.sync.world import Office, enrol_till, opened_till, sell, serving, store_name
from bench.upload import bare_insert
from central_sync.engine.round import heartbeat, send_receipts
from central_sync.engine.workstation import Workstation
from central_sync.server.bookkeeping import waiting

# More threads than this only wait for one another on two cores; a store of twenty has one each.
LANES = 20
TILLS_A_STORE = 20
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Upload:
    """`fairness`: when the last till was served, by when the first was; memory before, after.

    `till_ms`, `central_ms` and `booking_ms` are processor time of one receipt at the till, at
    central until it is proven (with what is booked meanwhile), and of its booking afterwards.
    """

    receipts: int
    seconds: float
    bare_seconds: float
    booked_seconds: float
    fairness: float
    megabytes: tuple[float, float]
    till_ms: float
    central_ms: float
    booking_ms: float

    @property
    def a_second(self) -> float:
        return self.receipts / self.seconds

    @property
    def share(self) -> float:
        return self.bare_seconds / self.seconds


def stores_for(tills: int) -> int:
    return -(-tills // TILLS_A_STORE)


def measure_upload(office: Office, folder: Path, tills: int, receipts: int) -> Upload:
    """`receipts` of each till at once; the clock stops when central has proven all of them."""
    homes, bodies = _stocked(office, folder, tills, receipts)
    count = len(bodies)
    bare = bare_insert(folder / "bare.db", bodies)
    del bodies
    with serving(office) as up, ExitStack() as until_done:
        ready = [_ready(until_done, up, home) for home in homes]
        before, central_at, till_at = up.megabytes, up.processor_seconds, time.process_time()
        begun = time.perf_counter()
        ends = _send_all(ready, begun)
        proven_at = up.processor_seconds
        till_ms = 1000 * (time.process_time() - till_at) / count
        left = _left(up)
        after = up.megabytes
        while _left(up):
            time.sleep(LOOK_SECONDS)
        booked = time.perf_counter() - begun
        booking_ms = 1000 * (up.processor_seconds - proven_at) / left if left else 0.0
    return Upload(
        *(count, max(ends), bare, booked),
        fairness=max(ends) / min(ends) if tills <= LANES else 0.0,
        megabytes=(before, after),
        till_ms=till_ms,
        central_ms=1000 * (proven_at - central_at) / count,
        booking_ms=booking_ms,
    )


def _stocked(
    office: Office, folder: Path, tills: int, receipts: int
) -> tuple[list[Path], list[bytes]]:
    homes, bodies = [], []
    with office.opened() as central:
        for number in range(tills):
            store_id = store_name(1 + number // TILLS_A_STORE)
            label = f"{int(folder.name)}{number + 1:04d}"
            homes.append(enrol_till(office, central, folder / label, label, store_id))
            bodies += sell(homes[-1], f"{store_id}-{label}", receipts)
    return homes, bodies


def _ready(until_done: ExitStack, office: Office, home: Path) -> Workstation:
    """A till whose sync runs and has spoken with central before."""
    till = until_done.enter_context(opened_till(office, home))
    heartbeat(till)
    return till


def _send_all(tills: Sequence[Workstation], begun: float) -> list[float]:
    """Seconds at which each till was proven to its last receipt."""
    ends: list[float] = []
    lanes = [
        threading.Thread(target=_send, args=(tills[lane::LANES], begun, ends))
        for lane in range(min(LANES, len(tills)))
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    return ends


def _send(tills: Sequence[Workstation], begun: float, ends: list[float]) -> None:
    for till in tills:
        count = till.journal.heads()[0].sequence
        sent = 0
        while sent < count:
            report = send_receipts(till)
            sent += report.receipts
            if report.troubles and not report.troubles[0].again:
                raise report.troubles[0]
        ends.append(time.perf_counter() - begun)


def _left(office: Office) -> int:
    """Entries that central has and has not booked."""
    with office.opened() as central, central.database.reading() as connection:
        return sum(waiting(connection).values())
