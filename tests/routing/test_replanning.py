"""Unclaimed parcels are planned again together, without flapping and without overdrawing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from central_sync.routing import DEFAULT_POLICY, Ask, Image, Plan, Pulse, route
from central_sync.routing.asking import Inputs
from central_sync.routing.batch import planned_together
from central_sync.routing.replan import Move, Unclaimed, moves
from tests.routing.chains import NOW, ask, best_by_trying, chain, looked_at

# What was planned has lain for as long as it must before it may move.
LATER = replace(NOW, seconds=NOW.seconds + 600)


def lying(image: Image, wanted: Ask, number: int = 1) -> Unclaimed:
    plan = route(image, wanted, DEFAULT_POLICY, NOW).plan
    image.assign(plan)
    return Unclaimed(f"p{number}", wanted, plan)


def get_busy(image: Image, store_id: str, load: float) -> None:
    """All were heard again, this one with more to do."""
    for other in image.stores:
        work = load if other == store_id else 0.0
        image.hear(other, Pulse(work * 2, LATER.seconds - 5, 2))


def replanned(image: Image, *parcels: Unclaimed) -> list[Move]:
    return moves(image, parcels, DEFAULT_POLICY, LATER)


def test_a_parcel_leaves_a_store_that_became_busy() -> None:
    image = chain({"A": {"s1": 2, "s2": 2}})
    parcel = lying(image, ask("A"))
    get_busy(image, "s1", 1.5)

    (move,) = replanned(image, parcel)

    assert (move.from_store_id, move.to_store_id) == ("s1", "s2")
    assert move.gain_minor >= DEFAULT_POLICY.hysteresis_minor


def test_a_small_gain_moves_nothing() -> None:
    image = chain({"A": {"s1": 2, "s2": 2}})
    parcel = lying(image, ask("A"))
    get_busy(image, "s1", 0.4)

    assert replanned(image, parcel) == []


def test_a_parcel_moves_once_and_only_after_a_while() -> None:
    image = chain({"A": {"s1": 2, "s2": 2}})
    parcel = lying(image, ask("A"))
    get_busy(image, "s1", 1.5)

    assert replanned(image, replace(parcel, moves=1)) == []
    assert replanned(image, replace(parcel, waited_seconds=599)) == []


def test_planning_again_leaves_the_image_as_it_was() -> None:
    image = chain({"A": {"s1": 2, "s2": 2}})
    parcel = lying(image, ask("A"))
    before = image.look(ask("A"), DEFAULT_POLICY, NOW)
    replanned(image, parcel)
    after = image.look(ask("A"), DEFAULT_POLICY, NOW)

    assert before.free.tolist() == after.free.tolist()
    assert before.load.tolist() == after.load.tolist()


def test_two_parcels_do_not_move_to_one_piece() -> None:
    image = chain({"A": {"s1": 2, "s2": 1}})
    parcels = [lying(image, ask("A", order_id=f"o{number}"), number) for number in range(2)]
    get_busy(image, "s1", 1.5)

    found = replanned(image, *parcels)

    assert [move.to_store_id for move in found] == ["s2"] * len(found)
    assert len(found) <= 1


@given(st.lists(looked_at(most_demands=3), min_size=1, max_size=1))
@settings(max_examples=25)
def test_one_order_alone_costs_what_the_exact_plan_costs(orders: list[Inputs]) -> None:
    one = replace(
        orders[0],
        demands=tuple(
            replace(d, quantity=1, lines=((at, 1),)) for at, d in enumerate(orders[0].demands)
        ),
        most_parcels=4,
    )
    (plan,) = planned_together([one], DEFAULT_POLICY)
    filled, cost = best_by_trying(one, DEFAULT_POLICY)

    assert len(one.demands) - len(plan.missing) == filled
    # The programme prices minutes in steps of ten; a plan may differ by what that rounds.
    assert cost <= plan.total_minor <= cost + 4_000 * len(one.demands)


def test_orders_together_never_overdraw_a_record() -> None:
    image = chain({"A": {"s1": 1, "s2": 1, "s3": 1}})
    looks = [image.look(ask("A"), DEFAULT_POLICY, NOW) for _ in range(3)]

    plans: list[Plan] = planned_together(looks, DEFAULT_POLICY)

    assert sorted(plan.parcels[0].store_id for plan in plans) == ["s1", "s2", "s3"]
