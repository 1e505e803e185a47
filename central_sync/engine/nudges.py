"""Listens for central's events in a thread of its own, so that a change is fetched at once.

It fetches nothing itself: it wakes the loop, which reads the feed by its cursor. The
thing to get wrong: relying on it. A stream may hang without a sound, so the loop asks by
itself now and then, and often while there is no stream.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from central_sync.engine.central import Central
from central_sync.engine.plan import retry_delay
from central_sync.engine.trouble import SyncTrouble

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
        self._thread = threading.Thread(target=self._run, name="nudges", daemon=True)
        self.is_live = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._central.close()
        self._thread.join(2.0)

    def take(self) -> float | None:
        """Seconds to wait before fetching what is new; None when nothing is."""
        delay, self._delay_seconds = self._delay_seconds, None
        return delay

    def listen(self) -> None:
        """One stream until it ends; raises SyncTrouble. For the thread, and for tests."""
        with self._central.events() as nudges:
            for nudge in nudges:
                if self._stopped.is_set():
                    return
                self.is_live = True
                self._delay_seconds = nudge.spread_seconds * self._chance()
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
            self.is_live = False
            # An end in peace is spread too: a central that restarts ends every stream at once.
            self._stopped.wait(retry_delay(failures + 1, self._chance(), wish))
