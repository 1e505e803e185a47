"""Garbage is collected between sales, never inside one.

A collection in the middle of a basket cost up to 159 ms (tui-ux 3.4), and larger
thresholds only made it rarer and longer. The thing to get wrong: one cache of
Textual keeps dead painters alive (its issue 6665), so it is emptied first.
"""

from __future__ import annotations

import asyncio
import gc

from textual._styles_cache import StylesCache

COLLECT_AFTER_SECONDS = 0.2
MOST_OBJECTS = 200_000


class SaleMemory:
    """`start` when the first picture stands, `tidy_soon` after each receipt and at sign-off."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None
        self._is_started = False

    def start(self) -> None:
        """What start-up made stays for ever; from now on we say when."""
        self._is_started = True
        gc.collect()
        gc.freeze()
        gc.disable()

    def stop(self) -> None:
        """Give the collector back to the process."""
        if self._timer is not None:
            self._timer.cancel()
        if self._is_started:
            gc.enable()
            gc.unfreeze()

    def tidy_soon(self) -> None:
        """Shortly after, when nobody is waiting for anything."""
        if not self._is_started:
            return
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(COLLECT_AFTER_SECONDS, self.tidy)

    def tidy_if_full(self) -> None:
        """The way out of a basket without end."""
        if self._timer is None and gc.get_count()[0] > MOST_OBJECTS:
            self.tidy_soon()

    def tidy(self) -> None:
        self._timer = None
        StylesCache.get_inner_outer.cache_clear()
        gc.collect()
