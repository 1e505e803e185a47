"""Strangers' text made fit for paper: no control characters, nothing the page lacks.

Pure. Text is data: a product called "Sko\\x1bp" once put a drawer kick on the
wire. So cleaning happens here, before any layout, and it happens before the
text is measured, because "€" may become "EUR" and the row must still fit.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hardware.printers import swedish7

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WHITE = str.maketrans({"\t": " ", "\n": " ", "\r": " "})

# What a typographer sets and a receipt printer lacks.
_PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"',
    "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "*",
    "€": "EUR", "™": "TM", "№": "No", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O",
    "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ı": "i", "þ": "th", "ð": "d",
    "@": "(a)", "[": "(", "]": ")", "{": "(", "}": ")", "|": "!", "\\": "/", "^": "'", "`": "'",
    "~": "-", "$": "USD", "å": "a", "ä": "a", "ö": "o", "Å": "A", "Ä": "A", "Ö": "O",
}  # fmt: skip


def clean(text: str, codec: str = "cp858") -> str:
    """The text as the page `codec` can show it; what has no likeness becomes "?".

    The result encodes strictly in `codec` and holds no control character.
    """
    if text.isascii() and text.isprintable() and codec != swedish7.NAME:
        return text
    composed = unicodedata.normalize("NFC", text.translate(_WHITE))
    return "".join(_fit(character, codec) for character in _CONTROLS.sub("", composed))


@lru_cache(maxsize=4096)
def _fit(character: str, codec: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Mn", "Zl", "Zp"):
        return ""
    if category == "Zs":
        return " "
    if _has(character, codec):
        return character
    likeness = _PLAIN.get(character)
    if likeness is None:
        decomposed = unicodedata.normalize("NFKD", character)
        likeness = "".join(part for part in decomposed if part.isascii() and part.isprintable())
    return likeness if likeness and _has(likeness, codec) else "?"


def _has(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def wrap(text: str, width: int) -> list[str]:
    """Break at blanks, or inside a word longer than the line; at least one line.

    The indent of a text that must be broken is kept on its first line only.
    """
    if len(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    indent = " " * min(len(text) - len(text.lstrip(" ")), width // 2)
    first, *words = text.split() or [""]
    for word in (indent + first, *words):
        if len(line) + len(word) + bool(line) <= width:
            line = f"{line} {word}" if line else word
            continue
        if line:
            lines.append(line)
        while len(word) > width:
            lines.append(word[:width])
            word = word[width:]
        line = word
    return [*lines, line]


def row(left: str, right: str, width: int) -> tuple[list[str], str, str]:
    """A row whose figure never wraps: lines above, then left and right of the last line.

    A figure as wide as the paper gets a line of its own; one wider still is broken,
    since there is nothing better to do with it.
    """
    right_lines = wrap(right, width) if len(right) > width else [right]
    right = right_lines.pop()
    room = width - len(right) - 1
    if not left:
        return right_lines, "", right
    if len(left) > room and room < 8:
        return [*wrap(left, width), *right_lines], "", right
    if len(left) <= room:
        return right_lines, left, right
    *above, last = wrap(left, width)
    if len(last) > room:
        *more, last = wrap(last, room)
        above = [*above, *more]
    return [*above, *right_lines], last, right
