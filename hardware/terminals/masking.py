"""Card numbers never pass: whatever a terminal writes is masked before it is kept.

The first six and the last four digits may be shown (PCI DSS 3.4). A newcomer would
trust the field's name, "MaskedPan"; some terminals fill it with the whole number. One
would also hide every long number, and with it the application id that the scheme wants
on the receipt.
"""

from __future__ import annotations

import re

# Thirteen to nineteen digits, also in groups as on a card; none begins with a zero.
_NUMBER = re.compile(r"(?<![0-9])[1-9][ -]?(?:[0-9][ -]?){11,17}[0-9](?![0-9])")


def mask(text: str) -> str:
    """Hide the middle of everything that may be a card number."""
    return _NUMBER.sub(_hidden, text)


def mask_number(written: str) -> str:
    """For a field that is a card number: hidden whatever its check digit says."""
    return _NUMBER.sub(lambda found: _shortened(found[0]), written)


def _hidden(found: re.Match[str]) -> str:
    return _shortened(found[0]) if _check_digit_is_right(found[0]) else found[0]


def _shortened(written: str) -> str:
    digits = re.sub(r"\D", "", written)
    return digits[:6] + "*" * (len(digits) - 10) + digits[-4:]


def _check_digit_is_right(written: str) -> bool:
    """The card numbers' own check (ISO/IEC 7812, Luhn); an EMV application id has none."""
    total = 0
    for place, sign in enumerate(reversed(re.sub(r"\D", "", written))):
        value = int(sign) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
