"""The store's tasks: what may be said of them in which state, and what central is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from central_sync.retail.orders import commands as order
from pos_client.register import events as happened
from pos_client.register.commands import (
    AcceptTask,
    Command,
    EndTask,
    HandOut,
    HandOverParcel,
    HandOverTask,
    MissGoods,
    NoShowTask,
    PackTask,
    PickGoods,
    PutOnShelf,
    RejectTask,
    SeeTask,
)
from pos_client.register.refusal import Refused
from pos_client.texts import words
from tests.builders import MAGAZINE, SHOES, SOCKS, RegisterDriver
from tests.register.tasking import CODE, a_collection, a_store_with, an_offer, the_task

PICK = "p1/pick"


def told(register: RegisterDriver) -> list[Any]:
    """What central is told, in its order."""
    acted = [each for each in register.happened if isinstance(each, happened.TaskActed)]
    return [each.act.order_command for each in acted if each.is_told]


def a_picked_order(**changes: Any) -> RegisterDriver:
    register = a_store_with(an_offer(**changes)).do(AcceptTask(PICK))
    return register.do(PickGoods(PICK, SHOES, 2)).do(PickGoods(PICK, SOCKS))


def test_an_offer_is_claimed_under_the_epoch_it_was_made_with() -> None:
    register = a_store_with(an_offer()).do(AcceptTask(PICK))

    assert told(register) == [order.ClaimParcel("p1", "s01", 3)]
    assert the_task(register).state == "accepted"


def test_a_store_that_takes_over_a_parcel_picks_under_the_next_epoch() -> None:
    register = a_store_with(an_offer(claimed_epoch=4)).do(SeeTask(PICK)).do(AcceptTask(PICK))
    register.do(PickGoods(PICK, SHOES))

    assert told(register)[1:] == [
        order.ClaimParcel("p1", "s01", 3),
        order.PickLine("p1", "s01", 4, 1, 1),
    ]


def test_an_opened_offer_is_told_once() -> None:
    register = a_store_with(an_offer()).do(SeeTask(PICK)).do(SeeTask(PICK))

    assert [type(each) for each in told(register)] == [order.SeeOffer]


def test_a_no_needs_a_reason_and_takes_the_task_away() -> None:
    register = a_store_with(an_offer())
    assert register.refuses(RejectTask(PICK, " ")).key == "reason.needed"

    register.do(RejectTask(PICK, "no_time"))

    assert told(register) == [order.RejectParcel("p1", "s01", 3, "no_time")]
    assert not the_task(register).is_open


def test_what_was_accepted_can_be_left_until_the_first_pick() -> None:
    register = a_store_with(an_offer(claimed_epoch=4)).do(AcceptTask(PICK))
    assert register.do(RejectTask(PICK, "no_time"))
    assert told(register)[-1].epoch == 4

    register = a_store_with(an_offer()).do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES))
    assert register.refuses(RejectTask(PICK, "no_time")).key == "task.picked_already"


def test_the_wrong_item_is_refused_with_a_tone() -> None:
    register = a_store_with(an_offer()).do(AcceptTask(PICK))

    refusal = register.refuses(PickGoods(PICK, MAGAZINE))

    assert (refusal.key, refusal.beeps) == ("task.wrong_item", 2)


def test_no_more_is_picked_than_was_ordered() -> None:
    register = a_picked_order()

    assert register.refuses(PickGoods(PICK, SHOES)).key == "task.no_more"


def test_nothing_is_picked_before_the_task_is_taken() -> None:
    assert a_store_with(an_offer()).refuses(PickGoods(PICK, SHOES)).key == "task.accept_first"


def test_an_order_is_packed_when_all_of_it_is_picked_and_then_handed_over() -> None:
    register = a_store_with(an_offer()).do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES, 2))
    assert register.refuses(PackTask(PICK)).key == "task.not_all_picked"
    assert register.refuses(HandOverTask(PICK)).key == "task.pack_first"

    register.do(PickGoods(PICK, SOCKS)).do(PackTask(PICK)).do(HandOverTask(PICK, "SE123"))

    assert told(register)[-1] == order.HandOver("p1", "s01", 3, "SE123")
    assert not the_task(register).is_open


def test_a_parcel_is_handed_over_by_the_code_on_its_label_and_once() -> None:
    register = a_picked_order(tracking="SPD1SE")
    assert register.refuses(HandOverParcel("SPD1SE")).key == "task.pack_first"
    assert register.refuses(HandOverParcel("SPD2SE")).key == "task.no_such_parcel"

    register.do(PackTask(PICK)).do(HandOverParcel("SPD1SE"))

    assert told(register)[-1] == order.HandOver("p1", "s01", 3, "SPD1SE")
    assert register.refuses(HandOverParcel("SPD1SE")).key == "task.handed_already"


def test_a_parcel_leaves_only_when_central_has_heard_the_yes() -> None:
    register = a_picked_order(awaits_central=True, tracking="SPD1SE").do(PackTask(PICK))

    refusals = [register.refuses(HandOverTask(PICK)), register.refuses(HandOverParcel("SPD1SE"))]

    assert [refusal.key for refusal in refusals] == ["task.not_confirmed"] * 2


def test_what_is_missing_leaves_the_parcel_and_the_rest_goes_on() -> None:
    register = a_store_with(an_offer()).do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES, 2))
    assert register.refuses(MissGoods(PICK, 2, "")).key == "reason.needed"

    register.do(MissGoods(PICK, 2, "not_found")).do(PackTask(PICK))

    assert told(register)[-2] == order.ShortLine("p1", "s01", 3, 2, 1, "not_found")
    assert the_task(register).state == "packed"


def test_a_task_of_which_nothing_was_there_is_over() -> None:
    register = a_store_with(an_offer()).do(AcceptTask(PICK))

    register.do(MissGoods(PICK, 1, "not_found")).do(MissGoods(PICK, 2, "not_found"))

    assert not the_task(register).is_open


def test_a_parcel_to_be_collected_here_goes_on_a_shelf_and_never_to_a_carrier() -> None:
    register = a_picked_order(mode="collect", collect_store_id="s01").do(PackTask(PICK))
    assert register.refuses(HandOverTask(PICK)).key == "task.collected_here"
    assert register.refuses(PutOnShelf(PICK, "")).key == "task.which_place"

    register.do(PutOnShelf(PICK, "H2"))

    assert told(register)[-1] == order.MakeReady("p1", "s01", "H2", "")


def test_a_parcel_to_be_collected_elsewhere_goes_to_the_carrier() -> None:
    register = a_picked_order(mode="collect", collect_store_id="s02").do(PackTask(PICK))

    assert register.refuses(PutOnShelf(PICK, "H2")).key == "task.goes_to_carrier"


def test_what_another_till_has_begun_is_asked_about() -> None:
    register = a_store_with(an_offer(state="picking"))
    assert register.refuses(PickGoods(PICK, SHOES)).key == "task.elsewhere"

    register.do(PickGoods(PICK, SHOES, is_sure=True))

    assert the_task(register).is_mine


def test_goods_are_handed_out_by_code_alone_and_only_once() -> None:
    register = a_store_with(a_collection())
    refusal = register.refuses(HandOut("p1/collect", "WRONG1"))
    assert (refusal.key, refusal.beeps) == ("task.wrong_code", 2)

    register.do(HandOut("p1/collect", CODE))

    assert told(register) == [order.CollectPieces("p1", "s01", ((1, 2), (2, 1)))]
    assert register.refuses(HandOut("p1/collect", CODE)).key == "task.gone"


def test_a_customer_may_take_some_now_and_come_again() -> None:
    register = a_store_with(a_collection()).do(HandOut("p1/collect", CODE, ((1, 1),)))
    assert the_task(register, "p1/collect").is_open

    register.do(HandOut("p1/collect", CODE))

    assert told(register)[-1] == order.CollectPieces("p1", "s01", ((1, 1), (2, 1)))


def test_what_is_unpaid_is_not_handed_out() -> None:
    task = a_collection()
    owing = replace(task, lines=(replace(task.lines[0], unpaid_minor=89_900), task.lines[1]))

    refusal = a_store_with(owing).refuses(HandOut("p1/collect", CODE))

    assert (refusal.key, refusal.values["amount_minor"]) == ("task.unpaid", 89_900)


def test_nobody_is_late_before_the_day_is_over() -> None:
    register = a_store_with(a_collection())
    assert register.refuses(NoShowTask("p1/collect")).key == "task.still_held"

    register.wait(days=8)

    assert told(register.do(NoShowTask("p1/collect"))) == [order.NoShow("p1")]


def test_goods_put_back_end_their_task() -> None:
    back = an_offer(task_id="b1", kind="put_back", state="accepted")
    register = a_store_with(back).do(EndTask("b1"))

    assert not the_task(register, "b1").is_open


def test_a_word_of_an_older_assignment_counts_for_nothing() -> None:
    register = a_picked_order()
    register.shop.told[PICK] = an_offer(epoch=5)

    assert (the_task(register).state, the_task(register).pieces_picked) == ("offered", 0)


def test_a_pick_that_central_knows_already_is_not_counted_twice() -> None:
    register = a_store_with(an_offer()).do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES))
    lines = an_offer().lines
    heard = an_offer(state="picking", lines=(replace(lines[0], picked=1), lines[1]))
    register.shop.told[PICK] = heard

    assert the_task(register).pieces_picked == 1


def test_a_shortage_that_central_knows_already_is_not_counted_twice() -> None:
    register = a_store_with(an_offer()).do(AcceptTask(PICK))
    register.do(MissGoods(PICK, 1, "not_found", 1))
    lines = an_offer().lines
    heard = replace(lines[0], quantity=1, short=1)
    register.shop.told[PICK] = an_offer(state="picking", lines=(heard, lines[1]))

    assert [line.quantity for line in the_task(register).lines] == [1, 1]


ANYTHING: st.SearchStrategy[Command] = st.one_of(
    st.just(SeeTask(PICK)),
    st.just(AcceptTask(PICK)),
    st.just(RejectTask(PICK, "no_time")),
    st.builds(
        PickGoods, st.just(PICK), st.sampled_from([SHOES, SOCKS, MAGAZINE]), st.integers(0, 3)
    ),
    st.builds(MissGoods, st.just(PICK), st.integers(1, 3), st.just("not_found"), st.integers(0, 2)),
    st.just(PackTask(PICK)),
    st.just(HandOverTask(PICK)),
    st.just(PutOnShelf(PICK, "H1")),
)


@given(st.lists(ANYTHING, max_size=15), st.sampled_from(["ship", "collect"]))
def test_whatever_is_tried_no_piece_is_picked_twice_or_lost(
    tried: list[Command], mode: str
) -> None:
    register = a_store_with(an_offer(mode=mode, collect_store_id="s01"))
    for command in tried:
        try:
            register.do(command)
        except Refused as refusal:
            if not words("sv").has(refusal.key):
                pytest.fail(f"a refusal without words: {refusal.key}")
        task = the_task(register)
        for line, asked in zip(task.lines, an_offer().lines, strict=True):
            assert 0 <= line.picked <= line.quantity
            assert line.quantity + line.short == asked.quantity
        if task.state == "packed":
            assert task.pieces_left == 0
