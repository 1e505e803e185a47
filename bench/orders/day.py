"""One day in a world under one policy, scored on what was true.

SEK an order: parcel 55 + 0.05 a km + staff minutes · 5 · f(load) + scarcity + 30 a reject
+ 200 a lost line. A line that is not found is routed again at once, without that store.
The thing to get wrong: a batch's orders wait for the end of their window, as they would.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench.orders.world import MINUTES, OPENS, Floats, Ints, Order, World
from central_sync.routing import DEFAULT_POLICY, Ask, Image, Moment, Plan, Policy, Wanted
from central_sync.routing.asking import ONE, PlannedParcel
from central_sync.routing.batch import planned_together
from central_sync.routing.cost import busy_factor
from central_sync.routing.decide import plan_of
from central_sync.routing.likely import missed

REJECT_MINOR = 3_000
LOST_MINOR = 20_000
MOST_ASKS = 3
_FIRST_SECOND = 1_700_000_000


@dataclass(slots=True)
class Score:
    """Sums over a day; money in öre, `decide_seconds` one figure a decision."""

    orders: int = 0
    parcels: int = 0
    split: int = 0
    rejects: int = 0
    lost: int = 0
    way_minor: int = 0
    busy_minor: int = 0
    scarcity_minor: int = 0
    decide_seconds: list[float] = field(default_factory=list)

    @property
    def minor_an_order(self) -> float:
        trouble = self.rejects * REJECT_MINOR + self.lost * LOST_MINOR
        return (self.way_minor + self.busy_minor + self.scarcity_minor + trouble) / self.orders


@dataclass(slots=True)
class Day:
    """The state of one run. `window` is 1 for decisions at once."""

    world: World
    policy: Policy
    window: int
    image: Image
    believed: Ints
    true: Ints
    heard_at: Floats
    score: Score = field(default_factory=Score)
    waiting: list[Order] = field(default_factory=list)


def run_day(world: World, policy: Policy, window: int = 1) -> Score:
    """A whole day; with a window of minutes, orders are planned together at its end."""
    image, believed = world.image()
    heard_at = np.full(len(world.sites), float(_FIRST_SECOND))
    day = Day(world, policy, window, image, believed, world.true.copy(), heard_at)
    for minute in range(MINUTES):
        _pass_minute(day, minute)
        day.waiting += world.orders[minute]
        if (minute + 1) % window == 0:
            _decide(day, minute)
    return day.score


def _pass_minute(day: Day, minute: int) -> None:
    """Walk-ins take true stock; central hears of the minute before; queues are worked down."""
    world = day.world
    sold = world.sales[minute]
    there = sold[day.true[sold] > 0]
    np.subtract.at(day.true, there, 1)
    np.maximum(day.true, 0, out=day.true)
    if minute:
        _believe(day, world.sales[minute - 1], minute)
    free = np.maximum(0.05, 1 - world.busy[:, minute]) * world.staff * 60
    day.image.queue_seconds = np.maximum(0, day.image.queue_seconds - free.astype(np.int64))
    heard = world.heard[:, minute]
    day.heard_at[heard] = _FIRST_SECOND + 60 * minute
    last = ((day.heard_at - _FIRST_SECOND) // 60 - 1).clip(0).astype(np.int64)
    work = world.busy[np.arange(len(last)), last] * world.staff
    day.image.hear_all(work, world.staff, day.heard_at)


def _believe(day: Day, sold: Ints, minute: int) -> None:
    told = sold[day.world.heard[day.world.store[sold], minute]]
    told = told[day.believed[told] > 0]
    items = np.searchsorted(day.world.first, told, side="right") - 1
    for record, item in zip(told.tolist(), items.tolist(), strict=True):
        day.image.sold(f"s{day.world.store[record]}", f"i{item}", int(day.believed[record] > 0))


def _decide(day: Day, minute: int) -> None:
    orders, day.waiting = day.waiting, []
    if day.window == 1:
        for order in orders:
            _serve(day, order, minute)
        return
    moment = _moment(minute)
    asks = [ask_of(day.world, order, order.items, ()) for order in orders]
    looks = [day.image.look(ask, day.policy, moment) for ask in asks]
    begun = time.perf_counter()
    plans = planned_together(looks, day.policy) if looks else []
    day.score.decide_seconds.append(time.perf_counter() - begun)
    for order, ask, plan in zip(orders, asks, plans, strict=True):
        _fulfil(day, order, ask, plan, minute)


def _serve(day: Day, order: Order, minute: int) -> None:
    ask = ask_of(day.world, order, order.items, ())
    _fulfil(day, order, ask, _timed(day, ask, minute), minute)


def _timed(day: Day, ask: Ask, minute: int) -> Plan:
    begun = time.perf_counter()
    plan = plan_of(day.image.look(ask, day.policy, _moment(minute)), day.policy)
    day.image.assign(plan)
    day.score.decide_seconds.append(time.perf_counter() - begun)
    day.image.lift(plan)
    return plan


def _fulfil(day: Day, order: Order, ask: Ask, plan: Plan, minute: int) -> None:
    """Carry out a plan against true stock; what is not found is asked for again."""
    day.score.orders += 1
    sent = 0
    for _ in range(MOST_ASKS):
        day.image.put_down(plan)
        failed = []
        for parcel in plan.parcels:
            sent += 1
            failed += _pick(day, parcel, order, minute)
        day.score.lost += len(plan.missing)
        if not failed:
            break
        day.score.rejects += len(failed)
        ask = replace(
            ask,
            wanted=tuple(each for each in ask.wanted if each.line in {line for line, _ in failed}),
            passed_over=(*ask.passed_over, *failed),
        )
        plan = _timed(day, ask, minute)
    else:
        day.score.lost += len(plan.missing) + sum(len(p.lines) for p in plan.parcels)
    day.score.parcels += sent
    day.score.split += sent > 1


def _pick(day: Day, parcel: PlannedParcel, order: Order, minute: int) -> list[tuple[int, str]]:
    """Score one parcel; returns the (line, store) that were not there."""
    world, image = day.world, day.image
    store = image.number[parcel.store_id]
    day.score.way_minor += 5_500 + int(_km(world, order, store) * 5)
    # The job itself is in the queue already; it meets half of its own load.
    waiting = int(image.queue_seconds[store]) - parcel.job_seconds / 2
    staff = world.staff[store]
    load = world.busy[store, minute] + max(0.0, waiting) / (1800 * staff)
    factor = int(busy_factor(np.array([int(load * ONE)]), DEFAULT_POLICY)[0]) / ONE
    day.score.busy_minor += int(parcel.job_seconds / 60 * 500 * factor)
    failed = []
    for line, sku, pieces in parcel.lines:
        shelf = image.shelves[sku]
        row = shelf.at(store)
        assert row is not None
        flat = int(world.first[int(sku[1:])]) + row
        there = int(day.true[flat]) >= pieces
        left_here = max(0, int(shelf.on_hand[row]) - pieces) if there else 0
        image.level(parcel.store_id, sku, left_here, int(shelf.reserved[row]) - pieces)
        if not there:
            failed.append((line, parcel.store_id))
        else:
            left, rate = np.array([max(1, day.true[flat])]), world.demand[flat : flat + 1] * 7
            share = int(missed(left, rate, pieces)[0])
            day.score.scarcity_minor += int(world.margin_minor[int(sku[1:])]) * share // 10_000
            day.true[flat] -= pieces
    return failed


def ask_of(
    world: World, order: Order, items: Sequence[int], passed: tuple[tuple[int, str], ...]
) -> Ask:
    wanted = tuple(
        Wanted(line, f"i{item}", 1, int(world.margin_minor[item]))
        for line, item in enumerate(items)
    )
    return Ask(f"o{order.number}", wanted, order.latitude, order.longitude, passed)


def _moment(minute: int) -> Moment:
    return Moment(_FIRST_SECOND + 60 * minute, 2, OPENS + minute)


def _km(world: World, order: Order, store: int) -> float:
    site = world.sites[store]
    here = np.radians([order.latitude, order.longitude])
    there = np.radians([site.latitude, site.longitude])
    part = np.sin((there - here) / 2) ** 2
    chord = part[0] + np.cos(here[0]) * np.cos(there[0]) * part[1]
    return float(2 * 6371 * np.arcsin(np.sqrt(chord)))


def decisions(world: World, policy: Policy, clock: Callable[[], float]) -> list[float]:
    """Seconds by `clock` of each decision of a day, counted as soon as it is made."""
    image, _ = world.image()
    image.hear_all(world.busy[:, 120] * world.staff, world.staff, np.full(len(world.staff), 1.7e9))
    moment = Moment(_FIRST_SECOND, 2, OPENS + 120)
    found = []
    for order in (order for orders in world.orders for order in orders):
        ask = ask_of(world, order, order.items, ())
        begun = clock()
        image.assign(plan_of(image.look(ask, policy, moment), policy))
        found.append(clock() - begun)
    return found
