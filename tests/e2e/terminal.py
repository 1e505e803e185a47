"""A terminal for tests: a real program on a real pty, its screen kept by pyte."""

from __future__ import annotations

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

import pyte

PATIENCE_SECONDS = 25.0


class Terminal:
    """`keys` types, `wait_for` reads the screen until a text stands on it."""

    def __init__(self, command: Sequence[str], *, columns: int = 120, rows: int = 40) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.pop("COLUMNS", None)
            os.environ.pop("LINES", None)
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
            os.execv(command[0], list(command))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def keys(self, *texts: str) -> None:
        """Type like a person: with pauses that no scanner makes."""
        for text in texts:
            for character in text if not text.startswith("\x1b") else [text]:
                os.write(self._fd, character.encode())
                time.sleep(0.05)

    def burst(self, text: str) -> None:
        """All at once, as a scanner or a function key sends it."""
        os.write(self._fd, text.encode())
        self._read(0.0)

    def wait_for(self, *wanted: str, patience_seconds: float = PATIENCE_SECONDS) -> str:
        """Read until every text stands on the screen; AssertionError shows the screen."""
        until = time.monotonic() + patience_seconds
        while not all(text in self.text for text in wanted):
            assert time.monotonic() < until, f"never saw {wanted!r}:\n{self.text}"
            self._read(0.1)
        return self.text

    def wait_for_any(self, *wanted: str, patience_seconds: float = PATIENCE_SECONDS) -> str:
        """Read until one of the texts stands on the screen."""
        until = time.monotonic() + patience_seconds
        while not any(text in self.text for text in wanted):
            assert time.monotonic() < until, f"never saw one of {wanted!r}:\n{self.text}"
            self._read(0.1)
        return self.text

    def wait_until_gone(self, unwanted: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        until = time.monotonic() + patience_seconds
        while unwanted in self.text:
            assert time.monotonic() < until, f"still there {unwanted!r}:\n{self.text}"
            self._read(0.1)

    def now(self) -> str:
        """The screen as it is by now, with all that was drawn while nobody read."""
        while self._read(0.0):
            pass
        return self.text

    def clear(self) -> None:
        """Forget what stands on the screen, to see what is drawn anew."""
        self._screen.reset()

    def _read(self, seconds: float) -> bool:
        """True when something was drawn."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        try:
            drawn = os.read(self._fd, 1 << 16)
        except OSError:
            time.sleep(seconds)  # the program has gone; its last screen stays
            return False
        self._stream.feed(drawn)
        return bool(drawn)

    def close(self) -> None:
        for number in (signal.SIGINT, signal.SIGKILL):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                break
            if self._reaped(10.0):
                break
        os.close(self._fd)

    def closes_its_window(self) -> None:
        """The terminal is gone; what runs in it is told only as far as the kernel tells it."""
        os.close(self._fd)

    def _reaped(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._read(0.02)
            try:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    return True
            except ChildProcessError:
                return True
        return False


def pids_of(home: Path, module: str) -> list[int]:
    """Running processes whose command names a module and this home."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if module in command and str(home) in command:
                found.append(int(folder.name))
    return found
