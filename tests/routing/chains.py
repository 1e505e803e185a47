"""Small chains for tests of routing, and the plainest possible search for the best plan.

What a newcomer would get wrong: `best_by_trying` must stay independent of the planner; it
uses the price of one parcel and tries everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from hypothesis import strategies as st

from central_sync.routing import Ask, Image, Moment, Policy, Pulse, Record, Site, Wanted
from central_sync.routing.asking import Demand, Inputs
from central_sync.routing.cost import fits, terms_of

NOW = Moment(1_700_000_000, 2, 720)
PLACES = {"s1": (57.7, 11.97), "s2": (59.33, 18.07), "s3": (55.6, 13.0), "s4": (58.4, 15.6)}


def chain(
    stock: Mapping[str, Mapping[str, int]],
    *,
    busy: Mapping[str, float] | None = None,
    staff: Mapping[str, int] | None = None,
    silent: Sequence[str] = (),
    **site: object,
) -> Image:
    """Stores at `PLACES` (or spread out); `stock` is sku -> store -> on hand."""
    names = sorted({*PLACES, *(store for by_store in stock.values() for store in by_store)})
    sites = [
        Site(name, *PLACES.get(name, (56.0 + at % 9, 12.0 + at % 5)), **site)  # type: ignore[arg-type]
        for at, name in enumerate(names)
    ]
    image = Image(sites)
    for name in names:
        people = (staff or {}).get(name, 2)
        heard_at = NOW.seconds - (3600 if name in silent else 5)
        image.hear(name, Pulse((busy or {}).get(name, 0.2) * people, heard_at, people))
    for sku, by_store in stock.items():
        image.put(sku, [Record(name, count) for name, count in by_store.items()])
    return image


def ask(*skus: str, quantity: int = 1, **changes: object) -> Ask:
    wanted = tuple(Wanted(line, sku, quantity, 30_000) for line, sku in enumerate(skus, start=1))
    values: dict[str, object] = {"order_id": "o1", "latitude": 57.7, "longitude": 11.97}
    return Ask(wanted=wanted, **{**values, **changes})  # type: ignore[arg-type]


@st.composite
def looked_at(draw: st.DrawFn, most_demands: int = 4, most_stores: int = 4) -> Inputs:
    """Any figures that the planner could be given."""
    count = draw(st.integers(1, most_demands))
    stores = draw(st.integers(1, most_stores))

    def column(least: int, most: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        return np.array([draw(st.integers(least, most)) for _ in range(stores)], dtype=np.int64)

    def rows(most: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        return np.stack([column(0, most) for _ in range(count)])

    sizes = [draw(st.integers(1, 2)) for _ in range(count)]
    demands = tuple(
        Demand(f"A{at}", size, draw(st.integers(0, 90_000)), ((at, size),))
        for at, size in enumerate(sizes)
    )
    return Inputs(
        at=NOW.seconds,
        demands=demands,
        stores=tuple(f"s{at}" for at in range(stores)),
        metres=column(0, 900_000),
        load=column(0, 3_000),
        staff=column(1_024, 8_192),
        queue_seconds=column(0, 20_000),
        opens_seconds=column(0, 2) * 30_000,
        ship_minor=column(4_000, 7_000),
        silent_seconds=column(0, 200),
        last_chosen=column(0, 9),
        dropped=np.where(column(0, 5) == 5, 1, 0).astype(np.int64),
        free=rows(3),
        missed_bp=rows(10_000),
        nil_bp=rows(3_000),
        crowd=draw(st.integers(0, 1_024)),
        burst=column(0, 8_192),
        deadline_seconds=40_000,
        most_parcels=draw(st.integers(1, 4)),
    )


def best_by_trying(inputs: Inputs, policy: Policy) -> tuple[int, int]:
    """(demands filled, cost) of the best plan, over every store for every demand."""
    return min(_tries(inputs, policy), key=lambda found: (-found[0], found[1]))


def _tries(inputs: Inputs, policy: Policy) -> Iterator[tuple[int, int]]:
    able = fits(inputs)
    choices = [[-1, *np.flatnonzero(able[at]).tolist()] for at in range(len(inputs.demands))]
    for chosen in product(*choices):
        used = set(chosen) - {-1}
        if len(used) <= inputs.most_parcels:
            cost = sum(_parcel(inputs, policy, chosen, store) for store in used)
            yield sum(store >= 0 for store in chosen), cost


def _parcel(inputs: Inputs, policy: Policy, chosen: Sequence[int], store: int) -> int:
    members = np.array([int(at == store) for at in chosen], dtype=np.int64)
    return terms_of(inputs, policy, members, store).total_minor
