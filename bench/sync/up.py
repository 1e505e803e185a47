"""Receipts from tills' journals to central, durable at both ends, proven by its answers.

Tills and central are processes of their own, and what a receipt costs either is their processor
time, which is true on a busy machine as well; on few cores the tills take from central's. The
thing to get wrong: all tills in one store. A store's figure of an item names each of its tills,
so a store has twenty here at most.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.sync.sending import sending
from bench.sync.world import Office, enrol_till, sell, serving, store_name
from bench.upload import bare_insert
from central_sync.server.bookkeeping import waiting

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
    def a_core(self) -> float:
        """Receipts a second that one core of central would prove, had it nothing beside it."""
        return 1000 / self.central_ms

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
        parties = [until_done.enter_context(sending(up, part)) for part in _parted(homes)]
        before, central_at = up.megabytes, up.processor_seconds
        begun = time.perf_counter()
        for party in parties:
            party.go()
        done = [party.done() for party in parties]
        proven_at = up.processor_seconds
        ends = [end - begun for each in done for end in each.ends]
        till_ms = 1000 * sum(each.processor_seconds for each in done) / count
        left = _left(up)
        after = up.megabytes
        while _left(up):
            time.sleep(LOOK_SECONDS)
        booked = time.perf_counter() - begun
        booking_ms = 1000 * (up.processor_seconds - proven_at) / left if left else 0.0
    return Upload(
        *(count, max(ends), bare, booked),
        fairness=max(ends) / min(ends) if tills <= TILLS_A_STORE else 0.0,
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


def _parted(homes: Sequence[Path]) -> list[Sequence[Path]]:
    """As many processes as there are processors: one alone would be a queue before central."""
    count = min(len(homes), os.cpu_count() or 1)
    return [homes[part::count] for part in range(count)]


def _left(office: Office) -> int:
    """Entries that central has and has not booked."""
    with office.opened() as central, central.database.reading() as connection:
        return sum(waiting(connection).values())
