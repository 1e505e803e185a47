"""A Label in, one ZPL II byte string out.

Pure. Text is a stranger's: a customer called "^XZ~JR" would end the label and reset the
printer. So nothing of a text reaches the printer's command reader: every byte that is
not plain ASCII, or is one of ^ ~ _ \\, goes as two hex digits after the mark of ^FH.
"""

from __future__ import annotations

import re

from hardware.ports import Label, LabelBarcode, LabelText
from hardware.printers.wording import clean

_TENTHS_PER_INCH = 254
# A capital is so much of the height that font 0 is asked for.
_CAPITAL = 0.72
_MODULE_TENTHS = {"ean13": 3.3, "code128": 2.5, "qr": 5.0}
_QUOTED = frozenset(b"^~_\\")


# A format and nothing but formats: no ~ commands, nothing that sets up or resets the printer.
_FORMATS = re.compile(r"\s*(?:\^XA(?:(?!\^X[AZ]|~|\^(?:[JKS][A-Z]|C[CDT])).)*\^XZ\s*)+", re.DOTALL)


def render(label: Label, dpi: int, copies: int = 1) -> bytes:
    """The whole job, `^XA` to `^XZ`. Raises ValueError, in words, for a code that is none.

    A label drawn by somebody else goes out as it is, if it only draws; else our elements do.
    """
    if label.zpl and _FORMATS.fullmatch(label.zpl):
        return (label.zpl.strip().encode() + b"\n") * max(copies, 1)
    size = b"^PW%d^LL%d" % (_dots(label.width, dpi), _dots(label.height, dpi))
    body = b"".join(_element(element, label, dpi) for element in label.elements)
    return b"^XA^CI28^LH0,0" + size + body + b"^PQ%d^XZ\n" % max(copies, 1)


def quoted(text: str) -> bytes:
    """Field data for `^FH^FD`: UTF-8, with nothing in it that is a command."""
    return b"".join(
        bytes([byte]) if 0x20 <= byte < 0x7F and byte not in _QUOTED else b"_%02X" % byte
        for byte in clean(text, "utf-8").encode()
    )


def fault_in(barcode: LabelBarcode) -> str:
    """Why this code cannot be drawn, as one clause; "" when it can."""
    data = barcode.data
    if barcode.kind == "ean13":
        is_right = len(data) == 13 and data.isascii() and data.isdigit() and _adds_up(data)
        return "" if is_right else f'"{data}" is no EAN-13'
    if barcode.kind == "code128":
        is_right = 0 < len(data) <= 48 and data.isascii() and data.isprintable()
        return "" if is_right else f'"{data}" does not fit Code 128'
    if barcode.kind == "qr":
        return "" if 0 < len(data.encode()) <= 400 else "a QR code holds 1 to 400 bytes here"
    return f'the code "{barcode.kind}" is not known; known: ean13, code128, qr'


def _adds_up(digits: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def _dots(tenths: float, dpi: int) -> int:
    return round(tenths * dpi / _TENTHS_PER_INCH)


def _element(element: LabelText | LabelBarcode, label: Label, dpi: int) -> bytes:
    place = b"^FO%d,%d" % (_dots(element.x, dpi), _dots(element.y, dpi))
    if isinstance(element, LabelText):
        height = _dots(element.height / _CAPITAL, dpi)
        return place + b"^A0N,%d,0^FH^FD" % height + quoted(element.text) + b"^FS\n"
    if fault := fault_in(element):
        raise ValueError(fault)
    return place + _code(element, _dots(label.width - element.x, dpi), dpi) + b"^FS\n"


def _code(barcode: LabelBarcode, room_dots: int, dpi: int) -> bytes:
    height = _dots(barcode.height, dpi)
    module = max(_dots(_MODULE_TENTHS[barcode.kind], dpi), 2)
    match barcode.kind:
        case "ean13":
            module = max(min(module, room_dots // 95), 2)
            return b"^BY%d^BEN,%d,Y,N^FH^FD" % (module, height) + quoted(barcode.data[:12])
        case "code128":
            module = max(min(module, room_dots // (11 * len(barcode.data) + 35)), 1)
            # ">" calls another subset in this field; ">0" is the character itself.
            data = quoted(barcode.data.replace(">", ">0"))
            return b"^BY%d^BCN,%d,Y,N,N^FH^FD" % (module, height) + data
        case _:
            return b"^BQN,2,%d^FH^FDMA," % min(module, 10) + quoted(barcode.data)
