"""A control unit on a bad line: a code told is the unit's only one for that very receipt.

The judge is the unit's own memory. CCSP's first version repeats no number in its answers, so
on its line none comes twice or in another order; XCCSP's answers belong to their requests.
A greeting is never repeated: it is the fence behind which nothing old can come.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.emulators.fiscal import EmulatedUnit
from hardware.emulators.fiscal_mouths import Mouth
from hardware.errors import Burnt, DeviceError
from tests.contracts.fiscal_contract import a_request
from tests.hardware.fiscal.pretend import Impatient, Lane, PretendWire, mouth_of
from tests.hardware.fuzz.bad_wire import EVERYTHING, BadWire, Mischief, enough, seeded

REPEATED = (Mischief.DUPLICATE, Mischief.STALE, Mischief.REORDER)
DOCUMENTS = (Mischief.DROP, Mischief.DELAY, Mischief.TRUNCATE)
RECEIPTS = 300


class BadUnitWire(PretendWire):
    """A pretend wire that is bad in both directions."""

    def __init__(self, mouth: Mouth, luck: random.Random, kinds: tuple[Mischief, ...]) -> None:
        super().__init__(mouth)
        asking = [kind for kind in kinds if kind not in REPEATED]
        self.there = BadWire(luck, asking, rate=45, longest_delay_seconds=1.5)
        self.back = BadWire(
            luck,
            kinds,
            rate=45,
            longest_delay_seconds=1.5,
            may_be_stale=lambda said: b"IR#" not in said,
        )
        self._is_stream = kinds != DOCUMENTS

    @property
    def met(self) -> Counter[Mischief]:
        return self.there.met + self.back.met

    def close(self) -> None:
        """What is under way stays so: the other end knows nothing of it."""

    def write(self, data: bytes, timeout_seconds: float) -> None:
        if not self._is_stream:
            self.there.clear()
            self.back.clear()
        self.sent.append(data)
        self.there.carry(data, self.now)
        self._hand_over()

    def read(self, timeout_seconds: float) -> bytes:
        until = self.now + timeout_seconds
        while not (data := self.back.take(self.now)):
            arrives = min(self.there.next_at(), self.back.next_at())
            if arrives > until:
                self.now = until
                return b""
            self.now = max(self.now, arrives)
            self._hand_over()
        return data

    def _hand_over(self) -> None:
        while data := self.there.take(self.now):
            for said in self.mouth.feed(data):
                self.back.carry(said.data, self.now + said.after_seconds)


def kinds_of(protocol: str) -> tuple[Mischief, ...]:
    match protocol:
        case "xccsp":
            return DOCUMENTS
        case "ccsp version 1":
            return tuple(kind for kind in EVERYTHING if kind not in REPEATED)
    return EVERYTHING


@pytest.fixture
def ledger_path(tmp_path: Path) -> Iterator[Path]:
    """In memory where the machine has such a folder: nothing is killed here, so nothing
    has to be on a disk, and a thousand receipts make three thousand syncs."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK):
        yield tmp_path / "fiscal.jsonl"
        return
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield Path(name) / "fiscal.jsonl"


@pytest.mark.parametrize("protocol", ["ccsp", "ccsp version 1", "kd", "xccsp"])
@pytest.mark.parametrize("seed", range(5))
def test_a_code_told_is_the_units_only_one_for_that_receipt(
    protocol: str, seed: int, ledger_path: Path
) -> None:
    with seeded(seed) as luck:
        lane = Lane(protocol, ledger_path, EmulatedUnit())
        wire = BadUnitWire(mouth_of(protocol, lane.unit), luck, kinds_of(protocol))
        lane.wire, lane.line = wire, Impatient(wire)
        told: dict[str, str] = {}
        try:
            for number in range(RECEIPTS):
                request = a_request(f"{number:04}", receipt_number=f"1-1-{number}")
                for _ in range(luck.randrange(1, 4)):
                    lane.unit.faults.no_repeat = luck.random() < 0.2
                    try:
                        told[str(number)] = lane.seal(request).code
                    except Burnt:
                        break
                    except DeviceError:
                        continue
                    break
                if luck.random() < 0.04:
                    lane.restart()
                    # A new process greets the unit before it asks anything.
                    lane.line.is_clean = False
        finally:
            lane.close()

        stored: dict[str, list[str]] = {}
        for one in lane.unit.stored:
            stored.setdefault(one.number, []).append(one.code)
        assert {number: [code] for number, code in told.items()}.items() <= stored.items()
        assert [codes for codes in stored.values() if len(codes) > 1] == []
        assert len(told) > RECEIPTS // 10
        enough(wire.met, 3 * RECEIPTS // 2, kinds_of(protocol))
