"""How receipts.db comes to be, how safe a commit is, and what a disk that refuses leads to."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from central_sync.retail.basket import Basket
from pos_client.register import events as happened
from pos_client.register.shop import SuspendedBasket
from pos_client.register.state import Register
from pos_client.storage import migrating
from pos_client.storage.database import Flusher, durable, lazy, open_reader, open_receipts
from pos_client.storage.errors import StorageDamaged, StorageTrouble, told_plainly
from tests.retail.trade import basket_line
from tests.storage.disk import AT, Disk, a_receipt


def pragma(database: Database, name: str) -> object:
    return database.conn.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_new_file_is_wal_under_full(tmp_path: Path) -> None:
    database = open_receipts(tmp_path / "receipts.db")
    assert (pragma(database, "journal_mode"), pragma(database, "synchronous")) == ("wal", 2)
    database.close()


def test_a_new_files_schema_is_made_safe_before_it_becomes_wal(tmp_path: Path) -> None:
    seen: list[str] = []
    real = sqlite3.connect

    def watched(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(*arguments, **options)
        connection.set_trace_callback(seen.append)
        return connection

    with patch.object(sqlite3, "connect", watched):
        open_receipts(tmp_path / "receipts.db").close()
    created = seen.index("CREATE TABLE created (at TEXT)")
    assert seen.index("PRAGMA synchronous = EXTRA") < created
    assert created < seen.index("PRAGMA journal_mode = WAL")
    assert seen.index("PRAGMA synchronous = FULL") > created


def test_a_file_is_opened_again_as_it_is(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(a_receipt())
    with Disk(tmp_path) as disk:
        assert disk.count("receipt") == 1


def test_a_migration_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    database = open_receipts(tmp_path / "receipts.db")
    before = set(database.table_names())
    bad = Migrations("register")
    script = "CREATE TABLE half (x); INSERT INTO half VALUES (1); CREATE TABLE half (y);"
    bad(name="9999_bad.sql")(migrating._applies(script.replace("; ", ";\n")))
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        bad.apply(database)
    assert set(database.table_names()) == before
    assert "9999_bad.sql" in [migration.name for migration in bad.pending(database)]
    database.close()


def test_a_script_is_not_split_inside_a_trigger_or_a_string() -> None:
    trigger = "CREATE TRIGGER t BEFORE DELETE ON x\nBEGIN\n SELECT 1;\n SELECT 2;\nEND;\n"
    text = "INSERT INTO x VALUES ('a;\nb');\n"
    assert list(migrating.statements(trigger + text)) == [trigger, text]


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    open_receipts(tmp_path / "receipts.db").close()
    reader = open_reader(tmp_path / "receipts.db")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.conn.execute("DELETE FROM receipt")
    reader.close()


def test_a_reader_sees_a_sale_at_once_and_never_half_of_it(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        reader = open_reader(disk.path)
        with disk.records.act(Register(), disk.totals) as act:
            act.suspend(SuspendedBasket(AT, "Anna", Basket("b-1")))
            assert reader.conn.execute("SELECT COUNT(*) FROM suspended_basket").fetchone() == (0,)
        assert reader.conn.execute("SELECT COUNT(*) FROM suspended_basket").fetchone() == (1,)
        reader.close()


def test_an_edit_is_kept_lazily_and_the_next_act_is_full_again(tmp_path: Path) -> None:
    database = open_receipts(tmp_path / "receipts.db")
    with lazy(database) as connection:
        assert pragma(database, "synchronous") == 1
        connection.execute("INSERT INTO register_event (body) VALUES ('{}')")
    assert pragma(database, "synchronous") == 2
    database.close()


def test_full_comes_back_also_when_an_edit_fails(tmp_path: Path) -> None:
    database = open_receipts(tmp_path / "receipts.db")
    with pytest.raises(sqlite3.OperationalError), lazy(database) as connection:
        connection.execute("INSERT INTO nowhere VALUES (1)")
    assert pragma(database, "synchronous") == 2
    database.close()


def test_edits_are_pushed_to_the_disk_soon_after(tmp_path: Path) -> None:
    pushed = threading.Event()
    real = os.fdatasync

    def watched(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("receipts.db-wal"):
            pushed.set()
        real(descriptor)

    with patch.object(os, "fdatasync", watched), Disk(tmp_path) as disk:
        disk.records.save_edits([happened.LineAdded("b-1", basket_line(1, "Sko", 100))])
        assert pushed.wait(5.0)


def test_flushing_a_file_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    flusher = Flusher(tmp_path / "receipts.db")
    flusher.soon()
    flusher.close()


def full(disk: Disk) -> None:
    """No page more: what SQLite says then is what it says on a full disk."""
    pages = disk.records.database.conn.execute("PRAGMA page_count").fetchone()[0]
    disk.records.database.conn.execute(f"PRAGMA max_page_count = {pages}")


def read_only(disk: Disk) -> None:
    disk.records.database.conn.execute("PRAGMA query_only = ON")


@pytest.mark.parametrize(
    ("refuse", "key"), [(full, "storage.full"), (read_only, "storage.read_only")]
)
def test_a_disk_that_refuses_leaves_nothing_half_done(
    tmp_path: Path, refuse: Callable[[Disk], None], key: str
) -> None:
    with Disk(tmp_path) as disk:
        disk.files(a_receipt(1))
        refuse(disk)
        written, trouble = fill_until_refused(disk)
        assert trouble.key == key
        for table in ("journal", "receipt", "print_job", "stock_movement"):
            assert disk.count(table) == written
        assert disk.records.head.sequence == written
    with Disk(tmp_path) as disk:
        assert disk.records.journal.first_broken() is None
        assert disk.records.load().state.next_number == written + 1
        disk.files(a_receipt(written + 1))
        assert disk.count("receipt") == written + 1


def fill_until_refused(disk: Disk) -> tuple[int, StorageTrouble]:
    """How many receipts are written when the disk refuses, and what it said."""
    for number in range(2, 200):
        try:
            disk.files(a_receipt(number))
        except StorageTrouble as trouble:
            return number - 1, trouble
    raise AssertionError("the disk took everything")


@pytest.mark.parametrize(("refuse", "key"), [(read_only, "storage.read_only")])
def test_a_scan_on_a_disk_that_refuses_is_told_plainly(
    tmp_path: Path, refuse: Callable[[Disk], None], key: str
) -> None:
    with Disk(tmp_path) as disk:
        refuse(disk)
        with pytest.raises(StorageTrouble) as caught:
            disk.records.save_edits([happened.LineAdded("b-1", basket_line(1, "Sko", 100))])
        assert caught.value.key == key
        assert disk.count("register_event") == 0


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "receipts.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(StorageDamaged):
        open_receipts(tmp_path / "receipts.db")


def test_a_torn_database_is_called_damaged(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(*(a_receipt(number) for number in range(1, 20)))
    path = tmp_path / "receipts.db"
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 6] = b"\xff" * 4096 * 4
    path.write_bytes(content)
    with pytest.raises(StorageDamaged):
        open_receipts(path)


def test_a_folder_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StorageTrouble) as caught:
        open_receipts(tmp_path / "nowhere" / "receipts.db")
    assert caught.value.key == "storage.cannot_open"


def test_a_bug_of_ours_is_not_called_trouble_with_the_disk(tmp_path: Path) -> None:
    database = open_receipts(tmp_path / "receipts.db")
    with pytest.raises(sqlite3.OperationalError), durable(database) as connection:
        connection.execute("INSERT INTO nowhere VALUES (1)")
    database.close()
    with pytest.raises(sqlite3.ProgrammingError), told_plainly():
        database.conn.execute("SELECT 1")
