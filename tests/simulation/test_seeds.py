"""Some seeds of the simulated shop; `make simulate SEEDS=0-5000` runs more.

A seed that fails names itself: python -m tests.simulation SEED --log.
"""

from __future__ import annotations

import pytest

from tests.simulation.running import Simulator

CHUNKS = [range(first, first + 10) for first in range(0, 200, 10)]


@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_nothing_is_lost_doubled_or_invented(runs: Simulator, seeds: range) -> None:
    faults = {seed: outcome.fault for seed in seeds if (outcome := runs.run(seed)).fault}
    assert not faults, f"python -m tests.simulation {min(faults)} --log"


def test_the_same_seed_is_the_same_run(runs: Simulator) -> None:
    first, second = runs.run(7, log=True), runs.run(7, log=True)
    assert first.log == second.log
    assert first.trace_hash == second.trace_hash
