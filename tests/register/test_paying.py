"""Taking money: what is due, what is refused, what is handed back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.tax import vat_in
from pos_client.register import commands
from pos_client.register import events as happened
from pos_client.register.refusal import Refused
from tests.builders import (
    MAGAZINE,
    MARIA,
    SHOES,
    SOCKS,
    RegisterDriver,
    a_shoe_shop,
    an_open_register,
    cashed,
    kr,
)


def at(price: str) -> RegisterDriver:
    """A basket that comes to exactly `price`."""
    shop = a_shoe_shop().with_item("Precis", price, sku="EXACT")
    return an_open_register(shop).scans("EXACT")


def test_cash_without_an_amount_is_exactly_what_is_due() -> None:
    receipt = at("199,00").pays_cash().receipt
    assert (cashed(receipt), receipt.change_minor) == (kr("199"), 0)


def test_change_is_given_on_cash() -> None:
    receipt = at("199,00").pays_cash("500").receipt
    assert receipt.change_minor == kr("301")
    assert cashed(receipt) == kr("199")


@pytest.mark.parametrize(
    ("price", "paid", "rounding"),
    [("49,90", "50", 10), ("0,49", "0", -49), ("0,50", "1", 50), ("199,49", "199", -49)],
)
def test_cash_is_rounded_to_the_krona(price: str, paid: str, rounding: int) -> None:
    receipt = at(price).pays_cash().receipt
    assert (cashed(receipt), receipt.rounding_minor) == (kr(paid), rounding)


def test_a_card_pays_to_the_ore() -> None:
    receipt = at("49,90").pays_card().receipt
    assert (cashed(receipt), receipt.rounding_minor) == (kr("49,90"), 0)


def test_a_card_over_the_total_is_refused_with_what_is_due() -> None:
    refusal = at("49,90").refuses(commands.Pay("card", kr("49,91")))
    assert refusal.key == "tender.card_over_total"
    assert refusal.values == {"due_minor": kr("49,90")}


def test_a_split_leaves_the_rest_to_the_next_tender() -> None:
    register = at("899,00").pays_card("500")
    assert register.state.completing is None
    receipt = register.pays_cash("400").receipt
    assert [payment.tender_id for payment in receipt.payments] == ["card", "cash"]
    assert receipt.change_minor == kr("1")


def test_only_the_cash_part_of_a_split_is_rounded() -> None:
    receipt = at("118,10").pays_card("100").pays_cash().receipt
    assert receipt.payments[1].amount_minor == kr("18")
    assert receipt.rounding_minor == -10


def test_a_rest_too_small_for_a_coin_is_settled_by_no_cash_at_all() -> None:
    receipt = at("199,40").pays_card("199").pays_cash().receipt
    assert (receipt.payments[1].amount_minor, receipt.rounding_minor) == (0, -40)


def test_a_basket_of_nothing_is_completed_with_nothing() -> None:
    register = at("199,00").do(commands.DiscountLine(1, "goodwill", 10_000)).approves()
    assert register.pays_card().receipt.total_minor == 0


def test_cash_comes_in_whole_coins() -> None:
    assert at("49,90").refuses(commands.Pay("cash", kr("49,90"))).key == "tender.not_whole_coins"


@pytest.mark.parametrize("amount", [0, -100, kr("100000")])
def test_an_unlikely_amount_is_refused(amount: int) -> None:
    assert at("49,90").refuses(commands.Pay("cash", amount)).key == "amount.out_of_range"


def test_a_tender_the_shop_does_not_have_is_refused() -> None:
    assert at("49,90").refuses(commands.Pay("pearls")).key == "tender.unknown"


def test_no_money_is_taken_where_no_printer_is_set_up() -> None:
    register = at("199,00")
    register.shop.printer = "print.not_configured"

    assert register.refuses(commands.Pay("cash")).key == "print.not_configured"


@pytest.mark.parametrize("problem", ["fiscal.not_configured", "fiscal.not_answering"])
def test_no_coin_is_taken_when_no_receipt_could_be_sealed(problem: str) -> None:
    register = at("49,90")
    register.shop.fiscal = problem
    assert register.refuses(commands.Pay("cash")).key == problem


def test_no_coin_is_taken_when_no_receipt_could_be_written() -> None:
    register = at("49,90")
    register.shop.storage = "storage.full"
    assert register.refuses(commands.Pay("cash")).key == "storage.full"


def test_a_recorded_payment_can_be_taken_back() -> None:
    register = at("899,00").pays_card("500").do(commands.RemovePayment(0))
    assert register.state.basket.payments == ()
    assert register.scans(SOCKS).total_minor == kr("948,90")


@pytest.mark.parametrize("index", [-1, 1])
def test_a_payment_that_is_not_there_cannot_be_taken_back(index: int) -> None:
    register = at("899,00").pays_card("500")
    assert register.refuses(commands.RemovePayment(index)).key == "tender.no_such_payment"


def test_a_paid_basket_waits_for_its_seal_and_for_nothing_else() -> None:
    register = an_open_register(a_shoe_shop().silent_unit()).scans(SHOES).pays_cash()
    assert register.state.completing is not None
    refusal = register.refuses(commands.ScanCode(SOCKS))
    assert (refusal.key, refusal.beeps) == ("completing.wait", 2)


def test_a_receipt_that_only_waits_is_not_given_up() -> None:
    register = an_open_register(a_shoe_shop().silent_unit()).scans(SHOES).pays_cash()
    assert register.refuses(commands.AbandonCompletion()).key == "completing.wait"


def test_trying_again_asks_for_the_very_same_receipt() -> None:
    register = an_open_register(a_shoe_shop().silent_unit()).scans(SHOES).pays_cash()
    first = register.state.completing
    register.seal_is_missed().do(commands.RetryCompletion())
    assert register.state.completing == first


def test_giving_up_takes_the_last_payment_back_and_keeps_the_basket_and_the_number() -> None:
    register = an_open_register(a_shoe_shop().silent_unit()).scans(SHOES).pays_card("500")
    register.pays_cash().seal_is_missed().do(commands.AbandonCompletion())
    assert [payment.tender_id for payment in register.state.basket.payments] == ["card"]
    register.pays_cash().seal_arrives()
    assert register.receipt.number == 1


def test_a_basket_given_up_gets_an_id_that_the_unit_does_not_know() -> None:
    register = an_open_register(a_shoe_shop().silent_unit()).scans(SHOES).pays_cash()
    before = register.state.basket.basket_id
    register.seal_is_missed().do(commands.AbandonCompletion())
    assert register.state.basket.basket_id != before


@pytest.mark.parametrize("command", [commands.RetryCompletion(), commands.AbandonCompletion()])
def test_there_is_nothing_to_retry_when_nothing_waits(command: commands.Command) -> None:
    assert an_open_register().refuses(command).key == "completing.none"


def test_numbers_rise_by_one_with_every_receipt() -> None:
    register = an_open_register()
    for code in (SHOES, SOCKS, MAGAZINE):
        register.scans(code).pays_cash()
    assert [receipt.receipt_number for receipt in register.shop.receipts] == [
        "1-1-1",
        "1-1-2",
        "1-1-3",
    ]


def test_a_voided_or_parked_basket_uses_no_number() -> None:
    register = an_open_register().scans(SHOES).do(commands.VoidBasket())
    register.scans(SOCKS).do(commands.Suspend()).scans(SHOES).pays_cash()
    assert register.receipt.number == 1


def test_the_sale_just_done_is_shown_until_the_next_line() -> None:
    register = an_open_register().scans(SHOES).pays_cash("1000")
    assert register.state.last is not None
    assert register.state.last.change_minor == kr("101")
    assert register.scans(SOCKS).state.last is None


def test_one_copy_of_a_receipt_and_no_second() -> None:
    register = an_open_register().scans(SHOES).pays_cash().do(commands.CopyReceipt())
    assert isinstance(register.happened[-1], happened.ReceiptCopied)
    assert register.refuses(commands.CopyReceipt("1-1-1")).key == "receipt.copied_already"


def test_a_copy_needs_a_receipt_that_this_till_has_made() -> None:
    register = an_open_register()
    assert register.refuses(commands.CopyReceipt()).key == "receipt.which"
    assert register.refuses(commands.CopyReceipt("9-9-9")).key == "receipt.unknown"


def test_a_copy_is_not_made_without_a_fiscal_unit() -> None:
    register = an_open_register().scans(SHOES).pays_cash()
    register.shop.fiscal = "fiscal.not_answering"
    assert register.refuses(commands.CopyReceipt()).key == "fiscal.not_answering"


GROUPS = ("standard", "food", "print", "zero")
GOODS = st.tuples(
    st.integers(1, 200_000), st.sampled_from(GROUPS), st.integers(1, 9), st.integers(0, 10_000)
)
PARTS = st.tuples(st.sampled_from(["cash", "card", "swish"]), st.integers(1, 300_000))


@given(st.lists(GOODS, min_size=1, max_size=8), st.lists(PARTS, max_size=4), st.booleans())
def test_any_basket_paid_in_any_mix_adds_up(
    goods: list[tuple[int, str, int, int]], parts: list[tuple[str, int]], ends_in_cash: bool
) -> None:
    register = filled(goods)
    for tender, amount in parts:
        if register.shop.receipts:
            break
        try:
            register.do(commands.Pay(tender, amount - amount % 100 or 100))
        except Refused:
            continue
    if not register.shop.receipts:
        register.pays("cash" if ends_in_cash else "card", None)
    receipt = register.receipt
    lines = sum(line.gross_minor for line in receipt.lines)
    assert lines + receipt.rounding_minor == cashed(receipt)
    assert abs(receipt.rounding_minor) <= 50
    assert receipt.rounding_minor == 0 or receipt.payments[-1].tender_id == "cash"
    for group in receipt.tax_groups:
        assert group.vat_minor == vat_in(group.gross_minor, group.rate_basis_points)
    assert sum(line.vat_minor for line in receipt.lines) == receipt.vat_minor


def filled(goods: list[tuple[int, str, int, int]]) -> RegisterDriver:
    """A manager's basket with these goods: price, tax group, pieces, discount."""
    shop = a_shoe_shop()
    for number, (price, group, _, _) in enumerate(goods):
        shop.with_item(f"Vara {number}", sku=f"N-{number}", tax_group=group)
        shop.items[f"N-{number}"] = replace(shop.items[f"N-{number}"], price_minor=price)
    register = an_open_register(shop, operator=MARIA)
    for number, (_, _, pieces, off) in enumerate(goods):
        register.do(commands.EnterCode(f"N-{number}", pieces))
        register.do(commands.DiscountLine(number + 1, "goodwill", off))
    return register
