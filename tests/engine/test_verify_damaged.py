"""A journal with pages that cannot be read: the damage is named by number, the rest is checked."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.plan import Mark
from central_sync.engine.safety.rescued import ranges
from central_sync.engine.verify import Verified, central_heads, verify_journal
from central_sync.engine.workstation import no_progress
from central_sync.retail.journal import JournalEntry
from pos_client.storage.journal import open_for_sync
from tests.engine.conftest import Shop
from tests.safety.damage import page_of, spoil, written
from tests.safety.homes import a_till
from tests.storage.disk import KEY, Disk, a_receipt

RECEIPTS = 12


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return a_till(tmp_path / "till", RECEIPTS)


def spoiled(home: Path, *sequences: int) -> list[JournalEntry]:
    """The entries that lie on the pages of these, whose pages are then overwritten."""
    entries = written(home)
    pages = {page_of(home, entries[sequence - 1]) for sequence in sequences}
    on_them = [entry for entry in entries if page_of(home, entry) in pages]
    spoil(home, *pages)
    return on_them


def verified(home: Path, *central: Mark) -> Verified:
    with closing(open_for_sync(home)) as journal:
        return verify_journal(journal, KEY.public, central, no_progress)


def test_verify_names_the_first_entry_that_cannot_be_read_and_what_to_do(home: Path) -> None:
    gone = spoiled(home, 5)
    answer = CliRunner().invoke(sync, ["verify", "--home", str(home), "--json"])
    facts = json.loads(answer.stdout)
    assert answer.exit_code == 1
    assert facts["first_bad"] == f"1:{gone[0].sequence}"
    assert "spindel sync rescue" in facts["remedies"][1]
    assert facts["epochs"][0]["entries"] == RECEIPTS


def test_entries_around_the_damage_are_read_one_by_one(home: Path) -> None:
    gone = [entry.sequence for entry in spoiled(home, 3, 9)]
    found = verified(home)
    assert found.epochs[0].unreadable == tuple(ranges(1, gone))
    assert len(found.epochs[0].unreadable) > 1
    assert found.first_bad == f"1:{gone[0]}"


def test_an_epoch_whose_newest_entry_cannot_be_read_is_walked_from_its_first(home: Path) -> None:
    gone = spoiled(home, RECEIPTS)
    answer = CliRunner().invoke(sync, ["verify", "--home", str(home)])
    first = gone[0].sequence
    assert f"Epoch 1: {first - 1} entries, FAULT: 1:{first} cannot be read" in answer.stdout
    assert f"cannot be read here: 1:{first} and on" in answer.stdout


def test_a_journal_of_which_nothing_can_be_read_is_bad_from_its_first_entry(home: Path) -> None:
    spoil(home, 1)
    answer = CliRunner().invoke(sync, ["verify", "--home", str(home), "--json"])
    assert json.loads(answer.stdout)["first_bad"] == "1:1"


def test_an_unreadable_entry_is_not_held_against_central(home: Path) -> None:
    newest = spoiled(home, RECEIPTS)[-1]
    found = verified(home, Mark(1, newest.sequence, newest.hash)).epochs[0]
    assert (found.central_fault, found.is_compared) == ("", False)


def test_central_is_asked_though_the_journal_cannot_be_read(shop: Shop) -> None:
    home = shop.workstation.home
    with Disk(home) as disk:
        disk.files(a_receipt(1))
    written(home)
    spoil(home, 1)
    with closing(open_for_sync(home)) as shop.workstation.journal:
        assert central_heads(shop.workstation) == []
