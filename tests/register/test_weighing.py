"""Goods that wait for their weight, and goods by weight from scan to refund."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.plain import Unreadable, tagged
from pos_client.register import commands
from pos_client.register.refusal import Refused
from tests.builders import MARIA, RegisterDriver, an_open_register, cashed
from tests.register.test_codes_sold import NUTS_LABEL, a_food_shop, label


def waiting(sku: str = "NOTTER") -> RegisterDriver:
    return an_open_register(a_food_shop()).do(commands.EnterCode(sku))


def asked_id(till: RegisterDriver) -> str:
    assert till.state.weighing is not None
    return till.state.weighing.weighing_id


def weighs(till: RegisterDriver, grams: int, price: int = 0, amount: int = 0) -> RegisterDriver:
    return till.do(commands.Weighed(asked_id(till), grams, price, amount))


def test_an_item_by_weight_without_one_waits_for_the_scale() -> None:
    till = waiting()

    assert till.state.weighing is not None
    assert (till.state.weighing.line.name, till.state.weighing.tare_grams) == ("Nötter", 8)
    assert not till.state.has_basket


def test_the_scale_s_weight_makes_the_line() -> None:
    till = weighs(waiting(), 452)

    (line,) = till.state.basket.lines
    assert (line.weight_grams, line.gross_minor, till.state.weighing) == (452, 8995, None)


def test_a_weight_for_an_earlier_asking_is_nobody_s() -> None:
    till = waiting()
    earlier = asked_id(till)
    till.do(commands.WeighAgain())

    till.do(commands.Weighed(earlier, 452))

    assert (till.state.weighing is not None, till.state.has_basket) == (True, False)


def test_a_weight_that_comes_after_all_is_over_is_nothing() -> None:
    till = waiting()
    earlier = asked_id(till)
    till.do(commands.CancelWeighing()).do(commands.Weighed(earlier, 452))

    assert (till.state.weighing, till.state.has_basket) == (None, False)


def test_nothing_else_is_sold_while_an_item_waits() -> None:
    till = waiting()

    with pytest.raises(Refused, match=r"weighing\.wait"):
        till.do(commands.ScanCode(label(NUTS_LABEL, 452)))


def test_a_scale_that_gives_no_weight_leaves_the_item_waiting_with_the_reason() -> None:
    till = waiting()
    till.do(commands.WeighingFailed(asked_id(till), "in_motion"))

    assert till.state.weighing is not None
    assert till.state.weighing.problem == "in_motion"
    assert weighs(till.do(commands.WeighAgain()), 452).state.has_basket


@pytest.mark.parametrize(
    ("price", "amount", "sold"),
    [(19900, 8995, True), (0, 0, True), (19800, 8995, False), (19900, 8994, False)],
)
def test_the_receipt_says_what_a_price_scale_showed_or_nothing_is_sold(
    price: int, amount: int, sold: bool
) -> None:
    assert weighs(waiting(), 452, price, amount).state.has_basket is sold


def test_a_typed_weight_needs_its_reason_and_keeps_it_on_the_receipt() -> None:
    till = waiting()
    with pytest.raises(Refused, match=r"reason\.needed"):
        till.do(commands.EnterWeight(452, " "))

    till.do(commands.EnterWeight(452, "scale_broken")).pays_card()

    assert till.shop.receipts[-1].lines[0].weight_reason == "scale_broken"


@pytest.mark.parametrize("grams", [0, -5, 100_001])
def test_a_weight_that_cannot_be_is_refused(grams: int) -> None:
    with pytest.raises(Refused, match=r"weighing\.out_of_range"):
        waiting().do(commands.EnterWeight(grams, "other"))


def test_a_client_cannot_pretend_to_be_the_scale() -> None:
    with pytest.raises(Unreadable):
        commands.read_command(tagged(commands.Weighed("1", 452)))


def test_pieces_cannot_be_set_on_a_weighed_line() -> None:
    with pytest.raises(Refused, match=r"quantity\.weighed"):
        weighs(waiting(), 452).do(commands.SetQuantity(1, 2))


def test_a_weighed_line_comes_back_in_parts_that_end_at_what_was_paid() -> None:
    till = weighs(waiting(), 452).pays_card()
    number = till.shop.receipts[-1].receipt_number

    for grams in (100, 133):
        till.do(commands.ReturnLine(number, 1, 1, "regret", weight_grams=grams)).pays_card()
    till.do(commands.ReturnLine(number, 1, 1, "regret")).pays_card()

    assert sum(receipt.total_minor for receipt in till.shop.receipts) == 0
    assert sum(receipt.vat_minor for receipt in till.shop.receipts) == 0
    with pytest.raises(Refused, match=r"return\.all_returned"):
        till.do(commands.ReturnLine(number, 1, 1, "regret"))


def test_more_weight_than_was_sold_does_not_come_back() -> None:
    till = weighs(waiting(), 452).pays_card()
    number = till.shop.receipts[-1].receipt_number

    with pytest.raises(Refused, match=r"return\.too_heavy"):
        till.do(commands.ReturnLine(number, 1, 1, "regret", weight_grams=453))


@given(
    st.lists(st.integers(3, 9999), min_size=1, max_size=6),
    st.integers(0, 15),
    st.lists(st.integers(1, 5000), max_size=4),
)
def test_any_weights_and_discounts_come_back_to_the_ore(
    weights: list[int], percent: int, parts: list[int]
) -> None:
    till = an_open_register(a_food_shop(), operator=MARIA)
    for grams in weights:
        till.do(commands.ScanCode(label(NUTS_LABEL, grams)))
    till.do(commands.DiscountLine(1, "damaged", basis_points=100 * percent))
    till.pays_cash()
    sold = till.shop.receipts[-1]
    sold.check()

    left = weights[0]
    for grams in parts:
        if 0 < grams < left:
            till.do(commands.ReturnLine(sold.receipt_number, 1, 1, "x", weight_grams=grams))
            till.pays_card()
            left -= grams
    for line in range(1, len(weights) + 1):
        till.do(commands.ReturnLine(sold.receipt_number, line, 1, "x"))
    till.pays_card()

    back = till.shop.receipts[1:]
    assert sum(receipt.total_minor for receipt in back) == -sold.total_minor
    assert sum(receipt.vat_minor for receipt in back) == -sold.vat_minor
    assert cashed(sold) == sold.total_minor + sold.rounding_minor
