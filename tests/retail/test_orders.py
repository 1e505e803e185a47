"""Every legal step of an order, and the ones that are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central_sync.retail.orders import (
    MadeWhere,
    Mode,
    OrderRefused,
    ParcelState,
    Promise,
    commands,
    is_finished,
    pieces,
)
from central_sync.retail.orders.events import OrderEvent, ParcelClaimed, read_event
from central_sync.retail.orders.ladder import Step, Ways, next_step, step_key
from central_sync.retail.plain import tagged
from tests.retail.ordering import ANNA, Desk, asked, offered, order_line, packed, parcel, placed

SHIP, COLLECT = Mode.SHIP, Mode.COLLECT


def refused(desk: Desk, command: commands.OrderCommand) -> str:
    with pytest.raises(OrderRefused) as no:
        desk.do(command)
    return no.value.key


def test_a_shipped_order_ends_when_the_parcel_is_handed_over() -> None:
    desk = packed(order_line(1), order_line(2, Mode.TAKEN))

    desk.do(commands.HandOver("p1", "s02", 1, "SE123"))

    assert desk.the_parcel().state is ParcelState.SHIPPED
    assert pieces(desk.order, desk.order.lines[0]).shipped == 1
    assert is_finished(desk.order)


def test_an_order_placed_twice_is_one_order() -> None:
    desk = placed()
    before = desk.order

    desk.do(commands.PlaceOrder(asked(order_line(7)), ()))

    assert desk.order is before


def test_more_than_the_total_can_not_be_paid() -> None:
    assert refused(Desk(), commands.PlaceOrder(asked(), (("card", 90_000),))) == (
        "order.paid_too_much"
    )


def test_a_shipped_line_needs_an_address() -> None:
    nowhere = replace(asked(), address=None)
    assert refused(Desk(), commands.PlaceOrder(nowhere)) == "order.no_address"


def test_a_plan_takes_no_more_than_waits() -> None:
    desk = placed(order_line(1, quantity=2))
    desk.do(commands.PlanParcels((parcel("p1", "s02", desk.order, (1, 1)),)))

    too_much = commands.PlanParcels((parcel("p2", "s03", desk.order, (1, 2)),))

    assert refused(desk, too_much) == "order.nothing_waits"


def test_a_wish_is_reserved_by_its_plan() -> None:
    desk = placed(replace(order_line(1), promise=Promise.INTENT, promised_by=""))

    desk.do(commands.PlanParcels((parcel("p1", "s02", desk.order, (1, 1)),), "2026-11-26"))

    assert desk.order.lines[0].promise is Promise.RESERVED
    assert desk.order.lines[0].promised_by == "2026-11-26"


def test_the_first_claim_wins() -> None:
    desk = offered()
    desk.do(commands.OfferParcel("p1", ("s03", "s04"), "2026-11-22T13:05:00.000Z"))

    desk.do(commands.ClaimParcel("p1", "s03", 1))

    assert desk.the_parcel().store_id == "s03"
    assert desk.stock.reserved() == {("s03", "SKU-1"): 1}
    assert refused(desk, commands.ClaimParcel("p1", "s02", 1)) == "order.claimed_elsewhere"


def test_a_claim_sent_again_changes_nothing() -> None:
    desk = offered()
    desk.do(commands.ClaimParcel("p1", "s02", 1))
    before = desk.order

    desk.do(commands.ClaimParcel("p1", "s02", 1))

    assert desk.order is before


def test_a_store_without_an_offer_can_not_claim() -> None:
    assert refused(offered(), commands.ClaimParcel("p1", "s77", 1)) == "order.no_offer"


def test_a_reject_lets_the_pieces_wait_without_that_store() -> None:
    desk = offered()

    desk.do(commands.RejectParcel("p1", "s02", 1, "not_found"))

    assert pieces(desk.order, desk.order.lines[0]).waiting == 1
    assert desk.order.lines[0].passed_over == ("s02",)
    assert desk.stock.reserved() == {}


def test_a_reject_by_one_of_three_leaves_the_others_their_chance() -> None:
    desk = offered()
    desk.do(commands.OfferParcel("p1", ("s03", "s04"), "2026-11-22T13:05:00.000Z"))

    desk.do(commands.RejectParcel("p1", "s02", 1, "busy"))

    assert desk.the_parcel().state is ParcelState.OFFERED
    assert {offer.store_id for offer in desk.the_parcel().open_offers} == {"s03", "s04"}


def test_an_offer_expires_only_when_its_time_is_over() -> None:
    desk = offered()

    desk.do(commands.ExpireOffers("p1"))
    assert desk.the_parcel().state is ParcelState.OFFERED

    desk.at = "2026-11-22T13:05:00.000Z"
    desk.do(commands.ExpireOffers("p1"))
    assert desk.the_parcel().state is ParcelState.LAPSED


def test_a_claim_before_the_expiry_is_the_one_that_counts() -> None:
    desk = offered()
    desk.at = "2026-11-22T13:06:00.000Z"

    desk.do(commands.ClaimParcel("p1", "s02", 1), commands.ExpireOffers("p1"))

    assert desk.the_parcel().state is ParcelState.CLAIMED


def test_seeing_an_offer_shortens_its_time_once() -> None:
    desk = offered()

    desk.do(commands.SeeOffer("p1", "s02", "2026-11-22T13:02:00.000Z"))
    desk.do(commands.SeeOffer("p1", "s02", "2026-11-22T13:01:00.000Z"))

    assert desk.the_parcel().offers[0].expires_at == "2026-11-22T13:02:00.000Z"


def test_three_failed_rounds_reach_a_person() -> None:
    desk = placed()
    for number, store in enumerate(("s02", "s03", "s04"), start=1):
        assert desk.order.lines[0].escalated == ""
        desk.do(
            commands.PlanParcels((parcel(f"p{number}", store, desk.order, (1, 1)),)),
            commands.OfferParcel(f"p{number}", (store,), "2026-11-22T13:05:00.000Z"),
            commands.RejectParcel(f"p{number}", store, 1, "not_found"),
        )
        assert desk.the_parcel(f"p{number}").round == number

    assert desk.order.lines[0].escalated == "order.nobody_takes_it"


def test_word_of_an_old_assignment_is_refused() -> None:
    desk = offered()
    desk.do(
        commands.ClaimParcel("p1", "s02", 1),
        commands.TakeBackParcel("p1", "order.store_silent"),
    )

    assert refused(desk, commands.PickLine("p1", "s02", 1, 1, 1)) == "order.old_assignment"


def test_a_move_takes_the_right_along_and_happens_once() -> None:
    desk = offered()

    desk.do(commands.MoveParcel("p1", "s05", "d2"))

    assert desk.stock.reserved() == {("s05", "SKU-1"): 1}
    assert desk.the_parcel().open_offers == ()
    assert refused(desk, commands.MoveParcel("p1", "s06", "d3")) == "order.moved_already"


def test_a_claimed_parcel_is_never_moved() -> None:
    desk = offered()
    desk.do(commands.ClaimParcel("p1", "s02", 1))

    assert refused(desk, commands.MoveParcel("p1", "s05", "d2")) == "order.parcel_is"


def test_a_piece_that_is_not_found_waits_for_another_store() -> None:
    desk = offered(order_line(1), order_line(2))
    desk.do(
        commands.ClaimParcel("p1", "s02", 1),
        commands.PickLine("p1", "s02", 1, 1, 1),
        commands.ShortLine("p1", "s02", 1, 2, 1, "not_on_shelf"),
        commands.PackParcel("p1", "s02", 1),
    )

    assert pieces(desk.order, desk.order.lines[1]).waiting == 1
    assert desk.stock.recounts == [("s02", "SKU-2")]
    assert desk.the_parcel().state is ParcelState.PACKED


def test_a_parcel_with_nothing_found_lapses() -> None:
    desk = offered()
    desk.do(commands.ClaimParcel("p1", "s02", 1))

    desk.do(commands.ShortLine("p1", "s02", 1, 1, 1, "not_on_shelf"))

    assert desk.the_parcel().state is ParcelState.LAPSED
    assert desk.stock.reserved() == {}


def test_what_is_not_picked_can_not_be_packed() -> None:
    desk = offered()
    desk.do(commands.ClaimParcel("p1", "s02", 1))

    assert refused(desk, commands.PackParcel("p1", "s02", 1)) == "order.not_all_picked"


def test_a_collection_is_handed_out_in_parts() -> None:
    desk = packed(order_line(1, COLLECT), order_line(2, COLLECT), store_id="s09")
    desk.do(commands.MakeReady("p1", "s09", "B4", "2026-11-29T13:00:00.000Z"))

    desk.do(commands.CollectPieces("p1", "s09", ((1, 1),)))
    assert desk.the_parcel().state is ParcelState.READY

    desk.do(commands.CollectPieces("p1", "s09", ((2, 1),)))
    assert desk.the_parcel().state is ParcelState.COLLECTED
    assert is_finished(desk.order)


def test_a_collection_from_another_store_travels_there_first() -> None:
    desk = packed(order_line(1, COLLECT), store_id="s02")
    ready = commands.MakeReady("p1", "s09", "B4", "2026-11-29T13:00:00.000Z")
    assert refused(desk, ready) == "order.parcel_is"

    desk.do(commands.HandOver("p1", "s02", 1), ready)

    assert desk.the_parcel().state is ParcelState.READY


def test_what_is_unpaid_is_paid_before_it_is_handed_out() -> None:
    desk = placed(order_line(1, COLLECT), paid=(("cash", 40_000),))
    desk.do(
        commands.PlanParcels((parcel("p1", "s09", desk.order, (1, 1)),)),
        commands.OfferParcel("p1", ("s09",), "2026-11-22T13:05:00.000Z"),
        commands.ClaimParcel("p1", "s09", 1),
        commands.PickLine("p1", "s09", 1, 1, 1),
        commands.PackParcel("p1", "s09", 1),
        commands.MakeReady("p1", "s09", "B4", "2026-11-29T13:00:00.000Z"),
    )
    collect = commands.CollectPieces("p1", "s09", ((1, 1),))
    assert refused(desk, collect) == "order.unpaid"

    desk.do(commands.TakePayment("card", 49_900), collect)

    assert desk.the_parcel().state is ParcelState.COLLECTED


def test_nobody_came_so_it_is_put_back_and_refunded() -> None:
    desk = packed(order_line(1, COLLECT), store_id="s09")
    desk.do(commands.MakeReady("p1", "s09", "B4", "2026-11-29T13:00:00.000Z"))
    assert refused(desk, commands.NoShow("p1")) == "order.still_held"

    desk.at = "2026-11-29T13:00:00.000Z"
    desk.do(commands.NoShow("p1"))

    assert desk.the_parcel().state is ParcelState.UNCOLLECTED
    assert [refund.amount_minor for refund in desk.order.refunds] == [89_900]
    assert desk.stock.on_hand("s09", "SKU-1") == 0
    assert not is_finished(desk.order)


def test_a_longer_hold_is_later() -> None:
    desk = packed(order_line(1, COLLECT), store_id="s09")
    desk.do(commands.MakeReady("p1", "s09", "B4", "2026-11-29T13:00:00.000Z"))

    assert refused(desk, commands.ExtendHold("p1", "2026-11-28")) == "order.not_later"
    desk.do(commands.ExtendHold("p1", "2026-12-02T13:00:00.000Z"))
    assert desk.the_parcel().hold_until == "2026-12-02T13:00:00.000Z"


def test_a_cancelled_piece_that_was_picked_is_put_back() -> None:
    desk = offered(order_line(1, quantity=2))
    desk.do(
        commands.ClaimParcel("p1", "s02", 1),
        commands.PickLine("p1", "s02", 1, 1, 2),
        commands.CancelPieces(1, 1, "changed_mind"),
    )

    assert desk.stock.on_hand("s02", "SKU-1") == -1
    assert pieces(desk.order, desk.order.lines[0]).picking == 1


def test_a_packed_piece_is_not_cancelled() -> None:
    desk = packed()
    assert refused(desk, commands.CancelPieces(1, 1, "changed_mind")) == "order.packed_already"


def test_the_fee_goes_back_when_nothing_is_shipped() -> None:
    desk = offered(order_line(1), order_line(9, Mode.FEE, gross=4_900))

    desk.do(commands.CancelPieces(1, 1, "changed_mind"))

    assert sum(refund.amount_minor for refund in desk.order.refunds) == 94_800


@pytest.mark.parametrize(
    ("made", "back"), [(MadeWhere.IN_STORE, 89_900), (MadeWhere.AT_DISTANCE, 94_800)]
)
def test_a_returned_order_gives_the_fee_back_only_at_a_distance(made: MadeWhere, back: int) -> None:
    desk = packed(order_line(1), order_line(9, Mode.FEE, gross=4_900))
    desk.order = replace(desk.order, made=made)
    desk.do(commands.HandOver("p1", "s02", 1))

    desk.do(commands.ReturnPieces(1, 1, "s11", "too_small"))

    assert sum(refund.amount_minor for refund in desk.order.refunds) == back


def test_another_way_to_get_it_is_planned_anew() -> None:
    desk = offered()

    desk.do(commands.ChangeLine(1, COLLECT, "s09"))

    assert desk.the_parcel().state is ParcelState.CANCELLED
    assert pieces(desk.order, desk.order.lines[0]).waiting == 1
    assert desk.stock.reserved() == {}


def test_what_was_called_off_is_offered_to_nobody_and_a_late_no_to_it_counts_for_nothing() -> None:
    desk = offered()
    desk.do(commands.ChangeLine(1, COLLECT, "s09"))

    assert desk.the_parcel().open_offers == ()
    assert refused(desk, commands.RejectParcel("p1", "s02", 1, "busy")) == "order.no_offer"
    assert (desk.order.lines[0].rounds, desk.order.lines[0].passed_over) == (0, ())


def test_an_address_changes_until_something_is_packed() -> None:
    desk = offered()
    elsewhere = replace(ANNA, street="Storgatan 1")
    desk.do(commands.ChangeAddress(elsewhere))
    assert desk.order.address == elsewhere

    late = packed()
    assert refused(late, commands.ChangeAddress(elsewhere)) == "order.packed_already"


def test_a_refund_is_paid_once() -> None:
    desk = placed()
    desk.do(commands.CancelPieces(1, 1, "changed_mind"))
    key = desk.order.refunds[0].refund_key

    desk.do(commands.PayRefund(key, "first"), commands.PayRefund(key, "second"))

    assert desk.order.refunds[0].reference == "first"


def test_an_event_is_read_as_it_was_written() -> None:
    event: OrderEvent = ParcelClaimed("p1", "s02", "s03", 2, "2026-11-22T13:00:00.000Z")
    assert read_event(tagged(event)) == event


def test_the_ladder_takes_each_possible_step_once() -> None:
    ways = Ways(other_site=True, later_date=True)

    assert next_step(ways, ()) is Step.OTHER_SITE
    assert next_step(ways, (Step.OTHER_SITE,)) is Step.LATER_DATE
    assert next_step(ways, (Step.OTHER_SITE, Step.LATER_DATE)) is Step.REFUND
    assert next_step(ways, tuple(Step)) is None
    assert step_key("o1", 1, Step.REFUND) != step_key("o1", 2, Step.REFUND)
