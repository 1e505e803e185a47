"""What a store is asked to lend: goods it has few of, dear ones and drops; never what walks out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from central_sync.retail.stock import Figure, Pledge
from central_sync.retail.stock.lending import (
    Chosen,
    Lendable,
    LendingRule,
    choose,
    lend_of,
    steps,
)

AT = "2026-11-22T12:00:00.000Z"
SOON = "2026-11-23T12:00:00.000Z"
LATE = "2026-11-25T12:00:00.000Z"
PLACE = ("s01", "SKU-1")


def _record(on_hand: int, **changes: Any) -> Lendable:
    """Sold to the web often, and hardly ever over the counter."""
    record = Lendable(*PLACE, Figure(on_hand), price_minor=89_900, wanted=9)
    return replace(record, **changes)


def _lends(quantity: int, until: str = LATE, **changes: Any) -> Pledge:
    return replace(
        Pledge(*PLACE, quantity, until, 1, is_agreed=True, lent=quantity, lent_until=until),
        **changes,
    )


def test_few_pieces_that_nobody_walks_in_for_are_lent_whole() -> None:
    assert lend_of(_record(3)) == Chosen(3, "thin")


def test_what_walk_ins_are_likely_to_ask_for_stays_on_the_floor() -> None:
    busy = Figure(3, demand_thousandths=1_000)

    assert lend_of(_record(3, figure=busy)) == Chosen(1, "thin")


def test_thick_stock_and_what_the_web_does_not_buy_are_left_to_the_store() -> None:
    assert lend_of(_record(12)) is None
    assert lend_of(_record(2, wanted=1)) is None


def test_dear_goods_are_lent_however_many_there_are() -> None:
    assert lend_of(_record(12, price_minor=100_000)) == Chosen(12, "dear")


def test_half_of_a_drop_is_lent_however_many_want_it_in_the_store() -> None:
    wanted = Figure(40, demand_thousandths=90_000)

    assert lend_of(_record(40, figure=wanted, wanted_today=20)) == Chosen(20, "dropped")


def test_no_fewer_are_lent_than_are_held_for_orders() -> None:
    held = Figure(3, reserved=2, demand_thousandths=9_000)

    assert lend_of(_record(3, figure=held)) == Chosen(2, "thin")


def test_a_rule_that_is_off_chooses_nothing() -> None:
    assert choose([_record(1)], LendingRule(is_on=0)) == {}


def test_a_store_lends_its_most_valuable_items_up_to_its_number() -> None:
    dear = _record(1, sku="SKU-2", price_minor=200_000)

    assert list(choose([_record(1), dear], LendingRule(most_per_store=1))) == [("s01", "SKU-2")]


def test_an_offer_is_made_for_what_is_new_or_more_or_half_run_out() -> None:
    wish = {PLACE: Chosen(2, "thin")}

    assert steps(wish, [], ["s01"], AT).offers == wish
    assert steps(wish, [_lends(1)], ["s01"], AT).offers == wish
    assert steps(wish, [_lends(2, SOON)], ["s01"], AT).offers == wish
    assert steps(wish, [_lends(2)], ["s01"], AT).offers == {}


def test_what_is_chosen_no_more_is_given_back() -> None:
    assert steps({}, [_lends(2)], ["s01"], AT).lifts == (PLACE,)


def test_a_silent_store_and_what_a_person_has_set_are_left_alone() -> None:
    for known, heard in ((_lends(2, SOON), []), (_lends(1, who="Eva"), ["s01"])):
        todo = steps({PLACE: Chosen(2, "thin")}, [known], heard, AT)
        assert (todo.offers, todo.lifts) == ({}, ())
        assert steps({}, [known], heard, AT).lifts == ()
