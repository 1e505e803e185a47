"""What a label printer says to ~HS: three lines of figures, and what they mean.

Sans-IO. A newcomer would take silence for a cable fault: with paper out, ribbon out or
head open several models answer nothing at all, so silence says "look at it".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hardware.ports import DeviceState, Health, Reason

ASK = b"~HS"
_LINE = re.compile(rb"\x02([^\x02\x03]*)\x03")
_LONGEST = 400

WHY = {
    Reason.PAPER_OUT: "it is out of labels",
    Reason.COVER_OPEN: "its head is open",
    Reason.RIBBON_OUT: "it is out of ribbon",
    Reason.OVERHEATED: "it is too hot and waits",
    Reason.OFFLINE: "it is paused; press its pause key",
    Reason.BUSY: "its memory is full of waiting labels",
    Reason.INTERNAL_FAULT: "it has lost its settings; call service",
    Reason.NO_ANSWER: "it does not answer; look at labels, ribbon and head",
}


@dataclass(frozen=True, slots=True)
class LabelStatus:
    """`waiting` is formats in its memory and labels of a batch that are not yet printed."""

    reason: Reason
    waiting: int

    def state(self) -> DeviceState:
        if self.reason is Reason.NONE:
            return DeviceState(Health.READY)
        health = Health.FAULT if self.reason is Reason.INTERNAL_FAULT else Health.BLOCKED
        return DeviceState(health, self.reason, WHY[self.reason])


class StatusReader:
    """Feed what comes, in any chunks; a status is given when all its lines are there."""

    def __init__(self) -> None:
        self._held = b""
        self._first: list[bytes] | None = None

    def feed(self, data: bytes) -> list[LabelStatus]:
        self._held += data
        found = []
        end = 0
        for match in _LINE.finditer(self._held):
            end = match.end()
            status = self._line(match[1].split(b","))
            if status is not None:
                found.append(status)
        self._held = self._held[end:][-_LONGEST:]
        return found

    def clear(self) -> None:
        self._held, self._first = b"", None

    def _line(self, fields: list[bytes]) -> LabelStatus | None:
        """Line one has twelve figures, line two eleven, line three two."""
        if not all(field.strip().isdigit() for field in fields):
            self._first = None
        elif len(fields) == 12:
            self._first = fields
        elif len(fields) == 11 and self._first is not None:
            first, self._first = self._first, None
            return _status([int(field) for field in first], [int(field) for field in fields])
        return None


def _status(first: list[int], second: list[int]) -> LabelStatus:
    flags = (
        (second[2], Reason.COVER_OPEN),
        (first[1], Reason.PAPER_OUT),
        (second[3], Reason.RIBBON_OUT),
        (first[11], Reason.OVERHEATED),
        (first[9], Reason.INTERNAL_FAULT),
        (first[2], Reason.OFFLINE),
        (first[5], Reason.BUSY),
    )
    reason = next((reason for flag, reason in flags if flag), Reason.NONE)
    return LabelStatus(reason, first[4] + second[8])
