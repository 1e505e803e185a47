"""Taking goods back against a receipt of this till, to the exact öre that was paid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.till import TillTotals, with_receipt
from pos_client.register import commands
from pos_client.register.refusal import Refused
from tests.builders import (
    MAGAZINE,
    MARIA,
    OLLE,
    SHOES,
    SOCKS,
    RegisterDriver,
    a_shoe_shop,
    an_open_register,
    cashed,
    is_return,
    kr,
)


def a_sale_of(quantity: int, *, price: str = "49,90") -> RegisterDriver:
    """A register that has just sold so many of one item for cash: receipt 1-1-1."""
    shop = a_shoe_shop().with_item("Precis", price, sku="EXACT")
    register = an_open_register(shop).do(commands.EnterCode("EXACT", quantity))
    return register.pays_card()


def test_a_returned_line_goes_back_at_what_was_paid() -> None:
    register = an_open_register().scans(SHOES).do(commands.DiscountLine(1, "staff", 1000))
    register.pays_card().shop.with_item("Dyrare nu", "999,00", sku="SKO-42", gtin=SHOES)
    receipt = register.takes_back("1-1-1").pays_card().receipt
    assert is_return(receipt)
    assert receipt.total_minor == -kr("809,10")


def a_short_drawer(cash: str) -> RegisterDriver:
    """Shoes for 899 on a card, taken back, and so much in the drawer by the books."""
    register = an_open_register().scans(SHOES).pays_card().takes_back("1-1-1")
    register.shop.drawer_cash_minor = kr(cash)
    return register


def test_cash_that_the_drawer_lacks_is_paid_out_by_a_manager_alone() -> None:
    register = a_short_drawer("898").pays_cash()
    assert register.state.approval is not None
    assert register.state.approval.limit_minor == kr("898")

    with pytest.raises(Refused) as refused:
        register.approves(OLLE)
    assert refused.value.key == "approval.not_allowed"

    assert cashed(register.approves().receipt) == -kr("899")


@pytest.mark.parametrize(("cash", "is_asked"), [("899", False), ("898,99", True), ("-1", True)])
def test_the_drawer_may_be_emptied_to_the_last_coin(cash: str, is_asked: bool) -> None:
    register = a_short_drawer(cash).pays_cash()
    assert (register.state.approval is not None) is is_asked


def test_cash_paid_out_in_parts_is_counted_together() -> None:
    register = a_short_drawer("500").pays_cash("400")
    assert register.state.approval is None

    assert register.pays_cash("101").state.approval is not None
    register.do(commands.DeclineApproval())
    assert is_return(register.pays_cash("100").pays_card().receipt)


def test_vat_goes_back_at_the_rate_of_the_sale() -> None:
    register = an_open_register().scans(MAGAZINE).pays_card()
    sold = register.receipt
    register.shop.tax_rates = [
        replace(rate, rate_basis_points=2500) for rate in register.shop.tax_rates
    ]
    receipt = register.takes_back("1-1-1").pays_card().receipt
    assert receipt.vat_minor == -sold.vat_minor
    assert receipt.tax_groups[0].rate_basis_points == 600


def test_a_cash_refund_is_rounded_like_a_sale_and_gives_no_change() -> None:
    receipt = a_sale_of(1).takes_back("1").pays_cash().receipt
    assert (cashed(receipt), receipt.change_minor) == (-kr("50"), 0)


def test_a_refund_may_be_split_over_tenders() -> None:
    register = a_sale_of(1, price="899,00").takes_back("1").pays_cash("400")
    receipt = register.pays_card().receipt
    assert [payment.amount_minor for payment in receipt.payments] == [-kr("400"), -kr("499")]


@pytest.mark.parametrize("tender", ["cash", "card"])
def test_no_more_is_paid_back_than_is_due(tender: str) -> None:
    register = a_sale_of(1, price="899,00").takes_back("1")
    assert register.refuses(commands.Pay(tender, kr("900"))).key == "tender.more_than_refund"


def test_no_more_comes_back_than_was_sold() -> None:
    register = a_sale_of(2)
    refusal = register.refuses(commands.ReturnLine("1-1-1", 1, 3, "regret"))
    assert (refusal.key, refusal.values["left"]) == ("return.too_many", 2)


@pytest.mark.parametrize("quantity", [0, -1])
def test_at_least_one_piece_comes_back(quantity: int) -> None:
    refusal = a_sale_of(2).refuses(commands.ReturnLine("1-1-1", 1, quantity, "regret"))
    assert refusal.key == "return.too_many"


def test_what_the_open_basket_takes_back_counts() -> None:
    register = a_sale_of(2).takes_back("1").takes_back("1")
    assert register.refuses(commands.ReturnLine("1", 1, 1, "regret")).key == "return.all_returned"


def test_what_was_taken_back_before_counts() -> None:
    register = a_sale_of(2).takes_back("1", quantity=2).pays_card()
    assert register.refuses(commands.ReturnLine("1", 1, 1, "regret")).key == "return.all_returned"


def test_a_voided_return_may_be_taken_back_again() -> None:
    register = a_sale_of(1).takes_back("1").do(commands.UndoLast()).takes_back("1")
    assert register.total_minor == -kr("49,90")


def test_a_receipt_of_another_till_is_unknown_here() -> None:
    refusal = a_sale_of(1).refuses(commands.ReturnLine("2-1-1", 1, 1, "regret"))
    assert (refusal.key, refusal.beeps) == ("receipt.unknown", 2)


def test_a_line_that_the_receipt_does_not_have_cannot_come_back() -> None:
    assert a_sale_of(1).refuses(commands.ReturnLine("1", 2, 1, "x")).key == "return.no_such_line"


def test_a_voided_line_was_never_sold() -> None:
    register = an_open_register().scans(SHOES, SOCKS).do(commands.VoidLine(1)).pays_card()
    assert register.refuses(commands.ReturnLine("1", 1, 1, "x")).key == "return.no_such_line"


def test_a_return_is_not_returned() -> None:
    register = a_sale_of(2).takes_back("1").pays_card()
    assert register.refuses(commands.ReturnLine("2", 1, 1, "x")).key == "return.not_a_sale"


def test_a_return_needs_a_reason() -> None:
    assert a_sale_of(1).refuses(commands.ReturnLine("1", 1, 1, "")).key == "reason.needed"


def test_a_basket_sells_or_takes_back_and_never_both() -> None:
    register = a_sale_of(1).scans(SHOES)
    assert register.refuses(commands.ReturnLine("1", 1, 1, "x")).key == "return.basket_sells"
    register.do(commands.VoidBasket()).takes_back("1")
    refusal = register.refuses(commands.ScanCode(SHOES))
    assert (refusal.key, refusal.beeps) == ("basket.is_return", 2)


def test_a_return_line_is_fixed() -> None:
    register = a_sale_of(2).takes_back("1")
    asked: list[commands.Command] = [
        commands.SetQuantity(1, 2),
        commands.OverridePrice(1, 0, "other"),
        commands.DiscountLine(1, "other", 100),
    ]
    assert {register.refuses(command).key for command in asked} == {"return.line_is_fixed"}


def test_a_return_is_not_parked_where_it_could_be_taken_back_twice() -> None:
    assert a_sale_of(1).takes_back("1").refuses(commands.Suspend()).key == "return.cannot_park"


def test_of_several_returns_of_one_line_the_newest_is_voided_first() -> None:
    register = a_sale_of(3).takes_back("1").takes_back("1")
    assert register.refuses(commands.VoidLine(1)).key == "return.void_newest_first"
    register.do(commands.VoidLine(2)).do(commands.VoidLine(1))
    assert not register.state.has_basket


def test_a_refund_above_the_limit_needs_a_second_person() -> None:
    register = a_sale_of(1, price="2000,01").takes_back("1")
    assert register.state.approval is not None
    assert register.state.approval.limit_minor == kr("2000")
    assert register.approves(MARIA).total_minor == -kr("2000,01")


def test_the_limit_of_a_refund_includes_what_the_basket_takes_back_already() -> None:
    register = a_sale_of(2, price="1500,00").takes_back("1")
    assert register.state.approval is None
    assert register.takes_back("1").state.approval is not None


@given(
    quantity=st.integers(1, 9),
    price=st.integers(1, 9_999),
    off=st.integers(0, 1_500),
    steps=st.lists(st.tuples(st.integers(1, 4), st.sampled_from("+-pP")), max_size=30),
)
def test_any_order_of_partial_returns_ends_exactly_at_the_sale(
    quantity: int, price: int, off: int, steps: list[tuple[int, str]]
) -> None:
    shop = a_shoe_shop()
    shop.with_item("Udda", "1", sku="ODD")
    shop.items["ODD"] = replace(shop.items["ODD"], price_minor=price)
    register = an_open_register(shop, operator=MARIA).do(commands.EnterCode("ODD", quantity))
    register.do(commands.DiscountLine(1, "staff", off)).pays_card()
    for pieces, step in steps:
        _try(register, pieces, step)
    _take_back_the_rest(register)
    sale, *returns = register.shop.receipts
    assert sum(receipt.total_minor for receipt in returns) == -sale.total_minor
    assert sum(receipt.vat_minor for receipt in returns) == -sale.vat_minor
    totals = TillTotals()
    for receipt in register.shop.receipts:
        totals = with_receipt(totals, receipt)
    assert totals.grand.net_minor == 0


def _try(register: RegisterDriver, pieces: int, step: str) -> None:
    try:
        match step:
            case "+":
                register.takes_back("1", quantity=pieces)
            case "-":
                register.do(commands.VoidLine(pieces))
            case "p":
                register.pays_card()
            case _:
                register.do(commands.UndoLast())
    except Refused:
        pass


def _take_back_the_rest(register: RegisterDriver) -> None:
    if register.state.has_basket:
        register.pays_card()
    sale = register.shop.receipts[0]
    gone = register.shop.returned(sale.receipt_id).get(1, 0)
    left = sale.lines[0].quantity - gone
    if left:
        register.takes_back("1", quantity=left).pays_card()
