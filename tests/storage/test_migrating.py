"""An update of receipts.db: a copy first, all or nothing, and never while a fork is open."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from central_sync.engine.plan import Fork
from central_sync.engine.state import Identity, SyncStore
from pos_client.storage.database import open_receipts
from pos_client.storage.migrating import COPIES, FOLDER, MigrationRefused, migrate
from tests.storage.disk import Disk, a_receipt

GOOD = "CREATE TABLE good (x INTEGER) STRICT;\n"
BAD = "CREATE TABLE half (x INTEGER) STRICT;\nINSERT INTO half VALUES ('no number');\n"


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """The product's migrations, to which a test adds."""
    return Path(shutil.copytree(Path(str(FOLDER)), tmp_path / "steps"))


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {row[0] for row in rows}


def update(path: Path, steps: Path) -> None:
    database = Database(sqlite3.connect(path, isolation_level=None))
    try:
        migrate(database, path, steps)
    finally:
        database.close()


def sold(home: Path) -> Path:
    with Disk(home) as disk:
        disk.files(a_receipt())
        return disk.path


def test_an_update_copies_the_file_first(tmp_path: Path, steps: Path) -> None:
    path = sold(tmp_path)
    (steps / "9998_good.sql").write_text(GOOD)

    update(path, steps)

    (copy,) = (tmp_path / COPIES).iterdir()
    assert "good" in tables(path)
    assert "good" not in tables(copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM receipt").fetchone() == (1,)


def test_an_update_that_fails_half_way_changes_nothing_at_all(tmp_path: Path, steps: Path) -> None:
    path = sold(tmp_path)
    before = tables(path)
    (steps / "9998_good.sql").write_text(GOOD)
    (steps / "9999_bad.sql").write_text(BAD)

    with pytest.raises(MigrationRefused, match="nothing was changed"):
        update(path, steps)

    assert tables(path) == before
    with Disk(tmp_path) as disk:
        assert disk.count("receipt") == 1


def test_a_new_file_needs_no_copy(tmp_path: Path) -> None:
    sold(tmp_path)
    assert not (tmp_path / COPIES).exists()


def test_only_the_newest_copies_are_kept(tmp_path: Path, steps: Path) -> None:
    path = sold(tmp_path)
    for number in range(9990, 9994):
        (steps / f"{number}_more.sql").write_text(f"CREATE TABLE t{number} (x INTEGER) STRICT;\n")
        update(path, steps)
    names = sorted(copy.name for copy in (tmp_path / COPIES).iterdir())
    assert names == ["receipts-9991.db", "receipts-9992.db"]


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path, steps: Path) -> None:
    path = sold(tmp_path)
    (steps / "9998_good.sql").write_text(GOOD)
    update(path, steps)

    with pytest.raises(MigrationRefused, match="newer program"):
        open_receipts(path)


def test_nothing_is_updated_while_a_fork_is_open(tmp_path: Path, steps: Path) -> None:
    path = sold(tmp_path)
    identity = Identity("s01-1", "1", "s01", "Två Par", "Två Par AB", "SE", "key")
    with closing(SyncStore(tmp_path)) as store:
        store.enrolled(identity, 1, "2026-11-22T07:00:00.000Z")
        store.add_forks([Fork("fork", 1, 1, bytes(32))], "2026-11-22T08:00:00.000Z")
    (steps / "9998_good.sql").write_text(GOOD)

    with pytest.raises(MigrationRefused, match="spindel sync now"):
        update(path, steps)

    assert "good" not in tables(path)
    assert not (tmp_path / COPIES).exists()
