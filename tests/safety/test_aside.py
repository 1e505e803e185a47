"""What a restore or a rescue put aside is named by the doctor, and never deleted."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from central_sync.engine.doctor_aside import folders_aside
from central_sync.engine.findings import Finding
from central_sync.engine.plan import Mark
from central_sync.engine.safety.aside import folder_of, note_aside
from central_sync.engine.safety.rescue import rescue
from central_sync.engine.state import SyncStore
from central_sync.engine.workstation import iso
from tests.safety.damage import page_of, spoil, written
from tests.safety.homes import a_till

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def named(home: Path) -> list[Finding]:
    return list(folders_aside(home, NOW))


def put_aside(home: Path, *, is_needed: bool | None, days: int = 3) -> Path:
    folder = folder_of(home, "replaced", NOW - timedelta(days=days))
    folder.mkdir()
    (folder / "receipts.db").write_bytes(bytes(4_000_000))
    if is_needed is not None:
        note_aside(folder, is_needed=is_needed)
    return folder


def backed_up(home: Path, at: datetime) -> None:
    newest = written(home)[-1]
    with closing(SyncStore(home)) as store:
        store.set_safe([Mark(1, newest.sequence, newest.hash)], iso(at))


def test_a_home_without_such_folders_has_nothing_to_name(tmp_path: Path) -> None:
    assert named(a_till(tmp_path / "till", 1)) == []


@pytest.mark.parametrize(
    ("is_needed", "is_good", "told"),
    [(False, True, "Delete it by hand when"), (None, True, "is missed"), (True, False, "rescue")],
)
def test_a_folder_is_named_with_size_age_and_when_it_may_go(
    tmp_path: Path, is_needed: bool | None, is_good: bool, told: str
) -> None:
    home = a_till(tmp_path / "till", 1)
    folder = put_aside(home, is_needed=is_needed)
    (found,) = named(home)
    assert found.finding.startswith(f"{folder.name}: 4 MB, 3 days old")
    assert (found.is_good, told in found.fix) == (is_good, True)
    assert folder.exists()


@pytest.mark.parametrize(("days", "told"), [(1, "may be deleted now"), (5, "Delete it by hand")])
def test_it_may_go_when_a_newer_backup_of_central_holds_the_journal(
    tmp_path: Path, days: int, told: str
) -> None:
    home = a_till(tmp_path / "till", 2)
    put_aside(home, is_needed=False)
    backed_up(home, NOW - timedelta(days=days))
    assert told in named(home)[0].fix


def test_a_rescue_in_place_leaves_a_folder_that_is_kept_while_something_is_lost(
    tmp_path: Path,
) -> None:
    home = a_till(tmp_path / "till", 4)
    entries = written(home)
    spoil(home, page_of(home, entries[1]))
    rescue(home, now=lambda: NOW)
    (found,) = named(home)
    assert (found.is_good, "in no other place" in found.finding) == (False, True)
