"""The scanner's twin in memory: a test feeds it."""

from __future__ import annotations

import time
from collections.abc import Callable

from hardware.address import parse_address
from hardware.ports import DeviceState, Health, Scan


def open_scanner(address: str) -> MemoryScanner:
    """ "memory://"; raises Misconfigured."""
    parse_address(address).allow_only()
    return MemoryScanner()


class MemoryScanner:
    """`feed` scans and `feed_damaged` breaks one; tones are counted."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self._on_scan: Callable[[Scan], None] | None = None
        self._on_damaged: Callable[[str], None] | None = None
        self._state = DeviceState(Health.OPENING)

    def start(self, on_scan: Callable[[Scan], None], on_damaged: Callable[[str], None]) -> None:
        self._on_scan, self._on_damaged = on_scan, on_damaged
        self._state = DeviceState(Health.READY)

    def feed(self, data: str, symbology: str = "E0") -> None:
        """A code is read; the listener is called in this thread."""
        if self._on_scan is not None:
            self._on_scan(Scan(data, symbology, time.monotonic()))

    def feed_damaged(self, text: str) -> None:
        if self._on_damaged is not None:
            self._on_damaged(text)

    def unplug(self) -> None:
        self._state = DeviceState(Health.ABSENT)

    def plug_in(self) -> None:
        self._state = DeviceState(Health.READY)

    def accept_tone(self, scan: Scan | None = None) -> None:
        self.accepted += 1

    def refuse_tone(self, scan: Scan | None = None) -> None:
        self.refused += 1

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        self._on_scan = self._on_damaged = None
        self._state = DeviceState(Health.DISABLED)
