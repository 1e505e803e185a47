"""The entry line: what is being typed, and the number-then-key grammar.

Pure. Amounts are whole kronor unless a comma or point is typed, both accepted;
`3*` before a code is a quantity; `/12` is F12 for keyboards without F keys.
Nothing here is ever a float.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from central_sync.retail.item import is_gtin

LONGEST = 60
_AMOUNT = re.compile(r"(\d{1,9})(?:[.,](\d{0,2}))?")
_TIMES = re.compile(r"(\d{1,4})\*(.*)")


@dataclass(slots=True)
class Entry:
    """One line of text with its cursor at `at`."""

    text: str = ""
    at: int = 0

    def insert(self, text: str) -> None:
        text = text[: LONGEST - len(self.text)]
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)

    def backspace(self) -> None:
        if self.at:
            self.text = self.text[: self.at - 1] + self.text[self.at :]
            self.at -= 1

    def put(self, text: str) -> None:
        self.text, self.at = text, len(text)

    def clear(self) -> None:
        self.put("")

    def take(self) -> str:
        """The text without blanks around it; the line is empty after."""
        text = self.text.strip()
        self.clear()
        return text

    def move(self, name: str) -> bool:
        """left, right, home, end; False for any other key."""
        places = {"left": self.at - 1, "right": self.at + 1, "home": 0, "end": len(self.text)}
        if name not in places:
            return False
        self.at = min(max(places[name], 0), len(self.text))
        return True


def amount_minor(text: str) -> int | None:
    """`500` -> 50000, `12,5` -> 1250, `12.50` -> 1250; None when it is no amount."""
    match = _AMOUNT.fullmatch(text.strip().replace(" ", "").replace("\u00a0", ""))
    if match is None:
        return None
    whole, part = match.groups()
    return int(whole) * 100 + int((part or "").ljust(2, "0"))


def basis_points(text: str) -> int | None:
    """`10` -> 1000, `12,5` -> 1250; None when it is no percentage up to 100."""
    points = amount_minor(text)
    return points if points is not None and points <= 10_000 else None


def whole_number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def quantity_and_rest(text: str) -> tuple[int | None, str]:
    """`3*731` -> (3, "731"); without a star (None, text)."""
    match = _TIMES.fullmatch(text)
    return (int(match[1]), match[2]) if match else (None, text)


def function_typed(text: str) -> int:
    """`/12` -> 12; 0 when it is not a typed F key."""
    digits = text[1:] if text.startswith("/") else ""
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 2 else 0
    return number if number <= 12 else 0


def is_product_code(text: str) -> bool:
    """A code that has no business in a PIN or amount field: a GTIN, or framed by a scanner."""
    return text.startswith("]") or (len(text) >= 12 and is_gtin(text))
