"""Each bug planted into the product is found again in the seed that showed it first.

After a change of the product or of the simulator a seed may show nothing any more: then
`make simulate-bugs` looks for another one.
"""

from __future__ import annotations

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.planting import found_seeds, shows
from tests.simulation.running import Simulator


@pytest.mark.parametrize(("name", "seed"), sorted(found_seeds().items()))
def test_a_planted_bug_is_found(runs: Simulator, name: str, seed: int) -> None:
    assert shows(runs, name, seed)


def test_a_seed_is_known_for_every_planted_bug() -> None:
    assert set(found_seeds()) == set(BUGS)
