"""Lines that come later: what is asked of central, what stands before money is taken."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from central_sync.retail.order_draft import Answer
from central_sync.retail.orders import Mode, Promise, commands, decide, fold
from central_sync.retail.orders.order import CustomerOrder
from central_sync.retail.till import TillTotals, with_receipt
from pos_client.register import commands as ask
from pos_client.register import order_commands as later
from pos_client.register import order_events
from tests.builders import ANNA, MARIA, SHOES, SOCKS, RegisterDriver, an_open_register, kr

BORG = later.GiveAddress("Eva Borg", "070-1234567", "", "Storgatan 1", "411 19", "Göteborg")
SHIP = later.OrderItem("SKO-42", "ship")
COLLECT = later.OrderItem("STRUMPA", "collect", 2, "s02", "Två Par Mölndal")


def an_order() -> RegisterDriver:
    """Socks from the shelf, shoes sent home, the address given; central is being asked."""
    return an_open_register().scans(SOCKS).do(SHIP).do(BORG)


def central_holds(
    register: RegisterDriver,
    *,
    fee: str = "49,00",
    held: Mapping[int, int] | None = None,
    minutes: int = 10,
) -> RegisterDriver:
    """Central's answer to the question under way."""
    basket = register.state.basket
    pieces = tuple(
        later.QuotedPieces(
            line.line, line.quantity if held is None else held.get(line.line, 0), "2026-11-25"
        )
        for line in basket.later
    )
    until = f"2026-11-22T08:{minutes:02}:00.000Z"
    return register.do(
        later.Quoted(basket.order.asked, "q-1", until, pieces, "Frakt", kr(fee), 2_500)
    )


def central_is_away(register: RegisterDriver) -> RegisterDriver:
    return register.do(later.QuoteFailed(register.state.basket.order.asked))


def order_of(register: RegisterDriver) -> CustomerOrder:
    assert register.receipt.order is not None
    return register.receipt.order


def test_a_line_that_comes_later_makes_central_be_asked_when_it_is_known_where_to() -> None:
    register = an_open_register().scans(SOCKS).do(SHIP)
    assert not register.state.basket.order.asked

    register.do(BORG)

    assert register.state.basket.order.asked
    assert register.state.basket.order.postcode == "41119"


def test_what_is_collected_is_asked_about_at_once() -> None:
    assert an_open_register().do(COLLECT).state.basket.order.asked


def test_what_central_holds_is_reserved_with_its_day_and_its_fee() -> None:
    register = central_holds(an_order())

    shoes = register.state.basket.find(2)
    assert shoes is not None
    assert (shoes.promise, shoes.promised_by) == (Promise.RESERVED, "2026-11-25")
    assert register.total_minor == kr("49,90") + kr("899,00") + kr("49,00")


def test_one_payment_makes_one_receipt_and_one_order_with_exact_shares() -> None:
    register = central_holds(an_order()).pays_cash("1000")

    order = order_of(register)
    assert [line.mode for line in order.lines] == [Mode.TAKEN, Mode.SHIP, Mode.FEE]
    assert order.order_id == order.receipt_id == register.receipt.receipt_id
    assert order.quote_id == "q-1"
    assert sum(share.amount_minor for line in order.lines for share in line.shares) == (
        register.receipt.total_minor
    )
    assert register.receipt.change_minor == kr("2,00")


def test_central_can_place_the_order_of_a_receipt_as_it_stands() -> None:
    order = order_of(central_holds(an_order()).pays_card("500").pays_cash("500"))
    paid: dict[str, int] = {}
    for line in order.lines:
        for share in line.shares:
            paid[share.tender_id] = paid.get(share.tender_id, 0) + share.amount_minor

    events = decide(
        CustomerOrder(), commands.PlaceOrder(order, tuple(paid.items())), order.placed_at
    )

    placed = fold(CustomerOrder(), events)
    assert placed.total_minor == sum(paid.values())
    assert not any(share.tender_id == "" for line in placed.lines for share in line.shares)


def test_no_name_and_no_street_is_in_receipt_events_or_state() -> None:
    register = central_holds(an_order()).pays_cash("1000")

    everything = repr(register.happened) + repr(register.receipt) + repr(register.state)
    assert "Borg" not in everything
    assert "Storgatan" not in everything
    assert "1234567" not in everything


def test_no_money_is_taken_before_it_is_known_whom_the_order_is_for() -> None:
    register = an_open_register().do(COLLECT)

    assert register.refuses(ask.Pay("cash")).key == "order.no_address"


def test_a_payment_waits_for_the_answer_that_is_under_way() -> None:
    assert an_order().refuses(ask.Pay("cash")).key == "order.asking"


def test_what_nobody_has_stops_the_payment_and_names_the_line() -> None:
    register = central_holds(an_order(), held={})

    refusal = register.refuses(ask.Pay("cash"))

    assert (refusal.key, refusal.values["name"]) == ("order.short", "Löparsko Fjäll 42")
    assert register.state.basket.fee is None


def test_a_no_of_central_is_never_a_wish() -> None:
    register = an_order()
    register.do(later.QuoteFailed(register.state.basket.order.asked, is_refused=True))

    assert register.refuses(ask.Pay("cash")).key == "order.short"
    assert not register.state.basket.wishes


def test_without_central_the_line_is_a_wish_with_its_answer_time_and_no_fee() -> None:
    register = central_is_away(an_order()).pays_cash("1000")

    shoes = order_of(register).lines[1]
    assert (shoes.promise, shoes.answer_by[:10]) == (Promise.INTENT, "2026-11-23")
    assert order_of(register).quote_id == ""
    assert register.receipt.total_minor == kr("948,90")


def test_a_wish_above_the_cap_needs_a_manager_and_is_asked_once() -> None:
    register = an_open_register().do(later.OrderItem("SKO-42", "ship", 2)).do(BORG)
    central_is_away(register).do(ask.Pay("card", kr("500")))

    assert register.state.approval is not None
    assert not register.state.basket.payments

    register.approves(MARIA)
    assert register.state.basket.paid_minor == kr("500")
    assert register.state.basket.order.wish_approved_by == MARIA

    assert order_of(register.pays_card()).lines[0].promise is Promise.INTENT


def test_a_wish_at_the_cap_needs_nobody() -> None:
    register = an_open_register(operator=ANNA).do(later.OrderItem("SKO-42", "ship")).do(BORG)

    assert order_of(central_is_away(register).pays_cash())


def test_what_is_held_no_longer_is_asked_again_before_money_is_taken() -> None:
    register = central_holds(an_order(), minutes=10).wait(minutes=11)

    register.do(ask.Pay("cash"))

    assert not register.state.basket.payments
    assert isinstance(register.happened[-1], order_events.QuoteAsked)
    assert central_holds(register, minutes=50).pays_cash().receipt.order


def test_a_changed_line_asks_again_and_an_old_answer_is_nobodys() -> None:
    register = an_order()
    old = register.state.basket.order.asked
    register.do(ask.SetQuantity(2, 3))

    assert register.state.basket.order.asked != old
    register.do(later.Quoted(old, "q-0", "2026-11-22T09:00:00.000Z", ()))
    assert register.state.basket.order.answer is Answer.NONE


def test_an_answer_after_the_payment_has_begun_changes_no_sum() -> None:
    register = central_is_away(an_order())
    register.do(later.RenewQuote())
    asked = register.state.basket.order.asked
    register.pays_card("100")
    total = register.total_minor

    pieces = (later.QuotedPieces(2, 1, "2026-11-25"),)
    register.do(
        later.Quoted(asked, "q-2", "2026-11-22T09:00:00.000Z", pieces, "Frakt", 4_900, 2_500)
    )

    assert register.total_minor == total


def test_when_central_is_back_a_wish_becomes_a_promise() -> None:
    register = central_is_away(an_order())

    central_holds(register.do(later.RenewQuote()))

    assert not register.state.basket.wishes
    assert register.state.basket.order.answer is Answer.HELD


def test_a_hold_is_renewed_while_the_basket_is_open_and_outlives_a_short_silence() -> None:
    register = central_holds(an_order())
    register.do(later.RenewQuote())
    assert register.happened[-1] == order_events.QuoteAsked(
        register.state.basket.order.asked, False
    )

    central_is_away(register)

    assert register.state.basket.order.answer is Answer.HELD
    assert order_of(register.pays_cash()).quote_id == "q-1"


def test_without_the_last_later_line_the_fee_goes_too() -> None:
    register = central_holds(an_order())

    register.do(ask.VoidLine(2))

    assert register.state.basket.fee is None
    assert register.pays_cash("50").receipt.order is None


def test_the_fee_is_changed_by_nobody_and_undo_goes_past_it() -> None:
    register = central_holds(an_order())

    assert register.refuses(ask.VoidLine(3)).key == "order.fee_fixed"
    assert register.refuses(ask.OverridePrice(3, 0, "other")).key == "order.fee_fixed"
    register.do(ask.UndoLast())
    assert [line.sku for line in register.state.basket.live] == ["STRUMPA"]


def test_a_basket_of_ordered_lines_alone_ends_with_its_last_line() -> None:
    register = central_holds(an_open_register().do(SHIP).do(BORG))

    register.do(ask.VoidLine(1))

    assert not register.state.has_basket


def test_a_parked_order_is_asked_about_again_when_it_is_fetched() -> None:
    register = central_holds(an_order()).do(ask.Suspend())
    parked = register.shop.parked[0].basket

    register.do(ask.Resume(parked.basket_id))

    assert register.state.basket.order.asked


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (later.OrderItem("SKO-42", "fly"), "order.ship_or_collect"),
        (later.OrderItem("SKO-42", "collect"), "order.collect_where"),
        (later.OrderItem("PUTS", "ship"), "order.goods_only"),
        (later.OrderItem("NONE", "ship"), "item.unknown"),
        (later.GiveAddress("", "1", "", "S", "41119", "G"), "order.no_name"),
        (later.GiveAddress("Eva", "", "", "S", "41119", "G"), "order.no_contact"),
        (later.GiveAddress("Eva", "1", "", "", "41119", "G"), "order.no_street"),
        (later.GiveAddress("Eva", "1", "", "S", "4111", "G"), "order.postcode"),
    ],
)
def test_an_order_that_could_not_be_delivered_is_refused_by_name(
    command: ask.Command, key: str
) -> None:
    assert an_open_register().do(SHIP).refuses(command).key == key


def test_an_address_without_anything_to_deliver_is_refused() -> None:
    assert an_open_register().scans(SHOES).refuses(BORG).key == "order.nothing_later"


def test_the_day_counts_what_is_sold_for_later() -> None:
    register = central_holds(an_order()).pays_cash("1000")

    totals = with_receipt(TillTotals(), register.receipt)

    assert (totals.undelivered.count, totals.undelivered.amount_minor) == (1, kr("899,00"))


def test_what_was_ordered_is_not_paid_back_as_if_it_had_been_taken() -> None:
    register = central_holds(an_order()).pays_cash("1000")

    assert register.refuses(ask.ReturnLine("1", 2, 1, "regret")).key == "return.ordered"
    assert register.refuses(ask.ReturnLine("1", 3, 1, "regret")).key == "return.ordered"
    assert register.takes_back("1", 1).total_minor == -kr("49,90")
