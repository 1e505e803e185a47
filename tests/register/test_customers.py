"""Whose the basket is: ids only, from the first word to the receipt."""

from __future__ import annotations

import pytest

from central_sync.retail.customer import Customer
from central_sync.retail.plain import tagged
from pos_client.register import commands
from pos_client.register.show import Around, show
from tests.builders import SHOES, MemoryShop, a_shoe_shop, an_open_register

EVA = Customer("c-1", "Eva Ek", phone="070-123 45 67", member_number="M1")


def a_shop_that_knows_eva() -> MemoryShop:
    shop = a_shoe_shop()
    shop.customers[EVA.customer_id] = EVA
    return shop


def test_the_receipt_names_the_customer_by_id_alone() -> None:
    register = an_open_register(a_shop_that_knows_eva())

    register.do(commands.AttachCustomer("c-1")).scans(SHOES).pays_cash()

    assert register.receipt.customer_id == "c-1"
    assert register.state.basket.customer_id == ""


def test_a_customer_who_is_detached_is_on_no_receipt() -> None:
    register = an_open_register(a_shop_that_knows_eva()).scans(SHOES)

    register.do(commands.AttachCustomer("c-1")).do(commands.DetachCustomer()).pays_cash()

    assert register.receipt.customer_id == ""


def test_nobody_unknown_is_attached_and_nobody_detached_twice() -> None:
    register = an_open_register(a_shop_that_knows_eva())

    assert register.refuses(commands.AttachCustomer("c-9")).key == "customer.unknown"
    assert register.refuses(commands.DetachCustomer()).key == "customer.none"


def test_a_payment_fixes_whose_the_basket_is() -> None:
    register = an_open_register(a_shop_that_knows_eva()).scans(SHOES).pays_cash("100")

    assert register.refuses(commands.AttachCustomer("c-1")).key == "customer.payment_begun"


def test_a_new_customer_s_name_is_in_no_event() -> None:
    register = an_open_register().scans(SHOES)

    register.do(commands.CreateCustomer("Planta Namnsson", phone="0709998877")).pays_cash()

    told = repr([tagged(event) for event in register.happened]) + repr(register.receipt)
    assert register.receipt.customer_id
    assert "Planta" not in told
    assert "0709998877" not in told


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        (commands.CreateCustomer(" "), "customer.no_name"),
        (commands.CreateCustomer("Eva", phone="12"), "customer.bad_phone"),
        (commands.CreateCustomer("Eva", email="eva"), "customer.bad_email"),
        (commands.CreateCustomer("E. Dröm", phone="+46701234567"), "customer.likely"),
    ],
)
def test_a_customer_that_cannot_be_right_is_refused(
    wish: commands.CreateCustomer, key: str
) -> None:
    assert an_open_register(a_shop_that_knows_eva()).refuses(wish).key == key


def test_the_same_name_alone_makes_no_duplicate_and_being_sure_is_enough() -> None:
    register = an_open_register(a_shop_that_knows_eva())

    register.do(commands.CreateCustomer("Eva Ek"))
    register.do(commands.CreateCustomer("Eva Ek", phone=EVA.phone, is_sure=True))

    assert register.state.basket.customer_id


def test_without_its_key_a_till_sells_and_notes_nobody() -> None:
    shop = a_shoe_shop()
    shop.can_seal = False
    register = an_open_register(shop)

    assert register.refuses(commands.CreateCustomer("Eva")).key == "customer.keys_away"
    assert register.scans(SHOES).pays_cash().receipt.customer_id == ""


def test_the_screen_shows_who_it_is_as_far_as_that_is_known() -> None:
    register = an_open_register(a_shop_that_knows_eva()).do(commands.AttachCustomer("c-1"))

    known = show(register.state, register.shop, Around()).customer
    register.shop.customers.clear()
    unknown = show(register.state, register.shop, Around()).customer

    assert known is not None
    assert (known.name, known.member_number) == ("Eva Ek", "M1")
    assert unknown is not None
    assert (unknown.customer_id, unknown.name) == ("c-1", "")


def test_a_parked_basket_keeps_its_customer_and_sign_off_lets_an_empty_one_go() -> None:
    register = an_open_register(a_shop_that_knows_eva()).scans(SHOES)
    register.do(commands.AttachCustomer("c-1")).do(commands.Suspend())
    parked = register.shop.parked[0].basket

    register.do(commands.AttachCustomer("c-1")).do(commands.SignOff())

    assert parked.customer_id == "c-1"
    assert register.state.basket.customer_id == ""
