"""Rows of styled text: what every page draws, and the only measure of width.

Pure. A row is a tuple of (text, Look) parts; a page never writes an escape code
and never asks the terminal anything. The thing to get wrong: `len` is not a
width (å may be two code points, 靴 is two cells), so all cutting and padding
goes through `fit` and `right`, which also drop control characters from names.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"


class Look(StrEnum):
    """How a part looks. Colour only repeats what a sign or word already says."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    CURRENT = "current"
    ATTENTION = "attention"
    STOP = "stop"
    REFUSAL = "refusal"
    KEY = "key"


Part = tuple[str, Look]
Row = tuple[Part, ...]
BLANK: Row = ()


def row(text: str, look: Look = Look.PLAIN) -> Row:
    return ((text, look),)


def width_of(text: str) -> int:
    """Cells on the terminal."""
    return len(text) if text.isascii() else cell_len(text)


@lru_cache(4096)
def clean(text: str) -> str:
    """Composed, and without control characters that would act on the terminal."""
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(c for c in composed if unicodedata.category(c) not in ("Cc", "Cf"))


def fit(text: str, width: int) -> str:
    """Exactly `width` cells, flush left; what does not fit ends with an ellipsis."""
    text = clean(text)
    if width <= 0:
        return ""
    cells = width_of(text)
    if cells <= width:
        return text + " " * (width - cells)
    return set_cell_size(text, width - 1) + ELLIPSIS


def right(text: str, width: int) -> str:
    """Exactly `width` cells, flush right."""
    text = clean(text)
    cells = width_of(text)
    return " " * (width - cells) + text if cells <= width else fit(text, width)


def centred(text: str, width: int) -> str:
    spare = max(0, width - width_of(clean(text)))
    return fit(" " * (spare // 2) + text, width)


def across(left: str, right_text: str, width: int) -> str:
    """`left` and `right_text` at the two ends of one line; the left gives way."""
    right_text = clean(right_text)
    return fit(left, max(0, width - width_of(right_text))) + fit(
        right_text, min(width, width_of(right_text))
    )


def filled(parts: Row, width: int, look: Look = Look.PLAIN) -> Row:
    """The row at exactly `width` cells: padded with `look`, or cut."""
    done: list[Part] = []
    left = width
    for text, part_look in parts:
        cells = width_of(text)
        if cells > left:
            text, cells = fit(text, left), left
        if text:
            done.append((text, part_look))
        left -= cells
        if left == 0:
            break
    if left:
        done.append((" " * left, look))
    return tuple(done)


def marked(text: str, width: int) -> Row:
    """The current row of a list: reversed and between marks, never by colour alone."""
    return (("▌", Look.STRONG), (fit(text, width - 2), Look.CURRENT), ("▐", Look.STRONG))


def unmarked(text: str, width: int, look: Look = Look.PLAIN) -> Row:
    return ((" " + fit(text, width - 2) + " ", look),)


def text_of(parts: Row) -> str:
    """The bare text of a row; tests and line printers read this."""
    return "".join(text for text, _ in parts)


def wrapped(text: str, width: int) -> list[str]:
    """Words broken into lines of at most `width` cells."""
    lines: list[str] = []
    line = ""
    for word in clean(text).split():
        longer = f"{line} {word}" if line else word
        if line and width_of(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines
