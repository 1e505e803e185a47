"""`spindel stop` ends a till for good, its open screen too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.world import make_world
from central_sync.engine.workstation import running_process
from pos_client.commands.till import TillProcesses
from pos_client.link.knock import answers
from tests.e2e.shop import SPINDEL, spindel
from tests.e2e.terminal import Terminal, pids_of
from tests.hardware.waiting import until

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


def test_a_till_goes_on_when_the_one_that_started_its_core_leaves(tmp_path: Path) -> None:
    home = tmp_path / "till"
    make_world(home, 50, scanner="")
    first, second = TillProcesses(home), TillProcesses(home)
    try:
        for till in (first, second):
            till.begin()
            till.ready()
        [before] = pids_of(home, "pos_client.bootstrap")

        first.leave()

        until(lambda: pids_of(home, "pos_client.bootstrap") not in ([], [before]), 30.0)
        until(lambda: answers(second.socket), 30.0)
        spindel("stop", "--home", str(home))
        until(lambda: second.problem.startswith("The register was stopped."), 30.0)
        assert pids_of(home, "pos_client.bootstrap") == []
    finally:
        first.leave()
        second.leave()


def wait_until_ended(pid: int, seconds: float = 15.0) -> None:
    """Ended, not reaped: its status is the terminal's to take."""
    until = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        assert time.monotonic() < until, "the till goes on"
        time.sleep(0.05)


# What make does: its own window's end is no end to it while its child runs.
_LIKE_MAKE = (
    "import signal, subprocess, sys;"
    " signal.signal(signal.SIGHUP, lambda *_: None);"
    " sys.exit(subprocess.call(sys.argv[1:]))"
)


def test_a_closed_window_ends_the_till_although_nobody_tells_it(tmp_path: Path) -> None:
    home = tmp_path / "till"
    make_world(home, 50, scanner="")
    like_make = [sys.executable, "-c", _LIKE_MAKE]
    till = Terminal([*like_make, *SPINDEL, "till", "--home", str(home)])
    till.wait_for("Anställd >", "Kassa 1")

    till.closes_its_window()

    until(lambda: not pids_of(home, ""), timeout_seconds=30.0)
    os.waitpid(till.pid, 0)


def test_a_sync_that_was_started_by_hand_is_stopped_too(tmp_path: Path) -> None:
    home = tmp_path / "till"
    make_world(home, 50, scanner="")
    with (home / "workstation.toml").open("a") as settings:  # a central that does not answer
        settings.write('[workstation]\ncentral = "http://127.0.0.1:9"\n')
    sync = subprocess.Popen([*SPINDEL, "sync", "run", "--home", str(home)])
    try:
        until(lambda: running_process(home) == sync.pid, timeout_seconds=30.0)
        assert spindel("stop", "--home", str(home)) == "Stopped: sync.\n"
        assert sync.wait(30) == 0
    finally:
        sync.kill()
        sync.wait()
