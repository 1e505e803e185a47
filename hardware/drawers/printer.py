"""The drawer that hangs on the receipt printer's connector (DK, RJ12).

The pulse goes by the printer's real-time command and waits behind nothing. The switch
inside is one wire, high or low; which of them means open differs from drawer to
drawer, so until somebody has learned it the position is UNKNOWN, never a guess.
"""

from __future__ import annotations

from typing import Protocol

from hardware.ports import DeviceState, DrawerPosition, Health, Reason


class DrawerHost(Protocol):
    """What the drawer needs of its printer."""

    @property
    def drawer_pin(self) -> bool | None: ...

    def open_drawer(self) -> None: ...

    def state(self) -> DeviceState: ...


class PrinterDrawer:
    """See `ports.CashDrawer`. `open_level`: the switch's level when open; None: not learned."""

    def __init__(self, printer: DrawerHost, open_level: bool | None = None) -> None:
        self._printer = printer
        self._open_level = open_level

    @property
    def level(self) -> bool | None:
        """The switch as it is, for whoever learns its polarity; None: nothing heard."""
        return self._printer.drawer_pin

    def open(self) -> None:
        """Raises Busy while a receipt is on its way, Refused when the printer is not ready."""
        self._printer.open_drawer()

    def position(self) -> DrawerPosition:
        level = self._printer.drawer_pin
        if level is None or self._open_level is None:
            return DrawerPosition.UNKNOWN
        return DrawerPosition.OPEN if level is self._open_level else DrawerPosition.CLOSED

    def state(self) -> DeviceState:
        """The printer's, whose paper is none of the drawer's business while it is enough."""
        state = self._printer.state()
        if state.health is Health.WARNING and state.reason is Reason.PAPER_NEAR_END:
            state = DeviceState(Health.READY)
        if state.health is Health.READY and self.position() is DrawerPosition.OPEN:
            return DeviceState(Health.READY, Reason.DRAWER_OPEN)
        return state

    def close(self) -> None:
        """Nothing to let go of: the line is the printer's."""
