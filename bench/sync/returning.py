"""Every till of a chain back at once: what central hears, and how long until all are served.

Ten thousand real tills do not fit on the bench's computer, so this is a pretended hour: each
till decides by the engine's own `retry_delay`, central turns away by its own `wait` and queue,
and what a request costs central is measured with real tills over sockets just before: the
processor time of its process, booking included. The thing to get wrong: counting seconds on
the wall instead. The tills that measure it use the same processor; a central has its own.
"""

from __future__ import annotations

import heapq
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.sync.world import Office, enrol_till, opened_till, sell, serving
from central_sync.engine.heartbeat import heartbeat
from central_sync.engine.plan import retry_delay
from central_sync.engine.round import send_receipts
from central_sync.server.shedding import LARGEST_QUEUE, wait

# A heartbeat, what was sold meanwhile, and what is new of the chain and of the store.
REQUESTS = 4
LANES = 8
_SEED = 101
_REMEMBERED_SECONDS = 10.0
# Of a till that found nobody for minutes: its delay has reached the ceiling.
_MANY_FAILURES = 9


@dataclass(frozen=True, slots=True)
class Return:
    """`peak`: most requests in one second, of which `refused_share` of all were turned away."""

    peak: int
    refused_share: float
    seconds: float
    median_seconds: float


def requests_a_second(office: Office, folder: Path, tills: int, receipts: int) -> float:
    """What one processor of central answers to tills that come back with receipts."""
    homes = []
    with office.opened() as central:
        for number in range(1, tills + 1):
            homes.append(enrol_till(office, central, folder / f"r{number}", f"r{number:04d}"))
            sell(homes[-1], f"s01-r{number:04d}", receipts)
    with serving(office) as up:
        lanes = [
            threading.Thread(target=_come_back, args=(up, homes[lane::LANES]))
            for lane in range(min(LANES, tills))
        ]
        begun = up.processor_seconds
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        return 2 * tills / (up.processor_seconds - begun)


def _come_back(office: Office, homes: Sequence[Path]) -> None:
    for home in homes:
        with opened_till(office, home) as till:
            heartbeat(till)
            report = send_receipts(till)
            if report.troubles:
                raise report.troubles[0]


def after_restart(tills: int, a_second: float) -> Return:
    """Central was away for a moment: every till has failed once, all in the same instant."""
    dice = random.Random(_SEED)
    return _pretend([retry_delay(1, dice.random()) for _ in range(tills)], 1, a_second, dice)


def after_outage(tills: int, a_second: float) -> Return:
    """Central was away for many minutes: every till is somewhere in its longest wait."""
    dice = random.Random(_SEED)
    delays = [retry_delay(_MANY_FAILURES, dice.random()) for _ in range(tills)]
    # Central comes back at any moment of a wait, a long one more likely.
    waits = dice.choices(delays, weights=delays, k=tills)
    firsts = [delay * dice.random() for delay in waits]
    return _pretend(firsts, _MANY_FAILURES, a_second, dice)


def _pretend(
    firsts: Sequence[float], failures: int, a_second: float, dice: random.Random
) -> Return:
    """Play until the last till has had all its answers; `firsts` are seconds of first asking."""
    queue = [(at, till) for till, at in enumerate(firsts)]
    heapq.heapify(queue)
    failed, left = [failures] * len(firsts), [REQUESTS] * len(firsts)
    central = _Pretended(1 / a_second, dice.random)
    heard: Counter[int] = Counter()
    refused, served = 0, []
    while queue:
        at, till = heapq.heappop(queue)
        heard[int(at)] += 1
        answered_at, wish_seconds = central.ask(at)
        if wish_seconds is not None:
            refused += 1
            failed[till] += 1
            again = at + retry_delay(failed[till], dice.random(), wish_seconds)
            heapq.heappush(queue, (again, till))
            # The next contact begins with its heartbeat.
            left[till] = REQUESTS
        elif left[till] > 1:
            left[till], failed[till] = left[till] - 1, 0
            heapq.heappush(queue, (answered_at, till))
        else:
            served.append(answered_at)
    served.sort()
    share = refused / heard.total()
    return Return(max(heard.values()), share, served[-1], served[len(served) // 2])


class _Pretended:
    """Central as a queue with one server and the product's own turning away."""

    def __init__(self, service_seconds: float, chance: Callable[[], float]) -> None:
        self._service_seconds, self._chance = service_seconds, chance
        self._free_at = 0.0
        self._sent_away: deque[float] = deque()

    def ask(self, at: float) -> tuple[float, float | None]:
        """(when the answer comes, None), or (now, seconds to stay away)."""
        waiting = max(0.0, self._free_at - at) / self._service_seconds
        if waiting >= LARGEST_QUEUE:
            self._sent_away.append(at)
            while self._sent_away[0] < at - _REMEMBERED_SECONDS:
                self._sent_away.popleft()
            return at, float(wait(len(self._sent_away), self._chance()))
        self._free_at = max(self._free_at, at) + self._service_seconds
        return self._free_at, None
