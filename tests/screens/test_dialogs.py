"""Everything beside the sale: approvals, returns, reports, counting, questions, trouble."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pos_client.register import commands
from pos_client.register.view import Level, Message, Mode, View
from pos_client.screens.keys import ENTER, Key
from tests.builders import SHOES, SOCKS, a_register, a_shoe_shop, an_open_register
from tests.screens.core_twin import Desk, Register, f


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def sold() -> Desk:
    """A till with one receipt: two pairs of shoes and a pair of socks."""
    desk = Desk()
    return desk.keys("2*").scans(SHOES, SOCKS).keys(f(10))


def test_above_the_limit_another_person_approves_with_number_and_pin(desk: Desk) -> None:
    desk.scans(SHOES).keys("40", f(8), "1")
    assert desk.page == "approval"

    desk.enters("1009", "9876")

    assert desk.page == "sale"
    assert desk.view.lines[0].discount_basis_points == 4_000


def test_scans_are_refused_while_an_approval_is_open(desk: Desk) -> None:
    desk.scans(SHOES).keys("40", f(8), "1").scans(SOCKS, scan_id=9)

    assert desk.register.refused_scans == [9]
    assert desk.page == "approval"


def test_escape_declines_an_approval_and_leaves_the_basket(desk: Desk) -> None:
    desk.scans(SHOES).keys("40", f(8), "1").escapes()

    assert desk.view.approval is None
    assert desk.view.lines[0].saved_minor == 0


def test_a_return_is_receipt_item_reason_and_one_key_for_the_money(sold: Desk) -> None:
    sold.keys(f(6)).scans("1-1-1").scans(SHOES).keys(ENTER, "1")
    assert sold.view.is_return
    assert sold.view.total_minor == -89_900

    sold.keys(f(10))

    assert sold.register.driver.receipt.payments[0].amount_minor == -89_900


def test_a_return_takes_no_more_pieces_than_were_sold(sold: Desk) -> None:
    sold.keys(f(6)).enters("1-1-1").keys("111")

    assert sold.text().count("[ ]") == 2


def test_several_lines_are_returned_although_one_needs_approval() -> None:
    desk = Desk()
    desk.keys("9*").scans(SHOES, SOCKS).keys(f(10))

    desk.keys(f(6)).enters("1-1-1").keys("1" * 9, "2", ENTER, "1")
    assert desk.page == "approval"
    desk.enters("1009", "9876")
    while desk.page == "approval":
        desk.enters("1009", "9876")

    assert [line.quantity for line in desk.view.lines] == [9, 1]
    assert desk.page == "sale"


def test_an_unknown_receipt_is_said_and_nothing_opens(desk: Desk) -> None:
    desk.keys(f(6)).enters("1-1-77")

    assert "1-1-77" in desk.text()
    assert desk.page == "returns"


def test_the_menu_takes_digits_and_words(desk: Desk) -> None:
    desk.keys(f(1), "7")
    assert desk.page == "sync"

    desk.escapes().keys(f(1), "utr", ENTER)

    assert desk.page == "hardware"


def test_an_x_report_is_shown_before_it_is_printed(desk: Desk) -> None:
    desk.keys(f(1), "1")
    assert "X-DAGRAPPORT" in desk.text()
    assert not any(isinstance(c, commands.PrintXReport) for c in desk.register.done)

    desk.keys(f(9))

    assert desk.register.done[-1] == commands.PrintXReport()


def test_the_count_is_blind_and_closes_the_day_by_a_digit(sold: Desk) -> None:
    sold.keys(f(1), "2", "1", ENTER, ENTER, "2", ENTER)
    assert "1 847,90" not in sold.text()
    sold.keys(f(12))
    assert sold.page == "choice"

    sold.keys("1")

    assert sold.view.mode is Mode.DAY_CLOSED
    closed = sold.register.done[-1]
    assert isinstance(closed, commands.CloseDay)
    assert dict(closed.counted)["cash"] == 140_000


def test_a_count_may_be_made_again(desk: Desk) -> None:
    desk.keys(f(1), "2", "1", ENTER, f(12), "2")

    assert desk.page == "count"
    assert "Summa räknat 0,00" in desk.text()


def test_a_receipt_is_copied_from_the_list(sold: Desk) -> None:
    sold.keys(f(1), "3", f(9))

    assert sold.register.done[-1] == commands.CopyReceipt("1-1-1")


def test_the_drawer_opens_with_a_reason_and_a_second_person(desk: Desk) -> None:
    desk.keys(f(1), "4", "1")
    assert desk.page == "approval"

    desk.enters("1009", "9876")

    assert desk.register.driver.happened[-1].__class__.__name__ == "DrawerOpened"


def test_change_is_put_into_the_drawer_with_an_amount_and_a_reason(desk: Desk) -> None:
    desk.keys(f(1), "4", "4").enters("500")
    assert "Lägga in växel: 500,00" in desk.text()

    desk.keys("1")

    assert desk.register.done[-1] == commands.Loan(50_000, "safe")
    assert "Lägg in 500,00 kr i lådan" in desk.text()


def test_another_reason_for_taking_cash_out_is_typed_in_words(desk: Desk) -> None:
    desk.keys(f(1), "4", "5").enters("0")
    assert desk.bells == 1

    desk.enters("99").keys("3").enters("Blommor till kassan")

    assert desk.register.done[-1] == commands.Pickup(9_900, "Blommor till kassan")
    assert desk.page == "approval"


def test_a_question_about_paper_waits_until_the_basket_is_empty(desk: Desk) -> None:
    desk.scans(SHOES)
    desk.register.asks_about_print()
    desk.news()
    assert desk.page == "sale"

    desk.keys(f(10))

    assert desk.page == "question"


def test_a_question_is_answered_by_digit_and_never_by_enter(desk: Desk) -> None:
    desk.register.asks_about_print()
    desk.news().keys(ENTER, Key("escape"))
    assert not desk.register.done

    desk.keys("2")

    assert desk.register.done == [commands.SettlePrint(7, came_out=False)]


def test_a_missing_seal_offers_to_try_again_or_to_go_back() -> None:
    desk = Desk(Register(an_open_register(a_shoe_shop().silent_unit())))
    desk.scans(SHOES).keys(f(10))
    assert desk.page == "completing"
    desk.register.driver.seal_is_missed()

    desk.news().keys("2")

    assert desk.page == "sale"
    assert len(desk.view.lines) == 1


def test_a_fault_can_only_be_left(desk: Desk) -> None:
    message = Message("storage.disk_error", Level.FAULT)
    desk.register.around = replace(desk.register.around, is_faulty=True, message=message)
    desk.news().scans(SHOES, scan_id=2).keys(ENTER)
    assert desk.register.refused_scans == [2]

    desk.keys("1")

    assert desk.left


def test_leaving_is_asked_for_and_only_when_nobody_is_signed_on() -> None:
    desk = Desk(Register(a_register())).escapes().keys("2")
    assert not desk.left

    desk.escapes().keys("1")

    assert desk.left


def test_language_follows_the_menu_until_sign_off(desk: Desk) -> None:
    desk.keys(f(1), "9", "2")
    assert "F12 PAY" in desk.text()

    desk.keys(f(1), "0")

    assert "Logga in" in desk.text()


def test_a_screen_without_the_lease_only_shows_and_f1_takes_over(desk: Desk) -> None:
    desk.till.has_lease = False
    desk.scans(SHOES, scan_id=1).keys(f(9))
    assert desk.register.done == []
    assert "F1 tar över" in desk.text()

    desk.keys(f(1)).scans(SHOES)

    assert len(desk.view.lines) == 1


def test_keys_wait_while_a_command_is_under_way(desk: Desk) -> None:
    answers = []
    at_once = desk.do
    desk.do = lambda command, done: answers.append((command, done))  # type: ignore[method-assign]

    desk.scans(SHOES).keys("2", f(2))
    assert desk.till.page.entry.text == ""

    desk.do = at_once  # type: ignore[method-assign]
    at_once(*answers[0])

    assert desk.view.lines[0].quantity == 2


def test_a_lost_core_is_told_in_one_line_and_keys_mean_nothing(desk: Desk) -> None:
    desk.scans(SHOES).till.gone()

    assert "Löparsko" in desk.text()
    assert "svarar inte" in desk.text()
    desk.keys(f(9))
    assert len(desk.register.done) == 1


def test_a_core_that_has_not_answered_yet_is_starting_not_broken(desk: Desk) -> None:
    desk.till.is_connected = desk.till.was_connected = False

    assert "Kassan startar" in desk.text()
    assert "svarar inte" not in desk.text()


def test_what_the_core_has_is_drawn_when_it_comes_back(desk: Desk) -> None:
    desk.scans(SHOES).keys("500", f(9)).till.gone()
    assert isinstance(desk.view, View)

    desk.till.connected(desk.register.view, True)

    assert desk.page == "tender"
    assert "500,00" in desk.text()
