"""Opening hours in words: as minutes of each weekday, and the time a store was open."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from central_sync.retail.opening_hours import USUAL_WEEK, BadHours, is_open, open_seconds, week_of

HERE = ZoneInfo("Europe/Stockholm")
WEEK = week_of("mon-fri 10:00-19:00; sat 10:00-17:00; sun 11:00-16:00")
HOUR = 3600


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in the week from Monday the 16th of November 2026."""
    return datetime(2026, 11, 15 + day, hour, minute, tzinfo=HERE)


def test_words_become_minutes_of_each_weekday() -> None:
    assert WEEK == ((600, 1140),) * 5 + ((600, 1020), (660, 960))


def test_a_day_that_is_not_named_is_closed() -> None:
    assert week_of("mon 09:00-17:00")[1:] == ((0, 0),) * 6


def test_a_store_that_says_nothing_is_open_as_usual() -> None:
    assert week_of("  ") == USUAL_WEEK


@pytest.mark.parametrize(
    "words",
    ["always", "mon-fri 19:00-10:00", "fri-mon 10:00-12:00", "mån 10:00-12:00", "mon 10-12"],
)
def test_words_that_are_no_hours_are_refused(words: str) -> None:
    with pytest.raises(BadHours):
        week_of(words)


@pytest.mark.parametrize(
    ("since", "until", "seconds"),
    [
        (_at(1, 12), _at(1, 13), HOUR),
        (_at(1, 18), _at(2, 11), 2 * HOUR),
        (_at(1, 20), _at(2, 9), 0),
        (_at(1, 10), _at(8, 10), 57 * HOUR),
        (_at(2, 12), _at(1, 12), 0),
    ],
)
def test_only_open_time_counts(since: datetime, until: datetime, seconds: int) -> None:
    assert open_seconds(WEEK, since, until) == seconds


def test_a_store_is_open_until_the_minute_it_closes() -> None:
    assert [is_open(WEEK, _at(1, 18, 59)), is_open(WEEK, _at(1, 19))] == [True, False]
