"""An emulated cash drawer on a printer's connector: a solenoid, a slide, a switch.

Sans-IO. The switch is one wire whose level means open in one drawer and shut in the
next (`inverted`), and a drawer without one reads low for ever.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class EmulatedDrawer:
    """`connector` is the pin it hangs on (0: pin 2, 1: pin 5); the other is a neighbour's.

    `pulses` counts kicks to this drawer, `neighbour_pulses` those to the other.
    """

    connector: int = 0
    has_sensor: bool = True
    inverted: bool = False
    jammed: bool = False
    is_open: bool = False
    pulses: int = 0
    neighbour_pulses: int = 0

    @property
    def level(self) -> bool:
        """The switch, high when open unless `inverted`."""
        return self.has_sensor and self.is_open is not self.inverted

    def kick(self, connector: int) -> None:
        """A pulse on one of the two pins (numbers 0 and 48 are pin 2; 1 and 49 pin 5)."""
        if connector % 48 != self.connector:
            self.neighbour_pulses += 1
            return
        self.pulses += 1
        if not self.jammed:
            self.is_open = True

    def shut(self) -> None:
        self.is_open = False

    def force(self) -> None:
        """With a key or a knife."""
        self.is_open = True


class TriggerBox:
    """A drawer with its own wire: BEL kicks, ENQ asks, the lowest bit answered is the switch.

    Sans-IO. `silent`: it never answers; `deaf`: it takes nothing.
    """

    def __init__(self, drawer: EmulatedDrawer | None = None) -> None:
        self.drawer = drawer or EmulatedDrawer()
        self.silent = False
        self.deaf = False

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns the answer bytes."""
        said = bytearray()
        for byte in data:
            if byte == 0x07:
                self.drawer.kick(self.drawer.connector)
            elif byte == 0x05 and not self.silent:
                said.append(0x30 | self.drawer.level)
        return bytes(said)
