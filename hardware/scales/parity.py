"""Seven bits and a parity bit, checked here and not by the port.

Pure. A newcomer would open the port 7E1. The system's driver then drops the parity
bit unseen (pySerial turns input checking off), and a flipped digit is a weight; a
pseudo-terminal refuses the setting altogether. On the wire 7E1 is 8N1 with the
eighth bit ours, so the port is opened 8N1 and the codec looks at every bit.
"""

from __future__ import annotations

from enum import StrEnum

BAD = 0xFF
"""Stands in the text for a byte whose parity was wrong; no scale sends it in seven bits."""


class Parity(StrEnum):
    """NONE: eight data bits, nothing to check."""

    ODD = "odd"
    EVEN = "even"
    NONE = "none"


def _with_parity(byte: int, parity: Parity) -> int:
    is_odd = bool(byte.bit_count() % 2)
    return byte | 0x80 if is_odd == (parity is Parity.EVEN) else byte


_TO_WIRE = {
    parity: bytes(_with_parity(byte & 0x7F, parity) for byte in range(256))
    for parity in (Parity.ODD, Parity.EVEN)
}
_FROM_WIRE = {
    parity: bytes(
        byte & 0x7F if _with_parity(byte & 0x7F, parity) == byte else BAD for byte in range(256)
    )
    for parity in (Parity.ODD, Parity.EVEN)
}


def to_wire(text: bytes, parity: Parity) -> bytes:
    """`text` (seven bit) as it goes over the line."""
    return text if parity is Parity.NONE else text.translate(_TO_WIRE[parity])


def from_wire(data: bytes, parity: Parity) -> bytes:
    """What was said; a byte with wrong parity becomes BAD."""
    return data if parity is Parity.NONE else data.translate(_FROM_WIRE[parity])
