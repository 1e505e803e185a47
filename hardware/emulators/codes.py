"""Black and white modules of the codes a printer draws by itself.

The patterns come from two libraries that our encoder never sees, so a code that
reads right in a picture was asked for rightly in the bytes.
"""

from __future__ import annotations

import barcode
import qrcode

# ESC/POS function A and B numbers of the symbologies drawn here.
_EAN13 = (2, 67)
_CODE128 = (73,)


def bars(kind: int, payload: bytes) -> tuple[str, str, str] | None:
    """(symbology, data, modules) of a GS k command, or None where it cannot be drawn."""
    try:
        if kind in _EAN13 and len(payload) in (12, 13):
            code = barcode.get("ean13", payload.decode("ascii"))
            if code.get_fullcode() != payload.decode("ascii") and len(payload) == 13:
                return None
            return "ean13", code.get_fullcode(), code.build()[0]
        if kind in _CODE128:
            data = _code128_data(payload)
            return "code128", data, barcode.get("code128", data).build()[0]
    except (UnicodeDecodeError, barcode.errors.BarcodeError):
        return None
    return None


def _code128_data(payload: bytes) -> str:
    """Without the set letters: "{A", "{B" and "{C" choose a set, "{{" is one brace; in set C
    each byte is two digits."""
    data, at, in_pairs = "", 0, False
    while at < len(payload):
        step = payload[at : at + 2]
        if step[:1] == b"{" and len(step) == 2:
            in_pairs = step == b"{C" or (in_pairs and step not in (b"{A", b"{B"))
            data += "{" if step == b"{{" else ""
            at += 2
        else:
            data += f"{payload[at]:02}" if in_pairs else payload[at : at + 1].decode("ascii")
            at += 1
    return data


def matrix(data: bytes, correction: int) -> tuple[tuple[bool, ...], ...]:
    """The modules of a QR code; `correction` is the byte of function 169 (48 L .. 51 H)."""
    levels = (
        qrcode.constants.ERROR_CORRECT_L,
        qrcode.constants.ERROR_CORRECT_M,
        qrcode.constants.ERROR_CORRECT_Q,
        qrcode.constants.ERROR_CORRECT_H,
    )
    code = qrcode.QRCode(border=0, error_correction=levels[(correction - 48) & 3])
    code.add_data(data)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())
