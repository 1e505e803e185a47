"""An emulated Dialog 06 scale: records in, records out, a platform to lay goods on.

Sans-IO. Written from the protocol, not from our driver: it takes only what the
records say, and like the real one it will not give a weight twice until something
has moved on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.emulators.scale_platform import (
    MAXIMUM_GRAMS,
    MINIMUM_GRAMS,
    Faults,
    Outbox,
    Platform,
)
from hardware.scales.parity import BAD, Parity, from_wire, to_wire

_STX, _ETX, _EOT, _ENQ, _ESC = b"\x02", b"\x03", b"\x04", b"\x05", b"\x1b"
_ACK, _NAK = b"\x06", b"\x15"


@dataclass(slots=True)
class EmulatedDialog06:
    """`feed` bytes, get what is said by now; `go_on` what is said later."""

    platform: Platform = field(default_factory=Platform)
    faults: Faults = field(default_factory=Faults)
    parity: Parity = Parity.ODD
    shown_name: str = ""
    _price: int = 0
    _tare: int = 0
    _cause: str = "00"
    _taken_at_motion: int = -1
    _offered_at_motion: int | None = None
    _last_grams: int | None = None
    _last_said: bytes = b""
    _heard: bytearray = field(default_factory=bytearray)
    _outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self._outbox = Outbox(self.faults)

    def feed(self, data: bytes, now: float) -> bytes:
        for byte in from_wire(data, self.parity):
            self._hear(byte, now)
        return self._outbox.take(now)

    def go_on(self, now: float) -> bytes:
        return self._outbox.take(now)

    def power_cycle(self) -> None:
        self._heard.clear()
        self._outbox.clear()
        self._price = self._tare = 0
        self._cause = "00"
        self._offered_at_motion = None

    def _hear(self, byte: int, now: float) -> None:
        one = bytes([byte])
        if one == _EOT:
            if self._heard == _EOT:
                self._taken()
            self._heard[:] = _EOT
        elif not self._heard:
            if one == _NAK:
                self._say_again(now)
        elif self._heard == _EOT and one == _NAK:
            self._taken()
            self._heard.clear()
        elif self._heard == _EOT and one == _ENQ:
            self._heard.clear()
            self._weigh(now)
        elif self._heard == _EOT and one != _STX:
            self._heard.clear()
        elif one == _ETX:
            record = bytes(self._heard[2:])
            self._heard.clear()
            self._record(record, now)
        else:
            self._heard.append(byte)
            if len(self._heard) > 80:
                self._heard.clear()

    def _taken(self) -> None:
        """An EOT on its own: the register has what it was told, the weight is given away."""
        if self._offered_at_motion is not None:
            self._taken_at_motion, self._offered_at_motion = self._offered_at_motion, None

    def _record(self, record: bytes, now: float) -> None:
        if BAD in record:
            self._no("02", now)
        elif record == b"08":
            self._say(_STX + b"09" + _ESC + self._status().encode() + _ETX, now)
        elif self.faults.locked:
            self._say(_STX + b"11" + _ESC + b"27F" + _ETX, now)
        elif self.faults.refuses:
            self._no(self.faults.refuses, now)
        else:
            self._price_record(record.split(_ESC), now)

    def _status(self) -> str:
        if self.faults.broken:
            return "01"
        cause, self._cause = self._cause, "00"
        return cause

    def _price_record(self, parts: list[bytes], now: float) -> None:
        lengths = {b"01": 3, b"03": 3, b"04": 3, b"05": 4}
        if lengths.get(parts[0]) != len(parts):
            self._no("10", now)
            return
        if len(parts[1]) not in (5, 6) or not parts[1].isdigit():
            self._no("11", now)
            return
        tare = parts[2] if parts[0] in (b"03", b"05") else b"0000"
        name = parts[-1] if parts[0] in (b"04", b"05") else b""
        if len(tare) != 4 or not tare.isdigit():
            self._no("12", now)
        elif len(name) > 13:
            self._no("13", now)
        else:
            self._price, self._tare = int(parts[1]), int(tare)
            self.shown_name = name.decode("ascii", "replace")
            if not self.faults.loses_acks:
                self._say(_ACK, now)

    def _weigh(self, now: float) -> None:
        if self.faults.locked:
            self._say(_STX + b"11" + _ESC + b"27F" + _ETX, now)
            return
        cause = self._refusal()
        if cause:
            self._no(cause, now)
            return
        net = self.platform.grams - self._tare
        if self.faults.stale and self._last_grams is not None:
            net = self._last_grams
        self._last_grams = net
        self._offered_at_motion = self.platform.motions
        price = self._price + (100 if self.faults.other_price else 0)
        amount = (price * net + 500) // 1000
        fields = [b"02", b"3", b"%05d" % net, b"%06d" % price, b"%06d" % amount]
        self._say(_STX + _ESC.join(fields) + _ETX, now)

    def _refusal(self) -> str:
        if self.faults.broken:
            return "01"
        if self.platform.is_moving:
            return "20"
        grams = self.platform.grams
        if grams > MAXIMUM_GRAMS:
            return "32"
        if grams < 0 or (self._tare and grams - self._tare <= 0):
            return "31"
        if grams < MINIMUM_GRAMS:
            return "30"
        is_same = self._taken_at_motion == self.platform.motions
        return "21" if is_same and not self.faults.stale else ""

    def _no(self, cause: str, now: float) -> None:
        self._cause = cause
        self._say(_NAK, now)

    def _say(self, text: bytes, now: float) -> None:
        self._last_said = text
        self._outbox.post(to_wire(text, self.parity), now)

    def _say_again(self, now: float) -> None:
        self._outbox.post(to_wire(self._last_said, self.parity), now)
