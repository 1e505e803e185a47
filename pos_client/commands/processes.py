"""Starting, watching and stopping the till's processes.

A process is known by a pid file in the home's `run` folder and believed only when
the process behind that number really is ours. The thing to get wrong: signalling
a pid that the system has since given to somebody else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import typer

STOP_SECONDS = 8.0


class CannotRun(Exception):
    """A process did not come up; the text is its own last words, or what to do."""


class Background:
    """One background process of a home: its command, pid file and log."""

    def __init__(self, home: Path, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = [sys.executable, *command]
        self._pid_file = home / "run" / f"{name}.pid"
        self._log = home / "logs" / f"{name}.out"
        self._process: subprocess.Popen[bytes] | None = None
        self._marker = str(home)

    @property
    def is_ours(self) -> bool:
        """Started by this very process, so ours to stop when we leave."""
        return self._process is not None

    @property
    def ended_in_order(self) -> bool:
        """We started it, and it ended by itself or was told to; it did not die."""
        return self._process is not None and self._process.poll() == 0

    def start(self, *, stdin: int | None = None) -> None:
        """Start it unless it runs already."""
        if self.pid() is not None:
            return
        self._pid_file.parent.mkdir(parents=True, exist_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with _written(self._log) as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # On a full disk it runs all the same and says why it cannot sell; we know our own child.
        with suppress(OSError):
            self._pid_file.write_text(str(self._process.pid))

    def disown(self) -> None:
        """It was not needed: what runs is somebody else's to keep alive and to stop."""
        self._process = None

    def pid(self) -> int | None:
        """Its process number while it runs, whoever started it."""
        if self._process is not None:
            return None if self._process.poll() is not None else self._process.pid
        pid = self._noted_pid()
        return pid if pid is not None and _is_running(pid, self._marker) else None

    def _noted_pid(self) -> int | None:
        try:
            return int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None

    def stop(self) -> bool:
        """Ask it to end, wait, then insist; True when there was something to stop."""
        pid = self.pid()
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        if not self._wait_gone(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._noted_pid() == pid:  # else somebody has started it again meanwhile
            self._pid_file.unlink(missing_ok=True)
        return True

    def last_words(self) -> str:
        """The last line that it wrote."""
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except FileNotFoundError:
            return ""
        return lines[-1] if lines else ""

    def _wait_gone(self, pid: int) -> bool:
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until:
            if self._process is not None:
                if self._process.poll() is not None:
                    return True
            elif not _is_running(pid, self._marker):
                return True
            time.sleep(0.02)
        return False


def _written(log: Path) -> IO[bytes]:
    try:
        return log.open("wb")
    except OSError:
        return open(os.devnull, "wb")


def _is_running(pid: int, marker: str) -> bool:
    """Is `pid` alive and a process that was started for this home?"""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return marker.encode() in command and state != "Z"


def single(function: Callable[..., object]) -> typer.Typer:
    """A command of its own for `pos_client.cli`."""
    app = typer.Typer(
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.command()(function)
    return app


def spindel(*arguments: str) -> list[str]:
    """Arguments for this interpreter to run a `spindel` command."""
    return ["-m", "pos_client.commands.spindel", *arguments]
