"""The bench's day on a small chain: ours is no dearer than simple rules, and nothing is lost."""

from __future__ import annotations

import pytest

from bench.orders.day import Score, run_day
from bench.orders.world import make_world
from central_sync.routing import DEFAULT_POLICY, LEAST_BUSY_COMPLETE, NEAREST_COMPLETE


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_costs_less_than_by_the_simple_rules(seed: int) -> None:
    world = make_world(seed, stores=30, items=800, orders=400)

    ours = run_day(world, DEFAULT_POLICY)

    for rule in (NEAREST_COMPLETE, LEAST_BUSY_COMPLETE):
        assert ours.minor_an_order < run_day(world, rule).minor_an_order


def test_a_day_is_the_same_when_it_is_run_again() -> None:
    world = make_world(3, stores=20, items=400, orders=150)

    def money(score: Score) -> float:
        return score.minor_an_order

    assert money(run_day(world, DEFAULT_POLICY)) == money(run_day(world, DEFAULT_POLICY))


def test_a_day_planned_in_batches_serves_every_order() -> None:
    world = make_world(4, stores=20, items=400, orders=120)
    assert run_day(world, DEFAULT_POLICY, window=5).orders == 120
