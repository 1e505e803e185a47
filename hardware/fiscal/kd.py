"""The `kd` line dialect: one text line a receipt over USB serial, 57 600 8N1.

Pure. A line ends in its CRC-16 (polynomial 1021h, from 0) over the text *including* the
last space, written 0xHHHH. The dialect has no sequence number: an answer is ours when it
repeats our receipt number.

What stands between the result and the CRC of an answer (number, unit id, code, storage)
is our emulator's order; the maker's is not public.
"""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass

from hardware.fiscal.answers import (
    ONCE,
    Answer,
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
from hardware.ports import SealRequest

MOST_BYTES = 512
_NO_VAT = "0,00;0,00"

REFUSALS = {
    -3: (Verdict.WRONG, "it does not know this command"),
    -2: (Verdict.DAMAGED, "it could not read the line (CRC)"),
    -1: (Verdict.DAMAGED, "the line had the wrong length"),
    20: (Verdict.ABORTED, "its power failed in the middle"),
    21: (Verdict.FATAL, "it has an internal fault"),
    22: (Verdict.HANDLED, "it has had this receipt number before"),
    23: (Verdict.LICENCE, "its licence does not cover this register"),
    24: (Verdict.FULL, "its log is full"),
}


def lined(text: str) -> bytes:
    """A line with its CRC."""
    body = f"{text} ".encode("ascii")
    return body + f"0x{crc_hqx(body, 0):04X}\r\n".encode("ascii")


class LineReader:
    """Finds the texts of whole lines in any portions of bytes."""

    def __init__(self) -> None:
        self._kept = b""

    def pieces(self, data: bytes) -> list[str | Damaged]:
        self._kept += data
        found: list[str | Damaged] = []
        while b"\n" in self._kept:
            line, _, self._kept = self._kept.partition(b"\n")
            found.append(text_in(line))
        if len(self._kept) > MOST_BYTES:
            found.append(Damaged(self._kept))
            self._kept = b""
        return found

    def forget(self) -> list[Answer]:
        kept, self._kept = self._kept, b""
        return [Damaged(kept)] if kept else []


def text_in(line: bytes) -> str | Damaged:
    """The text before a right CRC. What stood before it on the wire may be garbage."""
    body, found, crc = line.rstrip(b"\r").rpartition(b" 0x")
    begins = [0, *(at + 1 for at, byte in enumerate(body) if not 0x20 < byte < 0x7F)]
    for begin in begins if found else ():
        whole = body[begin:] + b" "
        if crc == f"{crc_hqx(whole, 0):04X}".encode("ascii"):
            return whole[:-1].decode("ascii", "replace")
    return Damaged(line)


class AnswerReader(PieceReader):
    """See `answers.Reader`."""

    def __init__(self) -> None:
        super().__init__(LineReader(), answer_in)


def answer_in(text: str) -> Answer:
    """What a unit's line says; Damaged when it is none of the answers."""
    match text.split(" "):
        case ["0", sequence, unit_id, code, storage] if is_code(code) and storage in "012":
            return Sealed(code, unit_id, sequence, Storage(int(storage)))
        case ["ver", unit_id, firmware, storage] if storage in ("0", "1", "2"):
            return Identified(unit_id, "kd", firmware, Storage(int(storage)))
        case [code, sequence] if _is_whole(code) and int(code) != 0:
            return _denied(int(code), "" if sequence == "-" else sequence)
    return Damaged(text.encode("ascii", "replace"))


def _denied(code: int, sequence: str) -> Denied:
    if 1 <= code <= 11:
        return Denied(Verdict.WRONG, f"it does not accept field {code}", sequence)
    verdict, words = REFUSALS.get(code, (Verdict.WRONG, "it says no"))
    return Denied(verdict, f"{words} (code {code})", sequence)


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal()


@dataclass(frozen=True, slots=True)
class Kd:
    """See `answers.Dialect`."""

    renews: bool = False
    tries: Tries = ONCE
    answer_seconds: float = 2.0

    def hello(self) -> Question:
        return Question((lined("ver"),), Identified)

    def condition(self) -> None:
        return None

    def seal(self, request: SealRequest, sequence: int) -> Question:
        receipt = number(request.receipt_number)
        text = " ".join(
            (
                "kd",
                date_minute(request),
                request.organisation_number.replace("-", ""),
                request.register_id,
                receipt,
                request.kind.value,
                amount(request.returns_minor),
                amount(request.total_minor),
                *vat_pairs(request, empty=_NO_VAT),
            )
        )
        return Question((lined(text),), Sealed, receipt)

    def reader(self) -> AnswerReader:
        return AnswerReader()

    def speaking(self, protocol: str) -> Kd:
        return self
