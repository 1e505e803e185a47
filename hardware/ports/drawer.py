"""The cash drawer: a pulse, and where there is a sensor, open or closed.

It usually hangs on the printer. A kick is never queued: one that cannot be given
now is not given at all, for a drawer that opens minutes later opens to the wrong
person.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.ports.device import DeviceState


class DrawerPosition(StrEnum):
    """UNKNOWN where there is no sensor, or its polarity has not been learned."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class CashDrawer(Protocol):
    """Raises the tree in `hardware.errors`. `position` never waits for the device."""

    def open(self) -> None:
        """Pulse now, or raise; never later and never twice."""

    def position(self) -> DrawerPosition: ...

    def state(self) -> DeviceState: ...

    def close(self) -> None:
        """Let go of the device (not: shut the drawer)."""
