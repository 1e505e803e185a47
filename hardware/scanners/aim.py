"""The AIM identifier that a scanner can send before the code: "]E0" for EAN-13.

Pure (ISO/IEC 15424). It decides how a code is read: "]C1" is GS1-128, "]C0" the
same bars without that meaning. A scanner that sends none gives "".
"""

from __future__ import annotations

import re

_IDENTIFIER = re.compile(r"\]([A-Za-z][0-9A-Za-z])")

EAN13 = "E0"
EAN8 = "E4"
CODE128 = "C0"
GS1_128 = "C1"
QR = "Q1"


def split(frame: str) -> tuple[str, str]:
    """(symbology, data): ("E0", "7318…") for "]E07318…", ("", frame) without identifier."""
    found = _IDENTIFIER.match(frame)
    return (found[1], frame[3:]) if found else ("", frame)
