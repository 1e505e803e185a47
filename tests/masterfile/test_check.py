"""A file that was built for others is looked over whole, and is not touched by it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from central_sync.masterfile.check import BadMaster, check_master, look_over
from tests.masterfile.chain import small_master


def test_a_sound_file_stays_what_it_is(tmp_path: Path) -> None:
    path = small_master(tmp_path / "m.db")
    before = path.read_bytes()
    look_over(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["m.db"]


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM item_search_data WHERE id > 10",
        "PRAGMA writable_schema = ON;UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'item_sku'",
    ],
    ids=["search", "index"],
)
def test_a_damaged_index_is_found_that_the_rows_know_nothing_of(tmp_path: Path, harm: str) -> None:
    path = small_master(tmp_path / "m.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(harm)
    with pytest.raises(BadMaster):
        look_over(path)


def test_a_page_of_nothing_is_found(tmp_path: Path) -> None:
    path = small_master(tmp_path / "m.db")
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(4096) + whole[8192:])
    with pytest.raises(BadMaster):
        look_over(path)
    with pytest.raises(BadMaster):
        check_master(path, store_id="s01")
