"""What can be said of a task of the store: take or refuse it, pick, pack, hand over, hand out.

Pure; a part of register.commands, through which everybody else reaches them. A task is
named by its id; which line of which parcel that is, and under which epoch, `decide` knows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeeTask:
    """A person has opened it; an offer has less time left from now."""

    task_id: str


@dataclass(frozen=True, slots=True)
class AcceptTask:
    task_id: str


@dataclass(frozen=True, slots=True)
class RejectTask:
    """`reason` is one of View.setup.reject_reasons."""

    task_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PickGoods:
    """Off the shelf, by its code; `is_sure`: go on with what another till has begun."""

    task_id: str
    code: str
    quantity: int = 1
    symbology: str = ""
    scan_id: int = 0
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class MissGoods:
    """Not on the shelf; no quantity: all that is left of the line."""

    task_id: str
    line: int
    reason: str
    quantity: int = 0
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class PackTask:
    task_id: str
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class HandOverTask:
    """To the carrier; `tracking` "" is the one that central has booked."""

    task_id: str
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class HandOverParcel:
    """To the carrier, by the code on its label (or the order's number)."""

    code: str
    scan_id: int = 0


@dataclass(frozen=True, slots=True)
class PutOnShelf:
    """Ready to be collected, at this place."""

    task_id: str
    place: str


@dataclass(frozen=True, slots=True)
class HandOut:
    """By the customer's code; `pieces` are (line, count), none of them means all."""

    task_id: str
    code: str
    pieces: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class NoShowTask:
    """Nobody came while it was kept."""

    task_id: str


@dataclass(frozen=True, slots=True)
class EndTask:
    """A call was made, or goods put back."""

    task_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PrintTask:
    """The pick list, or the delivery note once it is packed."""

    task_id: str
