"""What a printer says back: one byte stream with four kinds of answers mixed in it.

Sans-IO. A newcomer would read one byte and believe it: with an automatic status
waiting in the line, a drawer movement was then read as "out of paper". Answers
are told apart by their fixed bits (Epson ESC/POS, "transmission status
identification"), never by what was asked last.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.ports import DeviceState, Health, Reason

# DLE EOT n, in the order asked: printer, why offline, paper. Then 3: what kind of error.
PRINTER, OFFLINE_CAUSE, ERROR, PAPER = 1, 2, 3, 4
BARRIER = b"\x1dr\x01"

_DRAWER_PIN = 0x04
_OFFLINE = 0x08
_COVER = 0x04
_ERROR = 0x40
_CUTTER = 0x08
_OVERHEATED = 0x40
_NEAR_END = 0x0C
_PAPER_OUT = 0x60


def ask(what: int) -> bytes:
    """The real-time question DLE EOT n, answered at once even when paper is out."""
    return bytes([0x10, 0x04, what])


@dataclass(frozen=True, slots=True)
class Status:
    """One answer to `ask`."""

    bits: int


@dataclass(frozen=True, slots=True)
class Passed:
    """The answer to BARRIER: everything sent before it has been taken."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A status nobody asked for (four bytes)."""

    state: DeviceState


Answer = Status | Passed | Pushed


class Answers:
    """Bytes in any portions, answers out."""

    def __init__(self) -> None:
        self._pushed = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        found = (self._take(byte) for byte in data)
        return [answer for answer in found if answer is not None]

    def _take(self, byte: int) -> Answer | None:
        if self._pushed:
            return self._push(byte)
        if byte & 0x93 == 0x12:
            return Status(byte)
        if byte & 0x93 == 0x10:
            self._pushed.append(byte)
            return None
        return Passed() if byte & 0x90 == 0 else None

    def _push(self, byte: int) -> Answer | None:
        self._pushed.append(byte)
        if len(self._pushed) < 4:
            return None
        first, second, third, _ = self._pushed
        self._pushed.clear()
        return Pushed(_from_pushed(first, second, third))


def state_of(printer: int, cause: int, error: int, paper: int) -> DeviceState:
    """The four answers read together; the gravest trouble wins."""
    if paper & _PAPER_OUT:
        return DeviceState(Health.BLOCKED, Reason.PAPER_OUT)
    if cause & _COVER:
        return DeviceState(Health.BLOCKED, Reason.COVER_OPEN)
    if error & _CUTTER:
        return DeviceState(Health.FAULT, Reason.CUTTER_JAM)
    if error & _OVERHEATED:
        return DeviceState(Health.BLOCKED, Reason.OVERHEATED)
    if printer & _OFFLINE or cause & _ERROR:
        return DeviceState(Health.BLOCKED, Reason.OFFLINE)
    if paper & _NEAR_END:
        return DeviceState(Health.WARNING, Reason.PAPER_NEAR_END)
    return DeviceState(Health.READY)


def wants_error_detail(cause: int) -> bool:
    """Whether the third question is worth asking."""
    return bool(cause & _ERROR)


def _from_pushed(first: int, second: int, third: int) -> DeviceState:
    # The same facts sit on other bits here.
    paper = (_PAPER_OUT if third & 0x0C else 0) | (_NEAR_END if third & 0x03 else 0)
    cause = _COVER if first & 0x20 else 0
    error = (second & _CUTTER) | (second & _OVERHEATED)
    return state_of(first & _OFFLINE, cause, error, paper)
