"""Slows down whoever guesses enrolment codes: so many wrong ones a minute per address.

Held in memory and per process: it is a brake, while the count that kills a code stands
in the database.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from central_sync.server.refused import Refused

WINDOW_SECONDS = 60
LARGEST_GUESSES = 10
_LARGEST_GUESTS = 10_000


class Guesses:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, guest: str) -> None:
        """Raises Refused 429 for an address with too many wrong codes."""
        with self._lock:
            times = self._recent(guest)
            if len(times) >= LARGEST_GUESSES:
                wait = int(WINDOW_SECONDS - (self._clock() - times[0])) + 1
                raise Refused(
                    429,
                    "too_many_codes",
                    "too many wrong codes from this address; wait a minute",
                    again=True,
                    retry_after_seconds=wait,
                )

    def count(self, guest: str) -> None:
        """A code was wrong."""
        with self._lock:
            self._recent(guest).append(self._clock())
            self._times.move_to_end(guest)
            while len(self._times) > _LARGEST_GUESTS:
                self._times.popitem(last=False)

    def _recent(self, guest: str) -> deque[float]:
        times = self._times.setdefault(guest, deque())
        while times and times[0] <= self._clock() - WINDOW_SECONDS:
            times.popleft()
        return times
