"""The line mode as its own process on a real terminal: a prompt, and a PIN that is not shown."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plain.core_twin import CoreTwin


class Terminal:
    """A pty with `python -m pos_client.plain` on it."""

    def __init__(self, path: Path) -> None:
        self._master, self._slave = os.openpty()
        command = [sys.executable, "-m", "pos_client.plain", str(path)]
        # Where tests run in the background Ctrl-C is ignored, and children would inherit that.
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.process = subprocess.Popen(
            command, stdin=self._slave, stdout=self._slave, stderr=self._slave
        )
        signal.signal(signal.SIGINT, before)
        os.set_blocking(self._master, False)
        self.shown = ""

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + 20
        while text not in self.shown:
            assert time.monotonic() < until, f"{text!r} was never shown: {self.shown!r}"
            with contextlib.suppress(BlockingIOError):
                self.shown += os.read(self._master, 4096).decode()
            time.sleep(0.01)

    def type(self, line: str) -> None:
        os.write(self._master, line.encode() + b"\n")

    def interrupt(self) -> int:
        """Ctrl-C, and again as a person does who sees nothing happen; the exit code."""
        for _ in range(10):
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(5)
        raise AssertionError(f"it does not end: {self.shown!r}")

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._slave)[3] & termios.ECHO)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with CoreTwin(tmp_path / "core.sock") as core:
        opened = Terminal(core.path)
        try:
            yield opened
        finally:
            opened.close()


def test_a_person_sees_a_prompt_and_never_the_pin(terminal: Terminal) -> None:
    terminal.wait_for("> ")
    terminal.type("på 1001")
    terminal.wait_for("Skriv PIN")
    assert not terminal.echoes
    terminal.type("1234")
    terminal.wait_for("Hej Anna Berg")

    assert terminal.echoes
    assert "1234" not in terminal.shown


def test_leaving_while_a_pin_is_asked_gives_the_echo_back(terminal: Terminal) -> None:
    terminal.wait_for("> ")
    terminal.type("på 1001")
    terminal.wait_for("Skriv PIN")

    assert terminal.interrupt() == 0
    assert terminal.echoes


def test_a_missing_core_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pos_client.plain", str(tmp_path / "none.sock")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "spindel till" in ended.stderr
