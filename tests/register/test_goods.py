"""Goods and counts: what is odd is asked, and goods move only when a list is finished."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pos_client.register import events as happened
from pos_client.register.commands import (
    AddGoods,
    DropGoods,
    FinishGoods,
    ScanCode,
    SetGoods,
    StartGoods,
)
from pos_client.register.decide import decide
from pos_client.register.goods import ASKING
from pos_client.register.goods_list import CheckedInvoice, GoodsMovement
from pos_client.register.refusal import Refused
from pos_client.register.shop import Facts
from tests.builders import (
    ANNA,
    MARIA,
    OLLE,
    SHOES,
    SOCKS,
    RegisterDriver,
    a_register,
    a_shoe_shop,
    an_open_register,
    gtin,
)

FACTS = Facts("2026-11-22T08:00:00.000Z", "2026-11-22 09:00:00", "2026-11-22", "id")


def a_register_with_stock(**stock: int) -> RegisterDriver:
    shop = a_shoe_shop()
    shop.stock = {"SKO-42": 10, "STRUMPA": 20, **stock}
    return an_open_register(shop)


def moved(register: RegisterDriver) -> GoodsMovement:
    found = [e.movement for e in register.happened if isinstance(e, happened.GoodsMoved)]
    return found[-1]


def refusal_of(register: RegisterDriver, command: AddGoods) -> str:
    """The key it is refused with, or ""; nothing happens either way."""
    try:
        decide(register.state, command, register.shop, FACTS)
    except Refused as refusal:
        return refusal.key
    return ""


def expects(register: RegisterDriver, *lines: tuple[str, str, int]) -> RegisterDriver:
    register.shop.goods_tasks["t1"] = ("L-100", list(lines))
    return register


def test_a_delivery_moves_goods_only_when_it_is_finished() -> None:
    register = a_register_with_stock()
    register.do(StartGoods("goods_received", "L-7")).do(AddGoods(SHOES, 3))
    assert register.shop.stock["SKO-42"] == 10

    register.do(AddGoods(SOCKS)).do(FinishGoods())

    assert moved(register).lines == (("SKO-42", 3), ("STRUMPA", 1))
    assert register.shop.stock["SKO-42"] == 13


def test_a_delivery_without_a_number_is_called_by_its_time() -> None:
    register = a_register_with_stock()
    register.do(StartGoods("goods_received")).do(AddGoods(SHOES)).do(FinishGoods())

    assert moved(register).reference == "261122-0900"


def test_a_customer_is_served_in_the_middle_of_a_delivery() -> None:
    register = a_register_with_stock()
    register.do(StartGoods("goods_received", "L-7")).do(AddGoods(SHOES, 2))

    register.do(ScanCode(SOCKS)).pays_cash()

    assert register.state.goods is not None
    assert register.do(FinishGoods()).state.goods is None


def test_goods_come_in_before_the_day_is_opened() -> None:
    register = a_register(a_shoe_shop()).signs_on()

    register.do(StartGoods("goods_received", "L-7")).do(AddGoods(SHOES)).do(FinishGoods())

    assert moved(register).lines == (("SKO-42", 1),)


def test_an_unknown_code_is_asked_about_and_then_written_down() -> None:
    register = a_register_with_stock()
    register.do(StartGoods("goods_received", "L-7"))
    assert register.refuses(AddGoods(gtin(77))).key == "goods.unknown"

    register.do(AddGoods(gtin(77), is_sure=True)).do(AddGoods(gtin(77))).do(FinishGoods())

    assert (moved(register).lines, moved(register).unknown) == ((), ((gtin(77), 2),))


def test_an_unknown_code_is_refused_where_nothing_can_be_new() -> None:
    register = a_register_with_stock().do(StartGoods("count"))

    assert register.refuses(AddGoods(gtin(77), is_sure=True)).key == "item.unknown"


def test_more_and_other_than_expected_is_asked_and_fewer_at_the_end() -> None:
    register = expects(a_register_with_stock(), ("SKO-42", "Löparsko", 2), ("PUTS", "Skoputs", 1))
    register.do(StartGoods("goods_received", task_id="t1")).do(AddGoods(SHOES, 2))

    assert register.refuses(AddGoods(SHOES)).key == "goods.too_many"
    assert register.refuses(AddGoods(SOCKS)).key == "goods.not_expected"
    assert register.refuses(FinishGoods()).key == "goods.short"

    register.do(AddGoods(SHOES, is_sure=True)).do(AddGoods(SOCKS, is_sure=True))
    register.do(FinishGoods(is_sure=True))
    movement = moved(register)
    assert movement.lines == (("SKO-42", 3), ("STRUMPA", 1))
    assert (movement.task_id, movement.reference) == ("t1", "L-100")


def test_a_count_moves_the_difference_from_the_book() -> None:
    register = a_register_with_stock().do(StartGoods("count"))
    register.do(AddGoods(SHOES, 7)).do(AddGoods(SOCKS, 20)).do(FinishGoods())

    assert moved(register).lines == (("SKO-42", -3), ("STRUMPA", 0))
    assert moved(register).counted == (("SKO-42", 7, 10), ("STRUMPA", 20, 20))


def test_a_count_of_nothing_is_a_count_and_no_count_is_none() -> None:
    register = expects(a_register_with_stock(), ("SKO-42", "Sko", 0), ("STRUMPA", "Strumpa", 0))
    register.do(StartGoods("count", task_id="t1")).do(SetGoods("SKO-42", 0))

    assert register.refuses(FinishGoods()).key == "goods.uncounted"

    register.do(FinishGoods(is_sure=True))
    assert moved(register).lines == (("SKO-42", -10),)


def test_an_item_that_moves_while_it_is_counted_is_asked_about() -> None:
    register = a_register_with_stock().do(StartGoods("count")).do(AddGoods(SHOES, 9))
    register.shop.stock["SKO-42"] -= 1

    assert register.refuses(FinishGoods()).key == "goods.moved_meanwhile"

    register.do(FinishGoods(is_sure=True))
    assert moved(register).lines == (("SKO-42", -1),), "against the book when it was counted"


def test_a_count_is_blind() -> None:
    register = expects(a_register_with_stock(), ("SKO-42", "Sko", 10))
    register.do(StartGoods("count", task_id="t1"))

    assert register.state.goods is not None
    assert [line.expected for line in register.state.goods.lines] == [0]


def test_a_transfer_out_takes_goods_off_the_shelf_and_names_where_they_go() -> None:
    register = a_register_with_stock()
    assert register.refuses(StartGoods("transfer_out")).key == "goods.where_to"

    register.do(StartGoods("transfer_out", other_store="s02")).do(AddGoods(SHOES, 4))
    register.do(FinishGoods())

    assert (moved(register).lines, moved(register).other_store) == ((("SKO-42", -4),), "s02")


def test_sending_more_than_the_book_has_is_asked() -> None:
    register = a_register_with_stock().do(StartGoods("transfer_out", other_store="s02"))
    register.do(AddGoods(SHOES, 11))

    assert register.refuses(FinishGoods()).key == "goods.more_than_book"


def test_an_adjustment_needs_a_reason_and_a_senior() -> None:
    register = a_register_with_stock().do(StartGoods("adjustment")).do(AddGoods(SHOES, -2))
    assert register.refuses(FinishGoods()).key == "reason.needed"

    register.do(FinishGoods("broken"))
    assert register.state.approval is not None

    register.approves(OLLE)
    assert (moved(register).lines, moved(register).reason) == ((("SKO-42", -2),), "broken")


def test_an_invoice_is_held_against_what_came() -> None:
    register = a_register_with_stock()
    register.do(StartGoods("goods_received", "L-7")).do(AddGoods(SHOES, 3)).do(FinishGoods())
    register.do(StartGoods("invoice", "L-7")).do(SetGoods("SKO-42", 4))

    assert register.refuses(FinishGoods()).key == "goods.invoice_number"
    assert register.refuses(FinishGoods("F-9")).key == "goods.invoice_differs"

    register.do(FinishGoods("F-9", is_sure=True))
    last = register.happened[-1]
    assert isinstance(last, happened.InvoiceChecked)
    assert isinstance(last.checked, CheckedInvoice)
    assert last.checked.differences == (("SKO-42", 1),)
    assert register.shop.stock["SKO-42"] == 13


def test_a_dropped_list_moves_nothing() -> None:
    register = a_register_with_stock().do(StartGoods("count")).do(AddGoods(SHOES, 1))

    register.do(DropGoods())

    assert (register.state.goods, register.shop.stock["SKO-42"]) == (None, 10)


def test_one_list_at_a_time() -> None:
    register = a_register_with_stock().do(StartGoods("count"))

    assert register.refuses(StartGoods("count")).key == "goods.finish_first"


def test_an_empty_list_is_not_booked() -> None:
    assert a_register_with_stock().do(StartGoods("count")).refuses(FinishGoods()).key == (
        "goods.empty"
    )


@pytest.mark.parametrize("quantity", [0, -1, 100_000])
def test_a_slip_of_the_finger_is_refused(quantity: int) -> None:
    register = a_register_with_stock().do(StartGoods("count"))

    assert register.refuses(AddGoods(SHOES, quantity)).key == "goods.out_of_range"


COUNTS = st.lists(
    st.tuples(st.sampled_from([SHOES, SOCKS, "PUTS"]), st.integers(1, 30)), max_size=12
)


@given(COUNTS, st.sampled_from(["goods_received", "transfer_out", "transfer_in", "count"]))
def test_stock_after_a_list_is_what_the_list_said(scans: list[tuple[str, int]], kind: str) -> None:
    register = a_register_with_stock()
    before = dict(register.shop.stock)
    register.do(StartGoods(kind, other_store="s02"))
    counted: dict[str, int] = {}
    for code, quantity in scans:
        register.do(AddGoods(code, quantity))
        item = register.shop.find(code)
        assert item is not None
        counted[item.sku] = counted.get(item.sku, 0) + quantity
    if counted:
        register.do(FinishGoods(is_sure=True))
    sign = {"transfer_out": -1, "count": 0}.get(kind, 1)
    for sku, pieces in counted.items():
        start = before.get(sku, 0)
        assert register.shop.stock[sku] == (pieces if kind == "count" else start + sign * pieces)


@given(st.lists(st.sampled_from([SHOES, SOCKS, gtin(77)]), min_size=1, max_size=6))
def test_every_question_has_a_yes_that_ends_it(codes: list[str]) -> None:
    register = expects(a_register_with_stock(), ("SKO-42", "Löparsko", 1))
    register.do(StartGoods("goods_received", task_id="t1"))
    for code in codes:
        key = refusal_of(register, AddGoods(code))
        assert key in ("", *ASKING)
        register.do(AddGoods(code, is_sure=bool(key)))
    register.do(FinishGoods(is_sure=True))
    assert register.state.goods is None


def test_whoever_is_signed_on_may_count() -> None:
    for number in (ANNA, OLLE, MARIA):
        register = a_register(a_shoe_shop()).signs_on(number)
        register.do(StartGoods("count")).do(AddGoods(SHOES, 2)).do(FinishGoods())
        assert moved(register).counted == (("SKO-42", 2, 0),)
