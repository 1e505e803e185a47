"""Scan to painted line, measured where the cashier sits: on a terminal.

The clock starts when the code's bytes are written (to the terminal for a wedge,
to the scanner's line for a serial one) and stops when the bytes of that item's
name come back. Pilot would be six to nine times too kind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.terminal import PtyProgram

PAY_CASH = b"\x1b[20~"
SALE_LINES = 8
QUIET_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Shot:
    """One scan: the code, and text that comes back only when its line is painted."""

    code: str
    token: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something to type before measuring, and what shows that it has happened."""

    typed: bytes
    token: bytes


SIGN_ON_AND_OPEN = (
    Step(b"1001\r", b"PIN"),
    Step(b"1234\r", "Växelkassa".encode()),
    Step(b"500\r", b"KONTANT"),
)
"""From a fresh till to its sale page."""


def measure(
    command: Sequence[str],
    shots: Sequence[Shot],
    *,
    width: int = 120,
    height: int = 40,
    before: Sequence[Step] = SIGN_ON_AND_OPEN,
    scanner_fd: int | None = None,
    prefix: str = "",
    pause_seconds: float = 0.05,
    pays_after: int = SALE_LINES,
    ready: bytes = b"Esc",
) -> list[float]:
    """Milliseconds from code to painted line, one for each shot.

    `scanner_fd`: the scanner's line, when it is not a wedge. `prefix`: what the
    scanner sends before the code ("]E0"). `pays_after` lines the basket is paid
    in cash and not measured; 0 never pays. `ready` is shown when the program has
    started. Raises terminal.NotSeen.
    """
    program = PtyProgram(command, width, height)
    try:
        program.wait_for(ready, 20.0)
        program.settle(0.3)
        for step in before:
            program.send(step.typed)
            program.wait_for(step.token)
            program.settle()
        return [
            _shoot(program, shot, at, scanner_fd, prefix, pause_seconds, pays_after)
            for at, shot in enumerate(shots)
        ]
    finally:
        program.close()


def _shoot(
    program: PtyProgram,
    shot: Shot,
    at: int,
    scanner_fd: int | None,
    prefix: str,
    pause_seconds: float,
    pays_after: int,
) -> float:
    if pays_after and at and at % pays_after == 0:
        program.send(PAY_CASH)
        program.settle(0.4)
    target = program.fd if scanner_fd is None else scanner_fd
    data = f"{prefix}{shot.code}\r".encode()
    started = time.perf_counter()
    os.write(target, data)
    seen = program.wait_for(shot.token.encode())
    program.settle(pause_seconds)
    return (seen - started) * 1000


def measure_search(
    command: Sequence[str],
    texts: Sequence[str],
    *,
    width: int = 120,
    height: int = 40,
    before: Sequence[Step] = SIGN_ON_AND_OPEN,
) -> list[float]:
    """Milliseconds from a key to the last byte of its results, one for each letter typed.

    Texts begin with a letter, which opens the search on the sale page.
    """
    program = PtyProgram(command, width, height)
    try:
        program.wait_for(b"Esc", 20.0)
        for step in before:
            program.send(step.typed)
            program.wait_for(step.token)
            program.settle()
        return [time_ms for text in texts for time_ms in _look_for(program, text)]
    finally:
        program.close()


def _look_for(program: PtyProgram, text: str) -> list[float]:
    times = []
    for letter in text:
        started = time.perf_counter()
        program.send(letter.encode())
        times.append((_last_output(program) - started) * 1000)
    for _ in range(2):  # the text, then the page
        program.send(b"\x1b")
        program.settle(0.1)
    return times


def _last_output(program: PtyProgram) -> float:
    """When the last byte came before the terminal was quiet."""
    last = time.perf_counter()
    while program.read(QUIET_SECONDS):
        last = time.perf_counter()
    return last


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0-1) of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
