"""The sale page by keys and scans: number-then-key grammar, and what a scan may never do."""

from __future__ import annotations

import pytest

from pos_client.register import commands
from pos_client.screens.keys import ENTER, Key
from pos_client.screens.router import Typed
from tests.builders import MAGAZINE, OPEN, SHOES, SOCKS, a_register, gtin
from tests.screens.core_twin import DELETE, Desk, Register, f

UNKNOWN = gtin(99)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_day_begins_with_number_pin_and_counted_cash() -> None:
    desk = Desk(Register(a_register()))
    assert desk.page == "sign_on"

    desk.enters("1001", "1234", "500")

    assert desk.page == "sale"
    assert desk.register.done[-1] == commands.OpenDay(50_000)


def test_a_pin_is_never_shown() -> None:
    desk = Desk(Register(a_register())).enters("1001").keys("1234")

    assert "1234" not in desk.text()
    assert "••••" in desk.text()


def test_a_product_code_in_the_pin_field_is_no_wrong_pin() -> None:
    desk = Desk(Register(a_register())).enters("1001").enters(SHOES)

    assert not any(isinstance(command, commands.SignOn) for command in desk.register.done)
    assert desk.bells == 1


def test_a_scan_shows_its_line_and_the_total(desk: Desk) -> None:
    desk.scans(SHOES)

    assert "Löparsko Fjäll 42" in desk.text()
    assert "899,00" in desk.text()


def test_enter_on_an_empty_line_does_nothing(desk: Desk) -> None:
    desk.scans(SHOES).keys(ENTER)

    assert len(desk.register.done) == 1


def test_a_number_with_star_before_a_scan_is_its_quantity(desk: Desk) -> None:
    desk.keys("3*").scans(SOCKS)

    assert desk.view.lines[0].quantity == 3
    assert desk.till.page.entry.text == ""


def test_a_number_then_f2_is_the_quantity_of_the_current_line(desk: Desk) -> None:
    desk.scans(SHOES, SOCKS).keys(Key("up"), "12", f(2))

    assert [line.quantity for line in desk.view.lines] == [12, 1]


def test_a_number_then_f8_is_a_percentage_with_a_reason(desk: Desk) -> None:
    desk.scans(SHOES).keys("10", f(8), "1")

    (line,) = desk.view.lines
    assert (line.discount_basis_points, line.reason) == (1_000, "damaged")


def test_f8_alone_offers_percent_amount_and_new_price(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(8), "2").enters("50").keys("1")
    assert desk.view.lines[0].saved_minor == 5_000

    desk.scans(SOCKS).keys(f(8), "3").enters("46,50").keys("4")
    assert desk.view.lines[1].unit_price_minor == 4_650


def test_a_typed_slash_and_number_is_that_f_key(desk: Desk) -> None:
    desk.scans(SHOES).enters("/12")

    assert desk.page == "tender"


def test_minus_undoes_the_last_line_and_del_voids_the_current_one(desk: Desk) -> None:
    desk.scans(SHOES, SOCKS, MAGAZINE).keys("-", Key("up"), DELETE)

    assert [line.is_voided for line in desk.view.lines] == [True, False, True]


def test_escape_clears_entry_then_message_and_asks_before_the_basket(desk: Desk) -> None:
    desk.scans(SHOES, UNKNOWN).keys("12").escapes()
    assert desk.till.page.entry.text == ""
    assert desk.view.message is not None

    desk.escapes()
    assert desk.view.message is None

    desk.escapes().keys("2")
    assert len(desk.view.lines) == 1

    desk.escapes().keys("1")
    assert desk.view.lines == ()


def test_an_unknown_item_refuses_further_scans_until_escape(desk: Desk) -> None:
    desk.scans(UNKNOWN, SHOES)
    assert desk.view.lines == ()

    desk.escapes().scans(SHOES)

    assert len(desk.view.lines) == 1


def test_a_scan_in_the_payment_dialog_is_refused_and_never_queued(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(12)).scans(SOCKS, scan_id=5)
    assert desk.register.refused_scans == [5]
    assert desk.bells == 1

    desk.escapes().escapes()

    assert desk.page == "sale"
    assert len(desk.view.lines) == 1


def test_a_scanners_enter_pays_nothing_in_the_payment_dialog(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(12))

    for character in "7312345678901":
        desk.till.take(Typed(Key(character, character), is_burst=True))
    desk.till.take(Typed(ENTER, is_burst=True))
    desk.till.take(Typed(ENTER))

    assert desk.view.payments == ()
    assert desk.till.page.entry.text == ""


def test_a_scan_older_than_two_seconds_is_refused(desk: Desk) -> None:
    desk.scans(SHOES, scan_id=3, age_seconds=2.5)

    assert desk.view.lines == ()
    assert desk.register.refused_scans == [3]


def test_cash_is_one_key_and_change_stays_until_the_next_scan(desk: Desk) -> None:
    desk.scans(SHOES).keys("1000", f(9))
    assert "Växel 101,00" in desk.text()

    desk.scans(SOCKS)

    assert "Växel" not in desk.text()


def test_card_and_cash_share_one_payment(desk: Desk) -> None:
    desk.scans(SHOES).keys("500", f(9))
    assert desk.page == "tender"

    desk.keys(f(10))

    assert desk.page == "sale"
    assert [p.amount_minor for p in desk.register.driver.receipt.payments] == [50_000, 39_900]


def test_other_tenders_are_chosen_by_digit(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(11), "1")

    assert desk.register.driver.receipt.payments[0].tender_id == "swish"


def test_a_payment_is_removed_before_the_dialog_is_left(desk: Desk) -> None:
    desk.scans(SHOES).keys("500", f(9)).escapes()
    assert desk.page == "tender"

    desk.escapes().keys(DELETE).escapes().escapes()

    assert desk.page == "sale"
    assert desk.view.payments == ()


def test_park_and_fetch_need_three_keys(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(7))
    assert desk.view.lines == ()

    desk.keys(f(7), "1")

    assert len(desk.view.lines) == 1
    assert desk.page == "sale"


def test_letters_open_the_search_and_enter_adds_the_marked_item(desk: Desk) -> None:
    desk.keys("str")
    assert desk.page == "search"
    assert "Strumpa Sjö" in desk.text()

    desk.keys(ENTER)

    assert desk.view.lines[0].sku == "STRUMPA"


def test_an_open_price_item_asks_for_its_price(desk: Desk) -> None:
    desk.keys("övrig", ENTER).enters("25,50")

    assert desk.view.lines[0].sku == OPEN
    assert desk.view.lines[0].unit_price_minor == 2_550


def test_a_checked_item_gets_its_label_and_the_till_works_on(desk: Desk) -> None:
    desk.register.has_label_printer()
    desk.keys(f(5)).scans(SHOES, scan_id=4).keys(f(6))
    assert "är utskriven" in desk.text()

    desk.register.label_problem = "paper_out"
    desk.keys(f(6))

    assert "papperet är slut" in desk.text()
    assert desk.view.lines == ()


def test_a_till_without_a_label_printer_offers_no_label(desk: Desk) -> None:
    desk.keys(f(5)).scans(SHOES, scan_id=4)

    assert "Etikett" not in desk.text()


def test_a_price_check_never_touches_the_sale(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(5)).scans(SOCKS, scan_id=4)
    assert "49,90" in desk.text()
    assert desk.register.taken_scans == [4]

    desk.escapes().escapes()

    assert desk.page == "sale"
    assert len(desk.view.lines) == 1
