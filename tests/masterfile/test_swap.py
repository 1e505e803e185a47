from __future__ import annotations

import os
from pathlib import Path

import pytest

from central_sync.masterfile.apply import apply_page, open_for_apply
from central_sync.masterfile.build import build_master
from central_sync.masterfile.check import BadMaster, check_master, open_reader, read_facts
from central_sync.masterfile.search import search
from central_sync.masterfile.swap import generation, has_changed, install
from tests.masterfile.chain import page, put, small_master


def _install(home: Path, *, position: int) -> Path:
    finished = small_master(home / "snapshot.ready", position=position)
    install(finished, home / "master.db")
    return home / "master.db"


def test_a_reader_goes_on_with_the_old_file_until_it_looks(tmp_path: Path) -> None:
    path = _install(tmp_path, position=1)
    opened, reader = generation(path), open_reader(path)
    writer = open_for_apply(path)
    apply_page(writer, page(put(2, "price", "LS2-BLA-42", sku="LS2-BLA-42", price_minor=100)))
    writer.close()
    _install(tmp_path, position=7)
    assert search(reader, "loparsko", 1)[0].price_minor == 100
    assert has_changed(path, opened)
    fresh = open_reader(path)
    assert search(fresh, "loparsko", 1)[0].price_minor == 89900
    reader.close()
    assert search(fresh, "loparsko", 1)[0].price_minor == 89900
    fresh.close()
    assert read_facts(path).positions == {"chain": 7}


def test_only_the_newest_file_stays(tmp_path: Path) -> None:
    for position in (1, 2, 3):
        path = _install(tmp_path, position=position)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["master-000003.db", "master.db"]
    assert os.readlink(path) == "master-000003.db"


def test_a_plain_master_file_is_replaced_with_its_journal(tmp_path: Path) -> None:
    path = small_master(tmp_path / "master.db", position=1)
    writer = open_for_apply(path)
    apply_page(writer, page(put(2, "price", "CAFE-1", sku="CAFE-1", price_minor=100)))
    reader = open_reader(path)
    reader.execute("SELECT count(*) FROM item").fetchone()
    writer.close()
    _install(tmp_path, position=9)
    reader.close()
    assert read_facts(path).positions == {"chain": 9}
    assert not (tmp_path / "master.db-wal").exists()


def test_a_missing_file_has_changed_once_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "master.db"
    assert generation(path) is None
    assert not has_changed(path, None)
    small_master(path)
    assert has_changed(path, None)


def test_a_good_file_passes_and_tells_what_it_holds(tmp_path: Path) -> None:
    facts = check_master(
        small_master(tmp_path / "m.db"), store_id="s01", counts={"item": 4, "new_table": 9}
    )
    assert (facts.store_id, facts.positions, facts.counts["barcode"]) == ("s01", {"chain": 10}, 4)


def test_a_built_file_has_nothing_beside_it(tmp_path: Path) -> None:
    small_master(tmp_path / "m.db")
    assert [file.name for file in tmp_path.iterdir()] == ["m.db"]


def test_another_stores_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMaster, match="s02"):
        check_master(small_master(tmp_path / "m.db", store_id="s02"), store_id="s01")


def test_a_file_that_lacks_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMaster, match="5 were promised"):
        check_master(small_master(tmp_path / "m.db"), store_id="s01", counts={"item": 5})


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = small_master(tmp_path / "m.db")
    damaged = bytearray(path.read_bytes())
    damaged[8192:12288] = b"\xff" * 4096
    path.write_bytes(damaged)
    with pytest.raises(BadMaster):
        check_master(path, store_id="s01")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.db").write_bytes(b"<html>Please log in</html>" * 40)
    with pytest.raises(BadMaster):
        check_master(tmp_path / "m.db", store_id="s01")


def test_an_unknown_table_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="campaign"):
        build_master(tmp_path / "m.db", {"campaign": []}, positions={}, store_id="s01")
    assert not (tmp_path / "m.db").exists()
