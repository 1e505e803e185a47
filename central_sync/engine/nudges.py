"""Listens for central's events in a thread of its own, so that a change is here at once.

It applies and fetches nothing itself: it wakes the loop, which takes the pages that were told
and reads the feed by its cursor for the rest. The thing to get wrong: relying on it. A stream
may hang without a sound, so the loop asks by itself now and then, and often while there is
no stream.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable

from central_sync.engine.central import Central, Told
from central_sync.engine.plan import retry_delay
from central_sync.engine.trouble import SyncTrouble

# A loop that is busy for long, with a first load say, fetches rather than catching up on these.
MOST_TOLD = 64

_log = logging.getLogger("spindel.sync")


class Nudges:
    """`wake` is set at each change. `central` is this thread's own and closed by `stop`."""

    def __init__(
        self,
        central: Central,
        wake: threading.Event,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._central, self._wake, self._chance = central, wake, chance
        self._stopped = threading.Event()
        self._delay_seconds: float | None = None
        self._told: deque[Told] = deque()
        self._thread = threading.Thread(target=self._run, name="nudges", daemon=True)
        self.is_live = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._central.close()
        self._thread.join(0.5)  # it dies with the process

    def take(self) -> float | None:
        """Seconds to wait before fetching what is new; None when nothing is."""
        delay, self._delay_seconds = self._delay_seconds, None
        return delay

    def take_told(self) -> list[Told]:
        """The pages that central told since the last call, in the order they came."""
        told = []
        while self._told:
            told.append(self._told.popleft())
        return told

    def fetch(self, spread_seconds: int) -> None:
        """Something is new that was not told whole, or does not follow on what is here."""
        self._delay_seconds = spread_seconds * self._chance()

    def listen(self) -> None:
        """One stream until it ends; raises SyncTrouble. For the thread, and for tests."""
        with self._central.events() as events:
            for event in events:
                if self._stopped.is_set():
                    return
                self.is_live = True
                if isinstance(event, Told) and len(self._told) < MOST_TOLD:
                    self._told.append(event)
                else:
                    self.fetch(event.spread_seconds)
                self._wake.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            wish: float | None = None
            try:
                self.listen()
                failures = 0
            except SyncTrouble as trouble:
                failures += 1
                wish = trouble.retry_after_seconds
                if failures == 1 and not self._stopped.is_set():
                    _log.info("no events code=%s %s", trouble.code, trouble)
            finally:
                # Whatever ended it: the loop asks often again.
                self.is_live = False
            # An end in peace is spread too: a central that restarts ends every stream at once.
            self._stopped.wait(retry_delay(failures + 1, self._chance(), wish))
