"""What can be sold: the item as the register needs it, and how a code is compared.

Pure. An item is identified by its SKU for ever; a GTIN is only one of the codes
that lead to it. GTIN-8, -12, -13 and -14 of the same number are one key: codes
are compared as 14 digits (GS1 General Specifications 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ItemKind(StrEnum):
    """Goods and services are counted apart in X and Z (SKVFS 2014:9 7 kap 2 §)."""

    GOODS = "goods"
    SERVICE = "service"


class SoldBy(StrEnum):
    """What a price is for: one piece, or one kilogram."""

    PIECE = "piece"
    WEIGHT = "weight"


@dataclass(frozen=True, slots=True)
class Item:
    """`price_minor` is the shelf price incl. VAT; an open-price item has none (0).

    Of an item sold by weight it is for one kilogram, and stock is counted in grams;
    `tare_grams` is the pack that is never charged for.
    """

    sku: str
    name: str
    price_minor: int
    tax_group: str
    gtin: str = ""
    kind: ItemKind = ItemKind.GOODS
    open_price: bool = False
    blocked: bool = False
    model: str = ""
    colour: str = ""
    size: str = ""
    sold_by: SoldBy = SoldBy.PIECE
    tare_grams: int = 0

    @property
    def is_weighed(self) -> bool:
        return self.sold_by is SoldBy.WEIGHT


def check_digit(digits: str) -> str:
    """GS1's modulo-10 check digit for the digits before it."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits[::-1]))
    return str(-total % 10)


def is_gtin(code: str) -> bool:
    """True for 8, 12, 13 or 14 digits with a right check digit."""
    return (
        code.isascii()
        and code.isdigit()
        and len(code) in (8, 12, 13, 14)
        and check_digit(code[:-1]) == code[-1]
    )


def code_key(code: str) -> str:
    """How a scanned or typed code is looked up: GTINs as 14 digits, others as they are."""
    code = code.strip()
    return code.zfill(14) if is_gtin(code) else code.upper()
