"""How the two families of 2×20 displays are told where to write: CD5220 and ESC/POS DM-D.

Pure. Only commands that every clone of a family knows are used: start, character
set, cursor. CD5220's one-line commands (ESC Q A) are left alone, for they lock a
display until it is cleared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.displays.charset import PC858, SWEDEN, Charset


@dataclass(frozen=True, slots=True)
class Dialect:
    """`start` resets and clears; `mode` is overwrite and no cursor; `to(x, y)` counts from 1."""

    name: str
    start: bytes
    mode: bytes
    swedish: bytes
    to: Callable[[int, int], bytes]
    charset: Charset
    before: bytes = b""
    after: bytes = b""

    def letters(self, charset: Charset) -> bytes:
        """Choose the character set."""
        return self.swedish if charset.page is None else b"\x1bt" + bytes([charset.page])


CD5220 = Dialect(
    name="cd5220",
    start=b"\x1b@",
    mode=b"\x1b\x11\x1b_\x00",
    swedish=b"\x1bfW",
    to=lambda x, y: b"\x1bl" + bytes([x, y]),
    charset=SWEDEN,
)
DMD = Dialect(
    name="dmd",
    start=b"\x1b@",
    mode=b"\x1f\x01\x1fC\x00",
    swedish=b"\x1bR\x05",
    to=lambda x, y: b"\x1f$" + bytes([x, y]),
    charset=PC858,
)
# ESC = 2: what follows is for the display; ESC = 1: for the printer behind it again.
TO_DISPLAY, TO_PRINTER = b"\x1b=\x02", b"\x1b=\x01"
