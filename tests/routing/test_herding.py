"""Work is spread: a burst, a silent store, stores that reject everything."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from central_sync.retail.orders import OFFER_BREADTH, commands
from central_sync.retail.orders.invariants import unseen
from central_sync.routing import DEFAULT_POLICY, Ask, Image, Pulse, Record, Site, Wanted, route
from central_sync.routing.decide import can_fill
from central_sync.routing.why import why, worded
from tests.retail.ordering import Desk, order_line, parcel, placed
from tests.routing.chains import NOW, ask, chain

STORES = 60


def big_chain(seed: int, stores: int = STORES) -> tuple[Image, dict[str, int], random.Random]:
    chance = random.Random(seed)
    sites = [
        Site(f"s{at}", chance.uniform(55.5, 66), chance.uniform(11.5, 20)) for at in range(stores)
    ]
    image = Image(sites)
    staff = {site.store_id: chance.randint(1, 5) for site in sites}
    for site in sites:
        people = staff[site.store_id]
        idle = 0.0 if site.store_id == "s7" else chance.uniform(0.2, 0.8)
        image.hear(site.store_id, Pulse(idle * people, NOW.seconds - 5, people))
    for number in range(40):
        kept = chance.sample(sites, stores * 3 // 4)
        image.put(f"A{number}", [Record(site.store_id, 200) for site in kept])
    return image, staff, chance


def burst(seed: int, *, counts_own: bool, stores: int = STORES) -> list[str]:
    """Stores that got more than three times their staff's share of 500 orders in a second.

    One order buries nobody, however small the share.
    """
    image, staff, chance = big_chain(seed, stores)
    got = dict.fromkeys(staff, 0)
    fair = dict.fromkeys(staff, 0.0)
    for number in range(500):
        skus = chance.sample(range(40), chance.randint(1, 3))
        wanted = tuple(Wanted(line, f"A{sku}", 1, 20_000) for line, sku in enumerate(skus))
        place = (chance.uniform(55.5, 60), chance.uniform(12, 18))
        decision = route(image, Ask(f"o{number}", wanted, *place), DEFAULT_POLICY, NOW)
        able = can_fill(decision.inputs)
        people = sum(staff[store] for store in able)
        for store in able:
            fair[store] += staff[store] / people
        for part in decision.plan.parcels:
            got[part.store_id] += 1
        if counts_own:
            image.assign(decision.plan)
    return [store for store in got if got[store] > max(1, 3 * fair[store])]


@pytest.mark.parametrize("stores", [60, 300])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_burst_leaves_no_store_beyond_three_times_its_share(seed: int, stores: int) -> None:
    assert burst(seed, counts_own=True, stores=stores) == []


def in_a_burst() -> Image:
    """A chain of which one store was given fifty parcels this second."""
    image = chain({"SKU-1": {"s1": 99, "s2": 99}, "SKU-2": {"s1": 99}})
    for _ in range(50):
        image.assign(route(image, ask("SKU-2"), DEFAULT_POLICY, NOW).plan)
    return image


def test_what_was_given_fades_within_a_minute_or_two() -> None:
    image = in_a_burst()

    at_once = image.look(ask("SKU-1"), DEFAULT_POLICY, NOW).burst
    soon = replace(NOW, seconds=NOW.seconds + 30)
    half_a_minute = image.look(ask("SKU-1"), DEFAULT_POLICY, soon).burst
    late = replace(NOW, seconds=NOW.seconds + 600)
    minutes = image.look(ask("SKU-1"), DEFAULT_POLICY, late).burst

    assert at_once.max() > half_a_minute.max() > minutes.max() == 0


def test_who_was_spared_in_a_burst_is_told_so() -> None:
    image = in_a_burst()
    image.queue("s1", 0)
    decision = route(image, ask("SKU-1"), DEFAULT_POLICY, NOW)

    assert [parcel.store_id for parcel in decision.plan.parcels] == ["s2"]
    said = worded(why(decision, DEFAULT_POLICY, "s2"), "sv", {"s1": "Nordstan"})
    assert said == "Valdes för att Nordstan nyss fick fler beställningar än ni."


def test_a_plan_that_was_not_committed_counts_in_no_burst() -> None:
    image = chain({"SKU-1": {"r0": 50, "r1": 50}})
    plan = route(image, ask("SKU-1"), DEFAULT_POLICY, NOW).plan
    image.assign(plan)
    image.unassign(plan)

    assert image.look(ask("SKU-1"), DEFAULT_POLICY, NOW).burst.sum() == 0


def test_a_router_that_forgets_what_it_gave_out_buries_a_store() -> None:
    assert burst(1, counts_own=False) != []


def test_a_store_that_lost_its_network_gets_nothing() -> None:
    image, _, chance = big_chain(4)
    image.hear("s7", Pulse(0.0, NOW.seconds - 300, 5))
    for _ in range(100):
        sku = f"A{chance.randrange(40)}"
        decision = route(image, Ask("o", (Wanted(1, sku),), 57.7, 12.0), DEFAULT_POLICY, NOW)
        assert [part.store_id for part in decision.plan.parcels] != ["s7"]
        image.assign(decision.plan)


def test_stores_that_reject_everything_end_with_a_person_in_three_rounds() -> None:
    image = chain({"SKU-1": {f"r{number}": 5 for number in range(20)}})
    desk: Desk = placed(order_line(1))
    rounds = 0
    while not desk.order.lines[0].escalated:
        rounds += 1
        line = desk.order.lines[0]
        passed = tuple((1, store) for store in line.passed_over)
        offered = _offer(desk, image, passed, rounds)
        for store in offered:
            desk.do(commands.RejectParcel(f"p{rounds}", store, 1, "no_time"))
    assert rounds == len(OFFER_BREADTH) == 3
    assert unseen(desk.order, "2027-01-01") == []


def _offer(desk: Desk, image: Image, passed: tuple[tuple[int, str], ...], number: int) -> list[str]:
    """Plan at the best store, offer to as many of the next best as the round says."""
    stores: list[str] = []
    for _ in range(OFFER_BREADTH[number - 1]):
        more = (*passed, *((1, store) for store in stores))
        decision = route(image, ask("SKU-1", passed_over=more), DEFAULT_POLICY, NOW)
        stores += [part.store_id for part in decision.plan.parcels]
    desk.do(
        commands.PlanParcels((parcel(f"p{number}", stores[0], desk.order, (1, 1)),)),
        commands.OfferParcel(f"p{number}", tuple(stores), "2026-11-22T13:05:00.000Z"),
    )
    return stores
