"""ESC/POS bytes taken apart into commands, written from the command reference alone.

Sans-IO, and knows nothing of our encoder: what an emulator shows must come from
the bytes. A newcomer would scan for escape characters; that breaks on a QR code
whose data holds one, so every command's length is known here, and one that is
not known is kept as such and shown, never skipped silently.
"""

from __future__ import annotations

from dataclasses import dataclass

# Command -> bytes that follow it. What has a length of its own is in `_LONG`.
_FIXED = {
    b"\x1b@": 0, b"\x1b2": 0, b"\x1b3": 1, b"\x1bR": 1, b"\x1bt": 1, b"\x1b!": 1, b"\x1b-": 1,
    b"\x1bE": 1, b"\x1bG": 1, b"\x1bM": 1, b"\x1ba": 1, b"\x1bd": 1, b"\x1bJ": 1, b"\x1be": 1,
    b"\x1bK": 1, b"\x1bp": 3, b"\x1b$": 2, b"\x1b\\": 2, b"\x1b{": 1, b"\x1bV": 1, b"\x1b ": 1,
    b"\x1b=": 1, b"\x1br": 1, b"\x1bS": 0, b"\x1bL": 0, b"\x1bT": 1, b"\x1bU": 1, b"\x1bi": 0,
    b"\x1bm": 0, b"\x1bc0": 1, b"\x1bc1": 1, b"\x1bc3": 1, b"\x1bc4": 1, b"\x1bc5": 1,
    b"\x1bu": 1, b"\x1bv": 0, b"\x1b%": 1, b"\x1b?": 1, b"\x1bW": 8, b"\x1b\x0c": 0,
    b"\x1c.": 0, b"\x1c&": 0, b"\x1cC": 1, b"\x1c!": 1, b"\x1cS": 2, b"\x1cp": 2, b"\x1c-": 1,
    b"\x1d!": 1, b"\x1dB": 1, b"\x1db": 1, b"\x1dH": 1, b"\x1dh": 1, b"\x1dw": 1, b"\x1df": 1,
    b"\x1dL": 2, b"\x1dW": 2, b"\x1dP": 2, b"\x1dr": 1, b"\x1da": 1, b"\x1dI": 1, b"\x1d/": 1,
    b"\x1d:": 0, b"\x1d^": 3, b"\x1d$": 2, b"\x1d\\": 2, b"\x1dT": 1, b"\x1dj": 1,
    b"\x1dg0": 3, b"\x1dg2": 3,
}  # fmt: skip
_LONG = (b"\x1dk", b"\x1dV", b"\x1dv0", b"\x1b*", b"\x1bD", b"\x1d*")
_SIZED = (b"\x1d(", b"\x1c(", b"\x1b(")  # prefix, function letter, two length bytes
# DLE and one of these begins a real-time command of so many bytes; DLE DC4 has functions.
_REAL_TIME = {0x04: 3, 0x05: 3}
_FUNCTIONS = {1: 5, 2: 5, 3: 8, 7: 4, 8: 10}
_SINGLE = b"\n\r\t\x0c\x18"
_KNOWN_PREFIXES = {name[:size] for name in (*_FIXED, *_LONG) for size in range(1, len(name) + 1)}


@dataclass(frozen=True, slots=True)
class Command:
    """`name` is the command's own bytes, b"" for plain text; `data` what belongs to it."""

    name: bytes
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bytes that no reference page explains."""

    data: bytes


class RealTime:
    """Takes DLE commands out of the stream as they arrive, as a printer's interrupt does.

    They work while paper is out and the rest of the stream is waiting.
    """

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, list[Command]]:
        """What is not real-time, and the real-time commands in order."""
        stream = bytes(self._held) + data
        self._held.clear()
        rest, found, at = bytearray(), [], 0
        while at < len(stream):
            if stream[at] != 0x10:
                rest.append(stream[at])
                at += 1
                continue
            length = self._length(stream[at : at + 3])
            if length is None or at + length > len(stream):
                self._held += stream[at:]
                break
            if length == 1:
                rest.append(stream[at])
            else:
                found.append(Command(stream[at : at + 2], stream[at + 2 : at + length]))
            at += length
        return bytes(rest), found

    def _length(self, start: bytes) -> int | None:
        if len(start) < 2:
            return None
        if start[1] != 0x14:
            return _REAL_TIME.get(start[1], 1)
        return None if len(start) < 3 else _FUNCTIONS.get(start[2], 1)


class Reader:
    """Bytes in any portions, commands out; an unfinished command waits for its end."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def feed(self, data: bytes) -> list[Command | Unknown]:
        self._waiting += data
        found: list[Command | Unknown] = []
        while self._waiting:
            step = _next(bytes(self._waiting))
            if step is None:
                break
            item, used = step
            del self._waiting[:used]
            found.append(item)
        return found


def _next(stream: bytes) -> tuple[Command | Unknown, int] | None:
    first = stream[:1]
    if first in b"\x1b\x1c\x1d":
        return _command(stream)
    if first in _SINGLE:
        return Command(first), 1
    if stream[0] < 0x20:
        return Unknown(first), 1
    end = next((at for at, byte in enumerate(stream) if byte < 0x20), len(stream))
    return Command(b"", stream[:end]), end


def _command(stream: bytes) -> tuple[Command | Unknown, int] | None:
    if len(stream) < 2:
        return None
    if stream[:2] in _SIZED:
        return _sized(stream)
    name = stream[:2] if stream[:2] in _FIXED or stream[:2] in _LONG else stream[:3]
    if name in _FIXED:
        return _take(stream, name, _FIXED[name])
    if name in _LONG:
        size = _size(name, stream[len(name) :])
        return None if size is None else _take(stream, name, size)
    if len(name) < 3 and name in _KNOWN_PREFIXES:
        return None
    return Unknown(stream[:2]), 2


def _take(stream: bytes, name: bytes, size: int) -> tuple[Command, int] | None:
    end = len(name) + size
    return (Command(name, stream[len(name) : end]), end) if len(stream) >= end else None


def _sized(stream: bytes) -> tuple[Command, int] | None:
    if len(stream) < 5:
        return None
    end = 5 + int.from_bytes(stream[3:5], "little")
    return (Command(stream[:3], stream[5:end]), end) if len(stream) >= end else None


def _size(name: bytes, rest: bytes) -> int | None:
    """How many bytes belong to a command that says so itself; None while unknown."""
    if name == b"\x1dk":
        return _barcode_size(rest)
    if name == b"\x1dV":
        return None if not rest else 2 if rest[0] in b"ABabgh" else 1
    if name == b"\x1bD":
        end = rest.find(b"\0")
        return None if end < 0 else end + 1
    if name == b"\x1dv0":
        return None if len(rest) < 5 else 5 + _word(rest, 1) * _word(rest, 3)
    if name == b"\x1b*":
        return None if len(rest) < 3 else 3 + _word(rest, 1) * (3 if rest[0] in (32, 33) else 1)
    return None if len(rest) < 2 else 2 + rest[0] * rest[1] * 8


def _barcode_size(rest: bytes) -> int | None:
    if len(rest) < 2:
        return None
    if rest[0] >= 65:
        return 2 + rest[1]
    end = rest.find(b"\0")
    return None if end < 0 else end + 1


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")
