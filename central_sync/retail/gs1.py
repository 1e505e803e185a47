"""GS1 element strings: application identifiers and their values, checked.

Pure (GS1 General Specifications 3 and 7.8). The caller knows from the symbology that
it is one; digits alone never say so. The thing to get wrong: a value of variable
length ends at a separator (FNC1, sent as GS). A printer that left it out lets a lot
swallow the rest, GTIN and expiry with it, and nothing looks amiss; so a lot that ends
in something that reads as its neighbours is refused, not believed.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date

from central_sync.retail.item import check_digit

SEPARATOR = "\x1d"

_THREE_DIGITS = frozenset({"23", "24", "25", "40", "41", "42", "71"})
_FOUR_DIGITS = frozenset(
    {"31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"}
)
# Predefined lengths of the values, by the first two digits (7.8.5): no separator follows.
_FIXED = {
    "00": 18,
    "01": 14,
    "02": 14,
    "03": 14,
    "04": 16,
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19"), 6),
    "20": 2,
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 6),
    "41": 13,
}
_LONGEST = {"10": 20, "21": 20, "22": 20, "30": 8, "37": 8, "250": 30, "8018": 18, "8020": 25}
_LONGEST_OF_ANY = 90
_GTINS = frozenset({"01", "02"})
_DATES = frozenset({"11", "12", "13", "15", "16", "17"})
_DIGITS_ONLY = frozenset({"00", "01", "02", "20", "30", "37", "8018"})
_CHARACTERS = re.compile(r"[!-\"%-?A-Z_a-z]+")
"""Character set 82 of the General Specifications, figure 7.11-1."""

SWALLOWING = ("10", "21", "250")
_SWALLOWED = re.compile(r"(?:15|17)(\d{6})|310\d\d{6}|392\d\d{1,8}")
_SWALLOWED_GTIN = re.compile(r"01(\d{14})")


class BadElements(ValueError):
    """The data is no sound element string; the text says why."""


def read_elements(data: str) -> Mapping[str, str]:
    """Values by application identifier, in their order; raises BadElements."""
    found: dict[str, str] = {}
    rest = data.removeprefix(SEPARATOR)
    while rest:
        identifier = identifier_at(rest)
        value, rest = _value(identifier, rest[len(identifier) :])
        if found.get(identifier, value) != value:
            raise BadElements(f"({identifier}) stands twice, with two values")
        found[identifier] = value
    if not found:
        raise BadElements("there is nothing in it")
    _refuse_swallowed(found)
    return found


def identifier_at(data: str) -> str:
    """The application identifier that the data begins with; raises BadElements."""
    first = data[:2]
    length = 4 if first in _FOUR_DIGITS else 3 if first in _THREE_DIGITS else 2
    identifier = data[:length]
    if len(identifier) < length or not (identifier.isascii() and identifier.isdigit()):
        raise BadElements(f'"{data[:8]}" begins with no application identifier')
    return identifier


def end_of_day(value: str) -> date:
    """A date written YYMMDD; day 00 is the last of the month (7.12). Raises BadElements."""
    try:
        year, month, day = int(value[:2]), int(value[2:4]), int(value[4:6])
        year += 1900 if year > _LAST_YEAR_OF_OURS else 2000
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError as error:
        raise BadElements(f"{value} is no date") from error


_LAST_YEAR_OF_OURS = 75
"""Two digits up to this are 20xx: 49 years ahead of the day this was written."""


def _value(identifier: str, rest: str) -> tuple[str, str]:
    fixed = _FIXED.get(identifier[:2])
    if fixed is not None:
        value, rest = rest[:fixed], rest[fixed:].removeprefix(SEPARATOR)
        if len(value) < fixed:
            raise BadElements(f"({identifier}) is cut off")
    else:
        value, _, rest = rest.partition(SEPARATOR)
        if not 1 <= len(value) <= _LONGEST.get(identifier, _LONGEST_OF_ANY):
            raise BadElements(f"({identifier}) is too long; a separator is missing")
    _check(identifier, value)
    return value, rest


def _check(identifier: str, value: str) -> None:
    is_number = value.isascii() and value.isdigit()
    needs_digits = identifier in _DIGITS_ONLY or identifier[:2] in _FIXED or identifier[:2] == "39"
    if (needs_digits and not is_number) or not _CHARACTERS.fullmatch(value):
        raise BadElements(f"({identifier}) holds what may not be in it")
    if identifier in _GTINS and check_digit(value[:-1]) != value[-1]:
        raise BadElements(f"({identifier}) has a wrong check digit")
    if identifier in _DATES:
        end_of_day(value)


def _refuse_swallowed(found: Mapping[str, str]) -> None:
    """A lot that ends in a GTIN, date, weight or price nobody else gave has eaten it."""
    for identifier in SWALLOWING:
        value = found.get(identifier, "")
        if any(_has_eaten(value[at:], found) for at in range(1, len(value))):
            raise BadElements(f"a separator is missing after ({identifier})")


def _has_eaten(tail: str, found: Mapping[str, str]) -> bool:
    gtin = _SWALLOWED_GTIN.match(tail)
    if gtin and "01" not in found and check_digit(gtin[1][:-1]) == gtin[1][-1]:
        return True
    eaten = _SWALLOWED.fullmatch(tail)
    if eaten is None or identifier_at(tail) in found:
        return False
    return eaten[1] is None or _is_date(eaten[1])


def _is_date(value: str) -> bool:
    try:
        end_of_day(value)
    except BadElements:
        return False
    return True
