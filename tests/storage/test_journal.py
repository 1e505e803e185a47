"""The journal on a real disk: append-only, chained, and able to name what is wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from central_sync.retail.journal import GENESIS, Broken, chain_hash
from central_sync.wire.entries import EntryKind
from central_sync.wire.keys import verify
from pos_client.register.state import Register
from pos_client.storage.journal import JournalReader
from tests.storage.disk import KEY, Disk, body_of


def tamper(path: Path, sql: str) -> None:
    """What somebody with an SQLite shell might do: the triggers go first."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER journal_is_never_changed")
        connection.execute("DROP TRIGGER journal_is_never_deleted")
        connection.execute(sql)
        connection.commit()


def broken_after(home: Path, sql: str, *, entries: int = 5) -> Broken | None:
    with Disk(home) as disk:
        disk.notes(entries)
    tamper(home / "receipts.db", sql)
    with Disk(home) as disk:
        return disk.records.journal.first_broken()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal SET body = x'00'",
        "DELETE FROM journal",
        "REPLACE INTO journal SELECT * FROM journal WHERE sequence = 1",
    ],
)
def test_an_entry_is_neither_changed_nor_deleted_nor_replaced(tmp_path: Path, sql: str) -> None:
    with Disk(tmp_path) as disk:
        connection = disk.notes(2).records.database.conn
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(sql)
        assert disk.records.journal.first_broken() is None


def test_a_whole_journal_passes_its_check(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        assert disk.notes(20).records.journal.first_broken() is None


def test_every_entry_is_chained_to_the_one_before_and_signed(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        entries = disk.notes(3).records.journal.entries_after(1, 0, 10, 1 << 20)
    before = GENESIS
    for entry in entries:
        assert entry.previous_hash == before
        assert entry.hash == chain_hash(before, entry.body)
        assert verify(KEY.public, entry.signature, entry.hash)
        before = entry.hash


def test_a_changed_body_is_named(tmp_path: Path) -> None:
    sql = "UPDATE journal SET body = CAST(body || ' ' AS BLOB) WHERE sequence = 3"
    assert broken_after(tmp_path, sql) == Broken(1, 3, "has been changed")


def test_a_missing_entry_is_named(tmp_path: Path) -> None:
    sql = "DELETE FROM journal WHERE sequence = 2"
    assert broken_after(tmp_path, sql) == Broken(1, 2, "missing")


def test_a_journal_that_lost_its_beginning_is_named(tmp_path: Path) -> None:
    sql = "DELETE FROM journal WHERE sequence = 1"
    assert broken_after(tmp_path, sql) == Broken(1, 1, "missing")


def test_a_forged_hash_is_named_where_the_next_one_does_not_follow(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.notes(5)
        (entry,) = disk.records.journal.entries_after(1, 2, 1, 1 << 20)
    body = entry.body.replace(b"1001", b"1002")
    forged = chain_hash(entry.previous_hash, body)
    tamper(
        tmp_path / "receipts.db",
        f"UPDATE journal SET body = x'{body.hex()}', hash = x'{forged.hex()}' WHERE sequence = 3",
    )
    with Disk(tmp_path) as disk:
        found = disk.records.journal.first_broken()
    assert found == Broken(1, 4, "does not follow the entry before")


def test_of_several_faults_the_first_is_named(tmp_path: Path) -> None:
    sql = "UPDATE journal SET body = CAST(body || ' ' AS BLOB) WHERE sequence >= 2"
    assert broken_after(tmp_path, sql) == Broken(1, 2, "has been changed")


def test_what_was_proven_before_is_not_walked_again(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.notes(5)
    tamper(tmp_path / "receipts.db", "UPDATE journal SET body = x'00' WHERE sequence = 2")
    with Disk(tmp_path) as disk:
        assert disk.records.journal.first_broken({1: 3}) is None
        assert disk.records.journal.first_broken({1: 9}) == Broken(1, 9, "missing")


def test_each_epoch_is_a_chain_of_its_own(tmp_path: Path) -> None:
    with Disk(tmp_path, epoch=1) as disk:
        disk.notes(2)
    with Disk(tmp_path, epoch=2) as disk:
        disk.notes(3)
        heads = disk.records.journal.heads()
        assert [(head.epoch, head.sequence) for head in heads] == [(1, 2), (2, 3)]
        assert disk.records.journal.first_broken() is None


def test_the_journal_goes_on_where_it_was_left(tmp_path: Path) -> None:
    for _ in range(3):
        with Disk(tmp_path) as disk:
            disk.notes(2)
    with Disk(tmp_path) as disk:
        assert disk.records.head.sequence == 6
        assert JournalReader(disk.records.database).first_broken() is None


def test_an_act_that_fails_leaves_no_entry_and_the_head_where_it_was(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.notes(1)
        head = disk.records.head
        with pytest.raises(ZeroDivisionError):
            _half_an_act(disk)
        assert (disk.records.head, disk.count("journal")) == (head, 1)
        assert disk.notes(1).records.journal.first_broken() is None


def _half_an_act(disk: Disk) -> None:
    with disk.records.act(Register(), disk.totals) as act:
        act.journal(body_of(EntryKind.STARTED, {}))
        _ = 1 // 0
