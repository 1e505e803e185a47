"""Emulated scales that answer "W": Toledo 8217, NCI SCP-01 and SMA.

Sans-IO; the answers are written from the makers' descriptions. They say what lies
on them as often as they are asked: that an item was sold is none of their business.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.emulators.scale_platform import MAXIMUM_GRAMS, Faults, Outbox, Platform
from hardware.scales.parity import Parity, from_wire, to_wire

DIALECTS = {"toledo8217": Parity.EVEN, "nci": Parity.EVEN, "sma": Parity.NONE}


@dataclass(slots=True)
class EmulatedPolledScale:
    """`feed` bytes, get what is said by now; `go_on` what is said later."""

    dialect: str = "toledo8217"
    platform: Platform = field(default_factory=Platform)
    faults: Faults = field(default_factory=Faults)
    parity: Parity = field(init=False)
    _heard: bytearray = field(default_factory=bytearray)
    _last_grams: int | None = None
    _outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.parity = DIALECTS[self.dialect]
        self._outbox = Outbox(self.faults)

    def feed(self, data: bytes, now: float) -> bytes:
        for byte in from_wire(data, self.parity):
            self._heard.append(byte)
            if self.dialect == "toledo8217":
                self._toledo(now)
            elif byte == 0x0D:
                self._lines(now)
        return self._outbox.take(now)

    def go_on(self, now: float) -> bytes:
        return self._outbox.take(now)

    def power_cycle(self) -> None:
        self._heard.clear()
        self._outbox.clear()

    def _grams(self) -> int:
        grams = self.platform.grams
        if self.faults.stale and self._last_grams is not None:
            grams = self._last_grams
        self._last_grams = grams
        return grams

    def _toledo(self, now: float) -> None:
        is_asked = self._heard.upper() == b"W"
        self._heard.clear()
        self._say(self._toledo_weight() if is_asked else b"\x02?@\r", now)

    def _toledo_weight(self) -> bytes:
        grams = self._grams()
        status = 0x01 if self.platform.is_moving else 0
        status |= (0x02 if grams > MAXIMUM_GRAMS else 0) | (0x04 if grams < 0 else 0)
        status |= 0x08 if self.faults.broken else 0
        if status or not grams:
            return b"\x02?" + bytes([status or 0x10]) + b"\r"
        return b"\x02%02d.%03d\r" % divmod(grams, 1000)

    def _lines(self, now: float) -> None:
        asked = bytes(self._heard).strip().upper()
        self._heard.clear()
        if self.dialect == "nci":
            self._say(self._nci() if asked == b"W" else b"\n?\r\x03", now)
        else:
            self._say(self._sma() if asked == b"W" else b"\n?\r", now)

    def _nci(self) -> bytes:
        grams = self._grams()
        first = 0x30 | self.platform.is_moving | (0x02 if grams == 0 else 0)
        first |= 0x08 if self.faults.broken else 0
        second = 0x30 | (grams < 0) | (0x02 if grams > MAXIMUM_GRAMS else 0)
        shown = b"-------" if second & 0x03 else b"%8.3f" % (grams / 1000)
        return b"\n" + shown + b"KG\r\n" + bytes([first, second]) + b"\r\x03"

    def _sma(self) -> bytes:
        grams = self._grams()
        status = b"Z" if grams == 0 else b"O" if grams > MAXIMUM_GRAMS else b" "
        status = b"U" if grams < 0 else b"E" if self.faults.broken else status
        motion = b"M" if self.platform.is_moving else b" "
        return b"\n" + status + b"1G" + motion + b" %10.3f" % (grams / 1000) + b"kg \r"

    def _say(self, text: bytes, now: float) -> None:
        self._outbox.post(to_wire(text, self.parity), now)
