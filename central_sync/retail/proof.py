"""What a receipt proves of itself where nobody can be asked: a few bytes, signed by its till.

Pure; signing is the caller's. A code is `PREFIX` and base32 of payload and signature, capitals
and digits only, so that a QR code packs it tightly and no keyboard layout can spoil a scan. The
thing to get wrong: a new field. The first byte is the version, and an older till refuses what
it does not know instead of misreading it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from central_sync.retail.tender import TenderKind

PREFIX = "SPR"
SIGNATURE_BYTES = 64
LARGEST_CHARACTERS = 1_452
"""What still fits 58 mm of paper with modules of three dots (QR version 22, level L)."""
_VERSION = 1
_SIGNED = b"spindel receipt 1\n"
_FIRST_DAY = date(2020, 1, 1)
_KINDS = (
    TenderKind.CASH,
    TenderKind.CARD,
    TenderKind.MOBILE,
    TenderKind.VOUCHER,
    TenderKind.EXCHANGE,
    TenderKind.CLAIM,
)
_GOODS, _WEIGHED = 1, 2


class NoProof(ValueError):
    """These characters are no code of a receipt, or of a version that is not known here."""


@dataclass(frozen=True, slots=True)
class ProofLine:
    """What was paid for a line in the end, after every discount; `grams` of weighed goods."""

    line: int
    sku: str
    quantity: int
    gross_minor: int
    vat_minor: int
    tax_rate_basis_points: int
    grams: int = 0
    is_goods: bool = True


@dataclass(frozen=True, slots=True)
class Proof:
    """`workstation_id` names whose key signed it; `return_days` is what was promised at the sale,
    counted from `business_day`. `kinds` are the means of payment, without amounts."""

    receipt_id: str
    receipt_number: str
    workstation_id: str
    business_day: str
    return_days: int
    kinds: tuple[TenderKind, ...]
    lines: tuple[ProofLine, ...]

    @property
    def last_day(self) -> str:
        """The last day on which it may be returned, ISO."""
        return (
            date.fromisoformat(self.business_day) + timedelta(days=self.return_days)
        ).isoformat()


def payload_of(proof: Proof) -> bytes:
    """The bytes that are signed, after `signed_bytes`."""
    day = (date.fromisoformat(proof.business_day) - _FIRST_DAY).days
    mask = sum(1 << bit for bit, kind in enumerate(_KINDS) if kind in proof.kinds)
    head = bytes([_VERSION]) + bytes.fromhex(proof.receipt_id.replace("-", ""))
    facts = _text(proof.receipt_number) + _text(proof.workstation_id)
    numbers = _number(day) + _number(proof.return_days) + _number(mask)
    return head + facts + numbers + b"".join(map(_line_bytes, proof.lines))


def signed_bytes(payload: bytes) -> bytes:
    """What the key signs: nothing else that a till signs begins so."""
    return _SIGNED + payload


def code_of(payload: bytes, signature: bytes) -> str:
    """What is printed."""
    return PREFIX + base64.b32encode(payload + signature).decode().rstrip("=")


def looks_like(text: str) -> bool:
    return len(text) > 100 and text[: len(PREFIX)].upper() == PREFIX


def parted(text: str) -> tuple[bytes, bytes]:
    """(payload, signature) of a printed code; raises NoProof."""
    packed = text.strip().upper().removeprefix(PREFIX)
    try:
        raw = base64.b32decode(packed + "=" * (-len(packed) % 8))
    except (binascii.Error, ValueError) as problem:
        raise NoProof("it is not base32") from problem
    if len(raw) <= SIGNATURE_BYTES:
        raise NoProof("it is too short")
    return raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]


def read_payload(payload: bytes) -> Proof:
    """Raises NoProof."""
    if payload[:1] != bytes([_VERSION]):
        raise NoProof("it is of a version that is not known here")
    rest = _Reader(payload, 17)
    try:
        number, workstation = rest.text(), rest.text()
        day, days, mask = rest.number(), rest.number(), rest.number()
        lines = tuple(rest.lines())
        business_day = (_FIRST_DAY + timedelta(days=day)).isoformat()
    except (IndexError, UnicodeDecodeError, OverflowError) as problem:
        raise NoProof("it breaks off") from problem
    kinds = tuple(kind for bit, kind in enumerate(_KINDS) if mask >> bit & 1)
    return Proof(_uuid(payload[1:17]), number, workstation, business_day, days, kinds, lines)


def _line_bytes(line: ProofLine) -> bytes:
    flags = _GOODS * line.is_goods + _WEIGHED * bool(line.grams)
    counts = (line.line, flags, line.quantity, line.gross_minor, line.vat_minor)
    rate = _number(line.tax_rate_basis_points // 100)
    grams = _number(line.grams) if line.grams else b""
    return _text(line.sku) + b"".join(map(_number, counts)) + rate + grams


def _text(text: str) -> bytes:
    raw = text.encode()
    return _number(len(raw)) + raw


def _number(value: int) -> bytes:
    """Seven bits a byte, the lowest first; only what is 0 or more."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


@dataclass(slots=True)
class _Reader:
    raw: bytes
    at: int

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.raw[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self) -> str:
        length = self.number()
        if self.at + length > len(self.raw):
            raise IndexError
        self.at += length
        return self.raw[self.at - length : self.at].decode()

    def lines(self) -> Iterator[ProofLine]:
        while self.at < len(self.raw):
            sku = self.text()
            line, flags, quantity, gross, vat = (self.number() for _ in range(5))
            rate = self.number() * 100
            grams = self.number() if flags & _WEIGHED else 0
            yield ProofLine(
                line, sku, quantity, gross, vat, rate, grams, is_goods=bool(flags & _GOODS)
            )


def _uuid(raw: bytes) -> str:
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def kinds_of(kinds: Sequence[TenderKind]) -> tuple[TenderKind, ...]:
    """Each once, in the order that a code keeps."""
    return tuple(kind for kind in _KINDS if kind in kinds)
