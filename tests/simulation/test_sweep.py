"""The power is cut at points all over a short script; `make simulate-cuts` takes every one."""

from __future__ import annotations

import pytest

from tests.simulation.running import Simulator
from tests.simulation.sweep import cut_at

EVERY = 11


@pytest.mark.parametrize("machine", ["till", "central"])
def test_a_power_cut_at_any_operation_loses_nothing(runs: Simulator, machine: str) -> None:
    faults: dict[int, str] = {}
    for point in range(1, 5_000, EVERY):
        cut = cut_at(runs, machine, point)
        if cut.fault:
            faults[point] = cut.fault
        if not cut.is_reached:
            break
    assert point > 100 or not runs.files.has_faults, "the script has grown short"
    assert not faults, f"python -m tests.simulation.sweep {machine}: {faults}"
