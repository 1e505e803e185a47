"""A customer as trade knows one, and the words by which one is found.

Pure. Phone numbers, e-mails and names are written in one normal form before they are
compared. The thing to get wrong: the same name is not the same person; only the same
phone, e-mail or member number makes two customers likely the same.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Which beginnings of a name's words can be searched for; longer ones are compared in clear.
NAME_PREFIXES = (3, 4, 6, 8)
LEAST_PHONE_DIGITS = 7
MOST_PHONE_DIGITS = 15
_COUNTRY_CODES = {"SE": "46", "NO": "47", "DK": "45", "FI": "358"}
_NOT_IN_PHONES = re.compile(r"[\s\-–()/.]")
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_LIKE_A_NUMBER = re.compile(r"\+?[\d\s\-–()/.]+")


@dataclass(frozen=True, slots=True)
class Customer:
    """Personal data: never in a journal, a log or a feed in clear. "" is not known."""

    customer_id: str
    name: str
    phone: str = ""
    email: str = ""
    member_number: str = ""
    address: str = ""
    postcode: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed to find a customer.

    `exact` are words any one of which is enough; `names` must all be had; `parts` are the
    folded words of the name as typed, since a search word holds only a beginning.
    """

    kind: str
    exact: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def normal_phone(phone: str, country: str = "SE") -> str:
    """E.164 as far as it can be told ("070-123 45 67" is "+46701234567"); "" for no number."""
    plain = _NOT_IN_PHONES.sub("", phone)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    code = _COUNTRY_CODES.get(country, "")
    if code and plain.startswith("0"):
        plain = f"+{code}{plain[1:]}"
    if code and plain.startswith(f"+{code}0"):
        plain = f"+{code}{plain[len(code) + 2 :]}"  # +46 (0)70…
    digits = plain.removeprefix("+")
    is_number = digits.isascii() and digits.isdigit()
    fits = LEAST_PHONE_DIGITS <= len(digits) <= MOST_PHONE_DIGITS
    return plain if is_number and fits else ""


def normal_email(email: str) -> str:
    """Lower case without spaces around; "" for what cannot be one."""
    plain = unicodedata.normalize("NFC", email).strip().casefold()
    return plain if _EMAIL.fullmatch(plain) else ""


def normal_member(number: str) -> str:
    return "".join(number.split()).upper()


def name_parts(name: str) -> tuple[str, ...]:
    """The folded words of a name (å is a, Anna-Karin is two words), each once."""
    spread = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(
        char if char.isalnum() else " " for char in spread if not unicodedata.combining(char)
    )
    return tuple(dict.fromkeys(letters.split()))


def has_parts(customer: Customer, parts: tuple[str, ...]) -> bool:
    """Every part begins some word of the customer's name."""
    words = name_parts(customer.name)
    return all(any(word.startswith(part) for word in words) for part in parts)


def search_words(customer: Customer, country: str = "SE") -> tuple[str, ...]:
    """Every word this customer can be found by, each with its kind before it."""
    words = list(identity_words(customer, country))
    for part in name_parts(customer.name):
        lengths = [length for length in NAME_PREFIXES if length <= len(part)]
        words += [f"name:{part[:length]}" for length in lengths or [len(part)]]
    return tuple(dict.fromkeys(words))


def identity_words(customer: Customer, country: str = "SE") -> tuple[str, ...]:
    """The words that one person has: two customers that share one are likely the same."""
    phone = normal_phone(customer.phone, country)
    email = normal_email(customer.email)
    member = normal_member(customer.member_number)
    found = (("phone", phone), ("email", email), ("member", member))
    return tuple(f"{kind}:{value}" for kind, value in found if value)


def asked(text: str, country: str = "SE") -> Asked:
    """What a person typed: an e-mail, a number (phone or member), or a name's beginnings."""
    plain = text.strip()
    if "@" in plain:
        email = normal_email(plain)
        return Asked("email", exact=(f"email:{email}",) if email else ())
    member = normal_member(plain)
    if _LIKE_A_NUMBER.fullmatch(plain):
        phone = normal_phone(plain, country)
        words = (f"member:{member}", *([f"phone:{phone}"] if phone else []))
        return Asked("number", exact=words)
    parts = name_parts(plain)
    names = tuple(dict.fromkeys(f"name:{_longest(part)}" for part in parts))
    has_digit = any(char.isdigit() for char in plain)
    return Asked("name", (f"member:{member}",) if has_digit else (), names, parts)


def problem_with(customer: Customer, country: str = "SE") -> str:
    """The field that cannot be right ("name", "phone", "email"), or ""."""
    if not customer.name.strip():
        return "name"
    if customer.phone.strip() and not normal_phone(customer.phone, country):
        return "phone"
    if customer.email.strip() and not normal_email(customer.email):
        return "email"
    return ""


def _longest(part: str) -> str:
    lengths = [length for length in NAME_PREFIXES if length <= len(part)]
    return part[: lengths[-1]] if lengths else part
