"""Two commands on one home: who works, who is asked, and who only looks."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.workstation import LOCK_FILE, only_one, running_process
from tests.safety.homes import a_till


@pytest.mark.parametrize("command", ["now", "enrol", "restore", "rescue"])
def test_a_command_that_would_die_of_a_signal_is_never_asked_for_a_contact(
    tmp_path: Path, command: str
) -> None:
    heard: list[int] = []
    home = a_till(tmp_path / "till")
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        with only_one(home, command):
            answer = CliRunner().invoke(sync, ["now", "--home", str(home)])
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert (heard, answer.exit_code) == ([], 1)
    assert f"spindel sync {command} (process {os.getpid()})" in answer.stderr
    assert running_process(home) is None


def test_whoever_looks_leaves_no_trace_of_himself(tmp_path: Path) -> None:
    with only_one(tmp_path):
        pass
    (tmp_path / LOCK_FILE).write_text("1\n")

    assert running_process(tmp_path) is None

    assert (tmp_path / LOCK_FILE).read_text() == "1\n"


def test_a_sync_of_a_program_before_this_one_is_known_by_its_number(tmp_path: Path) -> None:
    with only_one(tmp_path):
        (tmp_path / LOCK_FILE).write_text("4711\n")

        assert running_process(tmp_path) == 4711


def test_a_look_that_goes_on_shuts_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / LOCK_FILE).touch()
    look = os.open(tmp_path / LOCK_FILE, os.O_RDONLY)
    fcntl.flock(look, fcntl.LOCK_SH)
    monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(look, fcntl.LOCK_UN))

    with only_one(tmp_path):
        assert running_process(tmp_path) == os.getpid()
    os.close(look)


def test_who_works_is_named_to_the_next(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(SyncTrouble, match="already running"):
        only_one(tmp_path).__enter__()
