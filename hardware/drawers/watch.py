"""What a cash drawer's comings and goings mean: opened, closed, left open, forced, jammed.

Pure; the clock is a number of seconds that only grows, passed in by the caller, who
tells every kick and, as often as it likes, the position it sees.

A newcomer would call each opening without a kick a burglary. A drawer that was open
when the till started was not forced, and a position that is not known says nothing;
only closed-then-open without a fresh kick is (a key, a knife, another program).
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.ports import DrawerPosition

# A solenoid has thrown the drawer long before; later it was somebody's hand.
KICK_SECONDS = 2.0
TOO_LONG_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Opened:
    """It opened after a kick."""


@dataclass(frozen=True, slots=True)
class Forced:
    """It opened and nobody had kicked it: an event to be journalled (SKVFS 2014:9 4:3)."""


@dataclass(frozen=True, slots=True)
class Closed:
    """It is shut again, after so many seconds."""

    open_seconds: float


@dataclass(frozen=True, slots=True)
class OpenTooLong:
    """Still open after so many seconds; told once for each opening."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Jammed:
    """It was kicked, has a sensor, and did not open."""


DrawerEvent = Opened | Forced | Closed | OpenTooLong | Jammed


class DrawerWatch:
    """`kicked` and `saw` in the order they happened; `saw` gives what there is to tell.

    Call `saw` also when nothing changed, about once a second: time alone makes a
    drawer open too long, and a kick that moved nothing a jam.
    """

    def __init__(
        self,
        too_long_seconds: float = TOO_LONG_SECONDS,
        kick_seconds: float = KICK_SECONDS,
    ) -> None:
        self._too_long = too_long_seconds
        self._kick_seconds = kick_seconds
        self._position = DrawerPosition.UNKNOWN
        self._kicked_at: float | None = None
        self._opened_at = 0.0
        self._is_told = False

    @property
    def position(self) -> DrawerPosition:
        """As last seen."""
        return self._position

    def kicked(self, now: float) -> None:
        """A pulse was given. To a drawer that is open already it means nothing."""
        if self._position is not DrawerPosition.OPEN:
            self._kicked_at = now

    def saw(self, position: DrawerPosition, now: float) -> list[DrawerEvent]:
        """What this position tells, given what was known."""
        before, self._position = self._position, position
        if position is DrawerPosition.OPEN:
            return self._is_open(before, now)
        found: list[DrawerEvent] = []
        if before is DrawerPosition.OPEN and position is DrawerPosition.CLOSED:
            found.append(Closed(now - self._opened_at))
        return [*found, *self._jam(position, now)]

    def _is_open(self, before: DrawerPosition, now: float) -> list[DrawerEvent]:
        if before is DrawerPosition.OPEN:
            return self._too_long_open(now)
        kicked, self._kicked_at = self._kicked_at, None
        self._opened_at, self._is_told = now, False
        if kicked is not None:
            return [Opened()]
        return [Forced()] if before is DrawerPosition.CLOSED else []

    def _too_long_open(self, now: float) -> list[DrawerEvent]:
        seconds = now - self._opened_at
        if self._is_told or seconds < self._too_long:
            return []
        self._is_told = True
        return [OpenTooLong(seconds)]

    def _jam(self, position: DrawerPosition, now: float) -> list[DrawerEvent]:
        if self._kicked_at is None or now - self._kicked_at < self._kick_seconds:
            return []
        self._kicked_at = None
        return [Jammed()] if position is DrawerPosition.CLOSED else []
