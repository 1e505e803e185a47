"""A backup is made while the till sells, opens only for who may, and comes back whole."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.former_keys import former_keys, remember_former
from central_sync.engine.home_keys import DATA_KEY, IN_KEYRING, STORE_KEY, KeysAway, kept_keys
from central_sync.engine.plan import Mark
from central_sync.engine.safety.backup import make_backup
from central_sync.engine.safety.copies import of_disk_or_file
from central_sync.engine.safety.restore import restore, still
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.state import Grant, SyncStore, read_state
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.workstation import only_one
from central_sync.masterfile.check import check_master
from central_sync.wire.archive import Secrets
from pos_client.bootstrap.process import alone
from pos_client.bootstrap.who import identity_of
from pos_client.errors import CannotStart
from pos_client.register.state import Completing, Register
from pos_client.storage.prints import PrintSpool
from tests.safety.homes import STORE_KEYS, a_till, enrolled, journal_of
from tests.storage.disk import AT, Disk, a_receipt

PASSPHRASE = "fyra ord ur en bok"
BY_STORE = Secrets(keys=STORE_KEYS)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def a_backup(home: Path, folder: Path, passphrase: str = "") -> Path:
    return Path(make_backup(home, folder, passphrase).path)


def test_a_till_comes_back_whole_in_an_empty_home(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till", sent=2)
    path = a_backup(home, tmp_path / "backups")
    new = tmp_path / "new"
    done = restore(new, path, BY_STORE)
    assert journal_of(new) == journal_of(home)
    assert read_state(new).mark(1) == read_state(home).mark(1)
    assert check_master(new / "master.db", store_id="s01").counts["item"] == 4
    for name in ("workstation.toml", "keys/workstation.key", "keys/central.pub"):
        assert (new / name).read_bytes() == (home / name).read_bytes()
    assert kept_keys(new, DATA_KEY)
    assert kept_keys(new, STORE_KEY)
    assert done.heads == ("1:3",)


def test_a_backup_is_one_moment_although_the_till_sells_on(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    with Disk(home) as disk:
        sold = 3

        def sell_meanwhile(what: str, done: int, total: int) -> None:
            nonlocal sold
            sold += 1
            disk.files(a_receipt(sold))
            entry = disk.records.journal.entry(1, sold)
            assert entry is not None
            with closing(SyncStore(home)) as store:
                store.set_marks({1: Mark(1, sold, entry.hash)})

        made = make_backup(home, tmp_path / "backups", progress=sell_meanwhile)
    assert sold > 6
    assert made.heads == ("1:3",)
    restore(tmp_path / "new", Path(made.path), BY_STORE)
    assert journal_of(tmp_path / "new") == journal_of(home)[:3]


def test_no_key_and_no_receipt_lies_open_in_a_backup(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    content = a_backup(home, tmp_path / "backups").read_bytes()
    for name in ("workstation.key", "data.key", "store.key"):
        assert (home / "keys" / name).read_bytes() not in content
    assert b"PRIVATE KEY" not in content
    assert "Löparsko".encode() not in content
    assert not (home / "backup.work").exists()


def test_a_passphrase_opens_it_where_no_store_key_is(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups", PASSPHRASE)
    with pytest.raises(SafetyTrouble, match="--passphrase-file"):
        restore(tmp_path / "new", path, Secrets("another four words"))
    restore(tmp_path / "new", path, Secrets(PASSPHRASE))
    assert journal_of(tmp_path / "new") == journal_of(home)


def test_a_backup_without_any_secret_is_refused(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    (home / "keys" / "store.key").unlink()
    with pytest.raises(SafetyTrouble, match="passphrase"):
        make_backup(home, tmp_path / "backups")


def test_only_the_newest_of_this_till_are_kept(tmp_path: Path) -> None:
    home, folder = a_till(tmp_path / "till"), tmp_path / "backups"
    other = make_backup(a_till(tmp_path / "other"), folder, now=lambda: NOON - timedelta(days=9))
    Path(other.path).rename(folder / "copy of another.backup")
    enrolled(tmp_path / "other", workstation_id="s01-2")
    foreign = make_backup(tmp_path / "other", folder, now=lambda: NOON - timedelta(days=8))
    made = [
        make_backup(home, folder, keep=2, now=lambda day=day: NOON + timedelta(days=day))  # type: ignore[misc]
        for day in range(4)
    ]
    left = {path.name for path in folder.iterdir()}
    assert left == {Path(each.path).name for each in (made[2], made[3], foreign)}


def test_a_backup_is_the_newest_although_the_clock_was_set_back(tmp_path: Path) -> None:
    home, folder = a_till(tmp_path / "till"), tmp_path / "backups"
    make_backup(home, folder, keep=1, now=lambda: NOON)
    made = make_backup(home, folder, keep=1, now=lambda: NOON - timedelta(days=20_000))
    assert [str(path) for path in folder.iterdir()] == [made.path]


def test_two_backups_of_a_till_are_never_made_at_once(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")

    def another(_what: str, _done: int, _total: int) -> None:
        with pytest.raises(SafetyTrouble, match="is being made already"):
            make_backup(home, tmp_path / "others")

    make_backup(home, tmp_path / "backups", progress=another)
    assert Path(make_backup(home, tmp_path / "others").path).exists()


def test_a_keyring_that_does_not_answer_leaves_everything_where_it_was(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    (home / "keys" / "data.key").write_text(IN_KEYRING)
    with pytest.raises(KeysAway):
        restore(home, path, BY_STORE, replace=True)
    assert len(journal_of(home)) == 3


def test_a_damaged_till_is_not_backed_up_as_if_it_were_whole(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till", 60)
    path = home / "receipts.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(bytes(8192))
    with pytest.raises(SafetyTrouble, match=r"spindel sync rescue"):
        make_backup(home, tmp_path / "backups")
    assert not list((tmp_path / "backups").glob("*.backup"))


def test_a_full_disk_is_not_told_as_damage() -> None:
    with closing(sqlite3.connect(":memory:")) as full:
        full.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.DatabaseError, match="full") as caught:
            full.execute("CREATE TABLE more (of_it TEXT)")

    assert of_disk_or_file("receipts.db", caught.value) is caught.value
    assert "rescue" in str(of_disk_or_file("receipts.db", sqlite3.DatabaseError("malformed")))


def test_a_damaged_backup_changes_nothing(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SafetyTrouble, match="older backup"):
        restore(tmp_path / "new", path, BY_STORE)
    assert not any((tmp_path / "new" / name).exists() for name in ("receipts.db", "sync.db"))


def test_a_home_in_use_is_never_restored_over(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    with alone(home), pytest.raises(SafetyTrouble, match="spindel stop"):
        restore(home, path, BY_STORE, replace=True)
    with only_one(home), pytest.raises(SyncTrouble, match="already running"):
        restore(home, path, BY_STORE, replace=True)
    with still(home, "restore"):
        assert len(journal_of(home)) == 3


def test_a_full_home_is_replaced_only_when_told_and_kept_aside(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    with Disk(home) as disk:
        disk.files(a_receipt(4))
    with pytest.raises(SafetyTrouble, match="--replace"):
        restore(home, path, BY_STORE)
    done = restore(home, path, BY_STORE, replace=True)
    assert len(journal_of(home)) == 3
    assert len(journal_of(Path(done.moved_to))) == 4


def test_a_log_that_its_database_has_left_is_not_played_into_the_restored_one(
    tmp_path: Path,
) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    new = tmp_path / "new"
    new.mkdir()
    with Disk(home) as disk:
        disk.files(a_receipt(4))
        shutil.copy(home / "receipts.db-wal", new)

    with pytest.raises(SafetyTrouble, match=r"has receipts\.db-wal already"):
        restore(new, path, BY_STORE)
    done = restore(new, path, BY_STORE, replace=True)

    assert (Path(done.moved_to) / "receipts.db-wal").exists()
    assert len(journal_of(new)) == 3


def test_entries_that_a_restore_puts_aside_and_nobody_else_has_are_told(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till", 2)
    path = a_backup(home, tmp_path / "backups")
    with Disk(home) as disk:
        disk.files(a_receipt(3), a_receipt(4), a_receipt(5))
        sent = disk.records.journal.entry(1, 3)
    assert sent is not None
    with closing(SyncStore(home)) as store:
        store.set_marks({1: Mark(1, sent.sequence, sent.hash)})
    remember_former(home, "former")

    done = restore(home, path, BY_STORE, replace=True)

    aside = Path(done.moved_to)
    assert done.only_there == 2
    assert len(journal_of(aside)) == 5
    assert former_keys(aside) == ("former",)


def test_another_tills_home_is_refused_even_with_replace(tmp_path: Path) -> None:
    path = a_backup(a_till(tmp_path / "till"), tmp_path / "backups")
    other = enrolled(tmp_path / "other", workstation_id="s01-2")
    with pytest.raises(SafetyTrouble, match="another home"):
        restore(other, path, BY_STORE, replace=True)


def test_a_restored_till_waits_for_a_new_series_of_numbers(tmp_path: Path) -> None:
    path = a_backup(a_till(tmp_path / "till"), tmp_path / "backups")
    new = tmp_path / "new"
    assert restore(new, path, BY_STORE).awaits_new_epoch
    assert read_state(new).awaits_new_epoch
    enrolled(new, epoch=2)
    assert not read_state(new).awaits_new_epoch


def test_a_fresh_enrolment_of_the_same_till_keeps_its_key_and_opens_the_backup(
    tmp_path: Path,
) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    new = enrolled(tmp_path / "new", epoch=2)
    (new / "workstation.toml").write_text('[workstation]\ncentral = "http://127.0.0.1:9"\n')
    done = restore(new, path, Secrets())
    assert (done.is_enrolled_anew, done.awaits_new_epoch) == (True, False)
    assert journal_of(new) == journal_of(home)
    assert read_state(new).newest_epoch == 2
    assert "[devices]" in (new / "workstation.toml").read_text()


def test_a_home_that_has_sold_in_a_newer_series_waits_for_another_one(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    enrolled(home, epoch=2)
    assert not read_state(home).awaits_new_epoch
    done = restore(home, path, BY_STORE, replace=True)
    assert (done.is_enrolled_anew, done.awaits_new_epoch) == (True, True)
    with pytest.raises(CannotStart, match="new series of numbers"):
        identity_of(home, read_state(home))


def test_a_series_granted_to_a_life_that_is_put_aside_is_not_gone_on_in(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    (home / "receipts.db").unlink()
    with closing(SyncStore(home)) as store:
        store.granted(Grant(2, 4), "2026-11-22T09:00:00.000Z")
    assert restore(home, path, BY_STORE, replace=True).awaits_new_epoch


def test_a_damaged_sync_file_is_put_aside_with_the_rest(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    path = a_backup(home, tmp_path / "backups")
    (home / "sync.db").write_bytes(b"no database" * 400)
    with pytest.raises(SafetyTrouble, match="--replace"):
        restore(home, path, BY_STORE)
    done = restore(home, path, BY_STORE, replace=True)
    assert (Path(done.moved_to) / "sync.db").read_bytes().startswith(b"no database")
    assert read_state(home).awaits_new_epoch


def test_what_was_printing_when_it_was_copied_is_a_question_to_a_person(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    with Disk(home) as disk:
        job = disk.spool.next_queued()
        assert job is not None
        disk.spool.began(job.job_id)
        disk.spool.finished(job.job_id)
    path = a_backup(home, tmp_path / "backups")
    restore(tmp_path / "new", path, BY_STORE)
    with Disk(tmp_path / "new") as disk:
        spool = PrintSpool(disk.records.database)
        assert spool.next_queued() is None
        assert [question.receipt_number for question in spool.in_doubt()] == [
            "1-1-2",
            "1-1-3",
        ]


def test_the_commands_answer_facts_and_sentences(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    shutil.rmtree(home / "keys")
    run = CliRunner().invoke
    folder, secret = str(tmp_path / "backups"), tmp_path / "secret"
    refused = run(sync, ["backup", "--to", folder, "--home", str(home)])
    assert (refused.exit_code, refused.stdout) == (1, "")
    secret.write_text("short\n")
    with_file = ["--passphrase-file", str(secret)]
    short = run(sync, ["backup", "--to", folder, *with_file, "--home", str(home)])
    assert "at least 12" in short.stderr
    secret.write_text(f"{PASSPHRASE}\n")
    made = run(sync, ["backup", "--to", folder, *with_file, "--json", "--home", str(home)])
    facts = json.loads(made.stdout)
    assert (facts["opens_with"], facts["heads"]) == (["passphrase"], ["1:3"])
    back = run(sync, ["restore", facts["path"], *with_file, "--home", str(tmp_path / "new")])
    assert back.exit_code == 0
    assert "new series of numbers" in back.stdout


def test_a_mark_ahead_of_the_journal_is_told_and_not_saved(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    with closing(sqlite3.connect(home / "sync.db")) as connection, connection:
        connection.execute("INSERT INTO mark VALUES (1, 9, ?)", (bytes(32),))
    with pytest.raises(SafetyTrouble, match="1:9"):
        make_backup(home, tmp_path / "backups")


def test_a_restored_till_does_not_open_in_its_old_series(tmp_path: Path) -> None:
    path = a_backup(a_till(tmp_path / "till"), tmp_path / "backups")
    new = tmp_path / "new"
    restore(new, path, BY_STORE)
    with pytest.raises(CannotStart, match="new series of numbers"):
        identity_of(new, read_state(new))


def test_a_sale_that_waited_for_its_seal_is_an_open_basket_again(tmp_path: Path) -> None:
    home = a_till(tmp_path / "till")
    with Disk(home) as disk:
        waiting = Register(next_number=4, completing=Completing(4, AT, AT))
        with disk.records.act(waiting, disk.totals):
            pass
    restore(tmp_path / "new", a_backup(home, tmp_path / "backups"), BY_STORE)
    with Disk(tmp_path / "new") as disk:
        state = disk.records.load().state
    assert (state.completing, state.next_number) == (None, 5)
