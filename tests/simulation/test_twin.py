"""Central on PostgreSQL ends where central on SQLite does; `make simulate-postgres` runs more."""

from __future__ import annotations

import pytest

from tests.simulation.running import Simulator
from tests.simulation.twin import TwinCenter, ended, postgres


@pytest.mark.postgres
def test_both_databases_end_in_the_same_state(runs: Simulator) -> None:
    with postgres(runs) as served:
        for seed in (1, 3, 5):
            ours = ended(runs, seed, TwinCenter)
            assert ours.fault == "", f"python -m tests.simulation.twin {seed}"
            assert ended(runs, seed, served) == ours, f"python -m tests.simulation.twin {seed}"
