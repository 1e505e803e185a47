"""Amounts between minor units and the decimal text of the wire, exactly.

A newcomer would write `amount / 100`: 0.1 + 0.2 is why nobody may. JSON numbers are
read as Decimal and written digit by digit.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

# ISO 4217: the decimals of a currency, where they are not two.
_DECIMALS = {"CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3, "TND": 3}
_MOST_DIGITS = 15


def to_text(amount_minor: int, currency: str) -> str:
    """199 00 öre -> "199.00". `amount_minor` is not negative; raises ValueError."""
    if amount_minor < 0:
        raise ValueError(f"{amount_minor} is below zero")
    decimals = _DECIMALS.get(currency, 2)
    if not decimals:
        return str(amount_minor)
    whole, part = divmod(amount_minor, 10**decimals)
    return f"{whole}.{part:0{decimals}}"


def to_minor(written: str | int | Decimal, currency: str) -> int:
    """ "199", "199.0" and 199.00 are all 19900 öre. Raises ValueError where it is none."""
    try:
        amount = Decimal(written)
    except InvalidOperation as error:
        raise ValueError(f"{written!r} is no amount") from error
    if not amount.is_finite() or amount < 0 or amount.adjusted() > _MOST_DIGITS:
        raise ValueError(f"{written!r} is no amount")
    minor = amount.scaleb(_DECIMALS.get(currency, 2))
    if minor != minor.to_integral_value():
        raise ValueError(f"{written!r} has more decimals than {currency}")
    return int(minor)
