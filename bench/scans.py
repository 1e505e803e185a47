"""Scan -> painted line for the till and its yardsticks, interleaved in one run.

Serial, wedge, bare Python on the same pty, and the obvious stock-widget app; and
the till once more on a quarter of a core, where the machine lets us set a quota.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Spread
from bench.screen_latency import Shot, measure
from bench.world import Ware

BENCH = Path(__file__).parent
CGROUPS = Path("/sys/fs/cgroup")
IS_UNIFIED = (CGROUPS / "cgroup.controllers").exists()
QUOTA_FOLDERS = tuple(
    (CGROUPS if IS_UNIFIED else CGROUPS / "cpu") / f"spindel-bench-{name}"
    for name in ("core", "screen")
)
QUARTER_CORE = (
    {"cpu.max": "1000 4000"}
    if IS_UNIFIED
    else {"cpu.cfs_period_us": "4000", "cpu.cfs_quota_us": "1000"}
)
"""One millisecond of CPU in four, for the core and for the screen."""
SIGN_ON = b"Kassa 1"


def till_command(home: Path) -> list[str]:
    return [sys.executable, "-m", "pos_client.commands.spindel", "till", "--home", str(home)]


def shots(wares: Sequence[Ware], count: int, start: int = 0) -> list[Shot]:
    """Scans of items whose names do not begin alike on the screen."""
    return [Shot(ware.gtin, ware.name) for ware in wares[start : start + count]]


def measure_wedge(home: Path, wares: Sequence[Ware], count: int) -> Spread:
    fresh_day(home)
    return Spread.of(measure(till_command(home), shots(wares, count), prefix="]E0", ready=SIGN_ON))


def measure_bare_wedge(home: Path, wares: Sequence[Ware], count: int) -> Spread:
    fresh_day(home)
    return Spread.of(measure(till_command(home), shots(wares, count), ready=SIGN_ON))


def measure_serial(home: Path, wares: Sequence[Ware], count: int) -> Spread:
    """The scanner is a pty; `home`/scanner, where the settings look, leads to it."""
    fresh_day(home)
    with scanner_at(home / "scanner") as scanner:
        return Spread.of(
            measure(
                till_command(home),
                shots(wares, count),
                scanner_fd=scanner,
                prefix="]E0",
                ready=SIGN_ON,
            )
        )


def measure_bare_python(home: Path, wares: Sequence[Ware], count: int) -> Spread:
    command = [sys.executable, str(BENCH / "bare_loop.py"), str(home / "master.db")]
    return Spread.of(measure(command, shots(wares, count), before=(), pays_after=0, ready=b"ready"))


def measure_stock_widgets(home: Path, wares: Sequence[Ware], count: int) -> Spread:
    command = [sys.executable, str(BENCH / "stock_widgets_app.py"), str(home / "master.db")]
    return Spread.of(measure(command, shots(wares, count), before=(), ready=b"ready"))


def measure_on_quarter_core(home: Path, wares: Sequence[Ware], count: int) -> Spread | None:
    """The serial till, core and screen each on a quarter of a core; None if not allowed."""
    if not all(_may_set_quota(folder) for folder in QUOTA_FOLDERS):
        return None
    fresh_day(home)
    for_core, for_screen = (
        ["/bin/sh", "-c", f'echo $$ > {folder}/cgroup.procs && exec "$@"', "sh"]
        for folder in QUOTA_FOLDERS
    )
    with scanner_at(home / "scanner") as scanner:
        core = subprocess.Popen(
            [*for_core, sys.executable, "-m", "pos_client.bootstrap", str(home)]
        )
        try:
            figures = measure(
                [*for_screen, *till_command(home)],
                shots(wares, count),
                scanner_fd=scanner,
                prefix="]E0",
                pause_seconds=0.2,
                ready=SIGN_ON,
            )
        finally:
            core.terminate()
            core.wait()
    _end_quota()
    return Spread.of(figures)


def _may_set_quota(folder: Path) -> bool:
    try:
        folder.mkdir(exist_ok=True)
        for name, value in QUARTER_CORE.items():
            # Opened, not made: where the kernel has no such file there is no quota.
            with (folder / name).open("r+") as file:
                file.write(value)
    except OSError:
        return False
    return True


def stop(home: Path) -> None:
    command = [sys.executable, "-m", "pos_client.commands.spindel", "stop", "--home", str(home)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _end_quota() -> None:
    for folder in QUOTA_FOLDERS:
        for _ in range(100):
            try:
                folder.rmdir()
            except OSError:
                time.sleep(0.05)  # the last of its processes is just ending
            else:
                break


@contextmanager
def scanner_at(path: Path) -> Iterator[int]:
    """A pty that stands at `path` for the till; yields the scanner's own end."""
    scanner, line = os.openpty()
    tty.setraw(line)
    path.unlink(missing_ok=True)
    path.symlink_to(os.ttyname(line))
    try:
        yield scanner
    finally:
        path.unlink(missing_ok=True)
        os.close(scanner)
        os.close(line)


def fresh_day(home: Path) -> None:
    """Every run starts from the sign-on page of a register with no day open."""
    stop(home)
    for file in home.glob("receipts.db*"):
        file.unlink()
