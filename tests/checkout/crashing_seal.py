"""A sale that dies by SIGKILL at every durable step and every group of bytes of its seal.

    python -m tests.checkout.crashing_seal FOLDER PROTOCOL REPEATS

As `crashing`, but with a real control unit's driver: its ledger, its bytes in groups, and an
emulated unit whose own file is what judges. A step is every statement of the register that
writes, both sides of a ledger line and half of one, and every group of bytes either way.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from hardware.emulators.fiscal import EmulatedUnit, Faults
from hardware.emulators.fiscal_book import FileBook
from hardware.fiscal.ledger import Ledger
from hardware.fiscal.unit import ControlUnit
from pos_client.register import commands
from tests.builders import SHOES
from tests.checkout.core_harness import Desk
from tests.checkout.crashing import Reaper, until_it_lives
from tests.hardware.fiscal.pretend import PretendWire, dialect_of, mouth_of

GROUP_BYTES = 40
BOOK, LEDGER = "unit-book.jsonl", "fiscal.jsonl"


class MortalLedger(Ledger):
    """Three steps a line: before it, in the middle of it, and when it is on the disk."""

    def __init__(self, path: Path, reaper: Reaper) -> None:
        self._reaper = reaper
        super().__init__(path)

    def _append(self, line: bytes) -> None:
        self._reaper.step()
        if self._reaper.is_next:
            os.write(self._file, line[: len(line) // 2])
        self._reaper.step()
        super()._append(line)
        self._reaper.step()


class MortalWire(PretendWire):
    """A step at each group of bytes, out and in; real time, since nobody is slow."""

    def __init__(self, protocol: str, unit: EmulatedUnit, reaper: Reaper) -> None:
        super().__init__(mouth_of(protocol, unit), portion=GROUP_BYTES)
        self._reaper = reaper
        self._is_document = protocol == "xccsp"

    def write(self, data: bytes, timeout_seconds: float) -> None:
        group = len(data) if self._is_document else GROUP_BYTES
        self._portion = group
        for at in range(0, len(data), group):
            self._reaper.step()
            super().write(data[at : at + group], timeout_seconds)
            self._reaper.step()

    def read(self, timeout_seconds: float) -> bytes:
        self._portion = 4096 if self._is_document else GROUP_BYTES
        data = super().read(timeout_seconds)
        if data:
            self._reaper.step()
        return data


def a_unit(home: Path, protocol: str, reaper: Reaper, *, repeats: bool) -> ControlUnit:
    faults = Faults(no_repeat=not repeats)
    wire = MortalWire(protocol, EmulatedUnit(FileBook(home / BOOK), faults), reaper)
    return ControlUnit(
        "mortal", dialect_of(protocol), wire, lambda: MortalLedger(home / LEDGER, reaper)
    )


def live(home: Path, protocol: str, last: int, *, repeats: bool) -> None:
    for room in ("completion", "copying"):
        setattr(import_module(f"pos_client.checkout.{room}"), "PATIENCE_SECONDS", 60.0)  # noqa: B010
    reaper = Reaper(last)
    unit = a_unit(home, protocol, reaper, repeats=repeats).start()
    with Desk(home, unit, on_statement=reaper.on_statement) as desk:
        desk.do(commands.ScanCode(SHOES)).do(commands.Pay("card"))
        desk.do(commands.CopyReceipt())


if __name__ == "__main__":
    _folder, _protocol, _repeats = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "repeats"
    print(until_it_lives(_folder, lambda home, last: live(home, _protocol, last, repeats=_repeats)))
