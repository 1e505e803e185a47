"""What lies on an emulated scale, and what is wrong with it. Shared by all its dialects."""

from __future__ import annotations

from dataclasses import dataclass, field

MAXIMUM_GRAMS = 15_000
MINIMUM_GRAMS = 20


@dataclass(slots=True)
class Platform:
    """`grams` is gross. `motions` counts how often something was put on, taken off or moved."""

    grams: int = 0
    is_moving: bool = False
    motions: int = 0

    def put(self, grams: int) -> None:
        """So much lies there from now on, at rest."""
        self.grams = grams
        self.motions += 1

    def shake(self) -> None:
        self.is_moving = True
        self.motions += 1

    def settle(self) -> None:
        self.is_moving = False


@dataclass(slots=True)
class Faults:
    """What is wrong with it; may be changed at any time.

    `deaf`: it says nothing. `loses_acks`: an ACK does not reach the register.
    `flips_bits`: one bit of every answer is wrong. `other_price`: it answers for another
    price. `locked`: it wants to be unlocked (record 11). `broken`: a fault of its own.
    `stale`: it gives the weight it gave before. `refuses`: a reason it answers NAK with
    ("10" to "13"). `late_seconds`: every answer comes so much later.
    """

    deaf: bool = False
    loses_acks: bool = False
    flips_bits: bool = False
    other_price: bool = False
    locked: bool = False
    broken: bool = False
    stale: bool = False
    refuses: str = ""
    late_seconds: float = 0.0


@dataclass(slots=True)
class Outbox:
    """Answers on their way, spoilt as the faults say. Sans-IO: `now` is an argument."""

    faults: Faults
    _waiting: list[tuple[float, bytes]] = field(default_factory=list)
    _flips: int = 0

    def post(self, wire: bytes, now: float) -> None:
        if self.faults.deaf or not wire:
            return
        if self.faults.flips_bits:
            wire = self._flipped(wire)
        self._waiting.append((now + self.faults.late_seconds, wire))

    def take(self, now: float) -> bytes:
        """What has arrived by now, in order."""
        ready = b""
        while self._waiting and self._waiting[0][0] <= now:
            ready += self._waiting.pop(0)[1]
        return ready

    def clear(self) -> None:
        self._waiting.clear()

    def _flipped(self, wire: bytes) -> bytes:
        """Another bit of another byte each time."""
        self._flips += 1
        place = self._flips * 5 % len(wire)
        spoilt = wire[place] ^ (1 << (self._flips * 3 % 7))
        return wire[:place] + bytes([spoilt]) + wire[place + 1 :]
