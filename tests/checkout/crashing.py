"""Runs a piece of a day over and over, and dies by SIGKILL one step later each time.

    python -m tests.checkout.crashing FOLDER FLOW

FOLDER holds `base`, a home folder; every run leaves a copy of it as it was at its death,
with what the world outside had seen by then: `shown` (what stood on the screen),
`paper`, `drawer`, and the control unit's own ledger. A step is every statement that
writes and both sides of everything a device is asked. The last run lives to its end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hardware.document import Document
from hardware.fiscal.demo import DemoUnit
from hardware.memory import MemoryPrinter
from hardware.ports import Seal, SealRequest
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.printing import PrintWorker
from pos_client.register import commands
from pos_client.register.commands import Command
from tests.builders import MAGAZINE, SHOES, SOCKS, kr
from tests.checkout.core_harness import Desk

SALE: tuple[Command, ...] = (
    commands.ScanCode(SHOES),
    commands.ScanCode(SOCKS),
    commands.SetQuantity(2, 3),
    commands.ScanCode(MAGAZINE),
    commands.VoidLine(3),
    commands.Pay("card", kr("500")),
    commands.Pay("cash", kr("600")),
)

FLOWS: dict[str, tuple[Command, ...]] = {
    "sale": SALE,
    "return": (commands.ReturnLine("1", 1, 1, "regret"), commands.Pay("cash")),
    "parking": (commands.ScanCode(SHOES), commands.Suspend()),
    "z": (commands.PrintXReport(), commands.CloseDay((("cash", kr("1000")),))),
    "copy": (commands.CopyReceipt("1"),),
    "recovery": (),
}


class Reaper:
    """Counts steps and ends this process at the one it was told."""

    def __init__(self, last: int) -> None:
        self._left = last

    def step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_statement(self, sql: str) -> None:
        if not sql.lstrip().startswith(("SELECT", "PRAGMA", "--")):
            self.step()


class Trail:
    """What was seen outside the register; written at once, so it outlives the process."""

    def __init__(self, home: Path, name: str) -> None:
        self._file = os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def leave(self, text: str) -> None:
        os.write(self._file, text.encode())


class MortalUnit(DemoUnit):
    """The demo unit with a ledger on disk, and a step before and after it answers."""

    def __init__(self, home: Path, reaper: Reaper) -> None:
        super().__init__("demo://", home / "unit.jsonl")
        self._reaper = reaper

    def seal(self, request: SealRequest) -> Seal:
        self._reaper.step()
        seal = super().seal(request)
        self._reaper.step()
        return seal


class MortalPrinter(MemoryPrinter):
    """Paper comes in two halves, with a step before, between and after them."""

    def __init__(self, home: Path, reaper: Reaper) -> None:
        super().__init__()
        self._reaper = reaper
        self._paper = Trail(home, "paper")
        self._drawer = Trail(home, "drawer")

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        for half in ("<", ">"):
            self._reaper.step()
            self._paper.leave(half)
        self._reaper.step()

    def open_drawer(self) -> None:
        self._reaper.step()
        self._drawer.leave("D")
        self._reaper.step()


def live(home: Path, flow: str, last: int) -> None:
    """Start the register, do what the flow says, and let the paper come."""
    reaper = Reaper(last)
    desk = Desk(home, MortalUnit(home, reaper), on_statement=reaper.on_statement)
    mailbox = Mailbox()
    worker = PrintWorker(MortalPrinter(home, reaper), desk.spool, mailbox, lambda: None)
    desk.hands.open_drawer = worker.open_drawer  # type: ignore[method-assign]
    desk.hands.paper_waits = worker.wake  # type: ignore[method-assign]
    shown = Trail(home, "shown")
    for command in FLOWS[flow]:
        desk.do(command)
        shown.leave(screen(desk) + "\n")
    worker.start()
    patience = time.monotonic() + 10.0
    while desk.spool.waiting() and time.monotonic() < patience:
        mailbox.deliver()
        time.sleep(0.001)
    worker.stop()
    with desk:
        pass


def screen(desk: Desk) -> str:
    """What a cashier has seen: lines, payments, the receipt just done, the day."""
    basket, last = desk.state.basket, desk.state.last
    return json.dumps(
        {
            "lines": [[line.line, line.quantity, line.is_voided] for line in basket.lines],
            "paid": basket.paid_minor,
            "receipt": last.receipt_number if last else "",
            "day": desk.state.day,
            "parked": len(desk.shop.suspended()),
            "said": desk.said,
        }
    )


def until_it_lives(folder: Path, run: Callable[[Path, int], None]) -> int:
    """One run a step; how many steps there were."""
    for last in range(1, 1000):
        home = folder / f"died-at-{last:03}"
        shutil.copytree(folder / "base", home)
        child = os.fork()
        if child == 0:
            run(home, last)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0, "the run failed by itself"
            return last - 1
    raise AssertionError("it never came to its end")


if __name__ == "__main__":
    _folder, _flow = Path(sys.argv[1]), sys.argv[2]
    print(until_it_lives(_folder, lambda home, last: live(home, _flow, last)))
