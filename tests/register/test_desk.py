"""The order desk: what may still be changed, refunds to who paid, the rest at the counter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.retail.orders import Mode
from central_sync.retail.orders import commands as order_commands
from central_sync.retail.orders.commands import OrderCommand
from pos_client.register import commands
from pos_client.register import desk_commands as ask
from pos_client.register.desk_orders import DeskParcel, OrderedPieces
from pos_client.register.events import TaskActed
from pos_client.register.refusal import Refused
from pos_client.register.tasks import TaskLine
from tests.builders import CASH, MARIA, RegisterDriver, kr
from tests.register.desking import a_desk, a_right, an_order
from tests.register.tasking import a_collection, a_store_with


def said(register: RegisterDriver) -> list[OrderCommand | None]:
    return [each.act.order_command for each in register.happened if isinstance(each, TaskActed)]


def test_of_a_whole_order_everything_is_cancelled_that_nobody_has_packed() -> None:
    register = a_desk()

    register.do(ask.CancelOrder("o1", "customer"))

    assert said(register) == [order_commands.CancelPieces(1, 2, "customer")]
    [event] = [each for each in register.happened if isinstance(each, TaskActed)]
    assert (event.act.reason, event.act.epoch) == ("customer", 4)


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        (ask.CancelOrder("o1", "customer", ((2, 1),)), "desk.line_packed"),
        (ask.CancelOrder("o1", "customer", ((1, 3),)), "desk.line_packed"),
        (ask.CancelOrder("o1", "customer", ((1, 0),)), "desk.how_many"),
        (ask.CancelOrder("o1", " "), "reason.needed"),
        (ask.CancelOrder("o9", "customer"), "desk.find_again"),
        (ask.ChangeOrderLine("o1", 2, "ship"), "desk.line_packed"),
        (ask.ChangeOrderLine("o1", 1, "collect"), "order.collect_where"),
        (ask.WaitForOrder("o1", 1), "desk.no_wish"),
        (ask.SubstituteOrderLine("o1", 2, "SKO-42"), "desk.line_packed"),
        (ask.SubstituteOrderLine("o1", 1, "SKO-42"), "desk.same_item"),
        (ask.SubstituteOrderLine("o1", 1, "NO-SUCH"), "item.unknown"),
        (ask.MoveOrder("o1", "Eva", "070", "", "Gatan 1", "1234", "Lund"), "order.postcode"),
        (ask.PayOutRefund("o1/2/1-1"), "desk.not_confirmed"),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence(wish: object, key: str) -> None:
    with pytest.raises(Refused) as refused:
        a_desk().do(wish)  # type: ignore[arg-type]

    assert refused.value.key == key


def test_a_packed_parcel_keeps_its_address() -> None:
    packed = DeskParcel("p1", "ship", "packed", "Umeå")
    words = ("Eva", "070", "", "Gatan 1", "222 22", "Lund")

    a_desk().do(ask.MoveOrder("o1", *words))
    with pytest.raises(Refused, match=r"desk\.packed_already"):
        a_desk(an_order(parcels=(packed,))).do(ask.MoveOrder("o1", *words))


def test_another_address_is_journalled_by_its_id_and_postcode_alone() -> None:
    register = a_desk()

    register.do(ask.MoveOrder("o1", "Eva", "070", "", "Gatan 1", "222 22", "Lund"))

    [moved] = said(register)
    assert isinstance(moved, order_commands.ChangeAddress)
    assert (moved.address.postcode, moved.address.street) == ("22222", "")
    assert moved.address.address_id


def test_home_becomes_a_store_while_nothing_is_packed() -> None:
    register = a_desk()

    register.do(ask.ChangeOrderLine("o1", 1, "collect", "s01"))

    assert said(register) == [order_commands.ChangeLine(1, Mode.COLLECT, "s01")]


def test_another_item_comes_at_its_own_price_while_that_is_no_more_than_what_was_paid() -> None:
    register = a_desk()

    register.do(ask.SubstituteOrderLine("o1", 1, "STRUMPA"))

    [asked] = said(register)
    assert isinstance(asked, order_commands.SubstituteLine)
    assert (asked.line, asked.sku, asked.unit_price_minor) == (1, "STRUMPA", kr("49,90"))
    assert asked.answer_by
    cheap = an_order(lines=(replace(an_order().lines[0], gross_minor=9_000),))
    with pytest.raises(Refused, match=r"desk\.dearer"):
        a_desk(cheap).do(ask.SubstituteOrderLine("o1", 1, "STRUMPA"))


def test_a_refund_goes_back_to_the_tenders_that_paid_it_cash_last() -> None:
    register = a_desk(None, a_right())
    register.do(ask.PayOutRefund("o1/2/1-1"))
    assert register.state.basket.total_minor == -4_990

    with pytest.raises(Refused, match=r"desk\.other_first"):
        register.pays_cash()
    register.pays_card()
    assert register.state.basket.payments[0].amount_minor == -4_000
    register.pays_cash()

    [receipt] = register.shop.receipts
    assert [(one.tender_id, one.amount_minor) for one in receipt.payments] == [
        ("card", -4_000),
        ("cash", -1_000),
    ]
    [line] = receipt.lines
    assert (line.refund_key, line.moved, line.vat_minor) == ("o1/2/1-1", 0, -998)


def test_a_tender_that_did_not_pay_needs_a_second_person() -> None:
    register = a_desk(None, a_right(shares=(("card", 4_990),)))
    register.do(ask.PayOutRefund("o1/2/1-1"))

    register.pays_cash()
    assert register.state.approval is not None
    register.approves(MARIA)

    assert register.shop.receipts[0].payments[0].tender_id == CASH.tender_id


def test_a_refund_is_paid_once_and_only_while_central_allows_it() -> None:
    register = a_desk(None, a_right(shares=(("cash", 4_990),)))
    register.do(ask.PayOutRefund("o1/2/1-1"))
    with pytest.raises(Refused, match=r"desk\.refunded_already"):
        register.do(ask.PayOutRefund("o1/2/1-1"))
    register.pays_cash()

    with pytest.raises(Refused, match=r"desk\.refunded_already"):
        register.do(ask.PayOutRefund("o1/2/1-1"))
    with pytest.raises(Refused, match=r"desk\.not_confirmed"):
        a_desk(None, a_right(until="2026-11-22T07:00:00.000Z")).do(ask.PayOutRefund("o1/2/1-1"))


def test_what_is_still_due_is_paid_at_the_counter_and_moves_no_stock() -> None:
    task = a_collection(
        lines=(
            TaskLine(1, "SKO-42", "Löparsko Fjäll 42", 2, unpaid_minor=179_800),
            TaskLine(2, "STRUMPA", "Strumpa Sjö", 3, unpaid_minor=1_000),
        )
    )
    register = a_store_with(task)

    register.do(ask.PayRest("p1/collect")).pays_card()

    [receipt] = register.shop.receipts
    assert receipt.total_minor == 180_800
    assert [(one.pays_order, one.pays_line, one.moved) for one in receipt.lines] == [
        ("o1", 1, 0),
        ("o1", 2, 0),
    ]
    assert [(one.quantity, one.unit_price_minor) for one in receipt.lines] == [
        (2, kr("899")),
        (1, 1_000),
    ]


def test_an_order_that_is_paid_is_handed_out_and_not_paid_again() -> None:
    register = a_store_with(a_collection())

    with pytest.raises(Refused, match=r"desk\.nothing_due"):
        register.do(ask.PayRest("p1/collect"))


def test_a_delivered_line_comes_back_as_a_step_behind_what_was_cancelled_before() -> None:
    register = a_desk()
    register.do(commands.AddItem("STRUMPA", 3)).pays_card()
    receipt = register.shop.receipts[0]
    register.shop.pieces[receipt.receipt_id] = {1: OrderedPieces(delivered=1, before=2)}

    with pytest.raises(Refused, match=r"return\.too_many"):
        register.takes_back(receipt.receipt_number, 1, 2)
    register.takes_back(receipt.receipt_number, 1).pays_card()

    assert register.shop.receipts[1].total_minor == -4_990
