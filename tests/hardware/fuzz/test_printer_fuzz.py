"""A printer on a bad line: what is told is on the paper, and silence is never "ready".

Paper, power, cover and line fail as in `tests.hardware.test_printer_fuzz`, and its answers
are lost, late, doubled, torn and mixed with noise as well. Where a printer only knows the
plain answer, nothing distinguishes one from another: its line is one with checksums.
"""

from __future__ import annotations

import random

import pytest

from hardware.document import Checkpoint, Cut, Document, Text
from hardware.emulators.pretend import PretendLine
from hardware.emulators.printer import EmulatedPrinter, Faults
from hardware.errors import DeviceError
from hardware.ports import Health, Reason
from hardware.printers.dialogue import Dialogue, Patience
from hardware.printers.encoder import encode, encode_pieces
from hardware.printers.profiles import EPSON
from hardware.printers.progress import Barrier, with_barriers
from tests.hardware.fuzz.bad_wire import (
    WITHOUT_DAMAGE,
    BadWire,
    Mischief,
    enough,
    seeded,
)

# A flipped bit makes one honest answer of another, which no check could tell.
ANSWERED_BY_NAME = tuple(kind for kind in Mischief if kind is not Mischief.FLIP)
SWITCHES = (
    "paper_out", "cover_open", "offline", "overheated", "cutter_jam", "broken", "deaf", "silent",
    "forgetful", "burst", "paper_near_end",
)  # fmt: skip
RECEIPT = Document(
    (
        Text("head 0"),
        Text("head 1"),
        Checkpoint("header"),
        *(Text(f"row {number}") for number in range(8)),
        Checkpoint("body"),
        Cut(),
        Checkpoint("cut"),
    )
)
SIZE = len(encode(RECEIPT, EPSON)) + 3 * 14
JOBS = 110
LOOKS = 40
LONGEST_DELAY_SECONDS = 3.0


class BadLine(PretendLine):
    """A pretend line whose way back is a bad wire. `heard` counts what got through."""

    def __init__(self, luck: random.Random, kinds: tuple[Mischief, ...]) -> None:
        self.wire = BadWire(luck, kinds, rate=0, longest_delay_seconds=LONGEST_DELAY_SECONDS)
        self.luck = luck
        self.heard = self.switched = 0
        self.stopped_since: float | None = None
        super().__init__(EmulatedPrinter(), self._go_wrong)

    def goes_wrong(self, percent: int) -> None:
        self.wire.rate = percent

    def read(self, timeout_seconds: float) -> bytes:
        end = self.time + timeout_seconds
        while not (data := self.wire.take(self.time)):
            left = max(min(end, self.wire.next_at()) - self.time, 0.0)
            said = super().read(left)
            self.wire.carry(said, self.time)
            if not said and self.time >= end:
                return self.wire.take(self.time)
        self.heard += len(data)
        return data

    def close(self) -> None:
        super().close()
        self.wire.clear()

    def _go_wrong(self) -> None:
        faults = self.printer.faults
        if self.wire.rate and self.luck.random() < 0.03:
            name = self.luck.choice(SWITCHES)
            setattr(faults, name, not getattr(faults, name))
            self.switched += 1
        if not faults.stops_printing:
            self.stopped_since = None
        elif self.stopped_since is None:
            self.stopped_since = self.time


def on_paper(printer: EmulatedPrinter) -> set[str]:
    whole = "\n".join(paper.text() for paper in (*printer.papers, printer.mechanism.paper))
    found = {"header"} if "head 0\nhead 1\n" in whole else set()
    found |= {"body"} if all(f"row {number}\n" in whole for number in range(8)) else set()
    return found | ({"cut"} if printer.papers else set())


@pytest.mark.parametrize(
    ("barrier", "kinds"), [(Barrier.ECHO, ANSWERED_BY_NAME), (Barrier.STATUS, WITHOUT_DAMAGE)]
)
@pytest.mark.parametrize("part", range(8))
def test_what_is_told_is_on_the_paper_whatever_the_line_does(
    barrier: Barrier, kinds: tuple[Mischief, ...], part: int
) -> None:
    met, done = BadWire(random.Random(0)).met, 0
    for seed in range(part * JOBS, (part + 1) * JOBS):
        with seeded(seed) as luck:
            line = BadLine(luck, kinds)
            dialogue = a_known_printer(line, barrier)
            line.goes_wrong(60)
            _spoil(line.printer, luck)
            told: list[str] = []
            job = with_barriers(encode_pieces(RECEIPT, EPSON), barrier, seed)
            taken, written = line.printer.taken, 0
            try:
                dialogue.open()
                dialogue.look()
                dialogue.run(job, barrier, told.append)
                done += 1
            except DeviceError as error:
                written = error.bytes_written
            assert 0 <= written <= min(job.size, line.printer.taken - taken)
            assert told == ["header", "body", "cut"][: len(told)]
            assert set(told) <= on_paper(line.printer)
            met += line.wire.met

    assert done > JOBS // 20
    enough(met, JOBS * 2, kinds)


def a_known_printer(line: BadLine, barrier: Barrier) -> Dialogue:
    """It has answered once, on a good line, as when a till starts; its paper is torn off."""
    dialogue = Dialogue("pretend", line, Patience(), line.now)
    dialogue.open()
    first = with_barriers(
        encode_pieces(Document((Cut(), Checkpoint("cut"))), EPSON), barrier, 9_000
    )
    dialogue.run(first, barrier, lambda name: None)
    line.printer.mechanism.papers.clear()
    return dialogue


def _spoil(printer: EmulatedPrinter, luck: random.Random) -> None:
    where = luck.randrange(SIZE + 60)
    match luck.randrange(4):
        case 0:
            printer.faults.paper_lasts_lines = 1 + where % 12
        case 1:
            printer.faults.reboot_after_bytes = where
        case 2:
            printer.faults.lose_replies = where % 6


@pytest.mark.parametrize("part", range(6))
def test_a_printer_is_ready_only_when_it_said_so(part: int) -> None:
    met = BadWire(random.Random(0)).met
    ready = 0
    for seed in range(part * 40, (part + 1) * 40):
        with seeded(seed) as luck:
            line = BadLine(luck, WITHOUT_DAMAGE)
            dialogue = Dialogue("pretend", line, Patience(), line.now)
            line.goes_wrong(60)
            for _ in range(LOOKS):
                heard = line.heard
                if luck.random() < 0.5:
                    line.printer.faults = Faults()
                try:
                    dialogue.open()
                    state = dialogue.look()
                except DeviceError:
                    dialogue.close()
                    continue
                if line.heard == heard:
                    assert state.reason is Reason.NO_ANSWER
                if state.health is Health.READY:
                    ready += 1
                    stopped = line.time - (line.stopped_since or line.time)
                    assert stopped <= LONGEST_DELAY_SECONDS + 1
                line.read(luck.uniform(0.0, 2.0))
            met += line.wire.met

    assert ready > 40
    enough(met, 30 * LOOKS, WITHOUT_DAMAGE)
