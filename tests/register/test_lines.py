"""What gets into a basket, and what gets out of it again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.retail.operator import Role
from pos_client.register import commands
from pos_client.register import events as happened
from pos_client.register.selling import MOST_LINES
from tests.builders import (
    ANNA,
    IDA,
    MARIA,
    OPEN,
    SHOES,
    SOCKS,
    a_register,
    a_shoe_shop,
    an_open_register,
    gtin,
    kr,
    with_role,
)


def test_a_scan_adds_the_item_at_its_price() -> None:
    register = an_open_register().scans(SHOES)
    (line,) = register.state.basket.lines
    assert (line.name, line.gross_minor) == ("Löparsko Fjäll 42", kr("899,00"))
    assert line.tax_rate_basis_points == 2500


def test_the_same_number_as_gtin_14_is_the_same_item() -> None:
    assert an_open_register().scans("0" + SHOES).total_minor == kr("899,00")


def test_a_gs1_element_string_is_taken_apart_when_the_scanner_names_it() -> None:
    register = an_open_register()
    register.do(commands.ScanCode(f"010{SHOES}10LOT7", "C1"))
    assert register.state.basket.lines[0].sku == "SKO-42"


def test_a_gs1_element_string_is_never_guessed_from_digits() -> None:
    refusal = an_open_register().refuses(commands.ScanCode(f"010{SHOES}10LOT7"))
    assert refusal.key == "item.unknown"


def test_a_typed_code_is_trimmed_and_found_by_sku_in_any_case() -> None:
    register = an_open_register().do(commands.EnterCode(" sko-42 ", 2))
    assert register.total_minor == kr("1798,00")


def test_an_unknown_code_beeps_twice_and_shows_the_code() -> None:
    refusal = an_open_register().refuses(commands.ScanCode(gtin(999)))
    assert (refusal.key, refusal.beeps) == ("item.unknown", 2)
    assert refusal.values == {"code": gtin(999)}


def test_a_code_with_a_wrong_check_digit_is_called_damaged() -> None:
    wrong = SHOES[:-1] + str((int(SHOES[-1]) + 1) % 10)
    refusal = an_open_register().refuses(commands.ScanCode(wrong))
    assert (refusal.key, refusal.beeps) == ("item.damaged", 2)


def test_a_receipts_number_is_never_an_item() -> None:
    refusal = an_open_register().refuses(commands.ScanCode("117-1-42"))
    assert (refusal.key, refusal.beeps) == ("item.is_receipt", 2)


def test_a_blocked_item_is_not_sold() -> None:
    shop = a_shoe_shop().with_item("Återkallad", sku="RECALL", blocked=True)
    assert an_open_register(shop).refuses(commands.ScanCode("RECALL")).key == "item.blocked"


def test_an_item_without_a_price_is_not_sold() -> None:
    shop = a_shoe_shop().with_item("Ny", "0", sku="NEW")
    assert an_open_register(shop).refuses(commands.ScanCode("NEW")).key == "item.no_price"


def test_an_open_price_item_asks_for_its_price() -> None:
    assert an_open_register().refuses(commands.ScanCode(OPEN)).key == "item.needs_price"


def test_an_open_price_item_takes_the_price_typed() -> None:
    register = an_open_register().do(commands.AddItem(OPEN, 3, kr("12,50")))
    assert register.total_minor == kr("37,50")


def test_an_item_with_a_price_takes_no_other_when_it_is_added() -> None:
    refusal = an_open_register().refuses(commands.AddItem("SKO-42", 1, kr("1,00")))
    assert refusal.key == "item.has_price"


def test_an_item_that_is_gone_since_the_search_is_unknown() -> None:
    assert an_open_register().refuses(commands.AddItem("GONE")).key == "item.unknown"


def test_an_unlikely_price_is_refused() -> None:
    refusal = an_open_register().refuses(commands.AddItem(OPEN, 1, kr("1000000")))
    assert refusal.key == "amount.out_of_range"


def test_an_item_without_a_tax_rate_on_the_day_is_not_sold() -> None:
    shop = a_shoe_shop().with_item("Udda", sku="ODD", tax_group="nowhere")
    assert an_open_register(shop).refuses(commands.ScanCode("ODD")).key == "item.no_tax_rate"


@pytest.mark.parametrize("quantity", [0, -1, 1000])
def test_a_quantity_is_one_to_999(quantity: int) -> None:
    register = an_open_register()
    assert register.refuses(commands.EnterCode(SHOES, quantity)).key == "quantity.out_of_range"
    refusal = register.scans(SHOES).refuses(commands.SetQuantity(1, quantity))
    assert refusal.key == "quantity.out_of_range"


def test_a_quantity_is_set_on_its_line_alone() -> None:
    register = an_open_register().scans(SHOES, SOCKS).do(commands.SetQuantity(2, 3))
    assert [line.quantity for line in register.state.basket.lines] == [1, 3]


def test_a_basket_has_an_end() -> None:
    register = an_open_register().scans(SHOES)
    (line,) = register.state.basket.lines
    many = tuple(replace(line, line=number) for number in range(1, MOST_LINES + 1))
    register.state = replace(register.state, basket=replace(register.state.basket, lines=many))
    assert register.refuses(commands.ScanCode(SHOES)).key == "basket.full"


def test_no_goods_are_taken_in_when_no_receipt_could_be_written() -> None:
    shop = a_shoe_shop()
    register = an_open_register(shop)
    shop.storage = "storage.full"
    assert register.refuses(commands.ScanCode(SHOES)).key == "storage.full"


def test_no_goods_are_taken_in_without_a_fiscal_unit() -> None:
    shop = a_shoe_shop()
    shop.fiscal = "fiscal.not_configured"
    assert an_open_register(shop).refuses(commands.ScanCode(SHOES)).key == "fiscal.not_configured"


def test_goods_are_taken_in_while_the_fiscal_unit_is_silent() -> None:
    shop = a_shoe_shop()
    shop.fiscal = "fiscal.not_answering"
    assert an_open_register(shop).scans(SHOES).total_minor == kr("899,00")


def test_a_voided_line_stays_in_its_place_and_counts_nothing() -> None:
    register = an_open_register().scans(SHOES, SOCKS).do(commands.VoidLine(1))
    assert [line.is_voided for line in register.state.basket.lines] == [True, False]
    assert register.total_minor == kr("49,90")


def test_a_line_number_is_never_used_again_in_a_basket() -> None:
    register = an_open_register().scans(SHOES, SOCKS).do(commands.VoidLine(2)).scans(SHOES)
    assert [line.line for line in register.state.basket.lines] == [1, 2, 3]


def test_a_line_is_voided_once() -> None:
    register = an_open_register().scans(SHOES, SOCKS).do(commands.VoidLine(1))
    assert register.refuses(commands.VoidLine(1)).key == "line.none"
    assert register.refuses(commands.VoidLine(9)).key == "line.none"


def test_undo_voids_the_last_live_line() -> None:
    register = an_open_register().scans(SHOES, SOCKS, SHOES)
    register.do(commands.VoidLine(3)).do(commands.UndoLast())
    assert [line.is_voided for line in register.state.basket.lines] == [False, True, True]


def test_undo_needs_something_to_undo() -> None:
    assert an_open_register().refuses(commands.UndoLast()).key == "line.none"


def test_voiding_the_last_live_line_voids_the_basket_on_the_record() -> None:
    register = an_open_register().scans(SHOES).do(commands.UndoLast())
    assert isinstance(register.happened[-1], happened.BasketVoided)
    assert register.state.basket.lines == ()


def test_a_voided_basket_is_on_the_record_with_its_lines() -> None:
    register = an_open_register().scans(SHOES, SOCKS).do(commands.VoidBasket())
    voided = register.happened[-1]
    assert isinstance(voided, happened.BasketVoided)
    assert voided.basket.total_minor == kr("948,90")
    assert not register.state.has_basket


def test_an_empty_basket_is_neither_voided_nor_parked_nor_paid() -> None:
    register = an_open_register()
    for command in (commands.VoidBasket(), commands.Suspend(), commands.Pay("cash")):
        assert register.refuses(command).key == "basket.empty"


def test_whoever_may_not_void_a_basket_needs_someone_who_may() -> None:
    register = an_open_register(operator=IDA).scans(SHOES).do(commands.VoidBasket())
    assert register.state.has_basket
    assert not register.approves(MARIA).state.has_basket


def test_a_parked_basket_comes_back_as_it_was() -> None:
    register = an_open_register().scans(SHOES, SOCKS).do(commands.VoidLine(1))
    before = register.state
    register.do(commands.Suspend())
    assert not register.state.has_basket
    register.do(commands.Resume(before.basket.basket_id))
    assert register.state.basket == before.basket
    assert register.scans(SHOES).state.basket.lines[-1].line == 3
    assert register.shop.parked == []


def test_a_basket_is_not_fetched_into_another() -> None:
    register = an_open_register().scans(SHOES).do(commands.Suspend()).scans(SOCKS)
    parked = register.shop.parked[0].basket.basket_id
    assert register.refuses(commands.Resume(parked)).key == "basket.finish_first"


def test_a_basket_that_is_not_parked_cannot_be_fetched() -> None:
    assert an_open_register().refuses(commands.Resume("nowhere")).key == "basket.not_parked"


def test_lines_stand_still_once_money_is_taken() -> None:
    register = an_open_register().scans(SHOES, SOCKS).pays_cash("100")
    asked: list[commands.Command] = [
        commands.ScanCode(SHOES),
        commands.SetQuantity(1, 2),
        commands.OverridePrice(1, kr("890"), "other"),
        commands.DiscountLine(1, "other", 100),
        commands.VoidLine(1),
        commands.UndoLast(),
        commands.VoidBasket(),
        commands.Suspend(),
        commands.ReturnLine("1-1-1", 1, 1, "regret"),
    ]
    assert {register.refuses(command).key for command in asked} == {"basket.payment_begun"}


def test_a_price_check_leaves_the_basket_alone() -> None:
    register = an_open_register().scans(SOCKS).do(commands.CheckPrice(SHOES))
    assert register.state.price_check is not None
    assert register.state.price_check.price_minor == kr("899,00")
    assert register.total_minor == kr("49,90")


def test_a_price_may_be_checked_before_the_day_is_open() -> None:
    register = a_register().signs_on().do(commands.CheckPrice(SHOES))
    assert register.state.price_check is not None


def test_clearing_takes_the_price_check_away() -> None:
    register = an_open_register().do(commands.CheckPrice(SHOES)).do(commands.Clear())
    assert register.state.price_check is None


def test_clearing_nothing_is_no_event() -> None:
    register = an_open_register()
    count = len(register.happened)
    assert len(register.do(commands.Clear()).happened) == count


def test_the_person_at_the_register_is_the_one_whose_limits_count() -> None:
    shop = with_role(a_shoe_shop(), ANNA, Role.MANAGER)
    register = an_open_register(shop).scans(SHOES)
    register.do(commands.DiscountLine(1, "goodwill", 10_000))
    assert register.total_minor == 0
