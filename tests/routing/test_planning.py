"""The plan is the cheapest there is, keeps every hard rule and can be made again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central_sync.routing import (
    DEFAULT_POLICY,
    LEAST_BUSY_COMPLETE,
    NEAREST_COMPLETE,
    Decision,
    HardRules,
    Policy,
    Pulse,
    Record,
    candidates,
    next_plan,
    record_bytes,
    replayed,
    route,
    why,
    worded,
)
from central_sync.routing.asking import Inputs, Moment, Wanted
from central_sync.routing.cost import is_possible
from central_sync.routing.decide import plan_of
from central_sync.routing.plan import cheapest
from central_sync.routing.sentences import TEXTS
from tests.routing.chains import NOW, ask, best_by_trying, chain, looked_at

policies = st.sampled_from([DEFAULT_POLICY, NEAREST_COMPLETE, LEAST_BUSY_COMPLETE])


@given(looked_at())
@settings(max_examples=200)
def test_the_plan_is_the_cheapest_of_all_that_can_be_tried(inputs: Inputs) -> None:
    inputs = _whole(inputs)

    plan = cheapest(inputs, DEFAULT_POLICY)

    filled = len(inputs.demands) - len({sku for _, sku, _ in plan.missing})
    assert (filled, plan.total_minor) == best_by_trying(inputs, DEFAULT_POLICY)


def _whole(inputs: Inputs) -> Inputs:
    """One piece each, so that nothing has to be divided."""
    one = (replace(d, quantity=1, lines=((at, 1),)) for at, d in enumerate(inputs.demands))
    return replace(inputs, demands=tuple(one))


@given(looked_at(most_demands=5), policies)
@settings(max_examples=150)
def test_a_plan_gives_every_piece_once_and_only_what_is_there(
    inputs: Inputs, policy: Policy
) -> None:
    plan = plan_of(inputs, policy)

    sent = [(sku, pieces) for parcel in plan.parcels for _, sku, pieces in parcel.lines]
    for demand in inputs.demands:
        pieces = sum(count for _, count in demand.lines)
        gone = sum(count for sku, count in sent if sku == demand.sku)
        left = sum(count for _, sku, count in plan.missing if sku == demand.sku)
        assert gone + left == pieces == demand.quantity
    stores = [parcel.store_id for parcel in plan.parcels]
    assert len(set(stores)) == len(stores) <= max(inputs.most_parcels, 0)
    for parcel in plan.parcels:
        at = inputs.stores.index(parcel.store_id)
        assert inputs.dropped[at] == 0
        assert is_possible(parcel.terms.total_minor)


@given(looked_at(most_demands=5), policies)
@settings(max_examples=100)
def test_a_decision_replays_byte_for_byte(inputs: Inputs, policy: Policy) -> None:
    plan = plan_of(inputs, policy)
    record = record_bytes(Decision("o1", policy.version, 1, inputs, plan))
    assert replayed(record, policy) == record


def test_the_idle_store_beats_the_nearest_busy_one() -> None:
    image = chain({"A": {"s1": 3, "s2": 3}}, busy={"s1": 1.4, "s2": 0.1})
    decision = route(image, ask("A"), DEFAULT_POLICY, NOW)
    assert [parcel.store_id for parcel in decision.plan.parcels] == ["s2"]
    said = worded(why(decision, DEFAULT_POLICY, "s2"), "sv", {"s1": "Nordstan"})
    assert said == "Valdes för att ni har minst att göra just nu: 10 % mot 139 % i Nordstan."


def test_only_the_nearest_and_the_least_busy_store_is_called_so() -> None:
    stock = {"A": {"s1": 3, "s2": 3, "s3": 3}}
    told = route(chain(stock, busy={"s1": 1.5}), ask("A"), DEFAULT_POLICY, NOW)
    calm = route(chain(stock), ask("A"), DEFAULT_POLICY, NOW)

    assert [parcel.store_id for parcel in told.plan.parcels] == ["s3"]
    assert why(told, DEFAULT_POLICY, "s3").key == "chosen.nearer", "s1 is nearer still"
    assert why(calm, DEFAULT_POLICY, "s1").key == "chosen.distance"


@pytest.mark.parametrize(
    ("last_word", "said"),
    [(Pulse(0.1, NOW.seconds - 9_000, 2), "for 2 hours."), (Pulse(), "never been heard of.")],
)
def test_a_long_silence_is_said_in_hours_or_as_never(last_word: Pulse, said: str) -> None:
    image = chain({"A": {"s1": 3, "s2": 3}})
    image.hear("s1", last_word)
    told = route(image, ask("A"), DEFAULT_POLICY, NOW)

    assert worded(why(told, DEFAULT_POLICY, "s1"), "en", {}).endswith(said)


def test_the_last_piece_of_a_good_seller_is_left_in_its_store() -> None:
    image = chain({})
    image.put("A", [Record("s1", 1, demand_per_day=1.0), Record("s4", 9, demand_per_day=1.0)])
    decision = route(image, ask("A"), DEFAULT_POLICY, NOW)
    assert [parcel.store_id for parcel in decision.plan.parcels] == ["s4"]


def test_one_parcel_is_better_than_two() -> None:
    image = chain({"A": {"s1": 3, "s2": 3}, "B": {"s2": 3, "s3": 2}})
    decision = route(image, ask("A", "B"), DEFAULT_POLICY, NOW)
    assert [parcel.store_id for parcel in decision.plan.parcels] == ["s2"]


def test_two_lines_of_one_item_need_two_pieces() -> None:
    image = chain({"A": {"s1": 1, "s2": 2}})
    decision = route(image, ask("A", "A"), DEFAULT_POLICY, NOW)
    (parcel,) = decision.plan.parcels
    assert parcel.store_id == "s2"
    assert [line for line, _, _ in parcel.lines] == [1, 2]


def test_a_quantity_that_no_store_has_comes_from_several() -> None:
    image = chain({"A": {"s1": 2, "s2": 1, "s3": 1}})
    plan = route(image, ask("A", quantity=4), DEFAULT_POLICY, NOW).plan
    assert sorted((p.store_id, p.lines[0][2]) for p in plan.parcels) == [
        ("s1", 2), ("s2", 1), ("s3", 1)
    ]  # fmt: skip
    assert plan.missing == ()


def test_what_nobody_has_is_missing_and_the_rest_is_sent() -> None:
    image = chain({"A": {"s1": 1}})
    plan = route(image, ask("A", "B"), DEFAULT_POLICY, NOW).plan
    assert plan.missing == ((2, "B", 1),)
    assert [parcel.store_id for parcel in plan.parcels] == ["s1"]


def test_a_long_order_is_filled_with_few_parcels() -> None:
    skus = [f"L{number}" for number in range(9)]
    stock = {sku: {"s2": 4, f"s{3 + at % 2}": 4} for at, sku in enumerate(skus)}
    plan = route(chain(stock), ask(*skus), DEFAULT_POLICY, NOW).plan
    assert [parcel.store_id for parcel in plan.parcels] == ["s2"]
    assert plan.missing == ()


def test_a_long_order_without_one_store_is_covered_too() -> None:
    skus = [f"L{number}" for number in range(9)]
    stock = {sku: {f"s{1 + at % 3}": 2, "s4": at % 2} for at, sku in enumerate(skus)}
    plan = route(chain(stock), ask(*skus), DEFAULT_POLICY, NOW).plan
    assert plan.missing == ()
    assert len({parcel.store_id for parcel in plan.parcels}) == len(plan.parcels) <= 4


def test_a_silent_store_is_chosen_last() -> None:
    stock = {"A": {"s1": 3, "s2": 3}}
    told = route(chain(stock, silent=["s1"], busy={"s2": 1.5}), ask("A"), DEFAULT_POLICY, NOW)
    alone = route(chain({"A": {"s1": 3}}, silent=["s1"]), ask("A"), DEFAULT_POLICY, NOW)

    assert [parcel.store_id for parcel in told.plan.parcels] == ["s2"]
    assert [parcel.store_id for parcel in alone.plan.parcels] == ["s1"]
    assert worded(why(told, DEFAULT_POLICY, "s1"), "en", {}).endswith("for 60 min.")


@pytest.mark.parametrize(
    ("changes", "site", "key"),
    [
        ({"not_from": ("s1",)}, {}, "not.left_out"),
        ({}, {"can_ship": False}, "not.cannot_ship"),
        ({"deadline_minutes": 60}, {"opening": ((900, 1000),) * 7}, "not.closed"),
    ],
)
def test_a_store_that_is_out_is_told_why(
    changes: dict[str, object], site: dict[str, object], key: str
) -> None:
    decision = route(chain({"A": {"s1": 3}}, **site), ask("A", **changes), DEFAULT_POLICY, NOW)  # type: ignore[arg-type]
    assert decision.plan.parcels == ()
    assert why(decision, DEFAULT_POLICY, "s1").key == key


def test_a_store_beyond_the_distance_or_its_day_is_out() -> None:
    near = replace(DEFAULT_POLICY, hard=HardRules(most_km=100))
    decision = route(chain({"A": {"s2": 3}}), ask("A"), near, NOW)
    assert why(decision, near, "s2").key == "not.too_far"

    image = chain({"A": {"s2": 3}}, daily_cap=1)
    image.assign(route(image, ask("A"), DEFAULT_POLICY, NOW).plan)
    again = route(image, ask("A"), DEFAULT_POLICY, NOW)
    assert why(again, DEFAULT_POLICY, "s2").key == "not.day_full"


def test_who_said_no_cools_down_and_is_not_asked_for_that_line() -> None:
    image = chain({"A": {"s1": 3, "s2": 3}})
    passed = route(image, ask("A", passed_over=((1, "s1"),)), DEFAULT_POLICY, NOW)
    assert [parcel.store_id for parcel in passed.plan.parcels] == ["s2"]

    image.cool_down("s2", NOW.seconds + 60)
    cooling = route(image, ask("A"), DEFAULT_POLICY, NOW)
    assert why(cooling, DEFAULT_POLICY, "s2").key == "not.cooling_down"


def test_equal_stores_take_turns() -> None:
    places = {f"t{number}": 9 for number in range(3)}
    image = chain({"A": places})
    for at in range(len(image.stores)):
        image._latitude[at], image._longitude[at], image._cosine[at] = 1.0, 0.2, 0.5
    seen = []
    for _ in range(3):
        decision = route(image, ask("A"), DEFAULT_POLICY, NOW)
        seen.append(decision.plan.parcels[0].store_id)
        image.assign(decision.plan)
    assert sorted(seen) == sorted(places)


def test_a_refused_commit_takes_the_next_plan_and_gives_up_after_three() -> None:
    image = chain({"A": {"s1": 1, "s2": 1, "s3": 1, "s4": 1}})
    first = route(image, ask("A"), DEFAULT_POLICY, NOW)
    tried, decision = [], first
    while decision is not None:
        store = decision.plan.parcels[0].store_id
        tried.append(store)
        following = next_plan(image, ask("A"), DEFAULT_POLICY, NOW, decision, [(store, "A", 0, 0)])
        if following is None:
            break
        decision = following
    assert len(tried) == len(set(tried)) == 3


def test_an_undone_plan_leaves_the_image_as_it_was() -> None:
    image = chain({"A": {"s1": 3}})
    decision = route(image, ask("A"), DEFAULT_POLICY, NOW)
    image.assign(decision.plan)
    assert route(image, ask("A"), DEFAULT_POLICY, NOW).inputs.free[0, 0] == 2

    image.unassign(decision.plan)

    assert route(image, ask("A"), DEFAULT_POLICY, NOW).inputs.free[0, 0] == 3
    assert int(image.queue_seconds.sum()) == 0


def test_every_term_of_every_candidate_is_in_the_record() -> None:
    image = chain({"A": {"s1": 3, "s2": 3}, "B": {"s2": 1}})
    decision = route(image, ask("A", "B"), DEFAULT_POLICY, NOW)
    table = candidates(decision, DEFAULT_POLICY)
    assert [(each.store_id, each.gives, each.is_chosen) for each in table] == [
        ("s2", 2, True), ("s1", 1, False)
    ]  # fmt: skip
    assert table[0].terms == decision.plan.parcels[0].terms
    assert why(decision, DEFAULT_POLICY, "s1").key == "not.part"
    assert why(decision, DEFAULT_POLICY, "s3").key == "not.none"


def test_a_closed_store_is_open_again_tomorrow() -> None:
    late = Moment(NOW.seconds, 2, 1300)
    image = chain({"A": {"s1": 3}})
    inputs = route(image, ask("A"), DEFAULT_POLICY, late).inputs
    assert inputs.opens_seconds.tolist() == [60 * (24 * 60 - 1300 + 600)]


def test_both_languages_have_the_same_sentences() -> None:
    assert TEXTS["sv"].keys() == TEXTS["en"].keys()
    assert Wanted(1, "A").quantity == 1
