"""A customer at the screen: found, shown with orders and purchases, put on the sale, made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.retail.customer import Customer
from pos_client.register.commands import CreateCustomer, DetachCustomer
from pos_client.register.queries import (
    CustomerFile,
    CustomersOrderView,
    FoundCustomer,
    OrderedLine,
    PurchaseView,
)
from pos_client.screens.keys import ENTER, Key
from tests.builders import SHOES, kr
from tests.register.desking import an_order
from tests.screens.core_twin import Desk, f

TAB, DOWN = Key("tab"), Key("down")
EVA = Customer("c-1", "Eva Borg", "070-123 45 67", "eva@example.se", "700001", town="Göteborg")
BO = Customer("c-2", "Bo Borg", "070-765 43 21", town="Borås")
ORDER = CustomersOrderView(
    "o-1", "W-1001", "open", "2026-11-20T10:00:00.000Z", kr("899"), kr("100"), "Webben",
    (OrderedLine("Löparsko Fjäll 43", 1, "ship", "picking", "2026-11-25"),),
)  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    register = made.register
    register.driver.shop.customers |= {"c-1": EVA, "c-2": BO}
    bought = PurchaseView("1-1-1", "2026-11-21T10:00:00+01:00", "sale", kr("899"), "Göteborg")
    who = FoundCustomer("c-1", EVA.name, EVA.phone, EVA.email, EVA.member_number, town=EVA.town)
    other = FoundCustomer("c-2", BO.name, BO.phone, town=BO.town)
    register.files = {
        "c-1": CustomerFile(who, (ORDER,), (bought,), is_live=True),
        "c-2": CustomerFile(other, is_live=True),
    }
    return made


def on_sale(desk: Desk) -> str:
    return desk.view.customer.customer_id if desk.view.customer else ""


def test_two_keys_beside_the_number_put_a_known_customer_on_the_sale(desk: Desk) -> None:
    desk.scans(SHOES).keys("0701234567", TAB, ENTER)

    assert (desk.page, on_sale(desk)) == ("sale", "c-1")
    assert "Kund: Eva Borg" in desk.text()


@pytest.mark.parametrize("text", ["eva@example.se", "700001", "eva bo", "+46 70 123 45 67"])
def test_one_who_fits_is_shown_at_once_with_orders_and_purchases(desk: Desk, text: str) -> None:
    desk.keys(TAB).enters(text)

    shown = desk.text()
    assert "medlem 700001" in shown
    assert "W-1001  PÅGÅR  Webben" in shown
    assert "2026-11-21  1-1-1" in shown
    assert "direkt från centralen" in shown


def test_of_several_a_person_chooses_and_may_look_at_each(desk: Desk) -> None:
    desk.keys(TAB).enters("borg")
    assert "Eva Borg" in desk.text()
    assert "Bo Borg" in desk.text()

    desk.keys(DOWN, ENTER)
    assert "070-765 43 21" in desk.text()
    desk.escapes().keys(f(12))

    assert on_sale(desk) == "c-1"


def test_without_central_the_page_says_how_old_its_knowledge_is(desk: Desk) -> None:
    desk.register.is_central_here, desk.register.customers_age_seconds = False, 7_500
    old = replace(desk.register.files["c-1"], is_live=False, age_seconds=7_500)
    desk.register.files["c-1"] = old

    desk.keys(TAB).enters("borg")
    assert "butikens egna kunder, 2 h gamla" in desk.text()
    desk.keys(ENTER)
    assert "butikens egna kunder, 2 h gamla" in desk.text()


def test_an_order_leads_to_the_order_desk(desk: Desk) -> None:
    order = desk.register.files["c-1"].orders[0]
    desk.register.driver.shop.orders["o1"] = an_order(number=order.number)

    desk.keys("0701234567", TAB, DOWN, ENTER)

    assert desk.page == "orders"
    assert "Från Två Par Umeå" in desk.text()


def test_a_purchase_leads_to_its_return(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(9))
    number = desk.register.driver.receipt.receipt_number
    file = desk.register.files["c-1"]
    bought = replace(file.purchases[0], receipt_number=number)
    desk.register.files["c-1"] = replace(file, purchases=(bought,))

    desk.keys("0701234567", TAB, DOWN, DOWN, ENTER)

    assert desk.page == "returns"
    assert number in desk.text()


def test_whose_the_sale_is_stands_there_at_once_and_can_be_taken_off(desk: Desk) -> None:
    desk.scans(SHOES).keys("0701234567", TAB, ENTER, TAB)
    assert "✓ På köpet" in desk.text()

    desk.keys(f(3))

    assert on_sale(desk) == ""
    assert desk.register.done[-1] == DetachCustomer()


def test_a_member_s_card_finds_its_member_from_the_sale(desk: Desk) -> None:
    desk.scans(SHOES).scans("M700001").keys(ENTER)

    assert on_sale(desk) == "c-1"


def test_an_item_s_code_finds_nobody_and_sells_nothing(desk: Desk) -> None:
    desk.keys(TAB).scans(SHOES)

    assert (desk.page, desk.bells, desk.view.item_count) == ("customers", 1, 0)


def test_what_was_searched_for_is_the_new_customer_s_field(desk: Desk) -> None:
    desk.scans(SHOES).keys("0739998877", TAB, f(9)).keys("Ny Person", f(12))

    assert desk.page == "sale"
    assert desk.view.customer is not None
    assert CreateCustomer("Ny Person", "0739998877") in desk.register.done


def test_who_shares_a_number_is_shown_and_a_person_chooses(desk: Desk) -> None:
    desk.scans(SHOES).keys(TAB, f(9)).enters("Eva Annan", "0701234567").keys(f(12))
    assert "Eva Borg · 070-123 45 67" in desk.text()
    assert not desk.view.customer

    desk.keys("1")

    assert (desk.page, on_sale(desk)) == ("sale", "c-1")


def test_a_person_who_is_somebody_else_is_made_beside(desk: Desk) -> None:
    desk.scans(SHOES).keys(TAB, f(9)).enters("Eva Annan", "0701234567").keys(f(12), "2")

    assert desk.page == "sale"
    assert on_sale(desk) not in ("", "c-1")


def test_the_same_name_alone_asks_nothing(desk: Desk) -> None:
    desk.scans(SHOES).keys(TAB, f(9), "Eva Borg", f(12))

    assert desk.page == "sale"
    assert on_sale(desk) not in ("", "c-1")


def test_a_new_customer_needs_a_name_and_a_number_that_can_be_one(desk: Desk) -> None:
    desk.keys("0739998877", TAB, f(9), f(12))
    assert (desk.page, desk.bells) == ("new_customer", 1)

    desk.enters("Ny Person").keys(Key("down"), Key("up")).keys("x", f(12))
    assert desk.page == "new_customer"
    assert "0739998877x" in desk.text()
