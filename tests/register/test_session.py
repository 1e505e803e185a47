"""Who stands at the register, and when the day is open."""

from __future__ import annotations

import pytest

from pos_client.register import commands
from pos_client.register import events as happened
from tests.builders import (
    ANNA,
    IDA,
    MARIA,
    SHOES,
    a_register,
    a_shoe_shop,
    an_open_register,
    kr,
)


def test_nothing_is_sold_before_someone_signs_on() -> None:
    refusal = a_register().refuses(commands.ScanCode(SHOES))
    assert (refusal.key, refusal.beeps) == ("session.sign_on_first", 2)


def test_the_right_number_and_pin_sign_on() -> None:
    register = a_register().signs_on(ANNA)
    assert register.state.operator is not None
    assert register.state.operator.name == "Anna Berg"


@pytest.mark.parametrize("number", [ANNA, "4711"])
def test_a_wrong_pin_and_an_unknown_number_are_refused_alike(number: str) -> None:
    register = a_register().signs_on(number, "0000")
    assert register.state.operator is None
    assert isinstance(register.happened[-1], happened.PinRefused)


def test_before_the_first_catalogue_nobody_is_called_wrong() -> None:
    shop = a_shoe_shop()
    shop.tenders, shop.operators = (), {}

    refusal = a_register(shop).refuses(commands.SignOn(ANNA, "1234"))

    assert refusal.key == "session.not_loaded"


def test_two_wrong_pins_may_be_tried_again_at_once() -> None:
    register = a_register().signs_on(ANNA, "0000").signs_on(ANNA, "0001").signs_on(ANNA)
    assert register.state.operator is not None


@pytest.mark.parametrize(("wrong", "seconds"), [(3, 5), (4, 10), (5, 20), (8, 160), (12, 300)])
def test_each_wrong_pin_after_the_second_doubles_the_wait(wrong: int, seconds: int) -> None:
    register = a_register()
    for _ in range(wrong):
        register.wait(hours=1).signs_on(ANNA, "0000")
    refusal = register.refuses(commands.SignOn(ANNA, "1234"))
    assert refusal.key == "session.wait"
    assert refusal.values == {"seconds": seconds - 1}  # the driver's clock moves a second


def test_the_right_pin_is_taken_when_the_wait_is_over() -> None:
    register = a_register()
    for _ in range(3):
        register.signs_on(ANNA, "0000")
    register.wait(seconds=5).signs_on(ANNA)
    assert register.state.operator is not None
    assert (register.state.wrong_pin_numbers, register.state.locked_until) == ((), "")


def test_a_right_pin_of_ones_own_forgives_no_guess_at_a_colleagues() -> None:
    register = a_register().signs_on(MARIA, "0000").signs_on(MARIA, "0001")
    register.signs_on(ANNA).do(commands.SignOff()).signs_on(MARIA, "0002")
    assert register.refuses(commands.SignOn(MARIA, "9876")).key == "session.wait"


def test_a_mistyped_number_of_nobody_is_forgiven_by_the_next_right_pin() -> None:
    register = a_register().signs_on("4711", "0000").signs_on(ANNA)
    assert register.state.wrong_pin_numbers == ()


def test_a_new_day_begins_without_yesterdays_wrong_pins() -> None:
    register = a_register().signs_on(MARIA, "0000").signs_on(ANNA)
    assert register.state.wrong_pin_numbers == (MARIA,)
    assert register.do(commands.OpenDay(0)).state.wrong_pin_numbers == ()


def test_a_second_person_does_not_sign_on_over_the_first() -> None:
    refusal = a_register().signs_on().refuses(commands.SignOn(MARIA, "9876"))
    assert refusal.key == "session.already_on"


def test_nobody_signs_off_with_goods_in_the_basket() -> None:
    refusal = an_open_register().scans(SHOES).refuses(commands.SignOff())
    assert refusal.key == "session.basket_open"


def test_signing_off_leaves_the_day_open() -> None:
    register = an_open_register().do(commands.SignOff())
    assert register.state.operator is None
    assert register.state.day == "2026-11-22"


def test_nothing_is_sold_before_the_day_is_open() -> None:
    refusal = a_register().signs_on().refuses(commands.ScanCode(SHOES))
    assert refusal.key == "day.open_first"


@pytest.mark.parametrize("cash", [-1, kr("1000000")])
def test_an_unlikely_opening_cash_is_refused(cash: int) -> None:
    assert a_register().signs_on().refuses(commands.OpenDay(cash)).key == "amount.out_of_range"


def test_an_open_day_is_not_opened_again() -> None:
    assert an_open_register().refuses(commands.OpenDay(0)).key == "day.already_open"


def test_a_clock_that_went_backwards_opens_no_day() -> None:
    shop = a_shoe_shop()
    shop.newest_at = "2026-11-23T10:00:00.000Z"
    refusal = a_register(shop).signs_on().refuses(commands.OpenDay(0))
    assert refusal.key == "day.clock_backwards"
    assert refusal.values == {"at": "2026-11-23 10:00"}


def test_the_day_does_not_close_over_an_open_basket() -> None:
    refusal = an_open_register().scans(SHOES).refuses(commands.CloseDay(()))
    assert refusal.key == "day.basket_open"


def test_a_tender_nobody_knows_cannot_be_counted() -> None:
    refusal = an_open_register().refuses(commands.CloseDay((("pearls", 100),)))
    assert refusal.key == "tender.unknown"


def test_an_unlikely_count_is_refused() -> None:
    refusal = an_open_register().refuses(commands.CloseDay((("cash", kr("9000000")),)))
    assert refusal.key == "amount.out_of_range"


def test_closing_ends_the_day_and_the_next_one_may_open() -> None:
    register = an_open_register().closes(cash="1000")
    assert register.state.day == ""
    assert register.opens().state.day == "2026-11-22"


def test_z_reports_are_numbered_without_a_gap() -> None:
    register = an_open_register().closes(cash="1000").opens().closes(cash="1000")
    closed = [event for event in register.happened if isinstance(event, happened.DayClosed)]
    assert [event.number for event in closed] == [1, 2]


def test_whoever_may_not_close_the_day_needs_someone_who_may() -> None:
    register = an_open_register(operator=IDA).closes(cash="1000")
    assert register.state.approval is not None
    assert register.state.approval.action == "close_day"
    register.approves(MARIA)
    assert register.state.day == ""
    closed = register.happened[-1]
    assert isinstance(closed, happened.DayClosed)
    assert closed.approved_by == MARIA


def test_opening_the_drawer_needs_a_reason() -> None:
    assert an_open_register().refuses(commands.OpenDrawer(" ")).key == "reason.needed"


def test_a_cashier_opens_the_drawer_with_a_second_person() -> None:
    register = an_open_register().do(commands.OpenDrawer("change")).approves(MARIA)
    assert register.happened[-1] == happened.DrawerOpened("change", MARIA)


def test_a_manager_opens_the_drawer_alone() -> None:
    register = an_open_register(operator=MARIA).do(commands.OpenDrawer("change"))
    assert register.happened[-1] == happened.DrawerOpened("change", "")


def test_an_x_report_may_be_taken_with_the_day_closed() -> None:
    register = a_register().signs_on().do(commands.PrintXReport())
    assert register.happened[-1] == happened.XReportMade()
