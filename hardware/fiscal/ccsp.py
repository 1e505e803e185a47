"""CCSP: frames on a serial line, 9600 8N1, versions 1 and 2.

Pure. A frame is `#!#`, its whole length as three hex digits, `#`, the body, `#`, the XOR
of everything before as two hex digits, and CR. Read to the CR and the length: who waits
for a line feed waits a second for every receipt. Version 2 sends a receipt in one message
(RR), version 1 in three (ST, RH, SQ), and only version 2 repeats our sequence number.

Names and order of the fields in the answers RA, SR and SIR are those of our emulator; the
maker's table is not public. They stand in one place each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from hardware.fiscal.answers import (
    ONCE,
    Accepted,
    Answer,
    Condition,
    Damaged,
    Denied,
    Identified,
    PieceReader,
    Question,
    Sealed,
    Storage,
    Tries,
    Verdict,
    is_code,
)
from hardware.fiscal.request import amount, date_minute, number, vat_pairs
from hardware.ports import SealKind, SealRequest

START = b"#!#"
AROUND = 11
"""Bytes of a frame beside its body."""

REFUSALS = {
    "001": (Verdict.DAMAGED, "it could not read the message (LRC)"),
    "002": (Verdict.WRONG, "it does not know this type of message"),
    "003": (Verdict.WRONG, "it does not accept the receipt's data"),
    "004": (Verdict.DAMAGED, "it did not expect this message now"),
    "006": (Verdict.FATAL, "it is not operational"),
    "007": (Verdict.REGISTER, "it does not know this register's id"),
    "008": (Verdict.FATAL, "it has an internal fault"),
    "009": (Verdict.LICENCE, "its licence does not cover this register"),
    "010": (Verdict.FULL, "its memory is full"),
    "011": (Verdict.HANDLED, "it has had this sequence number before"),
}
_FATAL = "4"
_NO_VAT = " "


def framed(body: str) -> bytes:
    """One frame. Raises ValueError when the body is too long or not ASCII."""
    length = len(body) + AROUND
    if length > 0xFFF:
        raise ValueError("too long for a frame")
    head = START + f"{length:03X}#{body}#".encode("ascii")
    return head + f"{lrc(head):02X}\r".encode("ascii")


def lrc(data: bytes) -> int:
    return reduce(xor, data, 0)


class FrameReader:
    """Finds bodies of whole frames in any portions of bytes; garbage is told as Damaged."""

    def __init__(self) -> None:
        self._kept = b""

    def pieces(self, data: bytes) -> list[str | Damaged]:
        self._kept += data
        found: list[str | Damaged] = []
        while (piece := self._next()) is not None:
            found.append(piece)
        return found

    def forget(self) -> list[Answer]:
        kept, self._kept = self._kept, b""
        return [Damaged(kept)] if kept else []

    def _next(self) -> str | Damaged | None:
        at = self._kept.find(START)
        if at < 0:
            # The last two bytes may be the beginning of a start.
            return self._drop(max(len(self._kept) - 2, 0))
        if at > 0:
            return self._drop(at)
        if len(self._kept) < 7:
            return None
        length = _hex(self._kept[3:6])
        if length is None or length < AROUND or self._kept[6:7] != b"#":
            return self._drop(len(START))
        if len(self._kept) < length:
            return None
        frame = self._kept[:length]
        if not _is_whole(frame):
            return self._drop(len(START))
        self._kept = self._kept[length:]
        return frame[7:-4].decode("ascii", "replace")

    def _drop(self, count: int) -> Damaged | None:
        dropped, self._kept = self._kept[:count], self._kept[count:]
        return Damaged(dropped) if dropped else None


def _is_whole(frame: bytes) -> bool:
    ends = frame[-4:-3] == b"#" and frame[-1:] == b"\r"
    return ends and _hex(frame[-3:-1]) == lrc(frame[:-3])


def _hex(digits: bytes) -> int | None:
    text = digits.decode("ascii", "replace")
    return int(text, 16) if all(one in "0123456789ABCDEFabcdef" for one in text) else None


class AnswerReader(PieceReader):
    """See `answers.Reader`."""

    def __init__(self) -> None:
        super().__init__(FrameReader(), answer_in)


def answer_in(body: str) -> Answer:
    """What a unit's body says; Damaged when it is none of the answers."""
    match body.split("#"):
        case ["RA", code, unit_id, sequence, storage] if is_code(code) and storage in "012":
            return Sealed(code, unit_id, sequence, Storage(int(storage)))
        case ["SR", code] if is_code(code):
            return Sealed(code)
        case ["ACK"]:
            return Accepted()
        case ["IR", unit_id, protocol, firmware]:
            return Identified(unit_id, protocol, firmware)
        case ["SIR", main, storage, clock, *_] if storage in ("0", "1", "2"):
            return Condition(main == _FATAL, Storage(int(storage)), clock)
        case ["NAK", code]:
            verdict, words = REFUSALS.get(code, (Verdict.WRONG, "it says no"))
            return Denied(verdict, f"{words} (NAK {code})")
    return Damaged(body.encode("ascii", "replace"))


@dataclass(frozen=True, slots=True)
class Ccsp:
    """See `answers.Dialect`."""

    version: int = 2
    renews: bool = False
    tries: Tries = ONCE
    answer_seconds: float = 2.0

    def hello(self) -> Question:
        return Question((framed("IQ"),), Identified)

    def condition(self) -> Question:
        return Question((framed("SIQ"),), Condition)

    def seal(self, request: SealRequest, sequence: int) -> Question:
        fields = "#".join(receipt_fields(request))
        if self.version == 1:
            steps = (framed(f"ST#{sequence}"), framed(f"RH#{fields}"), framed("SQ"))
            return Question(steps, Sealed, str(sequence))
        return Question((framed(f"RR#{sequence}#{fields}"),), Sealed, str(sequence))

    def reader(self) -> AnswerReader:
        return AnswerReader()

    def speaking(self, protocol: str) -> Ccsp:
        return Ccsp(1 if protocol.startswith("1") else 2)


def receipt_fields(request: SealRequest) -> list[str]:
    """date, number, register, organisation, total, returns, type and four VAT pairs."""
    return [
        date_minute(request),
        number(request.receipt_number),
        request.register_id,
        request.organisation_number.replace("-", ""),
        amount(request.total_minor),
        amount(request.returns_minor),
        SealKind(request.kind).value,
        *vat_pairs(request, empty=_NO_VAT),
    ]
