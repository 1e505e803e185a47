"""The screen as a process on a real pty, in front of a core twin in this process."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import pyte

from bench.terminal import PtyProgram
from tests.screens.core_twin import CoreTwin

PATIENCE_SECONDS = 20.0


class PtyTill:
    """Bytes go to the terminal as they are; `text` is what a person would see."""

    def __init__(self, twin: CoreTwin, width: int = 80, height: int = 24) -> None:
        self.twin = twin
        self._picture = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self._picture)
        command = [sys.executable, "-m", "pos_client.screens", str(twin.path)]
        self.program = PtyProgram(command, width, height, {"TZ": "UTC"})
        self.wait_until(lambda: " 1  " in self.text.partition("\n")[0], "the status row")

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._picture.display)

    def send(self, *pieces: str, pause_seconds: float = 0.0) -> None:
        for piece in pieces:
            self.program.send(piece.encode())
            if pause_seconds:
                time.sleep(pause_seconds)

    def read(self, seconds: float = 0.05) -> None:
        self._stream.feed(self.program.read(seconds))

    def wait_for(self, wanted: str) -> None:
        self.wait_until(lambda: wanted in self.text, wanted)

    def wait_until(self, is_true: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not is_true():
            assert time.monotonic() < until, f"never came: {what}\n{self.text}"
            self.read()

    def resize(self, width: int, height: int) -> None:
        self._picture.resize(height, width)
        self.program.resize(width, height)

    def exit_code(self) -> int:
        """Read on until the process has ended."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            self.read()
            pid, status = os.waitpid(self.program.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"still running\n{self.text}")

    def close(self) -> None:
        self.program.close()
