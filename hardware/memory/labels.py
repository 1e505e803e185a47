"""The label printer's twin in memory: what would lie in the tray is in `printed`."""

from __future__ import annotations

from collections import deque

from hardware.address import parse_address
from hardware.errors import Absent, DeviceError, Refused
from hardware.labels.status import WHY
from hardware.labels.zpl import render
from hardware.ports import DeviceState, Health, Label, Reason


def open_label_printer(address: str) -> MemoryLabelPrinter:
    """ "memory://"; raises Misconfigured."""
    parse_address(address).allow_only()
    return MemoryLabelPrinter(address)


class MemoryLabelPrinter:
    """`printed` holds one entry a copy; `put_in_state` and `fail_with` make trouble."""

    def __init__(self, device: str = "memory://") -> None:
        self.printed: list[Label] = []
        self._device = device
        self._state = DeviceState(Health.READY)
        self._failures: deque[DeviceError] = deque()

    def print(self, label: Label, copies: int = 1) -> None:
        if self._failures:
            raise self._failures.popleft()
        if self._state.health in (Health.ABSENT, Health.DISABLED):
            raise Absent(self._device, "nothing is there")
        if self._state.health in (Health.BLOCKED, Health.FAULT):
            raise Refused(self._device, self._state.detail)
        try:
            render(label, 203)
        except ValueError as error:
            raise Refused(self._device, str(error)) from error
        self.printed += [label] * max(copies, 1)

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        self._state = DeviceState(Health.DISABLED)

    def put_in_state(self, health: Health, reason: Reason = Reason.NONE) -> None:
        """BLOCKED, FAULT and ABSENT refuse from now on."""
        self._state = DeviceState(health, reason, WHY.get(reason, ""))

    def fail_with(self, *errors: DeviceError) -> None:
        """The next labels raise these, one each, before anything is kept."""
        self._failures.extend(errors)
