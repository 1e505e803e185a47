"""Each bug planted into the product is found: in the seed that showed it first, or soon after.

A change of the product may make another run of the same seed; then a few more are tried
before the bug counts as missed. `make simulate-bugs` looks for new seeds and keeps them.
"""

from __future__ import annotations

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.planting import found_seeds, shows
from tests.simulation.running import Simulator

MORE_SEEDS = 120


@pytest.mark.parametrize(("name", "seed"), sorted(found_seeds().items()))
def test_a_planted_bug_is_found(runs: Simulator, name: str, seed: int) -> None:
    assert any(shows(runs, name, each) for each in (seed, *range(MORE_SEEDS)))


def test_every_known_seed_is_of_a_planted_bug() -> None:
    assert set(found_seeds()) <= set(BUGS)
