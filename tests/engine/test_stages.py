"""How safe the journal is said to be: no more than central proved, and no less."""

from __future__ import annotations

from typer.testing import CliRunner

from central_sync.cli import sync
from central_sync.engine.doctor import examine
from central_sync.engine.plan import Fork, Mark
from central_sync.engine.round import contact
from central_sync.engine.stages import Stage, safe_marks, stages
from central_sync.retail.journal import JournalEntry
from central_sync.wire.messages import Head
from tests.engine.conftest import Shop
from tests.storage.disk import Disk, a_receipt

LAST_NIGHT = "2026-11-21T22:30:00.000Z"


def head_of(entry: JournalEntry) -> Head:
    return Head(epoch=entry.epoch, sequence=entry.sequence, hash=entry.hash)


def backed_up(shop: Shop, *heads: Head, at: str = LAST_NIGHT) -> tuple[Stage, Stage, Stage]:
    """The stages once central has named what its backup holds."""
    shop.central.safe, shop.central.backup_at = list(heads), at
    contact(shop.workstation)
    return stages(shop.workstation.store.state(), shop.journal)


def test_three_stages_are_counted_each_with_its_oldest(shop: Shop) -> None:
    third = shop.journal.append(count=3)
    contact(shop.workstation)
    shop.journal.append(count=2)
    shop.central.safe, shop.central.backup_at = [head_of(third)], LAST_NIGHT
    contact(shop.workstation, dry_run=True)

    here, central, backup = stages(shop.workstation.store.state(), shop.journal)

    assert here == Stage("here", 5, 0)
    assert central == Stage("central", 3, 2, "2026-11-22T12:00:04.000Z")
    assert backup == Stage("backup", 3, 2, "2026-11-22T12:00:04.000Z")


def test_a_backup_that_holds_another_entry_of_the_number_is_not_believed(shop: Shop) -> None:
    shop.journal.append(count=3)
    _, _, backup = backed_up(shop, Head(epoch=1, sequence=2, hash=bytes(32)))
    assert (backup.entries, backup.lacking) == (0, 3)


def test_what_a_newer_backup_lacks_is_safe_no_longer(shop: Shop) -> None:
    first, last = shop.journal.append(), shop.journal.append(count=4)
    _, _, before = backed_up(shop, head_of(last))
    _, _, after = backed_up(shop, head_of(first), at="2026-11-22T22:30:00.000Z")
    _, _, gone = backed_up(shop, at="")
    assert (before.entries, after.entries, gone.entries) == (5, 1, 0)


def test_of_a_forked_series_what_both_share_is_safe(shop: Shop) -> None:
    shared = shop.journal.append(count=2)
    limit = Mark(1, 2, shared.hash)
    theirs = Head(epoch=1, sequence=9, hash=bytes(32))

    assert safe_marks([theirs], lambda _e, _s: None, {1: limit}) == {1: limit}
    assert safe_marks([theirs], lambda _e, _s: None, {1: Mark(1)}) == {}

    shop.journal.append(count=3)
    shop.journal.append(epoch=2, count=3)
    store = shop.workstation.store
    store.add_forks([Fork("fork", 1, 2, shared.hash)], LAST_NIGHT)
    store.set_safe([limit], LAST_NIGHT)
    here, _, backup = stages(store.state(), shop.journal)
    assert (here.entries, backup.entries, backup.lacking) == (5, 2, 3)


def test_status_says_how_safe_it_is_in_eighty_columns(shop: Shop) -> None:
    home = str(shop.workstation.home)
    contact(shop.workstation)
    assert "Journal:" not in CliRunner().invoke(sync, ["status", "--home", home]).stdout
    (finding,) = [each for each in examine(shop.workstation.home) if each.name == "backup"]
    assert (finding.is_good, finding.finding) == (True, "nothing to lose yet")
    with Disk(shop.workstation.home) as disk:
        disk.files(a_receipt(1))
    text = CliRunner().invoke(sync, ["status", "--home", home]).stdout
    assert "Journal: 1 entry committed here" in text
    assert "safe in central's backup: 0; the oldest missing is from" in text
    assert max(len(line) for line in text.splitlines()) <= 80
