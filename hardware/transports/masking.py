"""Card numbers taken out of a byte log before anybody keeps it.

Pure, bytes in and as many bytes out. A number may come one byte at a time, and a
log must not wait for its end, since the process may die. So a whole run of digits
in one piece is judged as a whole (13 to 19 digits with a right check digit), and
one that is cut shows six digits and no more (the first six may be shown: PCI DSS 3.4).

A newcomer would hide every long number; the log would then no longer hold the
EAN-13s and receipt numbers that a field fault is about.
"""

from __future__ import annotations

import re

HIDDEN = ord("*")
_SHOWN = 6
_SHORTEST, _LONGEST = 13, 19
_RUN = re.compile(rb"[0-9]+")


class Masker:
    """One direction of one wire; remembers how long the run of digits is that was cut."""

    def __init__(self) -> None:
        self._run = 0

    def mask(self, data: bytes) -> bytes:
        """The bytes with card numbers hidden; the length never changes."""
        if not data:
            return b""
        masked = bytearray(data)
        before, self._run = self._run, 0
        for found in _RUN.finditer(data):
            begun_before = before if found.start() == 0 else 0
            length = found.end() - found.start()
            open_end = found.end() == len(data)
            if open_end:
                self._run = begun_before + length
            if begun_before or open_end:
                _hide_cut(masked, found.start(), found.end(), begun_before)
            elif _SHORTEST <= length <= _LONGEST and _check_digit_is_right(found.group()):
                _hide(masked, found.start() + _SHOWN, found.end())
        return bytes(masked)


def _hide_cut(masked: bytearray, start: int, end: int, before: int) -> None:
    """Digits of a run whose whole is not seen: it may become a card's."""
    _hide(masked, start + max(_SHOWN - before, 0), end)


def _hide(masked: bytearray, start: int, end: int) -> None:
    if start < end:
        masked[start:end] = bytes([HIDDEN]) * (end - start)


def _check_digit_is_right(digits: bytes) -> bool:
    """The card numbers' own check (ISO/IEC 7812, Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = (digit - 48) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
