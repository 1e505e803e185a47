"""From "not on the shelf" to a paid order at the screen, and how many keys it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.retail.customer import Customer
from pos_client.register import order_commands
from pos_client.register.queries import CustomerFile, FoundCustomer
from pos_client.register.stock_queries import StorePlace
from pos_client.screens.keys import ENTER, Key
from tests.builders import SHOES, an_open_register
from tests.screens.core_twin import Desk, Register, f
from tests.screens.test_stock_page import (
    BORAS,
    HERE,
    MOLNDAL,
    WAREHOUSE,
    a_shop_with_sizes,
    told,
)

ADDRESS = ("0701234567", "Eva Borg", "Storgatan 1", "41119", "Göteborg")


@pytest.fixture
def desk() -> Desk:
    register = Register(an_open_register(a_shop_with_sizes()))
    register.chain_stock = told(HERE, BORAS, WAREHOUSE, MOLNDAL)
    return Desk(register)


def central_holds(desk: Desk) -> Desk:
    basket = desk.register.driver.state.basket
    pieces = tuple(
        order_commands.QuotedPieces(line.line, line.quantity, "2026-11-25") for line in basket.later
    )
    desk.register.do(
        order_commands.Quoted(
            basket.order.asked, "q-1", "2026-11-22T23:00:00.000Z", pieces, "Frakt", 4_900, 2_500
        )
    )
    return desk.news()


def ships_43(desk: Desk) -> Desk:
    """One pair scanned, the other in 43 to be sent home."""
    return desk.scans(SHOES).keys(f(4)).enters("43").keys(f(9))


def test_the_missing_size_is_shipped_and_both_are_paid_at_once(desk: Desk) -> None:
    ships_43(desk).enters(*ADDRESS).keys(f(12))
    assert desk.page == "sale"

    central_holds(desk).keys(f(10))

    receipt = desk.register.driver.receipt
    assert receipt.order is not None
    assert [line.mode.value for line in receipt.order.lines] == ["taken", "ship", "fee"]
    assert len(receipt.payments) == 1


def test_where_it_is_collected_is_chosen_by_a_digit_and_needs_no_street(desk: Desk) -> None:
    desk.keys(f(4)).enters("FJALL-BL-43").keys(f(10), "2")
    assert desk.page == "delivery"
    assert "Gatuadress" not in desk.text()

    desk.enters("0701234567", "Eva Borg").keys(f(12))

    (line,) = desk.view.lines
    assert (line.mode, line.collect_store) == ("collect", "Två Par Mölndal")
    assert desk.page == "sale"


def test_a_missing_name_is_asked_for_until_it_is_typed_and_no_longer(desk: Desk) -> None:
    ships_43(desk).keys(f(12))
    assert "Namnet saknas" in desk.text()
    assert "Namn >" in desk.text()

    desk.keys("E")
    assert "Namnet saknas" not in desk.text()

    desk.keys(Key("backspace"), f(12))
    assert ("Namnet saknas" in desk.text(), desk.bells) == (True, 2)


def a_chain_of_forty(desk: Desk) -> Desk:
    """Sites of three are known, places of forty."""
    towns = ("Åmål", "Ängelholm", "Örnsköldsvik")
    names = [*(f"Ort {number}" for number in range(10, 46)), *towns]
    places = tuple(StorePlace(f"s{at:02d}", name, km=at) for at, name in enumerate(names, 10))
    desk.register.chain_stock = replace(desk.register.chain_stock, places=places)
    return desk.keys(f(4)).enters("FJALL-BL-43").keys(f(10))


def test_any_store_of_the_chain_is_found_by_the_beginning_of_its_name(desk: Desk) -> None:
    a_chain_of_forty(desk)
    assert "Örnsköldsvik" not in desk.text()
    assert "1–14 av 40" in desk.text()

    desk.keys(*"orns")
    assert "1 Örnsköldsvik" in desk.text()
    desk.keys(ENTER).enters("0701234567", "Eva Borg").keys(f(12))

    assert desk.view.lines[0].collect_store == "Örnsköldsvik"


def test_a_digit_in_a_narrowed_list_means_what_stands_beside_it(desk: Desk) -> None:
    a_chain_of_forty(desk).keys("ä", "n", "1").enters("0701234567", "Eva Borg").keys(f(12))

    assert desk.view.lines[0].collect_store == "Ängelholm"


def test_arrows_go_beyond_the_ninth_of_a_long_list(desk: Desk) -> None:
    a_chain_of_forty(desk).keys(Key("end"), ENTER).enters("0701234567", "Eva Borg").keys(f(12))

    assert desk.view.lines[0].collect_store == "Örnsköldsvik"


def test_a_name_that_nothing_begins_with_chooses_nothing(desk: Desk) -> None:
    a_chain_of_forty(desk).keys(*"xyz", ENTER)

    assert (desk.page, "xyz" in desk.text()) == ("choice", True)


def test_a_line_tells_its_class_in_a_word(desk: Desk) -> None:
    ships_43(desk).keys(Key("escape"))
    assert "adress saknas" in desk.text()

    desk.keys(f(10)).enters(*ADDRESS).keys(f(12))
    assert "frågar centralen" in desk.text()

    central_holds(desk)
    assert "RESERVERAD, senast 2026-11-25" in desk.text()


def test_without_central_the_line_says_that_it_is_a_wish(desk: Desk) -> None:
    ships_43(desk).enters(*ADDRESS).keys(f(12))
    desk.register.do(order_commands.QuoteFailed(desk.register.driver.state.basket.order.asked))
    desk.news()

    assert "ÖNSKEMÅL" in desk.text()


def test_payment_asks_first_whom_the_order_is_for(desk: Desk) -> None:
    ships_43(desk).keys(Key("escape")).keys(f(9))

    assert desk.page == "delivery"
    assert not desk.view.payments


def test_a_second_line_is_for_the_same_person(desk: Desk) -> None:
    ships_43(desk).enters(*ADDRESS).keys(f(12))
    desk.keys(f(4)).enters("44").keys(f(9))

    assert desk.page == "sale"
    assert len(desk.view.lines) == 3


def test_a_field_that_is_needed_is_asked_for_and_what_was_typed_stays(desk: Desk) -> None:
    ships_43(desk).enters("0701234567", "Eva Borg").keys(ENTER)
    assert desk.bells == 1

    desk.keys(Key("up"))
    assert "Eva Borg" in desk.text()


def test_a_wrong_postcode_is_said_and_the_page_stays(desk: Desk) -> None:
    ships_43(desk).enters("0701234567", "Eva Borg", "Storgatan 1", "411", "Göteborg")
    desk.keys(f(12))

    assert desk.page == "delivery"
    assert "fem siffror" in desk.text()
    assert "Storgatan 1" in desk.text()


def test_a_scan_is_no_name(desk: Desk) -> None:
    ships_43(desk).scans(SHOES)

    assert desk.bells == 1
    assert desk.page == "delivery"


def test_the_address_can_be_changed_from_the_menu(desk: Desk) -> None:
    ships_43(desk).enters(*ADDRESS).keys(f(12)).keys(f(1), ".")

    assert desk.page == "delivery"


def test_whose_the_sale_is_fills_in_the_address_by_itself(desk: Desk) -> None:
    known = Customer("c-1", "Eva Borg", "+46701234567", address="Storgatan 1",
                     postcode="41119", town="Göteborg")  # fmt: skip
    who = FoundCustomer("c-1", "Eva Borg", "+46701234567", "", "", "41119", "Göteborg",
                        "Storgatan 1")  # fmt: skip
    desk.register.driver.shop.customers["c-1"] = known
    desk.register.files["c-1"] = CustomerFile(who, is_live=True)
    desk.scans(SHOES).keys("0701234567", Key("tab"), ENTER)

    desk.keys(f(4), "43", ENTER, f(9), f(12))

    assert desk.page == "sale"
    assert desk.view.order is not None
    assert (desk.view.order.has_address, desk.view.order.postcode) == (True, "41119")


def test_a_known_phone_number_fills_in_the_rest_so_six_keys_are_enough(desk: Desk) -> None:
    known = Customer("c-1", "Eva Borg", "+46701234567", address="Storgatan 1",
                     postcode="41119", town="Göteborg")  # fmt: skip
    desk.register.driver.shop.customers["c-1"] = known
    desk.scans(SHOES)

    desk.keys(f(4), "43", ENTER, f(9), "0701234567", ENTER, f(12))
    central_holds(desk).keys(f(10))

    receipt = desk.register.driver.receipt
    assert receipt.order is not None
    assert receipt.order.customer_id == "c-1"
