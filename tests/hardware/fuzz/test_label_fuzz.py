"""A label printer on a bad line: what comes out is a label that was asked for, or nothing.

Its line has checksums (TCP, USB), so bytes are lost with the rest of a job, never changed.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from hardware.emulators.label import EmulatedLabelPrinter, Faults
from hardware.errors import Absent, DeviceError, Lost
from hardware.labels.dialogue import LabelDialogue, Patience
from hardware.labels.layouts import address_label, price_label
from hardware.labels.zpl import render
from hardware.ports import Health, Label
from tests.hardware.fuzz.bad_wire import WITHOUT_DAMAGE, BadWire, Mischief, enough, seeded

STEP_SECONDS = 0.05
LABELS = 400
SWITCHES = ("paper_out", "head_open", "ribbon_out", "paused", "hot", "mute", "slow", "deaf")
NAMES = ("Räksmörgås ½ é", "^XZ~JR", "^FS^XZ~JA^XA", "a_5E^XZ", "\\&~HS", "Loafer läder 42")


class BadLabelLine:
    """See `transport.Transport`; `now` is the clock and `wait` the pause of the conversation."""

    answers = True
    bytes_per_second = 10_000.0

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.core = EmulatedLabelPrinter()
        self.wire = BadWire(luck, WITHOUT_DAMAGE, rate=40, longest_delay_seconds=1.5)
        self.cuts: Counter[str] = Counter()
        self.time = 0.0
        self._is_open = False

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self._pass(self.time + seconds)

    def open(self) -> None:
        if self.luck.random() < 0.02:
            raise Absent("pretend", "nobody listens")
        self._is_open = True

    def close(self) -> None:
        self._is_open = False
        self.wire.clear()

    def write(self, data: bytes, timeout_seconds: float) -> None:
        if not self._is_open:
            raise Lost("pretend", "the line broke")
        cut = self.luck.randrange(len(data)) if self.luck.random() < 0.1 else None
        self.wire.carry(self.core.feed(data[:cut], self.time), self.time)
        if cut is not None:
            self.cuts["cut"] += 1
            self._is_open = False
            raise Lost("pretend", "the line broke", bytes_written=cut)

    def read(self, timeout_seconds: float) -> bytes:
        if not self._is_open:
            raise Lost("pretend", "the line broke")
        until = self.time + timeout_seconds
        while not (data := self.wire.take(self.time)) and self.time < until:
            self._pass(min(until, self.time + STEP_SECONDS))
        return data

    def _pass(self, until: float) -> None:
        self.time = until
        if self.luck.random() < 0.02:
            name = self.luck.choice(SWITCHES)
            setattr(self.core.faults, name, not getattr(self.core.faults, name))
        if self.luck.random() < 0.5:
            self.wire.carry(self.core.go_on(self.time), self.time)


def wanted(label: Label) -> set[str]:
    core = EmulatedLabelPrinter()
    core.feed(render(label, 203), 0.0)
    return {sheet.text() for sheet in core.sheets}


@pytest.mark.parametrize("seed", range(8))
def test_nothing_but_the_labels_that_were_asked_for_comes_out(seed: int) -> None:
    with seeded(seed) as luck:
        line = BadLabelLine(luck)
        dialogue = LabelDialogue("pretend", line, Patience(), clock=line.now, pause=line.wait)
        allowed: set[str] = set()
        printed = 0
        for number in range(LABELS):
            label = a_label(luck, number)
            allowed |= wanted(label)
            if luck.random() < 0.4:
                line.core.faults = Faults()
            before = len(line.core.sheets)
            try:
                dialogue.print(render(label, 203), 1)
            except DeviceError as error:
                dialogue.close()
                if not error.bytes_written:
                    came = {sheet.text() for sheet in line.core.sheets[before:]}
                    assert came.isdisjoint(wanted(label)), number
                continue
            printed += 1
            assert dialogue.seen.health is Health.READY
            assert {line.core.sheets[-1].text()} == wanted(label), number

        assert {sheet.text() for sheet in line.core.sheets} <= allowed
        assert (line.core.resets, line.core.unknown) == (0, [])
        assert printed > LABELS // 8
        enough(line.wire.met, LABELS // 2, WITHOUT_DAMAGE)
        assert line.cuts["cut"] > LABELS // 20


def a_label(luck: random.Random, number: int) -> Label:
    name = f"{luck.choice(NAMES)} {number}"
    if luck.random() < 0.3:
        return address_label((name, "113 51 STOCKHOLM"), ("Skobutiken",), code=f"ORD-{number}")
    return price_label(name, "1 299,00 kr", code="9520000000004")


def test_the_kinds_of_a_line_with_checksums_change_no_byte() -> None:
    assert not {Mischief.FLIP, Mischief.NOISE, Mischief.LOSE_BYTE} & set(WITHOUT_DAMAGE)
