"""The shop's picture: kept in the printer itself, or drawn anew on each receipt.

A picture sent with the receipt is six of its seven kilobytes: four seconds on a serial
line. So it is stored once (GS ( L 67) under a key made of its own hash, and printed by
eleven bytes. A newcomer would store it under a fixed key and print the logo of the shop
that had the printer before; with a key of its hash, the printer's list of keys proves
that what it holds is ours. The pure half of it is here; the driver asks and sends.
"""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from pathlib import Path

# GS ( L counts its bytes in sixteen bits.
MOST_BYTES = 60_000
# Below the receive buffer of the small models.
_FRAGMENT_ROWS = 24
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Picture:
    """Black dots as bits, each row a whole number of bytes."""

    width: int
    height: int
    bits: bytes

    @property
    def row_bytes(self) -> int:
        return (self.width + 7) // 8


def picture_in(path: Path, dots: int) -> Picture:
    """A picture file in black and white, made to fit the paper.

    Raises OSError where there is none that can be read, ValueError when it is too large.
    """
    from PIL import Image

    with Image.open(path) as found:
        # On white, for a see-through background is black otherwise.
        shown = Image.new("RGBA", found.size, "white")
        shown.alpha_composite(found.convert("RGBA"))
    if shown.width > dots:
        shown = shown.resize((dots, max(shown.height * dots // shown.width, 1)))
    black = shown.convert("L").point(lambda level: 255 if level < 128 else 0, mode="1")
    if black.height * ((black.width + 7) // 8) > MOST_BYTES:
        raise ValueError("the picture is too high for a receipt")
    return Picture(black.width, black.height, without_orders(black.tobytes()))


def without_orders(bits: bytes) -> bytes:
    """The same picture but for a dot here and there.

    A printer obeys real-time orders (DLE EOT, ENQ, DC4) in the midst of a picture too, and
    one of them opens the drawer.
    """
    for order in (0x04, 0x05, 0x14):
        bits = bits.replace(bytes([0x10, order]), bytes([0x10, order | 0x02]))
    return bits


def key_of(picture: Picture) -> bytes:
    """The two characters under which the printer keeps it; another picture has another key."""
    size = picture.width.to_bytes(4, "big") + picture.height.to_bytes(4, "big")
    digest = hashlib.sha256(size + picture.bits).digest()
    return bytes(ord(_LETTERS[byte % len(_LETTERS)]) for byte in digest[:2])


def store(picture: Picture) -> bytes:
    """GS ( L 67: keep it, through power cuts, under its key."""
    sizes = picture.width.to_bytes(2, "little") + picture.height.to_bytes(2, "little")
    body = b"0C0" + key_of(picture) + b"\x01" + sizes + b"1" + picture.bits
    return b"\x1d(L" + len(body).to_bytes(2, "little") + body


def show(key: bytes) -> bytes:
    """GS ( L 69: print what is kept under this key."""
    return b"\x1d(L\x06\x000E" + key + b"\x01\x01"


def draw(picture: Picture) -> bytes:
    """GS v 0, in pieces that a small printer's buffer holds."""
    out = bytearray()
    for top in range(0, picture.height, _FRAGMENT_ROWS):
        rows = min(_FRAGMENT_ROWS, picture.height - top)
        begin = top * picture.row_bytes
        out += b"\x1dv0\x00" + picture.row_bytes.to_bytes(2, "little") + rows.to_bytes(2, "little")
        out += picture.bits[begin : begin + rows * picture.row_bytes]
    return bytes(out)
