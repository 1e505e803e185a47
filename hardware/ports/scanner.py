"""The scanner: speaks when it has read something, from a thread of its own.

What a code means is not decided here; see `hardware.scanners` for the parser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.ports.device import DeviceState


@dataclass(frozen=True, slots=True)
class Scan:
    """One read code: `data` without prefix, suffix and AIM id.

    `symbology` is the AIM id without its bracket ("E0" for EAN-13, "C1" for
    GS1-128), or "" where the scanner does not send one. `at` is monotonic seconds.
    `device` tells several scanners of one till apart, in the order of their addresses.
    """

    data: str
    symbology: str
    at: float
    device: int = 0


class Scanner(Protocol):
    """Speaks from its own thread through the listener given to `start`.

    A half frame, noise or an over-long frame is reported as `on_damaged(text)`,
    never dropped silently. Unplugging is a state, not an exception; it comes
    back by itself.
    """

    def start(self, on_scan: Callable[[Scan], None], on_damaged: Callable[[str], None]) -> None: ...

    def accept_tone(self, scan: Scan | None = None) -> None:
        """Tell the person the code was taken, where the device can.

        `scan` lets the one of several scanners sound that read it.
        """

    def refuse_tone(self, scan: Scan | None = None) -> None:
        """Two beeps: the code was read and not taken."""

    def state(self) -> DeviceState: ...

    def close(self) -> None: ...
