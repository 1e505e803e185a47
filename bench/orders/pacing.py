"""Calls by clients that wait for their answers, or that come when they come; and what each took.

The thing to get wrong: timing a call that came while all clients were busy from when it was
made. At a pace it is timed from when it was due, so that a queue is seen.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")
_TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the name: user, system, and those of children that have ended.
_OWN, _ENDED = slice(11, 13), slice(13, 15)


class Clock(Protocol):
    def seconds(self) -> float: ...


class ServerClock:
    """Time of a core that a PostgreSQL server has used, all its processes; 0 where none tells."""

    def __init__(self, backend_pid: int) -> None:
        found = _stat(backend_pid)
        self._server = int(found[1]) if found else 0

    def seconds(self) -> float:
        server = _stat(self._server)
        if not server:
            return 0.0
        living = (_stat(int(one.name)) for one in Path("/proc").iterdir() if one.name.isdigit())
        own = [one for one in living if one and int(one[1]) == self._server]
        ticks = _sum(server, _ENDED) + sum(_sum(one, _OWN) for one in (server, *own))
        return ticks / _TICKS


@dataclass(frozen=True, slots=True)
class Pace:
    """`load` is the machine's, of the last minute, on its two cores: above 2 others were served."""

    calls: int
    took_seconds: float
    each_seconds: list[float]
    core_seconds: float
    server_seconds: float
    load: float

    def __str__(self) -> str:
        each = sorted(self.each_seconds)
        p50, p95 = (each[len(each) * share // 100] * 1000 for share in (50, 95))
        core, server = (
            seconds / self.calls * 1000 for seconds in (self.core_seconds, self.server_seconds)
        )
        return (
            f"{self.calls / self.took_seconds:,.0f}/s; p50 {p50:.0f}, p95 {p95:.0f} ms; of a core"
            f" {core:.1f} ms in Python, {server:.1f} in PostgreSQL each; load {self.load:.0f}"
        )


def joined(paces: Sequence[Pace], took_seconds: float, server_seconds: float) -> Pace:
    """Several processes at the same time as one."""
    return Pace(
        sum(one.calls for one in paces),
        took_seconds,
        list(chain(*(one.each_seconds for one in paces))),
        sum(one.core_seconds for one in paces),
        server_seconds,
        os.getloadavg()[0],
    )


def waiting(call: Callable[[T], object], works: Sequence[T], clients: int, server: Clock) -> Pace:
    """Each client makes its next call when the one before is answered."""

    def client(number: int, each: list[float]) -> None:
        for work in works[number::clients]:
            begun = time.perf_counter()
            call(work)
            each.append(time.perf_counter() - begun)

    return _timed(client, len(works), clients, server)


def coming(
    call: Callable[[T], object], works: Sequence[T], a_second: float, clients: int, server: Clock
) -> Pace:
    """Calls come by chance, so many a second; at most `clients` of them are under way."""
    chance = random.Random(len(works))
    due = [0.0]
    for _ in works:
        due.append(due[-1] + chance.expovariate(a_second))
    left = iter(zip(due, works, strict=False))
    guard = threading.Lock()
    begun = time.perf_counter()

    def client(_number: int, each: list[float]) -> None:
        while True:
            with guard:
                found = next(left, None)
            if found is None:
                return
            at, work = begun + found[0], found[1]
            time.sleep(max(0.0, at - time.perf_counter()))
            call(work)
            each.append(time.perf_counter() - at)

    return _timed(client, len(works), clients, server)


def _timed(
    client: Callable[[int, list[float]], None], calls: int, clients: int, server: Clock
) -> Pace:
    each: list[list[float]] = [[] for _ in range(clients)]
    threads = [
        threading.Thread(target=client, args=(number, each[number])) for number in range(clients)
    ]
    marks = [(time.perf_counter(), time.process_time(), server.seconds())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    marks.append((time.perf_counter(), time.process_time(), server.seconds()))
    [(took, core, served)] = [
        tuple(after - before for before, after in zip(first, last, strict=True))
        for first, last in pairwise(marks)
    ]
    return Pace(calls, took, list(chain(*each)), core, served, os.getloadavg()[0])


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _sum(stat: list[str], fields: slice) -> int:
    return sum(int(ticks) for ticks in stat[fields])
