"""Scan -> painted line while every device of the till hangs, beside a till with none.

The devices are there, take a connection and never answer (`hardware.emulators.deaf`). No
sale is paid, as a receipt would wait for the control unit; so both baskets grow alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.figures import Spread
from bench.scans import SIGN_ON, fresh_day, scanner_at, shots, till_command
from bench.screen_latency import measure
from bench.world import Ware
from hardware.emulators.deaf import DEVICES, DeafLane

MOST_LINES = 100


def measure_hanging(home: Path, wares: Sequence[Ware], count: int) -> tuple[Spread, Spread]:
    """Milliseconds (no device, all hanging), one after the other; leaves the settings as found."""
    settings = home / "workstation.toml"
    before = settings.read_text(encoding="utf-8")
    scanner = f'scanner = "serial://{home}/scanner"\n'
    try:
        settings.write_text(f'[devices]\n{scanner}fiscal_unit = "demo://"\n', encoding="utf-8")
        idle = _scan(home, wares, count)
        with DeafLane() as lane:
            settings.write_text(lane.settings + scanner, encoding="utf-8")
            hanging = _scan(home, wares, count)
            silent = DEVICES - lane.spoken_to()
        assert not silent - {"drawer"}, f"nobody spoke to {sorted(silent)}"
    finally:
        settings.write_text(before, encoding="utf-8")
    return idle, hanging


def _scan(home: Path, wares: Sequence[Ware], count: int) -> Spread:
    fresh_day(home)
    with scanner_at(home / "scanner") as scanner:
        return Spread.of(
            measure(
                till_command(home),
                shots(wares, min(count, MOST_LINES)),
                scanner_fd=scanner,
                prefix="]E0",
                ready=SIGN_ON,
                pays_after=0,
            )
        )
