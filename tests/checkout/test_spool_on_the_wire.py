"""A till that is killed again and again while its printer prints, judged by the paper alone.

A real process, a real socket, an emulated printer that kills the till at a chosen byte.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import TcpPrinter
from pos_client.register.commands import SignOff
from tests.checkout.core_harness import Desk, a_home

LIVES = 12
BYTES_A_RECEIPT = 900
SEED = int(os.environ.get("SPINDEL_SEED", "20261122"))


@dataclass(slots=True)
class Sniper(EmulatedPrinter):
    """Kills `victim` when its byte number `at` comes, or when it has cut a paper (`at` 0).

    What came before is printed, and the till never hears of it.
    """

    victim: subprocess.Popen[str] | None = None
    at: int = 0

    def feed(self, data: bytes) -> bytes:
        if not self.at:
            return self._kill_at_the_cut(data)
        before = self.at - self.taken
        if len(data) < before:
            return EmulatedPrinter.feed(self, data)
        said = EmulatedPrinter.feed(self, data[:before])
        self._kill()
        return said + EmulatedPrinter.feed(self, data[before:])

    def _kill_at_the_cut(self, data: bytes) -> bytes:
        papers = len(self.papers)
        said = EmulatedPrinter.feed(self, data)
        if len(self.papers) > papers:
            self._kill()
        return said

    def _kill(self) -> None:
        victim, self.victim = self.victim, None
        if victim is not None:
            victim.send_signal(signal.SIGKILL)


@pytest.fixture
def wire() -> Iterator[TcpPrinter]:
    with TcpPrinter(Sniper()) as made:
        yield made


def sheets(printer: EmulatedPrinter, number: str) -> tuple[int, int]:
    """(whole sheets with that receipt alone and no mark, those that are marked as void)."""
    papers = [paper.text() for paper in list(printer.papers)]
    own = [text for text in papers if f"Kvitto {number}" in text]
    void = [text for text in own if "OGILTIG UTSKRIFT" in text]
    whole = [text for text in own if text not in void and f": {number}]" in text]
    assert all(text.count("Kvitto ") == 1 for text in whole), "two prints on one paper"
    return len(whole), len(void)


def live(home: Path, wire: TcpPrinter, sales: int, dies_after_bytes: int | None) -> bool:
    """One life; True when it came to its end. The cashier tells what lies in the printer.

    `dies_after_bytes` 0: when a paper has been cut; None: not at all.
    """
    sniper = wire.printer
    assert isinstance(sniper, Sniper)
    till = subprocess.Popen(
        [sys.executable, "-m", "tests.checkout.spooling", str(home), wire.address, str(sales)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with till:
        assert till.stdin is not None
        assert till.stdout is not None
        if dies_after_bytes is not None:
            sniper.at = dies_after_bytes and sniper.taken + dies_after_bytes
            sniper.victim = till
        try:
            for line in till.stdout:
                told = json.loads(line)
                if "done" in told:
                    sniper.victim = None
                    return True
                if "ask" in told:
                    whole, _ = sheets(sniper, told["ask"])
                    till.stdin.write("yes\n" if whole else "no\n")
                    till.stdin.flush()
        except BrokenPipeError:
            till.stdin = None
        finally:
            sniper.victim = None
    return False


def test_every_sale_has_one_whole_receipt_however_often_the_till_dies_while_it_prints(
    tmp_path: Path, wire: TcpPrinter
) -> None:
    home = a_home(tmp_path)
    dice = random.Random(SEED)
    print(f"SPINDEL_SEED={SEED}")
    at = [0 if life % 3 == 0 else dice.randrange(1, 2 * BYTES_A_RECEIPT) for life in range(LIVES)]
    deaths = sum(not live(home, wire, 2, dies_after_bytes) for dies_after_bytes in at)
    assert deaths >= LIVES // 3
    assert live(home, wire, 0, None)

    with Desk(home) as desk:
        desk.do(SignOff())
        sold = desk.sold()
        assert len(sold) >= LIVES // 3
        counted = {each.receipt_number: sheets(wire.printer, each.receipt_number) for each in sold}
        assert {number for number, (whole, _) in counted.items() if whole != 1} == set(), counted
        assert desk.spool.waiting() == 0
