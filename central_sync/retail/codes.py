"""What a code means in trade: one reading, whoever scanned it and wherever it is used.

Pure. The order is fixed: deposit slip, price or weight in the code, GTIN, element
string, Digital Link, the shop's own numbers. The symbology (AIM identifier) decides
where digits could be two things; without one, digits are never an element string.
The thing to get wrong is a library that guesses: a Swedish deposit slip begins with
98, which reads well as GS1 and is then nothing at all.

Sources: GS1 General Specifications 2 and 3; GS1 Sweden on prefixes 20 to 29; the public
description of Swedish deposit slips.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from central_sync.retail.gs1 import BadElements, end_of_day, read_elements
from central_sync.retail.item import check_digit, is_gtin
from central_sync.retail.plain import tagged
from central_sync.retail.proof import looks_like

GS1_SYMBOLOGIES = frozenset({"C1", "e0", "d2", "Q3"})
"""GS1-128, DataBar, DataMatrix and QR with FNC1 first: only these hold element strings."""

# Store, label, epoch, number; a person may leave out the store.
_RECEIPT = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,30}-)?\d{1,6}-\d{1,4}-\d{1,9}")
_MEMBER = re.compile(r"M[-]?\d{6,12}")
_GIFT_CARD = re.compile(r"(?:GK|PK)[-]?[0-9A-Z]{6,20}")
_DIGITAL_LINK = re.compile(r"https?://[^\s?#]+?/(?:01|gtin)/(\d{8,14})((?:/\d{2,4}/[^/?#]+)*)/?"
                           r"(?:\?([^#\s]*))?(?:#\S*)?", re.IGNORECASE)  # fmt: skip
_ADD_ONS = {15: 13, 18: 13, 14: 12, 17: 12}


@dataclass(frozen=True, slots=True)
class Product:
    """Something sold, looked up by `code`: a GTIN, or a code of the shop's own.

    What a GS1 code says beside it stands here too; "" and 0 where it does not.
    `expires_on` and `best_before` are ISO dates; `price_minor` is printed for the
    whole pack.
    """

    code: str
    lot: str = ""
    serial: str = ""
    expires_on: str = ""
    best_before: str = ""
    weight_grams: int = 0
    price_minor: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """An in-store code that holds what it costs or weighs; one of the two is not 0.

    `item_key` is its first eight digits; `base_code` the same item's code with a
    measure of zero, as the trade writes it down.
    """

    code: str
    item_key: str
    base_code: str
    price_minor: int = 0
    weight_grams: int = 0


@dataclass(frozen=True, slots=True)
class DepositSlip:
    """What a Swedish return machine owes: `standard_minor` and `food_minor` by VAT rate.

    Good once. `shop` names the store whose machine it was; `year_digit` is the last
    digit of the year, `day_of_year` counts from 1.
    """

    number: str
    shop: str
    machine: str
    year_digit: int
    day_of_year: int
    standard_minor: int
    food_minor: int
    serial: str

    def issued_on(self, today: date) -> date | None:
        """The latest such day that is not after `today`; None where there is none."""
        decade = today.year // 10 * 10
        year = decade + self.year_digit
        found = _day_of(year if year <= today.year else year - 10, self.day_of_year)
        return found if found is not None and found <= today else None


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """The number on a receipt of this chain ("s01-1-1-147"), or its signed code (`proof`)."""

    number: str


@dataclass(frozen=True, slots=True)
class LoyaltyCard:
    number: str


@dataclass(frozen=True, slots=True)
class GiftCard:
    number: str


@dataclass(frozen=True, slots=True)
class Coupon:
    """A manufacturer's coupon: 981-984 in a common currency, 99 in the country's own."""

    code: str


@dataclass(frozen=True, slots=True)
class RefundSlip:
    """A refund receipt (980) of another system or country."""

    code: str


@dataclass(frozen=True, slots=True)
class Logistic:
    """A pallet or a place (SSCC, GLN): handled, never sold."""

    code: str


@dataclass(frozen=True, slots=True)
class Unsound:
    """Read, and not to be trusted: a wrong check digit, a missing separator, no measure.

    `why` is one of check_digit, separator, measure.
    """

    code: str
    why: str


Scanned = (
    Product
    | Measured
    | DepositSlip
    | ReceiptCode
    | LoyaltyCard
    | GiftCard
    | Coupon
    | RefundSlip
    | Logistic
    | Unsound
)


def read_code(data: str, symbology: str = "") -> Scanned:
    """What this code means; `symbology` is the AIM identifier without bracket, or ""."""
    code = data.strip()
    if code.isascii() and code.isdigit() and symbology not in GS1_SYMBOLOGIES:
        return _digits(code, symbology)
    if symbology in GS1_SYMBOLOGIES:
        # Some machines print their slips as GS1-128: 26 digits that begin with 980.
        return _slip(code) or _elements(code)
    return _link(code) or _own(code)


def told(data: str, symbology: str = "") -> dict[str, Any]:
    """`read_code` as plain values, for whoever lists scans."""
    return tagged(read_code(data, symbology))


def _digits(code: str, symbology: str) -> Scanned:
    slip = _slip(code)
    if slip is not None:
        return slip
    if symbology == "E3" and len(code) in _ADD_ONS:
        code = code[: _ADD_ONS[len(code)]]  # the issue of a periodical is no item of ours
    if len(code) not in (8, 12, 13, 14):
        return RefundSlip(code) if len(code) == 28 and code.startswith("980") else Product(code)
    if not is_gtin(code):
        return Unsound(code, "check_digit")
    return _in_store(code) or _coupon(code) or Product(code)


def _slip(code: str) -> DepositSlip | None:
    """98, shop (0 and five), id, machine, year, day, two amounts in tenths, serial."""
    if len(code) != 26 or not code.isdigit() or not code.startswith("980"):
        return None
    day = int(code[11:14])
    if not 1 <= day <= 366:
        return None
    return DepositSlip(
        number=code,
        shop=code[2:8],
        machine=code[9],
        year_digit=int(code[10]),
        day_of_year=day,
        standard_minor=int(code[14:18]) * 10,
        food_minor=int(code[18:22]) * 10,
        serial=code[22:26],
    )


_PRICE_FACTORS = {"20": 1, "21": 10, "22": 100}
_WEIGHT_FACTORS = {"23": 1, "24": 10, "25": 100}


def _in_store(code: str) -> Measured | Unsound | None:
    """20-22 hold a price with 2, 1, 0 decimals; 23-25 kilograms with 3, 2, 1."""
    prefix = code[:2]
    if len(code) != 13 or (prefix not in _PRICE_FACTORS and prefix not in _WEIGHT_FACTORS):
        return None
    key, measure = code[:8], int(code[8:12])
    if not measure:
        return Unsound(code, "measure")
    base = f"{key}0000"
    return Measured(
        code=code,
        item_key=key,
        base_code=base + check_digit(base),
        price_minor=measure * _PRICE_FACTORS.get(prefix, 0),
        weight_grams=measure * _WEIGHT_FACTORS.get(prefix, 0),
    )


def _coupon(code: str) -> Coupon | RefundSlip | None:
    if len(code) != 13:
        return None
    if code.startswith("980"):
        return RefundSlip(code)
    return Coupon(code) if code[:3] in ("981", "982", "983", "984") or code[:2] == "99" else None


def _elements(data: str) -> Scanned:
    try:
        found = read_elements(data)
    except BadElements as problem:
        missing = "separator is missing" in str(problem)
        return Unsound(data, "separator" if missing else "check_digit")
    if "01" in found:
        return _product(found["01"], dict(found))
    if "8018" in found:
        return LoyaltyCard(found["8018"])
    if "255" in found:
        return Coupon(found["255"])
    if "00" in found or "02" in found or any(ai.startswith("41") for ai in found):
        return Logistic(found.get("00") or found.get("02") or data)
    return Unsound(data, "check_digit")


def _product(gtin: str, found: dict[str, str]) -> Product:
    return Product(
        code=gtin,
        lot=found.get("10", ""),
        serial=found.get("21", ""),
        expires_on=_iso(found.get("17")),
        best_before=_iso(found.get("15")),
        weight_grams=_measure(found, "310", 3),
        price_minor=_measure(found, "392", 2),
    )


def _iso(value: str | None) -> str:
    return end_of_day(value).isoformat() if value else ""


def _measure(found: dict[str, str], identifier: str, decimals: int) -> int:
    """310n is kilograms, 392n money, with n decimals; in thousandths and hundredths."""
    for ai, value in found.items():
        if len(ai) == 4 and ai.startswith(identifier):
            whole: int = 10 ** max(decimals - int(ai[3]), 0)
            part: int = 10 ** max(int(ai[3]) - decimals, 0)
            return int(value) * whole // part
    return 0


def _link(code: str) -> Scanned | None:
    """GS1 Digital Link: …/01/GTIN, with /10/LOT and ?17=YYMMDD behind it."""
    match = _DIGITAL_LINK.fullmatch(code)
    if match is None:
        return None
    gtin = match[1].zfill(14)
    if check_digit(gtin[:-1]) != gtin[-1]:
        return Unsound(code, "check_digit")
    path = match[2].strip("/").split("/")
    found = dict(zip(path[::2], path[1::2], strict=False))
    for part in (match[3] or "").replace(";", "&").split("&"):
        name, _, value = part.partition("=")
        found.setdefault(name, value)
    try:
        return _product(gtin, {ai: value for ai, value in found.items() if _is_sound(ai, value)})
    except BadElements:
        return Unsound(code, "check_digit")


def _is_sound(identifier: str, value: str) -> bool:
    """A web address holds more than trade knows: language, campaign, ours to ignore."""
    needs_digits = identifier in ("15", "17") or identifier[:3] in ("310", "392")
    return bool(value) and (not needs_digits or (value.isascii() and value.isdigit()))


def _own(code: str) -> Scanned:
    if _RECEIPT.fullmatch(code) or looks_like(code):
        return ReceiptCode(code)
    upper = code.upper()
    if _MEMBER.fullmatch(upper):
        return LoyaltyCard(upper)
    if _GIFT_CARD.fullmatch(upper):
        return GiftCard(upper)
    return Product(code)


def _day_of(year: int, day_of_year: int) -> date | None:
    first = date(year, 1, 1).toordinal()
    found = date.fromordinal(first + day_of_year - 1)
    return found if found.year == year else None
