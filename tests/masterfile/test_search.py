from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

import pytest

from central_sync.masterfile.build import build_master
from central_sync.masterfile.check import open_reader
from central_sync.masterfile.search import search
from central_sync.masterfile.variants import variants
from tests.masterfile.chain import many_items, small_master


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Connection]:
    connection = open_reader(small_master(tmp_path / "master.db"))
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("typed", "skus"),
    [
        ("lopar", ["LS2-BLA-42"]),
        ("fjäll bla", ["LS2-BLA-42"]),
        ("alv", ["KANGA-SV-40"]),
        ("kanga-sv", ["KANGA-SV-40"]),
        ("LS2-BLA-42", ["LS2-BLA-42"]),
        ("9520000000035", ["STRUMPA-RO"]),
        ("00035", ["STRUMPA-RO"]),
        ("old-7", ["STRUMPA-RO"]),
        ("952", ["LS2-BLA-42", "KANGA-SV-40", "STRUMPA-RO"]),
        ("s", ["KANGA-SV-40", "STRUMPA-RO"]),
        ("kaffe", []),
        ("sko sandal", []),
        ('"', []),
        ("a* OR NOT (", []),
        ("", []),
    ],
)
def test_items_are_found_by_words_sku_or_part_of_a_code(
    catalogue: Connection, typed: str, skus: list[str]
) -> None:
    assert [item.sku for item in search(catalogue, typed, 10)] == skus


def test_a_found_item_tells_price_and_stock(catalogue: Connection) -> None:
    shoe, sock = search(catalogue, "loparsko", 1)[0], search(catalogue, "strumpa", 1)[0]
    assert (shoe.price_minor, shoe.on_hand) == (89900, 1)
    assert (sock.price_minor, sock.on_hand) == (9900, None)


def test_a_list_is_never_longer_than_asked(catalogue: Connection) -> None:
    assert len(search(catalogue, "952", 2)) == 2


def test_a_large_catalogue_is_built_and_searched(tmp_path: Path) -> None:
    began = time.perf_counter()
    counts = build_master(
        tmp_path / "m.db", many_items(100_000), positions={"chain": 5}, store_id="s01"
    )
    built = time.perf_counter()
    connection = open_reader(tmp_path / "m.db")
    found = search(connection, "loparsko 24", 30)
    searched = time.perf_counter()
    part = search(connection, "9999999", 30)
    ended = time.perf_counter()
    connection.close()
    print(f"100,000 items: built {built - began:.2f} s, words {1e3 * (searched - built):.1f} ms,")
    print(f"part of a code {1e3 * (ended - searched):.1f} ms")
    assert counts["item"] == counts["barcode"] == 100_000
    assert len(found) == 30
    assert all("Löparsko" in item.name for item in found)
    assert [item.gtin for item in part if "9999999" not in item.gtin] == []


def test_a_model_is_found_with_all_its_sizes_the_one_asked_for_first(tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    build_master(path, many_items(200), positions={"chain": 1}, store_id="s01")
    connection = open_reader(path)
    found = variants(connection, "S0000017", 100)
    connection.close()

    assert found[0].sku == "S0000017"
    assert {variant.name.split()[0] for variant in found} == {"Känga"}
    assert {int(variant.sku[1:]) // 40 for variant in found} == {0}
    assert len({variant.sku for variant in found}) == len(found) == 10


def test_an_item_without_a_model_has_no_sisters(catalogue: Connection) -> None:
    assert [variant.sku for variant in variants(catalogue, "CAFE-1", 9)] == ["CAFE-1"]
    assert [variant.sku for variant in variants(catalogue, "9520000000011", 9)] == ["LS2-BLA-42"]
    assert variants(catalogue, "nothing", 9) == []
