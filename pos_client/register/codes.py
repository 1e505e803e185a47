"""What kind of code was read, before anything is looked up.

Pure. The kind decides which screen may take it: a receipt's number is never an
item, whatever the digits say. GS1 element strings are taken apart only when the
scanner said that it is one (AIM id), never guessed from digits.
"""

from __future__ import annotations

import re
from enum import StrEnum

from central_sync.retail.item import check_digit, is_gtin

_RECEIPT = re.compile(r"\d{1,6}-\d{1,4}-\d{1,9}")
_GS1_SYMBOLOGIES = {"C1", "e0", "d2", "Q3"}


class CodeClass(StrEnum):
    PRODUCT = "product"
    RECEIPT = "receipt"
    DAMAGED = "damaged"


def classify(data: str) -> CodeClass:
    """A receipt number, a GTIN with a wrong check digit, or something sold."""
    if _RECEIPT.fullmatch(data):
        return CodeClass.RECEIPT
    looks_like_gtin = data.isascii() and data.isdigit() and len(data) in (8, 12, 13, 14)
    if looks_like_gtin and not is_gtin(data):
        return CodeClass.DAMAGED
    return CodeClass.PRODUCT


def product_code(data: str, symbology: str) -> str:
    """The code to look up: the GTIN of a GS1 element string (AI 01), else the data."""
    if symbology in _GS1_SYMBOLOGIES and data.startswith("01") and len(data) >= 16:
        gtin = data[2:16]
        if gtin.isdigit() and check_digit(gtin[:-1]) == gtin[-1]:
            return gtin
    return data
