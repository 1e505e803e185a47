"""Change put in and cash taken out by hand: who may, how much, and what it leads to."""

from __future__ import annotations

import pytest

from pos_client.register import commands
from pos_client.register.cash_events import CashMoved
from tests.builders import ANNA, MARIA, SHOES, RegisterDriver, a_shop, an_open_register, kr


def a_register(cash: str = "1000", operator: str = ANNA) -> RegisterDriver:
    register = an_open_register(
        a_shop().with_item("Löparsko", "899,00", gtin=SHOES), operator=operator
    )
    register.shop.drawer_cash_minor = kr(cash)
    return register


def test_a_cashier_puts_change_in_alone_even_in_the_middle_of_a_sale() -> None:
    register = a_register().scans(SHOES).do(commands.Loan(kr("500"), "safe"))

    assert register.happened[-1] == CashMoved(kr("500"), "safe")
    assert register.state.has_basket


def test_a_cashier_takes_cash_out_with_a_second_person() -> None:
    register = a_register().do(commands.Pickup(kr("500"), "safe"))
    assert register.state.approval is not None
    assert register.state.approval.action == "pickup"

    register.approves(MARIA)

    assert register.happened[-1] == CashMoved(-kr("500"), "safe", MARIA)


def test_more_than_the_drawer_holds_by_the_books_is_said_to_be_so() -> None:
    register = a_register().do(commands.Pickup(kr("1001"), "bank"))

    assert register.state.approval is not None
    asked = register.state.approval
    assert (asked.action, asked.limit_minor) == ("pickup_short", kr("1000"))
    assert a_register(operator=MARIA).do(commands.Pickup(kr("1001"), "bank")).happened[
        -1
    ] == CashMoved(-kr("1001"), "bank")


@pytest.mark.parametrize(
    ("amount", "reason", "key"),
    [
        (0, "safe", "amount.out_of_range"),
        (-100, "safe", "amount.out_of_range"),
        (10_000_000, "safe", "amount.out_of_range"),
        (150, "safe", "tender.not_whole_coins"),
        (100, " ", "reason.needed"),
    ],
)
def test_an_impossible_amount_or_no_reason_is_refused(amount: int, reason: str, key: str) -> None:
    for command in (commands.Loan(amount, reason), commands.Pickup(amount, reason)):
        assert a_register(operator=MARIA).refuses(command).key == key
