"""The order desk at the screen: found, shown with where and why, changed, paid back."""

from __future__ import annotations

import pytest

from pos_client.register.view import View
from pos_client.screens.keys import ENTER, Key
from tests.register.desking import a_desk, a_right, an_order
from tests.screens.core_twin import Desk, Register, f

DOWN = Key("down")


@pytest.fixture
def desk() -> Desk:
    return Desk(Register(a_desk(None, a_right(shares=(("cash", 4_990),)))))


def opened(desk: Desk, text: str = "1-1-7") -> Desk:
    return desk.keys(f(1), "'").enters(text)


def test_an_order_is_shown_with_its_lines_where_they_are_and_why(desk: Desk) -> None:
    opened(desk, "Eva Ek")

    shown = desk.text()
    for words in ("Två Par Lund", "Eva Ek", "erbjuden en butik", "Från Två Par Umeå", "minst att"):
        assert words in shown


def test_without_central_the_age_stands_there_and_no_refund_is_paid(desk: Desk) -> None:
    desk.register.is_central_here = False
    opened(desk)
    assert "Centralen svarar inte" in desk.text()

    desk.keys(f(10))

    assert "Betala tillbaka när den svarar" in desk.text()
    assert not desk.view.lines


def test_a_line_is_cancelled_by_key_and_reason_and_told_as_not_confirmed(desk: Desk) -> None:
    opened(desk).keys(f(3), "1")

    assert "Inte bekräftat av centralen än" in desk.text()
    assert desk.page == "orders"


def test_a_packed_line_has_no_key_to_cancel_it(desk: Desk) -> None:
    opened(desk).keys(DOWN, f(3))

    assert desk.page == "orders"
    assert desk.bells


def test_an_address_is_typed_field_by_field_and_comes_back_to_the_order(desk: Desk) -> None:
    opened(desk).keys(f(6))
    for word in ("Eva Ek", "Gatan 1", "222 22", "Lund", "070-123 45 67", ""):
        desk.enters(word)

    assert desk.page == "orders"
    assert "Inte bekräftat" in desk.text()


def test_home_becomes_this_store_by_a_digit(desk: Desk) -> None:
    opened(desk).keys(f(8), "1")

    assert "Inte bekräftat" in desk.text()


def test_another_item_is_agreed_with_its_price_and_what_goes_back_in_sight(desk: Desk) -> None:
    opened(desk).keys("STRUMPA", f(9))
    for words in ("Strumpa Sjö", "49,90", "tillbaka", "Kunden säger ja"):
        assert words in desk.text()

    desk.keys("1")

    assert desk.page == "orders"
    assert "Inte bekräftat" in desk.text()


def test_a_refund_is_put_into_the_basket_and_paid_like_a_return(desk: Desk) -> None:
    opened(desk).keys(f(10))
    assert desk.page == "sale"

    desk.keys(f(9))

    view: View = desk.view
    assert view.last_receipt is not None
    assert view.last_receipt.total_minor == -4_990


def test_nobody_is_found_by_an_empty_word(desk: Desk) -> None:
    opened(desk, "finns-ej").keys(ENTER)

    assert "Ingen order hittades" in desk.text()
    assert an_order().number not in desk.text()
