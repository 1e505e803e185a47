"""What the polled scales say: Toledo 8217, NCI SCP-01 and SMA, as pure readers.

A reader answers None for what it cannot vouch for: a byte of wrong parity, a digit
too few. Weights are kilograms with three decimals, or grams; a scale set to pounds
is the wrong device here, never a number to convert at the till.
"""

from __future__ import annotations

import re

from hardware.ports import Reason
from hardware.scales.parity import Parity
from hardware.scales.polled import Dialect
from hardware.scales.talk import Reading, Trouble

_FAULT = Trouble(Reason.INTERNAL_FAULT, "it reports a fault of its own")
_NO_ZERO = Trouble(Reason.BELOW_ZERO, "it cannot find its zero; empty it")
_POUNDS = Trouble(Reason.WRONG_DEVICE, "it is not set to kilograms")

_TOLEDO_WEIGHT = re.compile(rb"(\d\d)\.(\d{3})(N?)")
_TOLEDO_STATUS = re.compile(rb"\?([\x00-\x7f])")
_NCI = re.compile(
    rb"(?:.*\n)?([^\r\n]*?) *([a-zA-Z]{1,2})\r\nS?([0-?])([0-?p-\x7f])(.*)\r", re.DOTALL
)
_SMA = re.compile(rb"([ ZOUEIT])(.)([GNT])([M ]).([ \d.-]{10})(.{3})")
_NUMBER = re.compile(rb" *(-?) *(\d+)(?:\.(\d+))?")


def _read_toledo(frame: bytes) -> Reading | Trouble | None:
    """ "00.452", "00.452N" for net, or "?" and a status byte (Mettler-Toledo 8217 manual)."""
    if found := _TOLEDO_WEIGHT.fullmatch(frame):
        return Reading(int(found[1] + found[2]), is_net=bool(found[3]))
    if not (found := _TOLEDO_STATUS.fullmatch(frame)):
        return None
    status = found[1][0]
    if status & 0x02:
        return Trouble(Reason.OVERLOAD)
    if status & 0x04:
        return Trouble(Reason.BELOW_ZERO)
    if status & 0x01:
        return Trouble(Reason.IN_MOTION)
    if status & 0x08:
        return _NO_ZERO
    return Reading(0) if status & 0x10 else None


def _read_nci(frame: bytes) -> Reading | Trouble | None:
    """Display and unit, then status bytes (Weigh-Tronix SCP-01, 8408-14788-01)."""
    found = _NCI.fullmatch(frame)
    if not found:
        return None
    first, second, rest = found[3][0], found[4][0], found[5]
    if bool(second & 0x40) != bool(rest):
        return None
    if first & 0x0C or second & 0x0C:
        return _FAULT
    if second & 0x02:
        return Trouble(Reason.OVERLOAD)
    if second & 0x01:
        return Trouble(Reason.BELOW_ZERO)
    if first & 0x01:
        return Trouble(Reason.IN_MOTION)
    return _weight(found[1], found[2], is_net=bool(rest and rest[0] & 0x04))


def _read_sma(frame: bytes) -> Reading | Trouble | None:
    """Status, range, gross or net, motion, ten characters and a unit (SMA SCP-0499, 5.1)."""
    found = _SMA.fullmatch(frame)
    if not found:
        return None if frame != b"?" else Trouble(Reason.WRONG_DEVICE, "it does not know W")
    if found[1] == b"O":
        return Trouble(Reason.OVERLOAD)
    if found[1] == b"U":
        return Trouble(Reason.BELOW_ZERO)
    if found[1] in (b"E", b"I"):
        return _NO_ZERO
    if found[1] == b"T":
        return Trouble(Reason.BAD_REQUEST, "its own tare is wrong; clear it")
    if found[4] == b"M":
        return Trouble(Reason.IN_MOTION)
    return _weight(found[5], found[6], is_net=found[3] == b"N")


def _weight(written: bytes, unit: bytes, *, is_net: bool) -> Reading | Trouble | None:
    found = _NUMBER.fullmatch(written)
    if not found:
        return None
    sign, whole, decimals = found[1], found[2], found[3] or b""
    match unit.strip().lower():
        case b"kg" if len(decimals) == 3:
            grams = int(whole + decimals)
        case b"g" if not decimals:
            grams = int(whole)
        case b"lb" | b"oz" | b"ib":
            return _POUNDS
        case _:
            return None
    return Reading(-grams if sign else grams, is_net=is_net)


TOLEDO_8217 = Dialect(
    "toledo8217", b"W", 0x02, 0x0D, _read_toledo, Parity.EVEN, opaque_after=ord("?")
)
NCI = Dialect("nci", b"W\r", 0x0A, 0x03, _read_nci, Parity.EVEN, restarts=False)
SMA = Dialect("sma", b"\nW\r", 0x0A, 0x0D, _read_sma, Parity.NONE)
