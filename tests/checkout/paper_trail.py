"""Paper that outlives the process that printed it, and an honest judge of what is on it.

`TrailPrinter` writes what a printer would print, line by line, into the file `paper` of a
home. The judge knows that file and the receipts that were made, never the register's own
database. `settle` is the cashier after a crash: looks at the paper and answers, or is away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from central_sync.countries import COUNTRIES
from central_sync.retail.transaction import RetailTransaction
from hardware.document import Checkpoint, Document, Element
from hardware.memory import MemoryPrinter
from hardware.printers.text import to_lines
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.paper_watch import ANSWER_SECONDS, PaperWatch
from pos_client.checkout.printing import PrintWorker
from pos_client.receipts.checkpoints import void_document
from pos_client.receipts.layout import receipt_document
from pos_client.register import commands
from pos_client.register.shop import PrintQuestion
from pos_client.storage.prints import PrintJob
from tests.checkout.core_harness import Desk

CUT = "[cut]"
PATIENCE_SECONDS = 20.0


class Trail:
    """What was seen outside the register; written at once, so it outlives the process."""

    def __init__(self, home: Path, name: str) -> None:
        self._file = os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def leave(self, text: str) -> None:
        os.write(self._file, text.encode())

    def close(self) -> None:
        os.close(self._file)


class TrailPrinter(MemoryPrinter):
    """Prints between two checkpoints in two halves, with a `step` around each and each answer."""

    def __init__(self, home: Path, step: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._paper = Trail(home, "paper")
        self._step = step

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        piece: list[Element] = []
        for element in document.elements:
            piece.append(element)
            if isinstance(element, Checkpoint):
                self._put(piece)
                piece = []
                if on_checkpoint is not None:
                    on_checkpoint(element.name)
                self._step()
        self._put(piece)

    def _put(self, piece: list[Element]) -> None:
        lines = to_lines(Document(tuple(piece)), self.columns)
        half = len(lines) // 2
        for part in (lines[:half], lines[half:]):
            self._step()
            self._paper.leave("".join(f"{line}\n" for line in part))
        self._step()


def sheets(home: Path) -> list[str]:
    """What was cut off, oldest first; what still hangs in the printer is the last one."""
    path = home / "paper"
    done: list[str] = [""]
    for line in path.read_text().splitlines() if path.exists() else []:
        done[-1] += f"{line}\n"
        if line.endswith(CUT):
            done.append("")
    return done


def is_marked(sheet: str) -> bool:
    return "OGILTIG UTSKRIFT" in sheet or "KOPIA" in sheet


def whole_originals(home: Path, receipt: RetailTransaction) -> int:
    """Sheets that hold all of a receipt, cut off, without any mark."""
    text = "\n".join(to_lines(receipt_document(receipt, COUNTRIES["SE"])))
    return sum(text in sheet and not is_marked(sheet) for sheet in sheets(home))


def whole_copies(home: Path, receipt: RetailTransaction) -> int:
    """Sheets that hold all of a copy and were not voided."""
    _, *rows = to_lines(receipt_document(receipt, COUNTRIES["SE"]))
    return sum(
        "KOPIA" in sheet and "OGILTIG" not in sheet and "\n".join(rows) in sheet
        for sheet in sheets(home)
    )


def void_of(job: PrintJob) -> Document:
    return void_document(job.receipt_number, COUNTRIES["SE"])


def settle(desk: Desk, *, is_there: bool) -> None:
    """Let paper come until nothing is open; `is_there`: somebody looks and answers.

    A copy that broke off is always answered for: only a person may go on from there.
    """
    mailbox = Mailbox()
    worker = PrintWorker([TrailPrinter(desk.home)], desk.spool, mailbox, lambda: None, void_of)
    watch = PaperWatch(
        desk.shop, desk.spool, desk.desk.copies, can_print=lambda: True, tell=lambda message: None
    )
    desk.hands.paper_waits = worker.wake  # type: ignore[method-assign]
    worker.start()
    seconds, patience = 0.0, time.monotonic() + PATIENCE_SECONDS
    while desk.spool.waiting():
        assert time.monotonic() < patience, "it never came to be"
        mailbox.deliver()
        while not desk.hands.is_idle:
            desk.hands.deliver()
        asked = desk.spool.question()
        if asked is not None and (is_there or asked.kind != "receipt"):
            answer(desk, asked)
            worker.wake()
        elif asked is not None:
            seconds += ANSWER_SECONDS
            watch.look(seconds)
        time.sleep(0.001)
    worker.stop()
    mailbox.close()


def answer(desk: Desk, asked: PrintQuestion) -> None:
    """The truth, from the paper alone."""
    receipt = desk.shop.receipt(asked.receipt_number)
    assert receipt is not None
    came_out = whole_originals(desk.home, receipt) > 0
    if asked.kind == "copy":
        came_out = came_out or whole_copies(desk.home, receipt) > 0
    desk.do(commands.SettlePrint(asked.job_id, came_out))


def is_honest(desk: Desk) -> bool:
    """Every sale has a whole document; none has two originals without a mark, or two copies."""
    for receipt in desk.sold():
        originals = whole_originals(desk.home, receipt)
        copies = whole_copies(desk.home, receipt)
        assert originals <= 1, f"{receipt.receipt_number} is there {originals} times"
        assert copies <= 1, f"{receipt.receipt_number} was copied {copies} times"
        assert originals + copies, f"nothing whole of {receipt.receipt_number}"
    return True
