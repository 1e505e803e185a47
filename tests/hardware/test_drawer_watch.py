from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hardware.drawers.watch import (
    Closed,
    DrawerEvent,
    DrawerWatch,
    Forced,
    Jammed,
    Opened,
    OpenTooLong,
)
from hardware.ports import DrawerPosition

OPEN, CLOSED, UNKNOWN = DrawerPosition.OPEN, DrawerPosition.CLOSED, DrawerPosition.UNKNOWN


def a_shut_drawer() -> DrawerWatch:
    watch = DrawerWatch(too_long_seconds=60.0, kick_seconds=2.0)
    watch.saw(CLOSED, 0.0)
    return watch


def test_a_kicked_drawer_that_opens_is_opened_and_then_closed() -> None:
    watch = a_shut_drawer()
    watch.kicked(1.0)

    assert watch.saw(OPEN, 1.3) == [Opened()]
    assert watch.saw(CLOSED, 9.3) == [Closed(8.0)]


def test_a_drawer_that_opens_without_a_kick_was_forced() -> None:
    assert a_shut_drawer().saw(OPEN, 5.0) == [Forced()]


def test_a_kick_answers_for_one_opening_only() -> None:
    watch = a_shut_drawer()
    watch.kicked(1.0)
    watch.saw(OPEN, 1.1)
    watch.saw(CLOSED, 1.5)

    assert watch.saw(OPEN, 1.9) == [Forced()]


def test_a_kick_that_opened_nothing_is_a_jam_once() -> None:
    watch = a_shut_drawer()
    watch.kicked(1.0)

    assert watch.saw(CLOSED, 2.9) == []
    assert watch.saw(CLOSED, 3.0) == [Jammed()]
    assert watch.saw(CLOSED, 9.0) == []


def test_a_drawer_is_open_too_long_once_for_each_opening() -> None:
    watch = a_shut_drawer()
    watch.kicked(1.0)
    watch.saw(OPEN, 1.0)

    assert watch.saw(OPEN, 60.0) == []
    assert watch.saw(OPEN, 61.0) == [OpenTooLong(60.0)]
    assert watch.saw(OPEN, 99.0) == []


def test_a_drawer_that_was_open_at_the_start_was_not_forced() -> None:
    watch = DrawerWatch()

    assert watch.saw(OPEN, 0.0) == []


def test_a_drawer_without_a_switch_tells_nothing() -> None:
    watch = DrawerWatch()
    watch.kicked(0.0)

    assert [watch.saw(UNKNOWN, at) for at in (0.1, 5.0, 90.0)] == [[], [], []]


def test_a_kick_to_an_open_drawer_means_nothing() -> None:
    watch = a_shut_drawer()
    watch.kicked(1.0)
    watch.saw(OPEN, 1.1)
    watch.kicked(1.5)
    watch.saw(CLOSED, 2.0)

    assert watch.saw(CLOSED, 9.0) == []


@given(st.lists(st.tuples(st.sampled_from([OPEN, CLOSED, UNKNOWN]), st.booleans()), max_size=30))
def test_closings_never_outnumber_openings(steps: list[tuple[DrawerPosition, bool]]) -> None:
    watch, told = DrawerWatch(), list[DrawerEvent]()
    watch.saw(CLOSED, 0.0)
    for now, (position, is_kicked) in enumerate(steps):
        if is_kicked:
            watch.kicked(float(now))
        told += watch.saw(position, now + 0.5)

    openings = steps_into_open(steps)
    assert sum(isinstance(each, Closed) for each in told) <= openings


def steps_into_open(steps: list[tuple[DrawerPosition, bool]]) -> int:
    positions = [CLOSED, *(position for position, _ in steps)]
    pairs = itertools.pairwise(positions)
    return sum(now is OPEN and before is not OPEN for before, now in pairs)
