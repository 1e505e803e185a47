"""Limits, and the second person: a cashier gives 15 % and moves a price by 10 %, alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.operator import LIMITS, Role
from pos_client.register import commands
from pos_client.register import events as happened
from pos_client.register.refusal import Refused
from tests.builders import (
    ANNA,
    MARIA,
    OLLE,
    SHOES,
    RegisterDriver,
    a_shoe_shop,
    an_open_register,
    kr,
)

FULL = kr("899,00")


def a_hundred(price: str = "100,00") -> RegisterDriver:
    """A basket with one line of a hundred kronor."""
    shop = a_shoe_shop().with_item("Hundra", price, sku="HUNDRED")
    return an_open_register(shop).scans("HUNDRED")


def discount(basis_points: int = 0, amount: str = "0") -> commands.DiscountLine:
    return commands.DiscountLine(1, "goodwill", basis_points, kr(amount))


def price(amount: str) -> commands.OverridePrice:
    return commands.OverridePrice(1, kr(amount), "price_match")


@pytest.mark.parametrize("command", [discount(1500), discount(amount="15"), price("90")])
def test_a_cashier_may_go_to_the_limit_itself(command: commands.Command) -> None:
    assert a_hundred().do(command).state.approval is None


@pytest.mark.parametrize(
    "command", [discount(1501), discount(amount="15,01"), price("89,99"), price("110,01")]
)
def test_beyond_the_limit_a_second_person_is_asked(command: commands.Command) -> None:
    register = a_hundred().do(command)
    assert register.state.approval is not None
    assert register.total_minor == kr("100")


def test_a_rate_within_the_limit_holds_also_where_its_ore_are_rounded_up() -> None:
    assert a_hundred("0,33").do(discount(1500)).state.approval is None


@pytest.mark.parametrize("first_is_price", [True, False])
def test_a_discount_and_a_lowered_price_add_up(first_is_price: bool) -> None:
    both: list[commands.Command] = [price("90"), discount(1500)]
    first, second = both if first_is_price else reversed(both)
    register = a_hundred().do(first)
    assert register.state.approval is None
    assert register.do(second).state.approval is not None


def test_a_rate_and_an_amount_are_not_given_together() -> None:
    refusal = a_hundred().refuses(discount(10_000, "0,01"))
    assert refusal.key == "discount.out_of_range"


def test_fewer_pieces_under_an_amount_off_are_held_to_the_limit() -> None:
    register = a_hundred().do(commands.SetQuantity(1, 10)).do(discount(amount="150"))
    assert register.state.approval is None
    assert register.do(commands.SetQuantity(1, 9)).state.approval is not None


def test_more_pieces_under_an_approved_price_are_asked_for_again() -> None:
    register = a_hundred().do(price("10")).approves()
    assert register.total_minor == kr("10")
    assert register.do(commands.SetQuantity(1, 99)).state.approval is not None
    assert register.approves().total_minor == kr("990")


def test_more_pieces_under_an_approved_discount_are_asked_for_again() -> None:
    register = a_hundred().do(discount(5000)).approves()
    assert register.do(commands.SetQuantity(1, 2)).state.approval is not None


def test_more_pieces_within_the_limit_need_nobody() -> None:
    register = a_hundred().do(discount(1500)).do(commands.SetQuantity(1, 50))
    assert register.total_minor == kr("4250")


def test_going_back_towards_the_shelf_price_needs_nobody() -> None:
    register = a_hundred().do(price("50")).approves().do(discount(2000)).approves()
    register.do(discount(1000)).do(discount()).do(price("100"))
    assert register.state.approval is None
    assert register.total_minor == kr("100")


@pytest.mark.parametrize("basis_points", [-1, 10_001])
def test_a_rate_of_discount_is_nought_to_a_hundred_percent(basis_points: int) -> None:
    assert a_hundred().refuses(discount(basis_points)).key == "discount.out_of_range"


@pytest.mark.parametrize("amount", ["100,01", "-0,01"])
def test_no_more_is_taken_off_than_the_line_is_worth(amount: str) -> None:
    command = commands.DiscountLine(1, "other", 0, 10_001 if amount == "100,01" else -1)
    assert a_hundred().refuses(command).key == "discount.more_than_line"


@pytest.mark.parametrize(
    "command", [commands.DiscountLine(1, " ", 100), commands.OverridePrice(1, 9900, "")]
)
def test_every_reduction_has_a_reason(command: commands.Command) -> None:
    assert a_hundred().refuses(command).key == "reason.needed"


def test_taking_a_discount_away_needs_no_reason() -> None:
    register = a_hundred().do(discount(1000)).do(commands.DiscountLine(1, ""))
    assert register.total_minor == kr("100")


@pytest.mark.parametrize("amount", [-1, kr("1000000")])
def test_an_unlikely_new_price_is_refused(amount: int) -> None:
    command = commands.OverridePrice(1, amount, "other")
    assert a_hundred().refuses(command).key == "amount.out_of_range"


def test_what_was_asked_is_shown_with_its_figures() -> None:
    pending = a_hundred().do(discount(4000)).state.approval
    assert pending is not None
    assert (pending.action, pending.line_name) == ("discount", "Hundra")
    assert (pending.from_minor, pending.to_minor) == (kr("100"), kr("60"))
    assert (pending.basis_points, pending.limit_basis_points) == (4000, 1500)


def test_both_names_stand_on_what_was_approved() -> None:
    register = a_hundred().do(discount(4000)).approves(MARIA)
    assert register.total_minor == kr("60")
    assert register.state.basket.lines[0].discount_approved_by == MARIA
    settled = [e for e in register.happened if isinstance(e, happened.ApprovalSettled)]
    assert [(e.approved_by, e.action) for e in settled] == [(MARIA, "discount")]


def test_the_same_person_never_approves_for_themselves() -> None:
    register = a_hundred().do(discount(4000))
    assert register.refuses(commands.Approve(ANNA, "1234")).key == "approval.same_person"


def test_a_second_person_beyond_their_own_limit_is_refused() -> None:
    register = a_hundred().do(discount(4000))
    refusal = register.refuses(commands.Approve(OLLE, "2345"))
    assert (refusal.key, refusal.values) == ("approval.not_allowed", {"name": "Olle Ek"})
    assert register.state.approval is not None


def test_wrong_pins_at_an_approval_lead_to_the_same_wait() -> None:
    register = a_hundred().do(discount(4000))
    for _ in range(3):
        register.approves(MARIA, "0000")
    assert register.refuses(commands.Approve(MARIA, "9876")).key == "session.wait"
    assert register.wait(seconds=5).approves().total_minor == kr("60")


def test_nothing_else_is_done_while_an_approval_waits() -> None:
    refusal = a_hundred().do(discount(4000)).refuses(commands.ScanCode(SHOES))
    assert (refusal.key, refusal.beeps) == ("approval.pending", 2)


def test_a_declined_approval_leaves_the_basket_untouched() -> None:
    register = a_hundred().do(discount(4000)).do(commands.DeclineApproval())
    assert register.state.approval is None
    assert register.total_minor == kr("100")


@pytest.mark.parametrize("command", [commands.Approve(MARIA, "9876"), commands.DeclineApproval()])
def test_nothing_is_approved_that_was_not_asked(command: commands.Command) -> None:
    assert a_hundred().refuses(command).key == "approval.none"


STEPS = st.lists(
    st.one_of(
        st.builds(discount, st.integers(0, 10_000)),
        st.builds(
            lambda minor: commands.DiscountLine(1, "other", 0, minor), st.integers(0, 300_000)
        ),
        st.builds(lambda minor: commands.OverridePrice(1, minor, "other"), st.integers(0, 120_000)),
        st.builds(lambda count: commands.SetQuantity(1, count), st.integers(1, 20)),
    ),
    max_size=12,
)


@given(STEPS)
def test_no_order_of_changes_takes_a_cashier_alone_beyond_both_limits(
    steps: list[commands.Command],
) -> None:
    register = an_open_register().scans(SHOES)
    for command in steps:
        try:
            register.do(command)
        except Refused:
            continue
        if register.state.approval is not None:
            register.do(commands.DeclineApproval())
    (line,) = register.state.basket.lines
    limits = LIMITS[Role.CASHIER]
    deepest = max(limits.discount_basis_points, limits.price_override_basis_points)
    # A rate of discount is rounded to the öre, half up: half an öre is nobody's doing.
    floor = FULL * line.quantity * (10_000 - deepest) - 5_000
    assert line.gross_minor * 10_000 >= floor
