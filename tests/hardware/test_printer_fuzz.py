"""Any fault at any moment of a job, in pretended time: what is told must be on the paper."""

from __future__ import annotations

import random

import pytest

from hardware.document import Checkpoint, Cut, Document, Text
from hardware.emulators.pretend import PretendLine
from hardware.emulators.printer import EmulatedPrinter
from hardware.errors import DeviceError
from hardware.ports import Health
from hardware.printers.dialogue import Dialogue, Patience
from hardware.printers.encoder import encode, encode_pieces
from hardware.printers.profiles import EPSON
from hardware.printers.progress import Barrier, with_barriers

_SWITCHES = (
    "paper_out", "cover_open", "offline", "overheated", "cutter_jam", "broken", "deaf", "silent",
    "forgetful", "burst", "no_echo", "paper_near_end",
)  # fmt: skip
_RECEIPT = Document(
    (
        *(Text(f"head {number}") for number in range(4)),
        Checkpoint("header"),
        *(Text(f"row {number}") for number in range(20)),
        Checkpoint("body"),
        Cut(),
        Checkpoint("cut"),
    )
)
_SIZE = len(encode(_RECEIPT, EPSON)) + 3 * 14


class Trouble:
    """Turns random faults on and off as time goes by."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.printer = EmulatedPrinter()
        self.line = PretendLine(self.printer, self.tick)
        self.at_once()

    def at_once(self) -> None:
        """What is set before the job: a place where the paper, the power or the line ends."""
        faults, where = self.printer.faults, self.chance.randrange(_SIZE + 60)
        match self.chance.randrange(5):
            case 0:
                faults.paper_lasts_lines = 1 + where % 30
            case 1:
                faults.reboot_after_bytes = where
            case 2:
                self.line.breaks_after_bytes = 1 + where
            case 3:
                faults.late_ticks = where % 12
            case 4:
                faults.lose_replies = where % 6

    def tick(self) -> None:
        if self.chance.random() < 0.03:
            name = self.chance.choice(_SWITCHES)
            setattr(self.printer.faults, name, not getattr(self.printer.faults, name))


def on_paper(printer: EmulatedPrinter) -> set[str]:
    """Which parts can be seen, on paper cut off and on paper still in the printer."""
    words = [paper.text() for paper in (*printer.papers, printer.mechanism.paper)]
    whole = "\n".join(words)
    found = {"header"} if all(f"head {number}\n" in whole for number in range(4)) else set()
    found |= {"body"} if all(f"row {number}\n" in whole for number in range(20)) else set()
    return found | ({"cut"} if printer.papers else set())


@pytest.mark.parametrize("barrier", [Barrier.ECHO, Barrier.STATUS])
@pytest.mark.parametrize("part", range(4))
def test_what_is_told_is_on_the_paper_whatever_goes_wrong(barrier: Barrier, part: int) -> None:
    done = 0
    for seed in range(part * 400, part * 400 + 400):
        trouble = Trouble(random.Random(seed))
        told: list[str] = []
        written = 0
        dialogue = Dialogue("pretend", trouble.line, Patience(), trouble.line.now)
        job = with_barriers(encode_pieces(_RECEIPT, EPSON), barrier, seed)
        try:
            dialogue.open()
            if dialogue.look().health in (Health.BLOCKED, Health.FAULT):
                continue
            dialogue.run(job, barrier, told.append)
            done += 1
        except DeviceError as error:
            written = error.bytes_written
        assert 0 <= written <= min(job.size, trouble.printer.taken), seed
        assert told == ["header", "body", "cut"][: len(told)], seed
        assert set(told) <= on_paper(trouble.printer), seed

    assert done > 20


def test_a_failed_job_leaves_nothing_that_prints_later() -> None:
    for seed in range(400):
        trouble = Trouble(random.Random(seed))
        dialogue = Dialogue("pretend", trouble.line, Patience(), trouble.line.now)
        job = with_barriers(encode_pieces(_RECEIPT, EPSON), Barrier.ECHO, 0)
        try:
            dialogue.open()
            dialogue.run(job, Barrier.ECHO, lambda name: None)
        except DeviceError:
            _is_clear_after(trouble, dialogue, seed)


def _is_clear_after(trouble: Trouble, dialogue: Dialogue, seed: int) -> None:
    try:
        cleared = dialogue.clear()
    except DeviceError:
        return
    if cleared:
        before = [paper.text() for paper in trouble.printer.papers]
        trouble.printer.faults = type(trouble.printer.faults)()
        trouble.printer.go_on()
        assert [paper.text() for paper in trouble.printer.papers] == before, seed
