"""Several scanners of one till, as if they were one: a fixed one and one in the hand.

Each has its own thread, framer and debounce, so halves of two codes that are read
at the same time never melt. A tone goes to the scanner that read the code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from hardware.ports import DeviceState, Health, Reason, Retrying, Scan, Scanner

_WORST_FIRST = (
    Health.FAULT,
    Health.BLOCKED,
    Health.ABSENT,
    Health.UNKNOWN,
    Health.WARNING,
    Health.OPENING,
)


class SeveralScanners:
    """See `ports.Scanner`; `each` is (address, scanner) in the order of the setting."""

    def __init__(self, each: Sequence[tuple[str, Scanner]]) -> None:
        self.each = tuple(each)
        self._last = 0

    def start(self, on_scan: Callable[[Scan], None], on_damaged: Callable[[str], None]) -> None:
        """Both are called from the threads of the scanners."""

        def heard(device: int, scan: Scan) -> None:
            self._last = device
            on_scan(replace(scan, device=device))

        def damaged(device: int, text: str) -> None:
            self._last = device
            on_damaged(text)

        for device, (_, scanner) in enumerate(self.each):
            scanner.start(partial(heard, device), partial(damaged, device))

    def accept_tone(self, scan: Scan | None = None) -> None:
        self._one_of(scan).accept_tone(scan)

    def refuse_tone(self, scan: Scan | None = None) -> None:
        self._one_of(scan).refuse_tone(scan)

    def state(self) -> DeviceState:
        """The worst of them, but while one of them reads a till can sell: then a WARNING."""
        states = [(address, scanner.state()) for address, scanner in self.each]
        for health in _WORST_FIRST:
            for address, state in states:
                if state.health is health:
                    works = any(other.health is Health.READY for _, other in states)
                    return _told(address, state, works)
        return DeviceState(Health.READY, Reason.NONE, states[0][1].detail)

    def try_now(self) -> None:
        for _, scanner in self.each:
            if isinstance(scanner, Retrying):
                scanner.try_now()

    def close(self) -> None:
        for _, scanner in self.each:
            scanner.close()

    def _one_of(self, scan: Scan | None) -> Scanner:
        return self.each[self._last if scan is None else scan.device][1]


def _told(address: str, state: DeviceState, works: bool) -> DeviceState:
    detail = f"{address}: {state.detail or state.health}"
    if not works or state.health is Health.OPENING:
        return DeviceState(state.health, state.reason, detail)
    reason = Reason.OFFLINE if state.reason is Reason.NONE else state.reason
    return DeviceState(Health.WARNING, reason, detail)
