"""What every scale's answer is judged by: range, tare, amount, and the words for a no.

Pure. Grams are whole and money is whole minor units, so an amount is rounded here
exactly as the price computing scale does it: half up (OIML R 76, price computing).
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.ports import Reason

WHY = {
    Reason.IN_MOTION: "the goods are moving",
    Reason.NOT_MOVED: "the same goods are still there",
    Reason.OVERLOAD: "too heavy for it",
    Reason.BELOW_ZERO: "it shows less than zero; empty it and set it to zero",
    Reason.UNDER_MINIMUM: "nothing, or too little, lies on it",
    Reason.TARE_TOO_LARGE: "the tare is more than what lies on it",
    Reason.PRICE_DIFFERS: "it answered for another price than it was asked",
    Reason.BAD_REQUEST: "it does not take this price, tare or text",
    Reason.BAD_CHECKSUM: "its answer was garbled",
    Reason.NO_ANSWER: "it does not answer",
    Reason.LICENCE: "it wants to be unlocked by an approved register",
    Reason.WRONG_DEVICE: "it does not speak this protocol",
    Reason.INTERNAL_FAULT: "it reports a fault of its own; call service",
    Reason.BUSY: "it has not finished measuring",
}


@dataclass(frozen=True, slots=True)
class Range:
    """What the scale may be used for, gross grams (Min and Max on its plate)."""

    minimum_grams: int = 20
    maximum_grams: int = 15_000


STANDARD = Range()


def judge(gross_grams: int, tare_grams: int, allowed: Range) -> Reason | None:
    """Why this load cannot be sold by, or None."""
    if gross_grams < 0:
        return Reason.BELOW_ZERO
    if gross_grams < allowed.minimum_grams:
        return Reason.UNDER_MINIMUM
    if gross_grams > allowed.maximum_grams:
        return Reason.OVERLOAD
    if gross_grams <= tare_grams:
        return Reason.TARE_TOO_LARGE
    return None


def amount_of(unit_price_minor: int, grams: int) -> int:
    """What `grams` cost at a price per kilogram, half up, in minor units."""
    return (unit_price_minor * grams + 500) // 1000
