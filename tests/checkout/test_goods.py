"""Goods on a real disk: one journal entry, and the till's own stock at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.masterfile.apply import open_for_apply
from central_sync.retail.stock import DocumentLine, read_document
from central_sync.wire.entries import EntryKind
from pos_client.register.commands import AddGoods, FinishGoods, SetGoods, StartGoods
from tests.builders import SHOES, SOCKS
from tests.checkout.core_harness import Desk, a_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = a_home(tmp_path / "till")
    master = open_for_apply(home / "master.db")
    master.execute("INSERT OR REPLACE INTO stock VALUES ('SKO-42', 10, '{}')")
    master.close()
    return home


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    with Desk(home) as desk:
        yield desk.signs_on().opens()


def test_a_received_delivery_is_one_entry_with_who_and_what(desk: Desk) -> None:
    desk.do(StartGoods("goods_received", "L-7")).do(AddGoods(SHOES, 3)).do(FinishGoods())

    body = desk.bodies()[-1]
    assert (body.kind, body.operator) == (EntryKind.STOCK_MOVED, "1001")
    assert body.payload["kind"] == "goods_received"
    assert (body.payload["lines"], body.payload["reference"]) == ([["SKO-42", 3]], "L-7")


def test_the_tills_own_stock_changes_at_once(desk: Desk) -> None:
    desk.do(StartGoods("transfer_out", other_store="s02")).do(AddGoods(SHOES, 4))
    assert desk.shop.on_hand("SKO-42") == 10

    desk.do(FinishGoods())

    assert desk.shop.on_hand("SKO-42") == 6


def test_a_movement_that_central_has_heard_of_is_not_counted_twice(home: Path, desk: Desk) -> None:
    desk.do(StartGoods("count")).do(AddGoods(SHOES, 7)).do(FinishGoods())
    head = desk.records.head
    master = open_for_apply(home / "master.db")
    as_of = f'{{"s01-1": [{head.epoch}, {head.sequence}]}}'
    master.execute("INSERT OR REPLACE INTO stock VALUES ('SKO-42', 7, ?)", (as_of,))
    master.close()

    assert desk.shop.on_hand("SKO-42") == 7


def test_an_invoice_is_checked_against_a_delivery_of_this_till(desk: Desk) -> None:
    desk.do(StartGoods("goods_received", "L-7")).do(AddGoods(SHOES, 3)).do(FinishGoods())
    desk.do(StartGoods("invoice", "L-7")).do(SetGoods("SKO-42", 5))
    desk.do(FinishGoods("F-9", is_sure=True))

    payload = desk.bodies()[-1].payload
    assert desk.bodies()[-1].kind == EntryKind.INVOICE_CHECKED
    assert payload["differences"] == [["SKO-42", 2]]
    delivery = desk.shop.delivery("L-7")
    assert delivery is not None
    assert (delivery.is_checked, payload["delivery_id"]) == (True, delivery.movement_id)


def test_a_list_is_there_after_a_crash(home: Path) -> None:
    with Desk(home) as desk:
        desk.signs_on().do(StartGoods("goods_received", "L-7")).do(AddGoods(SOCKS, 2))

    with Desk(home) as desk:
        desk.do(FinishGoods())
        assert desk.bodies()[-1].payload["lines"] == [["STRUMPA", 2]]


def test_what_is_journalled_is_what_central_reads(desk: Desk) -> None:
    desk.do(StartGoods("transfer_out", other_store="s02")).do(AddGoods(SHOES, 4)).do(FinishGoods())
    desk.do(StartGoods("count")).do(AddGoods(SHOES, 5)).do(FinishGoods())

    sent, counted = (read_document(body.payload) for body in desk.bodies()[-2:])
    assert sent.lines == (DocumentLine("SKO-42", 4),)
    assert counted.lines == (DocumentLine("SKO-42", 5, 6),)
    assert desk.shop.on_hand("SKO-42") == 5
