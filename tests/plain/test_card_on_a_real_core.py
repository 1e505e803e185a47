"""A card sale typed at the prompt of a real core, with a terminal whose bank is a file."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hardware.memory.terminal_ledger import read_bank
from pos_client.plain import run_plain
from tests.hardware.waiting import until
from tests.plain.test_real_core import enrolled_home

# Each piece ends where the terminal has to answer before the next line means anything.
DAY = (
    ("on 1001 1234\nopen 1000\n7310865004703\ncard", "s01-1-1-1"),
    ("return 1-1-1 1 faulty\ncard", "s01-1-1-2"),
    ("SOCKA\ncard", "s01-1-1-3"),
)


def test_a_day_of_card_sales_is_typed_line_by_line_and_the_bank_agrees(tmp_path: Path) -> None:
    home = enrolled_home(tmp_path / "till")
    settings = home / "workstation.toml"
    ledger = tmp_path / "bank.jsonl"
    # The first answer is lost on the way: the till has to ask for it.
    terminal = f'payment_terminal = "memory://?ledger={ledger}&script=lose_reply"\n'
    settings.write_text(settings.read_text() + terminal)
    core = subprocess.Popen([sys.executable, "-m", "pos_client.bootstrap", str(home)])
    try:
        until((home / "core.sock").exists, timeout_seconds=30.0)
        for lines, receipt in DAY:
            play(home, lines)
            until(lambda receipt=receipt: last_receipt(home) == receipt, timeout_seconds=30.0)  # type: ignore[misc]
        play(home, "z cash=1000 card=99")
        until(lambda: not view(home)["business_day"], timeout_seconds=30.0)
    finally:
        core.terminate()
        core.wait(10)

    assert sum(read_bank(ledger).charged.values()) == 9_900


def play(home: Path, lines: str) -> list[dict[str, Any]]:
    """The answers to these lines."""
    out = io.StringIO()
    run_plain(home / "core.sock", stdin=io.StringIO(lines), stdout=out, as_json=True)
    said = [json.loads(line) for line in out.getvalue().splitlines()]
    return [each for each in said if "answer" in each]


def view(home: Path) -> dict[str, Any]:
    return play(home, "view")[-1]


def last_receipt(home: Path) -> str:
    last = view(home)["last_receipt"]
    return last["receipt_number"] if last else ""


pytestmark = pytest.mark.e2e
