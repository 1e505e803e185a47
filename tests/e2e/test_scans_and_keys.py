"""Forty scans in five seconds, mixed with keys, on a real till: none lost, none mixed.

Serial scans through the core, wedge scans through the terminal, and a person who
types in between; what was typed must still stand in the entry at the end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.scans import scanner_at
from bench.world import OPERATOR, PIN, make_world
from tests.e2e.shop import SPINDEL, spindel
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SCANS, SECONDS = 40, 5.0
UP, DOWN = "\x1b[A", "\x1b[B"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "till"
    yield home
    spindel("stop", "--home", str(home))


def test_forty_scans_in_five_seconds_mixed_with_keys_lose_and_mix_none(home: Path) -> None:
    goods = make_world(home, 500, scanner=f"serial://{home}/scanner")
    with scanner_at(home / "scanner") as scanner:
        till = Terminal([*SPINDEL, "till", "--home", str(home)])
        try:
            _open_the_day(till)
            for number in range(SCANS):
                code = goods[number].gtin
                if number % 2:
                    os.write(scanner, f"]E0{code}\r".encode())
                else:
                    till.burst(f"]E0{code}\r")
                till.burst(UP if number % 3 else DOWN)
                time.sleep(SECONDS / SCANS)
            till.keys("7")

            shown = till.wait_for(f"{SCANS} varor", "> 7", goods[SCANS - 1].name)
        finally:
            till.close()

    assert "okänd" not in shown


def _open_the_day(till: Terminal) -> None:
    till.wait_for("Anställd >", "Kassa 1")
    till.keys(f"{OPERATOR}\r")
    till.wait_for("PIN >")
    till.keys(f"{PIN}\r")
    till.wait_for("Växelkassa >")
    till.keys("500\r")
    till.wait_for("BETALA")
