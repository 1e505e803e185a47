"""Ids that are minted where a fact is born, and the printed receipt number.

Pure: clock and randomness are arguments. A receipt has two numbers that are
easily confused: its id (UUIDv7, its identity for ever, never printed large) and
its printed number, workstation-epoch-number, which is unbroken per epoch. The
journal's sequence is a third thing and never shown on paper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# What a person leaves out is the store, since it is on every receipt they have in hand.
_WITHOUT_STORE = re.compile(r"\d{1,6}-\d{1,4}-\d{1,9}")


def uuid7(unix_milliseconds: int, randomness: bytes) -> str:
    """A UUIDv7 (RFC 9562 5.7) from a clock reading and ten random bytes."""
    assert len(randomness) == 10
    value = (unix_milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(randomness, "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """Printed as workstation-epoch-number, for example s01-1-1-42: no two alike in the chain."""

    workstation: str
    epoch: int
    number: int

    def __str__(self) -> str:
        return f"{self.workstation}-{self.epoch}-{self.number}"


def whole_number(typed: str, store_id: str) -> str:
    """A printed number as it was typed in `store_id`: "2-1-42" is this store's till 2; anything
    else is itself."""
    text = typed.strip()
    return f"{store_id}-{text}" if _WITHOUT_STORE.fullmatch(text) else text


def is_number(printed: str, typed: str) -> bool:
    """Whether `typed` is this printed number, or its end: "1-1-42" and "42" are "s01-1-1-42"."""
    return f"-{printed}".endswith(f"-{typed}")
