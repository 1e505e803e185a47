"""When a store is open: "mon-fri 10:00-19:00; sat 10:00-17:00" as minutes of each weekday.

Pure. Shared by all who count open time: the guard on an old figure, a promise, routing.
The thing to get wrong: days that are not named are closed days; a store that says nothing
at all is taken to be open from 10 to 19 every day, since closed for ever would be absurd.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

Week = tuple[tuple[int, int], ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USUAL_WEEK: Week = ((600, 1140),) * 7
_CLOSED = (0, 0)
_PART = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+"
    r"(?P<from_h>\d{1,2}):(?P<from_m>\d{2})-(?P<to_h>\d{1,2}):(?P<to_m>\d{2})"
)
_LONGEST_DAYS = 60


class BadHours(ValueError):
    """The words are no opening hours; says which part and what is allowed."""


def week_of(words: str) -> Week:
    """(opens, closes) in minutes from local midnight for Monday to Sunday; (0, 0) is closed.

    Raises BadHours.
    """
    if not words.strip():
        return USUAL_WEEK
    week = [_CLOSED] * 7
    for part in words.lower().split(";"):
        if part.strip():
            days, hours = _read(part.strip())
            for day in days:
                week[day] = hours
    return tuple(week)


def open_seconds(week: Week, since: datetime, until: datetime) -> int:
    """How long a store was open between two local times, in seconds; counts sixty days at most."""
    seconds = 0
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(_LONGEST_DAYS):
        if midnight >= until:
            break
        opens, closes = week[midnight.weekday()]
        begun = max(since, midnight + timedelta(minutes=opens))
        ended = min(until, midnight + timedelta(minutes=closes))
        seconds += max(0, int((ended - begun).total_seconds()))
        midnight += timedelta(days=1)
    return seconds


def is_open(week: Week, at: datetime) -> bool:
    """At a local time."""
    opens, closes = week[at.weekday()]
    return opens <= at.hour * 60 + at.minute < closes


def _read(part: str) -> tuple[range, tuple[int, int]]:
    match = _PART.fullmatch(part)
    if not match or match["first"] not in DAYS or (match["last"] or "mon") not in DAYS:
        raise BadHours(f"{part!r} is not as in: mon-fri 10:00-19:00; sat 10:00-17:00")
    first = DAYS.index(match["first"])
    last = DAYS.index(match["last"]) if match["last"] else first
    opens = int(match["from_h"]) * 60 + int(match["from_m"])
    closes = int(match["to_h"]) * 60 + int(match["to_m"])
    if not opens < closes <= 24 * 60 or last < first:
        raise BadHours(f"{part!r} ends before it begins")
    return range(first, last + 1), (opens, closes)
