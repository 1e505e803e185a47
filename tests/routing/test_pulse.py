"""A store's pulse: busy from its events, fading into its profile, never idle by silence."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.stock import poisson_quantile
from central_sync.routing.likely import guards, missed
from central_sync.routing.pulse import (
    SLOTS,
    Pulse,
    StoreEvents,
    busyness,
    heard,
    slot,
    staff_on_hand,
    with_observation,
)


def test_a_steady_stream_of_receipts_is_the_work_that_it_makes() -> None:
    pulse = Pulse(0.0, 0.0, 2)
    for minute in range(1, 120):
        pulse = heard(pulse, StoreEvents(receipts=1), 2, minute * 60.0)
    # One receipt a minute is 2.2 persons; a sum of minutes decays a little above it.
    assert busyness(pulse, 0.5, pulse.heard_at) == pytest.approx(2.2 / 2, rel=0.06)


def test_a_store_that_says_nothing_happened_becomes_idle() -> None:
    pulse = heard(Pulse(0.0, 0.0, 1), StoreEvents(receipts=30), 1, 60.0)
    for minute in range(2, 90):
        pulse = heard(pulse, StoreEvents(), 1, minute * 60.0)
    assert busyness(pulse, 0.9, pulse.heard_at) < 0.01


def test_a_silent_store_becomes_what_it_usually_is() -> None:
    pulse = heard(Pulse(0.0, 0.0, 1), StoreEvents(), 1, 60.0)
    assert busyness(pulse, 0.9, 60.0) == pytest.approx(0.0)
    assert busyness(pulse, 0.9, 7200.0) == pytest.approx(0.9, rel=0.01)
    assert busyness(Pulse(), 0.9, 0.0) == pytest.approx(0.9)


def test_a_late_word_moves_no_clock_back() -> None:
    pulse = Pulse(1.0, 600.0, 2)
    assert heard(pulse, StoreEvents(receipts=9), 2, 500.0) is pulse


def test_events_are_counted_for_the_store_and_no_person() -> None:
    assert {field.type for field in fields(StoreEvents)} == {"int"}


def test_the_week_has_a_slot_for_every_quarter_hour() -> None:
    assert slot(0, 0) == 0
    assert slot(6, 1439) == SLOTS - 1


def test_a_profile_learns_an_eighth_a_week() -> None:
    assert with_observation((0.0, 0.8), 1, 0.0)[1] == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("tills", "devices", "history", "staff"),
    [(2, 1, [], 3), (0, 0, [0.1] * 90 + [3.5] * 10, 4), (0, 0, [], 1)],
)
def test_unknown_staff_is_what_a_busy_day_needs(
    tills: int, devices: int, history: list[float], staff: int
) -> None:
    assert staff_on_hand(tills, devices, history) == staff


@given(st.integers(1, 12), st.floats(0, 8), st.integers(1, 3))
def test_what_walk_ins_miss_is_the_poisson_tail(left: int, expected: float, quantity: int) -> None:
    quantity = min(quantity, left)
    tail = sum(
        1 - sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(left - taken))
        for taken in range(quantity)
    )
    found = missed(np.array([left]), np.array([expected]), quantity)[0]
    assert abs(int(found) - 10_000 * tail) <= 1.5


@given(st.integers(0, 4_000), st.integers(121, 200_000))
def test_the_guard_is_the_exact_one(demand: int, age: int) -> None:
    found = int(guards(np.array([demand / 1000]), np.array([float(age)]), 120)[0])
    exact = {
        poisson_quantile(demand * age, 36_000_000, certainty) for certainty in (9899, 9900, 9901)
    }
    assert found in exact
    assert guards(np.array([demand / 1000]), np.array([100.0]), 120)[0] == 0
