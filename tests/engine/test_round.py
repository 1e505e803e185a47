from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from central_sync.engine.plan import TakeSnapshot, Upload
from central_sync.engine.round import contact, poll_feed, send_receipts
from central_sync.engine.state import read_state
from central_sync.engine.trouble import Code
from central_sync.engine.upload import FIRST_BATCH_ENTRIES
from central_sync.masterfile.check import check_master, open_reader, read_facts
from central_sync.masterfile.search import search
from tests.engine.conftest import Shop
from tests.masterfile.chain import delete, item_row, put


def price(minor: int, sku: str = "LS2-BLA-42") -> dict[str, object]:
    return {"sku": sku, "price_minor": minor}


def shelf_price(shop: Shop) -> int:
    reader = open_reader(shop.workstation.home / "master.db")
    try:
        return search(reader, "LS2-BLA-42", 1)[0].price_minor
    finally:
        reader.close()


def test_the_first_contact_sends_all_and_fetches_all(shop: Shop) -> None:
    shop.journal.append(count=1234)
    report = contact(shop.workstation)
    assert report.troubles == []
    assert (report.receipts, report.is_snapshot_taken) == (1234, True)
    assert [e.hash for e in shop.central.entries[1]] == [e.hash for e in shop.journal.epochs[1]]
    state = read_state(shop.workstation.home)
    assert state.mark(1).sequence == 1234
    assert state.cursors == {"chain": 0, "store:s01": 0}
    assert state.is_online(shop.workstation.now())
    assert shelf_price(shop) == 89900


def test_a_clock_that_is_set_back_hides_no_contact(shop: Shop) -> None:
    contact(shop.workstation)
    before = shop.workstation.now() - timedelta(hours=5)
    shop.workstation.now = lambda: before

    contact(shop.workstation)
    state = read_state(shop.workstation.home)

    assert state.last_contact_at == state.feed_checked_at == shop.workstation.timestamp()
    assert state.is_online(before)


def test_a_dry_run_plans_and_touches_nothing(shop: Shop) -> None:
    shop.journal.append(count=3)
    report = contact(shop.workstation, dry_run=True)
    assert [type(action) for action in report.actions] == [Upload, TakeSnapshot]
    assert shop.central.calls == ["heartbeat"]
    assert shop.central.entries == {}
    assert not (shop.workstation.home / "master.db").exists()


def test_a_lost_reply_leads_to_no_double(shop: Shop) -> None:
    shop.journal.append(count=700)
    shop.central.lost_replies = 1
    first = contact(shop.workstation)
    assert [trouble.code for trouble in first.troubles] == [Code.CUT]
    assert len(shop.central.entries[1]) == FIRST_BATCH_ENTRIES
    assert read_state(shop.workstation.home).mark(1).sequence == 0
    contact(shop.workstation)
    assert len(shop.central.entries[1]) == 700
    assert shop.central.calls.count(f"journal 1-{FIRST_BATCH_ENTRIES}") == 1


def test_batches_grow_while_answers_come_quickly(shop: Shop) -> None:
    shop.journal.append(count=2500)
    send_receipts(shop.workstation)
    assert shop.central.calls == [
        *("journal 1-200", "journal 201-1000", "journal 1001-2000", "journal 2001-2500")
    ]


def test_batches_shrink_on_a_line_that_takes_long(shop: Shop) -> None:
    clock = [shop.workstation.now()]

    def taking_long() -> None:
        clock[0] += timedelta(seconds=10)

    shop.journal.append(count=270)
    shop.workstation.now = lambda: clock[0]
    shop.central.at_work = taking_long
    send_receipts(shop.workstation)
    assert shop.central.calls == [
        *("journal 1-200", "journal 201-250", "journal 251-262", "journal 263-265"),
        *(f"journal {at}-{at}" for at in range(266, 271)),
    ]


def test_what_was_read_ahead_is_sent_only_behind_what_was_proven(shop: Shop) -> None:
    shop.journal.append(count=900)
    shop.central.at_work = lambda: shop.central.forget_entries_after(1, 120)
    contact(shop.workstation)
    shop.central.at_work = lambda: None
    contact(shop.workstation)
    assert [e.hash for e in shop.central.entries[1]] == [e.hash for e in shop.journal.epochs[1]]
    assert read_state(shop.workstation.home).mark(1).sequence == 900


def test_an_upload_goes_on_inside_the_batch_that_was_cut(shop: Shop) -> None:
    shop.journal.append(count=300)
    contact(shop.workstation)
    shop.central.forget_entries_after(1, 120)
    contact(shop.workstation)
    assert "journal 121-300" in shop.central.calls
    assert read_state(shop.workstation.home).mark(1).sequence == 300


def test_a_gap_at_central_is_filled_without_asking_first(shop: Shop) -> None:
    shop.journal.append(count=10)
    contact(shop.workstation)
    shop.central.forget_entries_after(1, 4)
    shop.journal.append()
    assert send_receipts(shop.workstation).troubles == []
    assert len(shop.central.entries[1]) == 11
    assert read_state(shop.workstation.home).mark(1).sequence == 11


def test_a_wrong_hash_at_the_head_is_not_an_acknowledgement(shop: Shop) -> None:
    shop.journal.append(count=5)
    shop.central.wrong_head_hash = True
    report = send_receipts(shop.workstation)
    assert [trouble.code for trouble in report.troubles] == [Code.FORK]
    assert read_state(shop.workstation.home).mark(1).sequence == 0


def test_a_fork_is_told_where_central_is_too_old_to_heal_it_and_prices_still_come(
    shop: Shop,
) -> None:
    shop.journal.append(count=5)
    contact(shop.workstation)
    other = shop.journal.epochs.pop(1)
    shop.journal.append(count=4)
    shop.journal.append(note="another life", count=3)
    shop.central.change(put(0, "price", "LS2-BLA-42", **price(100)))
    shop.central.revision = 0
    report = contact(shop.workstation)
    assert [trouble.code for trouble in report.troubles] == [Code.FORK]
    assert [entry.hash for entry in shop.central.entries[1]] == [entry.hash for entry in other]
    assert shelf_price(shop) == 100
    assert read_state(shop.workstation.home).last_error_code == "fork"


def test_damage_on_this_disk_never_leaves_it(shop: Shop) -> None:
    shop.journal.append(count=5)
    shop.journal.damage(1, 3)
    report = contact(shop.workstation)
    assert [trouble.code for trouble in report.troubles] == [Code.JOURNAL]
    assert "1:3" in str(report.troubles[0])
    assert [entry.sequence for entry in shop.central.entries[1]] == [1, 2]


def test_a_disk_that_is_full_is_told_and_the_receipts_go_up(shop: Shop) -> None:
    shop.journal.append(count=3)
    shop.workstation.store._connection.execute("PRAGMA query_only = ON")
    report = contact(shop.workstation)
    assert {trouble.code for trouble in report.troubles} == {Code.DISK}
    shop.workstation.store._connection.execute("PRAGMA query_only = OFF")
    assert contact(shop.workstation).troubles == []
    assert [e.hash for e in shop.central.entries[1]] == [e.hash for e in shop.journal.epochs[1]]


def test_a_price_change_arrives_by_the_feed(shop: Shop) -> None:
    contact(shop.workstation)
    shop.central.change(put(0, "price", "LS2-BLA-42", **price(79900)))
    report = poll_feed(shop.workstation)
    assert (report.changes, report.troubles) == (1, [])
    assert shelf_price(shop) == 79900
    assert read_state(shop.workstation.home).cursors["chain"] == 1


def damage(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def page_of(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(connection.execute(found, (table,)).fetchone()[0])


@pytest.mark.parametrize("table", ["price", "meta"])
def test_a_catalogue_that_is_found_damaged_is_fetched_anew_and_receipts_go(
    shop: Shop, table: str
) -> None:
    contact(shop.workstation)
    poll_feed(shop.workstation)
    path = shop.workstation.home / "master.db"
    shop.workstation.catalogue.close()
    damage(path, page_of(path, table))
    shop.central.change(put(0, "price", "LS2-BLA-42", **price(79900)))
    shop.journal.append(count=3)

    report = contact(shop.workstation)

    assert (report.receipts, report.is_snapshot_taken, report.troubles) == (3, True, [])
    assert check_master(path, store_id="s01").positions["chain"] == 1


def test_a_catalogue_whose_place_rotted_is_fetched_anew(shop: Shop) -> None:
    contact(shop.workstation)
    poll_feed(shop.workstation)
    with closing(sqlite3.connect(shop.workstation.home / "master.db")) as file, file:
        file.execute("UPDATE meta SET value = 'l0' WHERE key = 'position:chain'")

    assert contact(shop.workstation).is_snapshot_taken


def test_a_damaged_catalogue_is_replaced_when_somebody_asks_for_it(shop: Shop) -> None:
    contact(shop.workstation)
    path = shop.workstation.home / "master.db"
    damage(path, page_of(path, "price"))
    shop.workstation.catalogue.look_over()

    assert contact(shop.workstation).is_snapshot_taken
    assert shelf_price(shop) == 89900
    shop.workstation.catalogue.look_over()
    assert not contact(shop.workstation).is_snapshot_taken


def test_a_damaged_page_is_not_applied(shop: Shop) -> None:
    contact(shop.workstation)
    shop.central.change(put(0, "price", "LS2-BLA-42", **price(1)))
    shop.central.damaged_feed = True
    assert [t.code for t in poll_feed(shop.workstation).troubles] == [Code.FEED_DAMAGED]
    assert shelf_price(shop) == 89900


def test_a_till_away_longer_than_the_feed_is_kept_takes_the_whole_catalogue(shop: Shop) -> None:
    contact(shop.workstation)
    shop.central.change(put(0, "price", "LS2-BLA-42", **price(5)))
    shop.central.floors["chain"] = 1
    report = poll_feed(shop.workstation)
    assert (report.is_snapshot_taken, report.troubles) == (True, [])
    assert read_facts(shop.workstation.home / "master.db").positions["chain"] == 1


def test_a_row_that_does_not_fit_leads_to_the_whole_catalogue(shop: Shop) -> None:
    contact(shop.workstation)
    shop.central.change(put(0, "price", "X", sku="X", price_minor="mycket"))
    report = poll_feed(shop.workstation)
    assert (report.is_snapshot_taken, report.troubles) == (True, [])


def test_a_snapshot_that_was_cut_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.central.cut_after_bytes = 1024
    assert [t.code for t in contact(shop.workstation).troubles] == [Code.CUT]
    assert contact(shop.workstation).is_snapshot_taken
    assert shop.central.offsets == [0, 1024]
    assert not list(shop.workstation.home.glob("snapshot*"))


def test_a_tampered_snapshot_is_refused(shop: Shop) -> None:
    shop.central.flip_snapshot_byte = True
    assert [t.code for t in contact(shop.workstation).troubles] == [Code.SNAPSHOT_DAMAGED]
    assert not (shop.workstation.home / "master.db").exists()
    shop.central.flip_snapshot_byte = False
    assert contact(shop.workstation).is_snapshot_taken


def test_a_damaged_file_is_refused_though_a_central_that_does_not_look_signed_it(
    shop: Shop,
) -> None:
    shop.central.builds_badly = True
    assert [t.code for t in contact(shop.workstation).troubles] == [Code.SNAPSHOT_DAMAGED]
    for name in ("snapshot.new", "snapshot.part", "master.db"):
        assert not (shop.workstation.home / name).exists()


def test_a_snapshot_signed_by_a_stranger_is_refused(shop: Shop) -> None:
    shop.central.forge_signature = True
    assert [t.code for t in contact(shop.workstation).troubles] == [Code.SNAPSHOT_UNSIGNED]
    assert "snapshot" not in shop.central.calls


def test_a_snapshot_that_halves_the_catalogue_is_held_until_a_person_accepts(shop: Shop) -> None:
    contact(shop.workstation)
    shop.central.rows = {**shop.central.rows, "item": shop.central.rows["item"][:1]}
    shop.central.change(put(0, "price", "LS2-BLA-42", **price(7)))
    shop.central.floors["chain"] = 1
    assert [t.code for t in contact(shop.workstation).troubles] == [Code.HELD]
    assert "from 4 to 1" in read_state(shop.workstation.home).held
    assert shelf_price(shop) == 89900
    shop.central.calls.clear()
    assert contact(shop.workstation).troubles == []
    assert shop.central.calls == ["heartbeat"]
    assert contact(shop.workstation, accept=True).is_snapshot_taken
    assert read_state(shop.workstation.home).held == ""
    assert read_facts(shop.workstation.home / "master.db").counts["item"] == 1


def test_a_feed_that_empties_the_catalogue_is_held_until_a_person_accepts(shop: Shop) -> None:
    contact(shop.workstation)
    for sku in ("LS2-BLA-42", "KANGA-SV-40", "STRUMPA-RO"):
        shop.central.change(delete(0, "item", sku))
    assert [t.code for t in poll_feed(shop.workstation).troubles] == [Code.HELD]
    assert shelf_price(shop) == 89900
    report = contact(shop.workstation, accept=True)
    assert (report.changes, report.troubles) == (3, [])
    assert read_facts(shop.workstation.home / "master.db").counts["item"] == 1
    shop.central.change(item_row(0, "NY", "Ny sko", 1))
    assert poll_feed(shop.workstation).troubles == []


def test_a_central_gone_back_to_an_older_catalogue_is_followed(shop: Shop) -> None:
    shop.central.change(put(0, "price", "LS2-BLA-42", **price(3)))
    contact(shop.workstation)
    shop.central.feeds["chain"].clear()
    report = contact(shop.workstation)
    assert report.is_snapshot_taken
    assert read_state(shop.workstation.home).cursors["chain"] == 0


def test_a_missing_master_file_is_fetched_again(shop: Shop) -> None:
    contact(shop.workstation)
    (shop.workstation.home / "master.db").unlink()
    assert contact(shop.workstation).is_snapshot_taken


def test_a_damaged_master_file_is_replaced(shop: Shop, tmp_path: Path) -> None:
    contact(shop.workstation)
    shop.workstation.catalogue.close()
    (shop.workstation.home / "master.db").resolve().write_bytes(b"rubbish" * 1000)
    assert contact(shop.workstation).is_snapshot_taken
    assert shelf_price(shop) == 89900


@pytest.mark.parametrize("count", [0, 1])
def test_a_contact_in_step_writes_little(shop: Shop, count: int) -> None:
    shop.journal.append(count=5)
    contact(shop.workstation)
    if count:
        shop.journal.append()
    report = send_receipts(shop.workstation)
    assert report.receipts == count
    assert report.troubles == []
