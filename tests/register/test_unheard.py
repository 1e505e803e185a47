"""Another till's receipt while central is silent: what may be done at once, what waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.retail.proof import Proof
from central_sync.retail.tender import TenderKind
from pos_client.register import commands
from pos_client.register.refusal import Refused
from tests.builders import MARIA, SHOES, SOCKS, RegisterDriver, an_open_register, kr

DAY = "2026-11-20"


def brought(*codes: str, pieces: int = 1, days: int = 30) -> RegisterDriver:
    """What another till sold is taken back here, on the word of its code alone."""
    register = an_open_register().scans(*codes).pays_card()
    receipt = register.shop.receipts[0]
    told = Proof(receipt.receipt_id, receipt.receipt_number, "s02-1", DAY, days, (), ())
    register.shop.proofs[receipt.receipt_id] = told
    for line in range(1, pieces + 1):
        register.takes_back(receipt.receipt_number, line)
    return register


def paid_back(register: RegisterDriver) -> list[tuple[str, int]]:
    return [(one.tender_id, one.amount_minor) for one in register.receipt.payments]


def test_a_little_cash_is_paid_at_once_and_the_goods_are_kept_aside() -> None:
    register = brought(SOCKS).pays_cash()

    [line] = register.receipt.lines
    assert (line.held, line.moved) == (True, 0)
    assert paid_back(register) == [("cash", -5_000)]


def test_more_cash_than_the_cap_takes_a_manager() -> None:
    register = brought(SHOES).pays_cash()
    assert register.state.approval is not None
    assert register.state.approval.limit_minor == 30_000

    register.approves(MARIA)

    assert paid_back(register) == [("cash", -89_900)]


def test_cash_in_two_parts_is_one_sum() -> None:
    register = brought(SHOES).pays_cash("300")
    register.pays_cash("300")
    assert register.state.approval is not None


def test_what_went_to_a_card_waits_for_central_whatever_the_sum() -> None:
    register = brought(SHOES).pays_card()

    [payment] = register.receipt.payments
    assert (payment.kind, payment.amount_minor) == (TenderKind.CLAIM, -89_900)
    last = register.state.last
    assert last is not None
    assert (last.total_minor, last.waits_minor) == (0, 89_900), "nothing was paid out yet"


def test_an_exchange_up_to_the_cap_goes_at_once() -> None:
    register = brought(SHOES).do(commands.StartExchange()).scans(SHOES).pays_card().pays_card()

    assert [one.total_minor for one in register.shop.receipts[1:]] == [-89_900, 89_900]


def test_a_larger_exchange_takes_a_manager() -> None:
    register = brought(SHOES, SHOES, pieces=2).do(commands.StartExchange())
    assert register.state.approval is not None
    register.approves(MARIA)
    assert register.state.exchange is not None


def test_the_rest_of_an_exchange_is_held_to_the_cap_of_cash() -> None:
    register = brought(SHOES).do(commands.StartExchange()).scans(SOCKS).pays_card()
    register.pays_cash()
    assert register.state.approval is not None
    assert register.state.approval.to_minor == kr("849")


def test_after_its_days_a_receipt_is_not_taken() -> None:
    with pytest.raises(Refused, match=r"unheard\.too_late"):
        brought(SOCKS, days=1)


def test_what_this_till_knows_itself_is_no_such_case() -> None:
    register = an_open_register().scans(SHOES).pays_card()
    register.takes_back(register.shop.receipts[0].receipt_number).pays_card()

    assert paid_back(register) == [("card", -89_900)]
    assert not register.receipt.lines[0].held


def test_the_same_line_comes_back_once_here() -> None:
    register = brought(SOCKS).pays_cash()
    with pytest.raises(Refused, match=r"return\.all_returned"):
        register.takes_back(register.shop.receipts[0].receipt_number)
    assert replace(register.receipt.lines[0], held=False).moved == -1
