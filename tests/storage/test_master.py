"""Reading master.db while the sync process changes it, swaps it, or has not made it yet."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from central_sync.masterfile.build import build_master
from central_sync.masterfile.swap import install
from pos_client.storage.errors import StorageTrouble
from pos_client.storage.master import MasterData
from tests.builders import SHOES, MemoryShop, a_shoe_shop, kr, master_rows


def build(path: Path, shop: MemoryShop) -> Path:
    build_master(path, master_rows(shop), positions={"chain": 1}, store_id="s01")
    return path


def test_no_file_yet_is_an_empty_shop(tmp_path: Path) -> None:
    master = MasterData(tmp_path / "master.db")
    assert not master.is_loaded
    assert master.find(SHOES) is None
    assert master.operator("1001") is None
    assert master.facts.tenders == ()


def test_a_first_file_is_noticed(tmp_path: Path) -> None:
    master = MasterData(tmp_path / "master.db")
    build(tmp_path / "master.db", a_shoe_shop())
    assert master.refresh()
    assert master.find(SHOES) is not None
    assert not master.refresh()
    master.close()


def test_an_item_is_read_as_it_was_written(tmp_path: Path) -> None:
    shop = a_shoe_shop()
    master = MasterData(build(tmp_path / "master.db", shop))
    for item in shop.items.values():
        assert master.item(item.sku) == item
    assert master.facts.seller == shop.seller
    assert [tender.tender_id for tender in master.facts.tenders] == ["cash", "card", "swish"]
    assert sorted(master.facts.tax_rates, key=str) == sorted(shop.tax_rates, key=str)
    master.close()


def test_a_code_is_found_in_every_form_and_a_sku_in_any_case(tmp_path: Path) -> None:
    master = MasterData(build(tmp_path / "master.db", a_shoe_shop()))
    for code in (SHOES, f"0{SHOES}", "SKO-42", "sko-42"):
        item = master.find(code)
        assert item is not None
        assert item.sku == "SKO-42"
    master.close()


def test_a_changed_price_is_the_price_at_the_next_look(tmp_path: Path) -> None:
    path = build(tmp_path / "master.db", a_shoe_shop())
    master = MasterData(path)
    with closing(sqlite3.connect(path)) as sync:
        sync.execute("UPDATE price SET price_minor = 100 WHERE sku = 'SKO-42'")
        sync.commit()
    found = master.find(SHOES)
    assert found is not None
    assert found.price_minor == 100
    master.close()


def test_a_swapped_file_is_noticed_and_the_old_one_let_go(tmp_path: Path) -> None:
    path = build(tmp_path / "master.db", a_shoe_shop())
    master = MasterData(path)
    dearer = a_shoe_shop().with_item("Löparsko", "999,00", sku="SKO-42", gtin=SHOES)
    install(build(tmp_path / "new.db", dearer), path)
    assert master.refresh()
    found = master.find(SHOES)
    assert found is not None
    assert found.price_minor == kr("999,00")
    master.close()


def test_stock_says_up_to_which_own_entry_it_counts(tmp_path: Path) -> None:
    path = build(tmp_path / "master.db", a_shoe_shop())
    with closing(sqlite3.connect(path)) as sync:
        sync.execute("""UPDATE stock SET as_of = '{"w-1": [2, 17]}' WHERE sku = 'SKO-42'""")
        sync.commit()
    master = MasterData(path)
    stock = master.stock("SKO-42", "w-1")
    assert stock is not None
    assert (stock.on_hand, stock.as_of) == (10, (2, 17))
    other = master.stock("SKO-42", "w-2")
    assert other is not None
    assert other.as_of == (0, 0)
    assert master.stock("NOTHING", "w-1") is None
    master.close()


def test_a_catalogue_that_cannot_be_read_is_trouble_and_no_crash(tmp_path: Path) -> None:
    path = build(tmp_path / "master.db", a_shoe_shop())
    master = MasterData(path)
    whole = path.read_bytes()
    path.write_bytes(b"rot" * (len(whole) // 3))

    with pytest.raises(StorageTrouble):
        master.find(SHOES)

    path.write_bytes(whole)
    assert master.find(SHOES) is not None
    master.close()
