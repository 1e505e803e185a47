"""A core that runs as a service is used by the till as it is, and outlives it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.world import make_world
from pos_client.link.client import CoreClient, CoreGone
from tests.e2e.shop import SPINDEL
from tests.e2e.terminal import Terminal, pids_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]


def test_a_till_neither_doubles_nor_stops_a_core_that_it_did_not_start(tmp_path: Path) -> None:
    home = tmp_path / "till"
    make_world(home, 50)
    core = subprocess.Popen([sys.executable, "-m", "pos_client.bootstrap", str(home)])
    try:
        _wait_until_it_answers(home)
        till = Terminal([*SPINDEL, "till", "--home", str(home)])
        try:
            till.wait_for("Anställd >", "Kassa 1")
            time.sleep(1.0)
            assert pids_of(home, "pos_client.bootstrap") == [core.pid]
        finally:
            till.close()

        assert core.poll() is None
    finally:
        core.terminate()
        assert core.wait(10) == 0


def _wait_until_it_answers(home: Path) -> None:
    for _ in range(500):
        client = CoreClient(home / "core.sock")
        with contextlib.suppress(CoreGone):
            client.look()
            client.close()
            return
        client.close()
        time.sleep(0.02)
    raise TimeoutError("the core did not start")
