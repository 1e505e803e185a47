"""Numbers as a person types them at the prompt: whole kronor unless a comma or point says more.

Pure. Swedish and English ways are both read, whatever the language. The thing to
get wrong: guessing. "1.234" could be a thousand or one and a quarter, so it is
refused; a till never guesses about money.
"""

from __future__ import annotations

import re

_MONEY = re.compile(r"(-?)(\d{1,7})(?:[.,](\d{1,2}))?")
_RATE = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?%")


class BadLine(ValueError):
    """The line cannot be understood: a text key under plain.bad, and its values."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def read_money(text: str) -> int:
    """Minor units: "199" is 19900, "199,5" and "199.50" are 19950; raises BadLine."""
    found = _MONEY.fullmatch(text)
    if found is None:
        raise BadLine("money", text=text[:40])
    sign, whole, rest = found.groups(default="")
    minor = int(whole) * 100 + int(rest.ljust(2, "0"))
    return -minor if sign else minor


def is_money(text: str) -> bool:
    return _MONEY.fullmatch(text) is not None


def read_rate(text: str) -> int:
    """Basis points: "10%" is 1000, "12,5%" is 1250; raises BadLine."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise BadLine("rate", text=text[:40])
    whole, rest = found.groups(default="")
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def read_count(text: str) -> int:
    """A whole number from 1; raises BadLine."""
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or int(text) < 1:
        raise BadLine("count", text=text[:40])
    return int(text)
