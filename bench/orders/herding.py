"""Five hundred orders in one second: is any store buried, are silent ones spared?

A store's fair share of an order is its staff among the staff of all stores that could fill
it, summed over the burst. Held against the same router that does not count what it has just
given out: figures of how busy a store is do not change within a second, so it must herd.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from bench.figures import Row
from bench.orders.day import ask_of
from bench.orders.world import OPENS, World, make_world
from central_sync.routing import DEFAULT_POLICY, Moment, route
from central_sync.routing.decide import can_fill

BURST = 500
SILENT_SECONDS = 600
_AT = Moment(1_700_000_000, 2, OPENS + 120)
MOST_TIMES = 3
FEW_STORES = 60


@dataclass(frozen=True, slots=True)
class Burst:
    """`worst` is the most that a store got, in times of its fair share; `beyond` how many
    stores got more than three times; `most` the parcels of one store at most; `silent`
    parcels went to stores that nobody hears."""

    worst: float
    beyond: int
    most: int
    silent: int


def herding_rows(seeds: Sequence[int], items: int) -> list[Row]:
    """Sixty stores get eight orders each; three hundred get less than two, where one order more
    or less is already much of the share."""
    return [_row(stores, seeds, items) for stores in (FEW_STORES, 300)]


def _row(stores: int, seeds: Sequence[int], items: int) -> Row:
    worlds = [make_world(seed, stores, items, 4_000) for seed in seeds]
    ours = [burst(world, counts_own=True) for world in worlds]
    blind = [burst(world, counts_own=False) for world in worlds]
    return Row(
        f"{BURST} orders in a second, {stores} stores, {len(seeds)} seeds",
        f"{_told(ours)}; {sum(one.silent for one in ours)} parcels to silent stores",
        f"own work not counted: {_told(blind)}",
        "<= 3 x, none to silent stores",
    )


def _told(bursts: Sequence[Burst]) -> str:
    worst, most = max(one.worst for one in bursts), max(one.most for one in bursts)
    beyond = sum(one.beyond for one in bursts)
    return f"<= {worst:.1f} x the fair share, {beyond} stores beyond 3 x, {most} parcels at most"


def burst(world: World, *, counts_own: bool) -> Burst:
    """One burst; a tenth of the stores have lost their network."""
    image, _ = world.image()
    stores = len(world.staff)
    silent = np.arange(stores) % 10 == 0
    heard = np.where(silent, _AT.seconds - SILENT_SECONDS, _AT.seconds - 5).astype(float)
    image.hear_all(world.busy[:, 120] * world.staff, world.staff, heard)
    got, fair = np.zeros(stores), np.zeros(stores)
    to_silent = 0
    for order in islice(chain(*world.orders), BURST):
        decision = route(image, ask_of(world, order, order.items, ()), DEFAULT_POLICY, _AT)
        sent = [image.number[parcel.store_id] for parcel in decision.plan.parcels]
        able = np.array([image.number[store] for store in can_fill(decision.inputs)], dtype=int)
        able = able[~silent[able]]
        if len(able):
            to_silent += int(silent[sent].sum())
            fair[able] += world.staff[able] / world.staff[able].sum()
            np.add.at(got, sent, 1)
        if counts_own:
            image.assign(decision.plan)
        else:
            image.put_down(decision.plan)
            image.queue_seconds[:] = 0
    # A store with one order is not buried, whatever its share was.
    times = got / np.maximum(fair, 1 / MOST_TIMES)
    return Burst(float(times.max()), int((times > MOST_TIMES).sum()), int(got.max()), to_silent)
