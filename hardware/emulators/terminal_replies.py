"""What an emulated card terminal says, as trees of the nexo protocol.

Pure. Written from the standard and the vendors' public examples, not from the driver:
amounts are worked out here by other means than the driver's, so that one mistake cannot
hide another. `Dialect` is where the two skins differ in more than their bytes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from hardware.emulators.terminal_bank import Movement
from hardware.emulators.terminal_fate import Fate
from hardware.terminals.nexo import Amount, Tree


@dataclass(frozen=True, slots=True)
class Dialect:
    """`output` makes the OutputText of a receipt's (name, value) pairs; `undecided` is what
    it says when asked about a payment under way.
    """

    needs_login: bool
    undecided: str
    masked_pan: str
    output: Callable[[Iterable[tuple[str, str]]], list[object]]


def _as_pairs(lines: Iterable[tuple[str, str]]) -> list[object]:
    return [
        {"Text": urlencode({"name": name, "value": value}), "EndOfLineFlag": True}
        for name, value in lines
    ]


def _as_base64(lines: Iterable[tuple[str, str]]) -> list[object]:
    written = [f"{name} {value}" for name, value in lines]
    tree = {
        "Cardholder": {
            "Mandatory": {"Payment": {"SignatureBlock": written[-1].startswith("Signatur")}},
            "Optional": {"ReceiptString": written},
        }
    }
    return [base64.b64encode(json.dumps(tree).encode()).decode("ascii")]


JSON_DIALECT = Dialect(
    needs_login=False, undecided="InProgress", masked_pan="MaskedPan", output=_as_pairs
)
XML_DIALECT = Dialect(needs_login=True, undecided="Busy", masked_pan="MaskedPAN", output=_as_base64)

AT = "2026-11-22T13:32:04.000Z"


def to_amount(minor: int) -> Amount:
    return Amount(f"{minor // 100}.{minor % 100:02d}".removesuffix("0").removesuffix(".0"))


def to_minor(written: object) -> int:
    """Raises ArithmeticError where it is no amount of whole minor units."""
    cents = Decimal(str(written)) * 100
    if cents != int(cents) or cents < 0:
        raise ArithmeticError
    return int(cents)


def failure(condition: str, hint: str = "") -> Tree:
    response: Tree = {"Result": "Failure", "ErrorCondition": condition}
    if hint:
        response["AdditionalResponse"] = hint
    return {"Response": response}


def success(partial: bool = False) -> Tree:
    return {"Response": {"Result": "Partial" if partial else "Success"}}


def paid(movement: Movement, request: Tree, fate: Fate, dialect: Dialect, extra: Tree) -> Tree:
    """A PaymentResponse for a movement of money; `extra` has the tip and the cashback."""
    told = movement.amount_minor + (100 if fate is Fate.WRONG_AMOUNT else 0)
    amounts = {"Currency": movement.currency, "AuthorizedAmount": to_amount(told), **extra}
    card = {
        "PaymentBrand": movement.brand,
        dialect.masked_pan: "4111111111111111" if fate is Fate.TIP else "411111 **** 1111",
        "SensitiveCardData": {"PAN": "4111111111111111", "ExpiryDate": "0330"},
    }
    acquirer = {"MerchantID": "M1", "AcquirerPOIID": "T-1"}
    if fate is not Fate.OFFLINE:
        acquirer["ApprovalCode"] = "123456"
    result = {
        "OnlineFlag": fate is not Fate.OFFLINE,
        "PaymentType": "Refund" if movement.kind == "refund" else "Normal",
        "PaymentInstrumentData": {"PaymentInstrumentType": "Card", "CardData": card},
        "AmountsResp": amounts,
        "PaymentAcquirerData": acquirer,
    }
    return {
        **success(fate is Fate.PARTIAL),
        "SaleData": request.get("SaleData", {}),
        "POIData": _poi_data(movement),
        "PaymentResult": result,
        "PaymentReceipt": _receipts(movement, dialect, fate is Fate.SIGNATURE),
    }


def taken_back(movement: Movement, dialect: Dialect, *, part: bool) -> Tree:
    """A ReversalResponse."""
    amount = {"ReversedAmount": to_amount(movement.amount_minor)} if part else {}
    return {
        **success(),
        "POIData": _poi_data(movement),
        "PaymentReceipt": _receipts(movement, dialect, False),
        **amount,
    }


def totals(sums: dict[tuple[str, str], tuple[int, int]], off_by: int) -> list[Tree]:
    groups: dict[str, list[Tree]] = {}
    for (brand, kind), (count, amount) in sums.items():
        total = {
            "TransactionType": "Debit" if kind == "payment" else "Credit",
            "TransactionCount": count,
            "TransactionAmount": to_amount(amount + (off_by if kind == "payment" else 0)),
        }
        groups.setdefault(brand, []).append(total)
    return [
        {
            "PaymentInstrumentType": "Card",
            "CardBrand": brand,
            "PaymentCurrency": "SEK",
            "PaymentTotals": found,
        }
        for brand, found in groups.items()
    ]


def _poi_data(movement: Movement) -> Tree:
    return {"POITransactionID": {"TransactionID": movement.poi_transaction_id, "TimeStamp": AT}}


def _receipts(movement: Movement, dialect: Dialect, signature: bool) -> list[Tree]:
    lines = [
        ("TERMINAL", "T-1"),
        (movement.brand.upper(), "411111******1111"),
        ("Ref", movement.poi_transaction_id),
    ]
    if signature:
        lines.append(("Signatur", "................"))
    return [
        {
            "DocumentQualifier": qualifier,
            **({"RequiredSignatureFlag": signature} if dialect is JSON_DIALECT else {}),
            "OutputContent": {"OutputFormat": "Text", "OutputText": dialect.output(lines)},
        }
        for qualifier in ("CashierReceipt", "CustomerReceipt")
    ]
