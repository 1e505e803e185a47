"""Card numbers never pass: whatever a terminal writes is masked before it is kept.

The first six and the last four digits may be shown (PCI DSS 3.4). A newcomer would
trust the field's name, "MaskedPan"; some terminals fill it with the whole number.
"""

from __future__ import annotations

import re

# Thirteen to nineteen digits, also in groups as on a card.
_NUMBER = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")


def mask(text: str) -> str:
    """Hide the middle of everything that may be a card number."""
    return _NUMBER.sub(_hidden, text)


def mask_bytes(data: bytes) -> bytes:
    """The same for what a log keeps."""
    return mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _hidden(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return digits[:6] + "*" * (len(digits) - 10) + digits[-4:]
