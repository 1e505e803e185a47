"""How a device is, in the words that every port shares.

A closed list: each reason has its own sentence for the cashier and its own fix in
the register's texts. UNKNOWN is never shown as READY.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Health(StrEnum):
    """How a device is; UNKNOWN is never shown as READY."""

    DISABLED = "disabled"
    ABSENT = "absent"
    OPENING = "opening"
    READY = "ready"
    WARNING = "warning"
    BLOCKED = "blocked"
    FAULT = "fault"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a device is not simply READY; a closed list, worded in the register's texts."""

    NONE = "none"
    PAPER_NEAR_END = "paper_near_end"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER_JAM = "cutter_jam"
    OVERHEATED = "overheated"
    DRAWER_OPEN = "drawer_open"
    BUSY_OTHER_OWNER = "busy_other_owner"
    NO_ANSWER = "no_answer"
    BAD_CHECKSUM = "bad_checksum"
    WRONG_DEVICE = "wrong_device"
    MEMORY_FULL = "memory_full"
    NOT_CONFIGURED = "not_configured"
    OFFLINE = "offline"
    DRAWER_JAM = "drawer_jam"
    DRAWER_FORCED = "drawer_forced"
    IN_MOTION = "in_motion"
    NOT_MOVED = "not_moved"
    OVERLOAD = "overload"
    BELOW_ZERO = "below_zero"
    UNDER_MINIMUM = "under_minimum"
    MEMORY_NEAR_FULL = "memory_near_full"
    LICENCE = "licence"
    CLOCK_SKEW = "clock_skew"
    BUSY = "busy"
    RIBBON_OUT = "ribbon_out"
    NO_PERMISSION = "no_permission"
    TARE_TOO_LARGE = "tare_too_large"
    PRICE_DIFFERS = "price_differs"
    BAD_REQUEST = "bad_request"
    INTERNAL_FAULT = "internal_fault"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """`detail` is one clause for store IT ("the port /dev/ttyACM0 is not there"), or ""."""

    health: Health
    reason: Reason = Reason.NONE
    detail: str = ""


@runtime_checkable
class Retrying(Protocol):
    """A driver that can be asked not to wait before its next try to reach its device."""

    def try_now(self) -> None: ...
