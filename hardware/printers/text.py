"""A Document as lines of text: the same rows a printer of that width would show.

Pure; for golden files, the plain line mode and the in-memory printer. What
cannot be text (a barcode, a logo) stands in square brackets, so that a reader
of a golden file sees that it is there. A double text is placed as on paper but
written once: it takes two columns a letter there and one here.
"""

from __future__ import annotations

from hardware.document import (
    Align,
    Barcode,
    Checkpoint,
    Columns,
    Cut,
    Document,
    Element,
    Feed,
    Logo,
    QrCode,
    Rule,
    Text,
)
from hardware.printers.wording import clean, row, wrap


def to_lines(document: Document, columns: int = 42) -> list[str]:
    """The document at this width, without blanks at line ends."""
    return [line for element in document.elements for line in _lines(element, columns)]


def to_text(document: Document, columns: int = 42) -> str:
    """`to_lines` as one string that ends in a line feed."""
    return "".join(f"{line}\n" for line in to_lines(document, columns))


def _lines(element: Element, columns: int) -> list[str]:
    match element:
        case Text():
            return _text(element, columns)
        case Columns():
            return _columns(element, columns)
        case Rule():
            return ["-" * columns]
        case Feed(lines):
            return [""] * max(lines, 0)
        case Barcode(kind, data):
            return [_place(f"[{kind.value}: {clean(data)}]", Align.CENTRE, columns, 1)]
        case QrCode(data):
            shown = f"[qr: {clean(data)}]"
            fits = shown if len(shown) <= columns else f"[qr: {clean(data)[: columns - 7]}…]"
            return [_place(fits, Align.CENTRE, columns, 1)]
        case Logo(key):
            return [_place(f"[logo {clean(key)}]", Align.CENTRE, columns, 1)]
        case Checkpoint():
            return []
        case Cut():
            return ["- " * (columns // 2 - 4) + "[cut]"]


def _text(element: Text, columns: int) -> list[str]:
    scale = 2 if element.double else 1
    lines = wrap(clean(element.text), columns // scale)
    return [_place(line, element.align, columns, scale) for line in lines]


def _place(line: str, align: Align, columns: int, scale: int) -> str:
    room = max(columns - len(line) * scale, 0)
    indent = {Align.LEFT: 0, Align.CENTRE: room // 2, Align.RIGHT: room}[align]
    return " " * indent + line if line else ""


def _columns(element: Columns, columns: int) -> list[str]:
    width = columns // 2 if element.double else columns
    above, left, right = row(clean(element.left), clean(element.right), width)
    return [*above, (left + right.rjust(columns - len(left))).rstrip()]
