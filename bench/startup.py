"""Start to first frame, and what screen and core keep in memory.

The core is started by the screen's parent as in a shop: the clock runs from the
`spindel till` command to the first painted sign-on line on a real pty.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.payment import resident_megabytes

FIRST_FRAME_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds to the first frame, and resident megabytes of core and screen."""

    seconds: float
    core_megabytes: float
    screen_megabytes: float


def measure_start(home: Path, token: bytes = b"PIN") -> Started:
    """Start the till on a pty of 120x40 and leave it again."""
    begun = time.perf_counter()
    child, terminal = _till_on_pty(home)
    try:
        _wait_for(terminal, token)
        seconds = time.perf_counter() - begun
        _settle(terminal)
        return Started(
            seconds,
            resident_megabytes(_pid_of(home, "pos_client.bootstrap")),
            resident_megabytes(_pid_of(home, "pos_client.screens")),
        )
    finally:
        os.kill(child, signal.SIGINT)
        _reap(child)
        os.close(terminal)


def _till_on_pty(home: Path) -> tuple[int, int]:
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="120", LINES="40")
        os.execv(
            sys.executable,
            [sys.executable, "-m", "pos_client.commands.spindel", "till", "--home", str(home)],
        )
    return child, terminal


def _wait_for(terminal: int, token: bytes) -> None:
    seen = b""
    until = time.monotonic() + FIRST_FRAME_SECONDS
    while token not in seen:
        if time.monotonic() > until:
            raise TimeoutError(f"no first frame: {seen[-300:]!r}")
        if select.select([terminal], [], [], 0.05)[0]:
            seen += os.read(terminal, 1 << 16)


def _settle(terminal: int) -> None:
    """Let the screen finish its start before its memory is read."""
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            os.read(terminal, 1 << 16)


def _pid_of(home: Path, module: str) -> int:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if module in command and str(home) in command:
            return int(folder.name)
    raise LookupError(f"no process runs {module}")


def _reap(child: int) -> None:
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
