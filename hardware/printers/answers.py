"""What a printer says back: one byte stream with five kinds of answers mixed in it.

Sans-IO. A newcomer would read one byte and believe it: with an automatic status
waiting in the line, a drawer movement was then read as "out of paper". Answers
are told apart by their fixed bits (Epson ESC/POS, "transmission status
identification"), never by what was asked last. A real-time reply may cut into the
four bytes of an automatic status; a block (37h …) is never cut into.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.ports import DeviceState, Health, Reason

# DLE EOT n, in the order asked: printer, why offline, paper. Then 3: what kind of error.
PRINTER, OFFLINE_CAUSE, ERROR, PAPER = 1, 2, 3, 4
# GS r 1: answered after all before it has been done.
BARRIER = b"\x1dr\x01"
# GS a 255: say by yourself whatever changes. ESC @ switches it off.
PUSH = b"\x1da\xff"
# DLE DC4 8: throw away all that waits; and what it says when it has (37h 25h NUL).
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"

# GS ( L 64: which pictures are kept; its list comes in blocks, each to be acknowledged.
ASK_LOGOS = b"\x1d(L\x04\x000@KC"
ACKNOWLEDGE = b"\x06"

_DRAWER_PIN = 0x04
_OFFLINE = 0x08
_COVER = 0x04
_ERROR = 0x40
_CUTTER = 0x08
_BROKEN = 0x20
_OVERHEATED = 0x40
_NEAR_END = 0x0C
_PAPER_OUT = 0x60
# The same two, near end and end, in the answer to BARRIER.
_SENSORS = (0x03, 0x0C)

_BLOCK = 0x37
_INFORMATION = 0x5F
_LONGEST_BLOCK = 96


def ask(what: int) -> bytes:
    """The real-time question DLE EOT n, answered at once even when paper is out."""
    return bytes([0x10, 0x04, what])


def echo_barrier(process_id: bytes) -> bytes:
    """GS ( H 48 48: say these four characters back when all before them is done."""
    return b"\x1d(H\x06\x0000" + process_id


@dataclass(frozen=True, slots=True)
class Status:
    """One answer to `ask`."""

    bits: int

    @property
    def drawer_pin(self) -> bool:
        """The level of the drawer's switch; only in the answer to PRINTER."""
        return bool(self.bits & _DRAWER_PIN)


@dataclass(frozen=True, slots=True)
class Passed:
    """The answer to BARRIER: everything sent before it has been done."""


@dataclass(frozen=True, slots=True)
class Echo:
    """The answer to `echo_barrier`."""

    process_id: bytes


@dataclass(frozen=True, slots=True)
class Cleared:
    """The answer to CLEAR: nothing sent before it will be printed."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A status nobody asked for (four bytes)."""

    state: DeviceState
    drawer_pin: bool


@dataclass(frozen=True, slots=True)
class Logos:
    """The answer to ASK_LOGOS: two characters a picture; `more` waits for ACKNOWLEDGE."""

    keys: frozenset[bytes]
    more: bool


Answer = Status | Passed | Echo | Cleared | Logos | Pushed


class Answers:
    """Bytes in any portions, answers out."""

    def __init__(self) -> None:
        self._pushed = bytearray()
        self._block = bytearray()

    def feed(self, data: bytes) -> list[Answer]:
        found: list[Answer] = []
        for byte in data:
            found += self._take(byte)
        return found

    def _take(self, byte: int) -> list[Answer]:
        if self._block:
            return self._in_block(byte)
        if byte in (_BLOCK, _INFORMATION):
            self._block.append(byte)
        elif byte & 0x93 == 0x12:
            return [Status(byte)]
        elif byte & 0x93 == 0x10:
            # Also in the middle of one: then its end was lost.
            self._pushed[:] = bytes([byte])
        elif byte & 0x90 == 0:
            if self._pushed:
                return self._push(byte)
            # What is left of a torn block is no answer: its bits are no sensors.
            return [Passed()] if _sensors_agree(byte, *_SENSORS) else []
        return []

    def _push(self, byte: int) -> list[Answer]:
        self._pushed.append(byte)
        if len(self._pushed) < 4:
            return []
        first, second, third, _ = self._pushed
        self._pushed.clear()
        return [Pushed(_from_pushed(first, second, third), bool(first & _DRAWER_PIN))]

    def _in_block(self, byte: int) -> list[Answer]:
        self._block.append(byte)
        block = bytes(self._block)
        if byte == 0 or len(block) >= _longest(block):
            self._block.clear()
            return _from_block(block) if byte == 0 else self._no_block(block)
        return []

    def _no_block(self, block: bytes) -> list[Answer]:
        """Its end was lost: what looked like its inside were answers of their own."""
        return self.feed(block[1:])


def _longest(block: bytes) -> int:
    if block[0] == _INFORMATION or block[1:2] == b"r":
        return _LONGEST_BLOCK
    return {b'"': 7, b"%": 3}.get(block[1:2], 2)


def _from_block(block: bytes) -> list[Answer]:
    if block.startswith(b'7"') and len(block) == 7:
        return [Echo(block[2:6])]
    if block.startswith(b"7r") and len(block) >= 4:
        keys = block[3:-1]
        pairs = frozenset(keys[at : at + 2] for at in range(0, len(keys) - 1, 2))
        return [Logos(pairs, more=block[2:3] == b"A")]
    return [Cleared()] if block == b"7%\0" else []


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
    if error & _BROKEN:
        return DeviceState(Health.FAULT, Reason.OFFLINE)
    if printer & _OFFLINE or cause & _ERROR:
        return DeviceState(Health.BLOCKED, Reason.OFFLINE)
    if paper & _NEAR_END:
        return DeviceState(Health.WARNING, Reason.PAPER_NEAR_END)
    return DeviceState(Health.READY)


def is_sound(question: int, bits: int) -> bool:
    """Whether these can be the answer: sensors that always move together must agree."""
    if question != PAPER:
        return True
    return _sensors_agree(bits, _NEAR_END, _PAPER_OUT)


def _sensors_agree(bits: int, *pairs: int) -> bool:
    return all(bits & pair in (0, pair) for pair in pairs)


def wants_error_detail(cause: int) -> bool:
    """Whether the third question is worth asking."""
    return bool(cause & _ERROR)


def _from_pushed(first: int, second: int, third: int) -> DeviceState:
    # The same facts sit on other bits here.
    paper = (_PAPER_OUT if third & 0x0C else 0) | (_NEAR_END if third & 0x03 else 0)
    cause = _COVER if first & 0x20 else 0
    error = second & (_CUTTER | _OVERHEATED | _BROKEN)
    return state_of(first & _OFFLINE, cause, error, paper)
