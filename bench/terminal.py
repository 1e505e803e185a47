"""A program on a pseudo-terminal: bytes in, bytes out, and when they came.

Used to time what a person waits for; the terminal's own drawing is not in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class NotSeen(Exception):
    """The expected bytes did not come back in time."""


class PtyProgram:
    """`command` running with this terminal as its own."""

    def __init__(
        self,
        command: Sequence[str],
        width: int = 80,
        height: int = 24,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.output = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child becomes the program
            _become(command, width, height, environment or {})

    def send(self, data: bytes) -> None:
        os.write(self.fd, data)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, timeout_seconds: float) -> bytes:
        """What comes within the time, b"" when nothing does or the program ended."""
        ready, _, _ = select.select([self.fd], [], [], timeout_seconds)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        self.output += data
        return data

    def wait_for(self, token: bytes, timeout_seconds: float = 10.0) -> float:
        """Read until `token` came; when that was (perf_counter). Raises NotSeen."""
        until = time.perf_counter() + timeout_seconds
        seen = b""
        while time.perf_counter() < until:
            data = self.read(max(0.0, until - time.perf_counter()))
            if not data and not self.is_running():
                break
            seen = seen[-len(token) :] + data
            if token in seen:
                return time.perf_counter()
        raise NotSeen(f"{token!r} did not come back")

    def settle(self, quiet_seconds: float = 0.05) -> None:
        """Read until nothing more comes."""
        while self.read(quiet_seconds):
            pass

    def is_running(self) -> bool:
        try:
            return os.waitpid(self.pid, os.WNOHANG)[0] == 0
        except ChildProcessError:
            return False

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            os.close(self.fd)


def _become(
    command: Sequence[str], width: int, height: int, environment: dict[str, str]
) -> None:  # pragma: no cover - runs in the child
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    os.chdir(ROOT)
    settings = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
    os.execvpe(command[0], list(command), settings)
