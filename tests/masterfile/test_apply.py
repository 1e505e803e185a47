from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_sync.masterfile.apply import (
    CatalogueShrinks,
    PageUnfit,
    apply_page,
    open_for_apply,
    position_of,
)
from central_sync.masterfile.search import search
from central_sync.wire.messages import FeedRow
from tests.masterfile.chain import contents, delete, item_row, page, put, small_master

TABLES = ("item", "barcode", "price", "stock")


@pytest.fixture
def master(tmp_path: Path) -> Iterator[Connection]:
    connection = open_for_apply(small_master(tmp_path / "master.db"))
    yield connection
    connection.close()


def test_a_price_change_and_its_position_arrive_together(master: Connection) -> None:
    applied = apply_page(
        master, page(put(11, "price", "LS2-BLA-42", sku="LS2-BLA-42", price_minor=79900))
    )
    assert (applied.rows, applied.position, position_of(master, "chain")) == (1, 11, 11)
    assert search(master, "loparsko", 1)[0].price_minor == 79900


def test_an_item_is_found_by_its_new_name_alone(master: Connection) -> None:
    apply_page(master, page(item_row(11, "LS2-BLA-42", "Terrängsko Ås", 1, gtin="9520000000011")))
    assert [item.sku for item in search(master, "terrangsko", 5)] == ["LS2-BLA-42"]
    assert search(master, "loparsko", 5) == []


def test_a_tombstone_takes_the_item_out_of_the_search(master: Connection) -> None:
    apply_page(master, page(delete(11, "item", "LS2-BLA-42"), delete(12, "price", "LS2-BLA-42")))
    assert search(master, "loparsko", 5) == []
    assert search(master, "fjall", 5) == []


def test_two_items_may_swap_their_ranks(master: Connection) -> None:
    apply_page(
        master,
        page(
            item_row(11, "LS2-BLA-42", "Sko ett", 2),
            item_row(12, "KANGA-SV-40", "Sko två", 1),
        ),
    )
    assert [item.sku for item in search(master, "sko", 5)] == ["KANGA-SV-40", "LS2-BLA-42"]


def test_rows_already_known_are_not_applied_again(master: Connection) -> None:
    old = put(9, "price", "LS2-BLA-42", sku="LS2-BLA-42", price_minor=1)
    assert apply_page(master, page(old, upto=9)).rows == 0
    assert position_of(master, "chain") == 10
    assert search(master, "loparsko", 1)[0].price_minor == 89900


def test_scopes_have_positions_of_their_own(master: Connection) -> None:
    row = put(1, "stock", "STRUMPA-RO", sku="STRUMPA-RO", on_hand=5, as_of="{}")
    apply_page(master, page(row, scope="store:s01"))
    assert (position_of(master, "chain"), position_of(master, "store:s01")) == (10, 1)


def test_what_a_newer_central_adds_is_left_out(master: Connection) -> None:
    apply_page(
        master,
        page(
            put(11, "campaign", "c1", name="Vår"),
            put(12, "price", "CAFE-1", sku="CAFE-1", price_minor=3900, member_minor=2900),
        ),
    )
    assert position_of(master, "chain") == 12


@pytest.mark.parametrize(
    "row",
    [
        put(12, "price", "CAFE-1", sku="CAFE-1"),
        put(12, "price", "CAFE-1", sku="CAFE-1", price_minor="mycket"),
        put(12, "price", "CAFE-1", sku="CAFE-1", price_minor=[1]),
        put(12, "price", "CAFE-1", sku="CAFE-1", price_minor=2**63),
        delete(12, "tax_rate", "standard"),
    ],
)
def test_an_unfit_row_changes_nothing(master: Connection, row: FeedRow) -> None:
    before = contents(master, TABLES)
    good = put(11, "stock", "CAFE-1", sku="CAFE-1", on_hand=1)
    with pytest.raises(PageUnfit, match=row.table):
        apply_page(master, page(good, row))
    assert contents(master, TABLES) == before
    assert position_of(master, "chain") == 10


def test_a_page_that_more_than_halves_the_catalogue_is_held(master: Connection) -> None:
    before = contents(master, TABLES)
    rows = [delete(11, "item", "LS2-BLA-42"), delete(12, "item", "KANGA-SV-40")]
    rows.append(delete(13, "item", "STRUMPA-RO"))
    with pytest.raises(CatalogueShrinks) as held:
        apply_page(master, page(*rows), vital_counts={"item": 4})
    assert (held.value.table, held.value.before, held.value.after) == ("item", 4, 1)
    assert contents(master, TABLES) == before


_skus = st.sampled_from(["LS2-BLA-42", "KANGA-SV-40", "STRUMPA-RO", "CAFE-1", "NY-1", "NY-2"])
_changes = st.one_of(
    st.tuples(st.just("item"), _skus, st.integers(1, 6), st.sampled_from(["Röd", "Grön sko"])),
    st.tuples(st.just("price"), _skus, st.integers(0, 99900)),
    st.tuples(st.just("gone"), st.sampled_from(["item", "price", "stock"]), _skus),
)


def _row(position: int, change: tuple[Any, ...]) -> FeedRow:
    if change[0] == "gone":
        return delete(position, change[1], change[2])
    if change[0] == "price":
        return put(position, "price", change[1], sku=change[1], price_minor=change[2])
    return item_row(position, change[1], change[3], change[2])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(_changes, min_size=1, max_size=12), cut=st.integers(0, 12))
def test_a_repeated_page_changes_nothing_and_search_stays_right(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[Any, ...]], cut: int
) -> None:
    rows = [_row(11 + at, change) for at, change in enumerate(changes)]
    folder = tmp_path_factory.mktemp("apply")
    master = open_for_apply(small_master(folder / "master.db"))
    whole = page(*rows)
    if rows[:cut]:
        apply_page(master, page(*rows[:cut]))
    apply_page(master, whole)
    once = contents(master, TABLES)
    apply_page(master, whole)
    assert contents(master, TABLES) == once
    for sku, name, blocked in master.execute("SELECT sku, name, is_blocked FROM item").fetchall():
        assert blocked or sku in {item.sku for item in search(master, name, 20)}
    index = master.execute("SELECT count(*) FROM item_search WHERE item_search MATCH 'gron'")
    assert index.fetchone()[0] == sum(row[2].startswith("Grön") for row in once["item"])
    master.close()
