"""`spindel stop` ends a till for good, its open screen too."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench.world import make_world
from tests.e2e.shop import SPINDEL, spindel
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_stopped_register_stays_stopped_although_its_screen_was_open(tmp_path: Path) -> None:
    home = tmp_path / "till"
    make_world(home, 50, scanner="")
    till = Terminal([*SPINDEL, "till", "--home", str(home)])
    try:
        till.wait_for("Anställd >", "Kassa 1")

        spindel("stop", "--home", str(home))

        wait_until_ended(till.pid)
        assert spindel("stop", "--home", str(home)) == "Nothing was running.\n"
    finally:
        till.close()


def wait_until_ended(pid: int, seconds: float = 15.0) -> None:
    """Ended, not reaped: its status is the terminal's to take."""
    until = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        assert time.monotonic() < until, "the till goes on"
        time.sleep(0.05)
