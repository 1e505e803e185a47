from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.simulation.running import Simulator, simulator


@pytest.fixture(scope="session")
def runs() -> Iterator[Simulator]:
    """Images are made once for a worker; each seed puts its disks under SQLite by itself."""
    with simulator() as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_is_logged() -> Iterator[None]:
    """A kept log record keeps its exception, that its frames, and those a dead process's files."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
