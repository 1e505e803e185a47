"""Waiting for another thread without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], object], timeout_seconds: float = 10.0) -> None:
    """Return as soon as `holds()` is true; fail the test when it does not become so."""
    deadline = time.monotonic() + timeout_seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)
