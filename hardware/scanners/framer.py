"""Bytes from a serial scanner become whole codes, whatever the portions they come in.

Sans-IO and without a clock: the driver calls `silence` when nothing has come for
`GAP_SECONDS`, as only it knows whether the line was silent or the program slow.
A newcomer would strip and split on newlines; then half a code, left by a pulled
cable, melts with the next one into an article that nobody scanned.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

GAP_SECONDS = 0.25
LONGEST = 1_600
SUFFIXES = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t"}

_GROUP_SEPARATOR = 0x1D
# What a scanner set to another suffix leaves between two codes.
_BETWEEN = b"\r\n\0"


class Cause(StrEnum):
    GAP = "gap"
    TOO_LONG = "too_long"
    NOISE = "noise"
    NO_PREFIX = "no_prefix"


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole code, with its AIM identifier, without prefix and suffix."""

    text: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """What was read of a code that is not whole; unprintable bytes as <hex>."""

    text: str
    cause: Cause


class Framer:
    """`feed` bytes, get frames; raises ValueError for a suffix not in SUFFIXES.

    `damaged` counts what was not whole, by cause.
    """

    def __init__(self, prefix: bytes = b"", suffix: str = "cr") -> None:
        if suffix not in SUFFIXES:
            raise ValueError(f"suffix {suffix!r} must be one of {', '.join(SUFFIXES)}")
        self._prefix = prefix
        self._suffix = SUFFIXES[suffix]
        self.damaged: Counter[Cause] = Counter()
        self._begun = bytearray()
        self._overflowing = False

    @property
    def pending(self) -> bool:
        """A frame has begun and not ended."""
        return bool(self._begun) or self._overflowing

    def feed(self, data: bytes) -> list[Frame | Damaged]:
        found: list[Frame | Damaged] = []
        for byte in data:
            self._begun.append(byte)
            if self._begun.endswith(self._suffix):
                body = bytes(self._begun[: -len(self._suffix)])
                found += self._ended(body)
            elif len(self._begun) > LONGEST:
                found += self._overflowed()
        return self._counted(found)

    def silence(self) -> list[Frame | Damaged]:
        """Nothing came for GAP_SECONDS: what has begun will not end."""
        begun = bytes(self._begun).strip(_BETWEEN)
        was_reported, self._overflowing = self._overflowing, False
        self._begun.clear()
        damaged = begun and not was_reported
        return self._counted([Damaged(_shown(begun), Cause.GAP)] if damaged else [])

    def _counted(self, found: list[Frame | Damaged]) -> list[Frame | Damaged]:
        for one in found:
            if isinstance(one, Damaged):
                self.damaged[one.cause] += 1
        return found

    def _ended(self, body: bytes) -> list[Frame | Damaged]:
        was_reported, self._overflowing = self._overflowing, False
        self._begun.clear()
        body = body.strip(_BETWEEN)
        return self._read(body) if body and not was_reported else []

    def _overflowed(self) -> list[Frame | Damaged]:
        """Reported once; the rest of it, up to the next suffix, is thrown away."""
        was_reported, self._overflowing = self._overflowing, True
        text = _shown(bytes(self._begun[:LONGEST]))
        self._begun.clear()
        return [] if was_reported else [Damaged(text, Cause.TOO_LONG)]

    def _read(self, body: bytes) -> list[Frame | Damaged]:
        before, found, rest = body.rpartition(self._prefix) if self._prefix else (b"", b"x", body)
        if not found:
            return [Damaged(_shown(body), Cause.NO_PREFIX)]
        damaged = [Damaged(_shown(before), Cause.NO_PREFIX)] if before else []
        # A half code that began properly shows its own prefix no more than a whole one.
        if not rest:
            return [*damaged]
        whole = all(0x20 <= byte < 0x7F or byte == _GROUP_SEPARATOR for byte in rest)
        last = Frame(rest.decode("ascii")) if whole else Damaged(_shown(rest), Cause.NOISE)
        return [*damaged, last]


def _shown(body: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"<{byte:02x}>" for byte in body)
