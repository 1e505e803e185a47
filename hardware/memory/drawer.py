"""The cash drawer's twin in memory: a test opens, shuts, jams and forces it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hardware.address import parse_address
from hardware.errors import Absent, DeviceError
from hardware.ports import DeviceState, DrawerPosition, Health, Reason


def open_drawer(address: str) -> MemoryDrawer:
    """ "memory://"; raises Misconfigured."""
    parse_address(address).allow_only()
    return MemoryDrawer(device=address)


class MemoryDrawer:
    """Counts `pulses`; each opens it unless `jam` was called. `push_shut` is the cashier.

    `on_pulse` is how a drawer on a printer's connector takes the printer's troubles.
    """

    def __init__(
        self, *, device: str = "memory://", on_pulse: Callable[[], None] | None = None
    ) -> None:
        self.pulses = 0
        self._device = device
        self._on_pulse = on_pulse
        self._position = DrawerPosition.CLOSED
        self._is_jammed = self._is_closed = False
        self._failures: deque[DeviceError] = deque()

    def open(self) -> None:
        if self._is_closed:
            raise Absent(self._device, "it has been closed")
        if self._failures:
            raise self._failures.popleft()
        if self._on_pulse is not None:
            self._on_pulse()
        self.pulses += 1
        if not self._is_jammed:
            self._move(DrawerPosition.OPEN)

    def position(self) -> DrawerPosition:
        return self._position

    def state(self) -> DeviceState:
        if self._is_closed:
            return DeviceState(Health.ABSENT)
        is_open = self._position is DrawerPosition.OPEN
        return DeviceState(Health.READY, Reason.DRAWER_OPEN if is_open else Reason.NONE)

    def close(self) -> None:
        if self._on_pulse is None:
            self._is_closed = True

    def push_shut(self) -> None:
        self._move(DrawerPosition.CLOSED)

    def force(self) -> None:
        """Opened with a key or a knife: no pulse was given."""
        self._move(DrawerPosition.OPEN)

    def jam(self) -> None:
        """From now on a pulse moves nothing."""
        self._is_jammed = True

    def lose_sensor(self) -> None:
        """From now on nobody knows how it stands."""
        self._position = DrawerPosition.UNKNOWN

    def fail_with(self, *errors: DeviceError) -> None:
        """The next openings raise these, one each, and give no pulse."""
        self._failures.extend(errors)

    def _move(self, position: DrawerPosition) -> None:
        if self._position is not DrawerPosition.UNKNOWN:
            self._position = position
