"""The customer display's twin in memory: what a customer would read, and all that was shown."""

from __future__ import annotations

from hardware.address import parse_address
from hardware.displays.charset import PC858
from hardware.ports import DeviceState, Health


def open_display(address: str) -> MemoryDisplay:
    """ "memory://?columns=20"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only("columns")
    return MemoryDisplay(found.number("columns", 20))


class MemoryDisplay:
    """`lines` is what is read now, `shown` every wish in its order, also while unplugged."""

    def __init__(self, columns: int = 20) -> None:
        self.shown: list[tuple[str, str]] = []
        self._columns = columns
        self._state = DeviceState(Health.READY)

    @property
    def columns(self) -> int:
        return self._columns

    @property
    def lines(self) -> tuple[str, str]:
        top, bottom = self.shown[-1] if self.shown else ("", "")
        return PC858.fit(top, self._columns), PC858.fit(bottom, self._columns)

    def show(self, top: str, bottom: str) -> None:
        self.shown.append((top, bottom))

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        self._state = DeviceState(Health.DISABLED)

    def unplug(self) -> None:
        self._state = DeviceState(Health.ABSENT)

    def plug_in(self) -> None:
        self._state = DeviceState(Health.READY)
