"""Killed at every step of a seal, with three dialects and a unit that repeats or does not.

The judge is the unit's own ledger: every printed receipt has exactly one record under its
number and that record's code, and every other record is explained by a burnt number.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from central_sync.wire.entries import EntryKind
from hardware.emulators.fiscal_book import FileBook
from pos_client.register import commands
from tests.builders import ANNA, SHOES
from tests.checkout.core_harness import Desk, a_home
from tests.checkout.crashing import Reaper
from tests.checkout.crashing_seal import BOOK, a_unit

NEVER = Reaper(10**9)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a disk: a death of the process asks nothing of the disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as name:
        yield Path(name)


@pytest.fixture(autouse=True)
def nobody_is_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("completion", "copying"):
        monkeypatch.setattr(f"pos_client.checkout.{room}.PATIENCE_SECONDS", 60.0)


def deaths(folder: Path, protocol: str, mode: str) -> Iterator[Path]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.checkout.crashing_seal", str(folder), protocol, mode],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    homes = sorted(folder.glob("died-at-*"))
    assert len(homes) == int(done.stdout) + 1 > 40
    for home in homes:
        yield home
        shutil.rmtree(home)


@pytest.mark.parametrize(
    ("protocol", "mode"),
    [("ccsp", "repeats"), ("ccsp", "burns"), ("kd", "burns"), ("xccsp", "repeats")],
)
def test_every_receipt_has_one_code_whenever_the_register_dies(
    folder: Path, protocol: str, mode: str
) -> None:
    home = a_home(folder / "base")
    with Desk(home, a_unit(home, protocol, NEVER, repeats=True).start()) as desk:
        desk.signs_on(ANNA).opens("1000").scans(SHOES).pays_card()
    gaps = 0
    for died in deaths(folder, protocol, mode):
        gaps += judged(died, protocol, repeats=mode == "repeats")
    assert bool(gaps) is (mode == "burns")


def judged(home: Path, protocol: str, *, repeats: bool) -> int:
    """How many numbers were burnt, after the register was started again and went on."""
    unit = a_unit(home, protocol, NEVER, repeats=repeats).start()
    with Desk(home, unit) as desk:
        go_on(desk)
        sold = {str(receipt.number): receipt.seal for receipt in desk.sold()}
        burnt = [b.payload["number"] for b in desk.bodies() if b.kind == EntryKind.NUMBER_BURNT]
        copies = [b.payload for b in desk.bodies() if b.kind == EntryKind.RECEIPT_COPIED]
    stored = FileBook(home / BOOK).read()
    normal = [one for one in stored if one.kind == "normal"]
    copied = [one for one in stored if one.kind == "kopia"]
    assert len(sold) == 2, home.name
    for number, seal in sold.items():
        assert seal is not None
        assert [seal.code] == [one.code for one in normal if one.number == number], home.name
    assert {one.number for one in normal} <= {*sold, *map(str, burnt)}, home.name
    assert len(copied) == 1, home.name
    assert [c["is_lost"] or c["seal"]["code"] == copied[0].code for c in copies] == [True]
    return len(burnt) + sum(bool(copy["is_lost"]) for copy in copies)


def go_on(desk: Desk) -> None:
    """Finish what was begun: the sale, if it is not made yet, and the copy."""
    if len(desk.sold()) < 2:
        if not desk.state.has_basket:
            desk.scans(SHOES)
        desk.pays_card()
    newest = desk.sold()[-1]
    if not desk.receipts.is_copied(newest.receipt_id):
        desk.do(commands.CopyReceipt(newest.receipt_number))
