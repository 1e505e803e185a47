"""The labels a shop prints: a price for the shelf, an address for a parcel.

Pure. Words and amounts come in as they should be read; nothing here knows money.
Sizes are tenths of a millimetre.
"""

from __future__ import annotations

from hardware.labels.zpl import fault_in
from hardware.ports import Label, LabelBarcode, LabelText
from hardware.printers.wording import clean, wrap

_MARGIN = 20
# The mean width of a letter, in capitals' heights.
_LETTER = 0.85


def price_label(
    name: str,
    price: str,
    *,
    code: str = "",
    comparison: str = "",
    note: str = "",
    width: int = 570,
    height: int = 320,
) -> Label:
    """A shelf label: the name in two lines at most, the price large, the code to scan.

    `comparison` is the price per unit that the Price Information Act asks for; `code` is
    an EAN-13, or anything that Code 128 holds.
    """
    room = width - 2 * _MARGIN
    lines = _lines(name, room, 28, 2)
    elements: list[LabelText | LabelBarcode] = [
        LabelText(_MARGIN, _MARGIN + 42 * row, 28, line) for row, line in enumerate(lines)
    ]
    elements.append(LabelText(_MARGIN, 115, _fitting(price, room, 70), price))
    if comparison:
        elements.append(LabelText(_MARGIN, 200, 20, _lines(comparison, room, 20, 1)[0]))
    if note:
        # Beside the code, whose figures stand under it.
        elements.append(LabelText(420, height - 40, 15, _lines(note, width - 430, 15, 1)[0]))
    barcode = _barcode(code, _MARGIN + 10, 230, 45)
    return Label(width, height, (*elements, *barcode))


def address_label(
    recipient: tuple[str, ...],
    sender: tuple[str, ...],
    *,
    code: str = "",
    note: str = "",
    width: int = 1000,
    height: int = 700,
) -> Label:
    """A parcel label: sender small at the top, recipient large, the order's code below."""
    room = width - 2 * _MARGIN
    elements: list[LabelText | LabelBarcode] = [
        LabelText(_MARGIN, _MARGIN + 32 * row, 18, line)
        for row, line in enumerate(_fit_all(sender, room, 18)[:3])
    ]
    elements += [
        LabelText(_MARGIN, 150 + 60 * row, 38, line)
        for row, line in enumerate(_fit_all(recipient, room, 38)[:5])
    ]
    if note:
        elements.append(LabelText(_MARGIN, height - 45, 22, _lines(note, room, 22, 1)[0]))
    return Label(width, height, (*elements, *_barcode(code, _MARGIN + 20, height - 200, 110)))


def _barcode(code: str, x: int, y: int, height: int) -> tuple[LabelBarcode, ...]:
    """EAN-13 where it is one, Code 128 where it fits, nothing otherwise."""
    for kind in ("ean13", "code128"):
        barcode = LabelBarcode(x, y, height, kind, code)
        if not fault_in(barcode):
            return (barcode,)
    return ()


def _fitting(text: str, room: int, height: int) -> int:
    """The height at which the text fits in one row, at most `height`."""
    return min(height, int(room / max(len(text), 1) / _LETTER))


def _lines(text: str, room: int, height: int, most: int) -> list[str]:
    found = wrap(clean(text, "utf-8"), max(int(room / (height * _LETTER)), 8))
    if len(found) > most:
        found[most - 1] = found[most - 1][:-1].rstrip() + "…"
    return found[:most]


def _fit_all(lines: tuple[str, ...], room: int, height: int) -> list[str]:
    return [row for line in lines if line.strip() for row in _lines(line, room, height, 2)]
