"""How one cell of a CSV file is read. Pure: text in, a value out, or BadValue.

A BadValue's text says what is allowed, so that whoever made the file can mend it
without asking. Money and rates are read digit by digit; no float comes near them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from central_sync.countries import COUNTRIES
from central_sync.retail.item import SoldBy, is_gtin

Read = Callable[[str], Any]

_DECIMAL = re.compile(r"(-?)(\d{1,9})(?:[.,](\d{1,2}))?")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
_COORDINATE = re.compile(r"-?\d{1,3}(\.\d{1,8})?")
_YES = ("1", "yes", "true", "ja")
_UNITS = {"st": SoldBy.PIECE, "kg": SoldBy.WEIGHT}
_NO = ("0", "no", "false", "nej")


class BadValue(ValueError):
    """The cell cannot be read; the text says what is allowed."""


def text(longest: int, *, required: bool = False) -> Read:
    """Printable text, blanks around it dropped."""

    def read(cell: str) -> str:
        plain = cell.strip()
        if required and not plain:
            raise BadValue("must not be empty")
        if len(plain) > longest:
            raise BadValue(f"at most {longest} characters")
        if not plain.isprintable():
            raise BadValue("no control characters")
        return plain

    return read


def choice(*allowed: str, default: str = "") -> Read:
    def read(cell: str) -> str:
        plain = cell.strip().lower() or default
        if plain not in allowed:
            raise BadValue(f"one of {', '.join(allowed)}")
        return plain

    return read


def unit(cell: str) -> str:
    """What the price is for: st (a piece) or kg."""
    plain = cell.strip().lower() or "st"
    if plain not in _UNITS:
        raise BadValue(f"one of {', '.join(_UNITS)}")
    return _UNITS[plain].value


def country(cell: str) -> str:
    plain = cell.strip().upper()
    if plain not in COUNTRIES:
        raise BadValue(f"one of {', '.join(COUNTRIES)}")
    return plain


def whole(least: int, most: int) -> Read:
    def read(cell: str) -> int:
        plain = cell.strip()
        if not re.fullmatch(r"-?[0-9]{1,15}", plain) or not least <= int(plain) <= most:
            raise BadValue(f"a whole number from {least} to {most}")
        return int(plain)

    return read


def whole_or_none(least: int, most: int) -> Read:
    read = whole(least, most)
    return lambda cell: read(cell) if cell.strip() else None


def flag(cell: str) -> int:
    plain = cell.strip().lower()
    if plain not in ("", *_YES, *_NO):
        raise BadValue("1 or 0")
    return int(plain in _YES)


def money_minor(cell: str) -> int:
    """An amount such as 199,00 in minor units of a currency with two decimals."""
    return _hundredths(cell, "an amount such as 199,00")


def rate_basis_points(cell: str) -> int:
    """A percentage such as 25 or 12,5."""
    rate = _hundredths(cell, "a percentage such as 25")
    if rate > 10_000:
        raise BadValue("a percentage from 0 to 100")
    return rate


def gtin(cell: str) -> str:
    plain = cell.strip()
    if plain and not is_gtin(plain):
        raise BadValue("8, 12, 13 or 14 digits with a right check digit")
    return plain


def name(cell: str) -> str:
    """A short id of ours: a store, a tender, a tax group."""
    plain = cell.strip()
    if not _NAME.fullmatch(plain):
        raise BadValue("1 to 20 letters a to z, digits, - or _")
    return plain


def names(cell: str) -> tuple[str, ...]:
    """Ids with ; between them."""
    return tuple(dict.fromkeys(name(part) for part in cell.split(";") if part.strip()))


def digits(shortest: int, longest: int, *, required: bool = True) -> Read:
    def read(cell: str) -> str:
        plain = cell.strip()
        if not plain and not required:
            return ""
        if not re.fullmatch(f"[0-9]{{{shortest},{longest}}}", plain):
            raise BadValue(f"{shortest} to {longest} digits")
        return plain

    return read


def day(cell: str) -> str:
    try:
        return date.fromisoformat(cell.strip()).isoformat()
    except ValueError as problem:
        raise BadValue("a date such as 2026-04-01") from problem


def day_or_none(cell: str) -> str:
    """A day, or "" where nobody says."""
    return day(cell) if cell.strip() else ""


def coordinate(cell: str) -> str:
    """Degrees (WGS 84), kept as they were written."""
    plain = cell.strip()
    if plain and not _COORDINATE.fullmatch(plain):
        raise BadValue("degrees such as 59.3326")
    return plain


def _hundredths(cell: str, allowed: str) -> int:
    plain = cell.strip().replace("\u00a0", "").replace(" ", "")
    match = _DECIMAL.fullmatch(plain)
    if not match or match[1] or not plain.isascii():
        raise BadValue(allowed)
    return int(match[2]) * 100 + int((match[3] or "").ljust(2, "0"))
