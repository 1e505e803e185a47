"""An exchange in one visit: two documents, set off against each other, one settlement."""

from __future__ import annotations

import pytest

from central_sync.retail.tender import TenderKind
from central_sync.retail.transaction import ReceiptKind
from pos_client.register import commands
from pos_client.register.refusal import Refused
from tests.builders import SHOES, SOCKS, RegisterDriver, an_open_register, kr


def exchanging(*instead: str) -> RegisterDriver:
    """Socks (49,90) come back; something else is sold."""
    register = an_open_register().scans(SOCKS).pays_card()
    number = register.shop.receipts[0].receipt_number
    register.takes_back(number).do(commands.StartExchange())
    return register.scans(*instead)


def documents(register: RegisterDriver) -> list[tuple[ReceiptKind, int, list[tuple[str, int]]]]:
    return [
        (each.kind, each.total_minor, [(p.tender_id, p.amount_minor) for p in each.payments])
        for each in register.shop.receipts[1:]
    ]


def test_a_dearer_item_is_paid_with_the_return_and_the_difference() -> None:
    register = exchanging(SHOES)

    register.pays_card()
    assert register.state.basket.remaining_minor == kr("849,10")
    register.pays_card()

    assert documents(register) == [
        (ReceiptKind.RETURN, -4_990, [("exchange", -4_990)]),
        (ReceiptKind.SALE, 89_900, [("exchange", 4_990), ("card", 84_910)]),
    ]


def test_of_a_cheaper_item_the_rest_goes_back_on_the_return() -> None:
    register = an_open_register().scans(SHOES).pays_card()
    register.takes_back(register.shop.receipts[0].receipt_number)
    register.do(commands.StartExchange()).scans(SOCKS)

    register.pays_card().pays_card()

    assert register.state.last is not None
    assert register.state.last.total_minor == -84_910, "what is paid out, not the whole return"
    assert documents(register) == [
        (ReceiptKind.SALE, 4_990, [("exchange", 4_990)]),
        (ReceiptKind.RETURN, -89_900, [("exchange", -4_990), ("card", -84_910)]),
    ]


def test_an_even_exchange_moves_no_money_and_keeps_both_vats() -> None:
    register = exchanging(SOCKS)

    register.pays_cash().pays_cash()

    back, sold = register.shop.receipts[1:]
    assert (back.vat_minor, sold.vat_minor) == (-998, 998)
    assert {p.kind for each in (back, sold) for p in each.payments} == {TenderKind.EXCHANGE}
    assert (back.number + 1, register.state.basket.lines) == (sold.number, ())


def test_what_was_set_off_is_not_taken_away_again() -> None:
    register = exchanging(SHOES).pays_card()

    assert register.refuses(commands.RemovePayment(0)).key == "exchange.settled"
    assert register.refuses(commands.VoidBasket()).key


def test_an_exchange_is_left_only_back_to_its_return() -> None:
    register = exchanging()
    with pytest.raises(Refused, match=r"exchange\.sells_now"):
        register.takes_back(register.shop.receipts[0].receipt_number)
    with pytest.raises(Refused, match=r"day\.basket_open"):
        register.closes()

    register.do(commands.DropExchange())

    assert register.state.basket.is_return
    assert register.state.exchange is None


def test_without_a_seal_both_baskets_are_as_they_were() -> None:
    register = exchanging(SHOES)
    register.shop.silent_unit()
    register.pays_card()
    register.seal_is_missed()

    register.do(commands.AbandonCompletion())

    assert [line.name for line in register.state.basket.live] == ["Löparsko Fjäll 42"]
    assert register.state.basket.payments == ()
    assert register.state.exchange is not None
    assert register.state.exchange.payments == ()
