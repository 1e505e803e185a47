from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.running import Simulator, simulator


@pytest.fixture(scope="session")
def runs() -> Iterator[Simulator]:
    """Images are made once for a worker; each seed puts its disks under SQLite by itself."""
    with simulator() as made:
        yield made
