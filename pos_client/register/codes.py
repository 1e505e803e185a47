"""Which screen may take a code, decided before anything is looked up.

Pure. What a code means is `central_sync.retail.codes`; here its meanings become the few
classes that a screen tells apart. A receipt's number is never an item, whatever the
digits say, and what is no item at all goes to the sale, which says why in a sentence.
"""

from __future__ import annotations

from enum import StrEnum

from central_sync.retail.codes import (
    DepositSlip,
    LoyaltyCard,
    Measured,
    Product,
    ReceiptCode,
    Unsound,
    read_code,
)


class CodeClass(StrEnum):
    PRODUCT = "product"
    RECEIPT = "receipt"
    DEPOSIT = "deposit"
    MEMBER = "member"
    DAMAGED = "damaged"
    OTHER = "other"


_CLASSES = {
    Product: CodeClass.PRODUCT,
    Measured: CodeClass.PRODUCT,
    ReceiptCode: CodeClass.RECEIPT,
    DepositSlip: CodeClass.DEPOSIT,
    LoyaltyCard: CodeClass.MEMBER,
    Unsound: CodeClass.DAMAGED,
}


def classify(data: str, symbology: str = "") -> CodeClass:
    """A receipt number, a deposit slip, a member's card, a code not to be trusted, something
    sold, or another."""
    return _CLASSES.get(type(read_code(data, symbology)), CodeClass.OTHER)


def member_of(data: str, symbology: str = "") -> str:
    """The number on a member's card, "" when it is none."""
    read = read_code(data, symbology)
    return read.number if isinstance(read, LoyaltyCard) else ""
