"""The cheapest way to fill an order: exact over all splits for up to six demands.

best(∅) = 0; best(M) = min over T ⊆ M holding M's first demand of min_s c(s,T) + best(M∖T).
Beyond six, demands with the same stores are merged, then a greedy cover is improved by
swaps. Ties go to the store that was chosen longest ago. The thing to get wrong: two parts
of a plan from one store are one parcel; then the plan is made again with distinct stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from central_sync.routing.asking import Demand, Inputs, Ints, Plan, PlannedParcel
from central_sync.routing.cost import (
    NEVER,
    Bools,
    fillable,
    fits,
    is_possible,
    job_seconds,
    masks,
    prices,
    terms_of,
)
from central_sync.routing.demand import divided
from central_sync.routing.policy import Policy

EXACT_UP_TO = 6
_DOUBTFUL_BP = 2500
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Part:
    """One parcel in the making: demand numbers, and a store by its column."""

    demands: tuple[int, ...]
    store: int


def cheapest(inputs: Inputs, policy: Policy) -> Plan:
    """The plan of least cost; what no store can send is `missing`."""
    inputs = divided(inputs)
    able = fillable(inputs)
    open_demands = [at for at in range(len(inputs.demands)) if able[at]]
    if not open_demands:
        return as_plan(inputs, policy, ())
    groups: list[tuple[int, ...]] = [(at,) for at in open_demands]
    if len(groups) > EXACT_UP_TO:
        groups = _merged(inputs, open_demands)
    if len(groups) > EXACT_UP_TO:
        return as_plan(inputs, policy, _greedy(inputs, policy, open_demands))
    return as_plan(inputs, policy, _exact(inputs, policy, groups))


def as_plan(inputs: Inputs, policy: Policy, parts: Sequence[Part]) -> Plan:
    """Parts as parcels with their terms, and what is left over."""
    carried = {at for part in parts for at in part.demands}
    missing = [demand for at, demand in enumerate(inputs.demands) if at not in carried]
    ordered = sorted(parts, key=lambda part: part.demands)
    return Plan(tuple(_parcel(inputs, policy, part) for part in ordered), _lines(missing))


def _parcel(inputs: Inputs, policy: Policy, part: Part) -> PlannedParcel:
    members = _row(len(inputs.demands), part.demands)
    return PlannedParcel(
        store_id=inputs.stores[part.store],
        lines=_lines([inputs.demands[at] for at in part.demands]),
        job_seconds=int(job_seconds(inputs, policy, members[None, :])[0]),
        terms=terms_of(inputs, policy, members, part.store),
        ask_first=_ask_first(inputs, part),
    )


def _ask_first(inputs: Inputs, part: Part) -> bool:
    """Old figures, and last pieces that are often not there, are asked for before a promise."""
    if inputs.silent_seconds[part.store] > _DAY_SECONDS:
        return True
    return any(
        inputs.free[at, part.store] <= 1 and inputs.nil_bp[at, part.store] >= _DOUBTFUL_BP
        for at in part.demands
    )


def _lines(demands: Sequence[Demand]) -> tuple[tuple[int, str, int], ...]:
    return tuple((line, demand.sku, pieces) for demand in demands for line, pieces in demand.lines)


def _row(count: int, members: Sequence[int]) -> Ints:
    row = np.zeros(count, dtype=np.int64)
    row[list(members)] = 1
    return row


def _exact(inputs: Inputs, policy: Policy, groups: Sequence[tuple[int, ...]]) -> list[Part]:
    sets = masks(len(groups))
    if any(len(group) > 1 for group in groups) or len(groups) < len(inputs.demands):
        spread = np.array([_row(len(inputs.demands), group) for group in groups])
        sets = sets @ spread
    table = prices(inputs, policy, sets)
    table[_clashing(inputs, sets)] = NEVER
    lowest = table.min(axis=1).tolist()
    chosen = _best_partition(lowest, len(groups), inputs.most_parcels)
    parts = [(chunk, _least_recent(table[chunk], lowest[chunk], inputs)) for chunk in chosen]
    if len({store for _, store in parts}) < len(parts):
        parts = _distinct(table, len(groups), inputs.most_parcels)
    return [Part(_members(sets[chunk]), store) for chunk, store in parts]


def _clashing(inputs: Inputs, sets: Ints) -> Ints:
    """Sets with two parts of one divided demand: no store has both."""
    skus = [demand.sku for demand in inputs.demands]
    clash = np.zeros(len(sets), dtype=bool)
    for sku in {sku for sku in skus if skus.count(sku) > 1}:
        clash |= sets[:, [at for at, other in enumerate(skus) if other == sku]].sum(axis=1) > 1
    return np.flatnonzero(clash)


def _members(row: Ints) -> tuple[int, ...]:
    return tuple(np.flatnonzero(row).tolist())


def _least_recent(costs: Ints, lowest: int, inputs: Inputs) -> int:
    equal = np.flatnonzero(costs == lowest)
    if len(equal) == 1:
        return int(equal[0])
    return int(equal[np.argmin(inputs.last_chosen[equal])])


@cache
def _splits(count: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """For every set M its subsets that hold M's lowest member, by rising M."""
    found = []
    for whole in range(1, 1 << count):
        first = whole & -whole
        rest = whole ^ first
        parts, sub = [], rest
        while True:
            parts.append(sub | first)
            if not sub:
                break
            sub = (sub - 1) & rest
        found.append((whole, tuple(parts)))
    return tuple(found)


def _best_partition(lowest: Sequence[int], count: int, most: int) -> list[int]:
    """Sets of the cheapest partition; of as many demands as `most` parcels can carry."""
    layers: list[dict[int, tuple[int, int]]] = [{0: (0, 0)}]
    for _ in range(min(count, most)):
        layers.append(_one_more(layers[-1], lowest, count))
    reached = [
        (-done.bit_count(), cost, number, done)
        for number, layer in enumerate(layers)
        for done, (cost, _) in layer.items()
    ]
    _, _, number, done = min(reached)
    chosen = []
    while done:
        part = layers[number][done][1]
        chosen.append(part)
        done, number = done ^ part, number - 1
    return chosen


def _one_more(
    layer: dict[int, tuple[int, int]], lowest: Sequence[int], count: int
) -> dict[int, tuple[int, int]]:
    """The best way to reach every set with one more parcel than `layer` has."""
    found: dict[int, tuple[int, int]] = {}
    for whole, parts in _splits(count):
        best = None
        for part in parts:
            before = layer.get(whole ^ part)
            if before is not None and is_possible(lowest[part]):
                cost = before[0] + lowest[part]
                if best is None or cost < best[0]:
                    best = (cost, part)
        if best is not None:
            found[whole] = best
    return found


def _distinct(table: Ints, count: int, most: int) -> list[tuple[int, int]]:
    """Exact with a store of its own for every part: each part needs only its `count` cheapest."""
    near = {
        chunk: [at for at in np.argsort(table[chunk], kind="stable")[:count].tolist()
                if is_possible(int(table[chunk, at]))]
        for chunk in range(1, 1 << count)
    }  # fmt: skip
    best: tuple[int, int, list[tuple[int, int]]] = (0, 0, [])
    for chunks in _partials(count, most):
        for stores, cost in _assignments(table, near, chunks):
            done = -sum(chunk.bit_count() for chunk in chunks)
            if (done, cost) < best[:2]:
                best = (done, cost, list(zip(chunks, stores, strict=True)))
    return best[2]


def _partials(count: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every way to group some of the members into at most `most` parts."""

    def grow(at: int, chunks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if at == count:
            yield chunks
            return
        bit = 1 << at
        yield from grow(at + 1, chunks)
        for number, chunk in enumerate(chunks):
            yield from grow(at + 1, (*chunks[:number], chunk | bit, *chunks[number + 1 :]))
        if len(chunks) < most:
            yield from grow(at + 1, (*chunks, bit))

    return grow(0, ())


def _assignments(
    table: Ints, near: dict[int, list[int]], chunks: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], int]]:
    def give(at: int, taken: tuple[int, ...], cost: int) -> Iterator[tuple[tuple[int, ...], int]]:
        if at == len(chunks):
            yield taken, cost
            return
        for store in near[chunks[at]]:
            if store not in taken:
                yield from give(at + 1, (*taken, store), cost + int(table[chunks[at], store]))

    return give(0, (), 0)


def _merged(inputs: Inputs, open_demands: Sequence[int]) -> list[tuple[int, ...]]:
    """Demands that the very same stores can fill go together."""
    able = fits(inputs)
    groups: dict[bytes, list[int]] = {}
    for at in open_demands:
        groups.setdefault(able[at].tobytes(), []).append(at)
    skus = [demand.sku for demand in inputs.demands]
    if len(set(skus)) < len(skus):
        return [(at,) for at in open_demands]
    return [tuple(group) for group in groups.values()]


def _greedy(inputs: Inputs, policy: Policy, open_demands: Sequence[int]) -> list[Part]:
    """Cover by least cost a demand, then improve by swaps."""
    able = fits(inputs)
    left, parts = list(open_demands), list[Part]()
    while left and len(parts) < inputs.most_parcels:
        used = {part.store for part in parts}
        options = [
            (_price(inputs, policy, part) / len(part.demands), part.store, part)
            for part in _fillings(inputs, able, left, used)
        ]
        if not options:
            break
        _, _, taken = min(options, key=lambda option: option[:2])
        parts.append(taken)
        left = [at for at in left if at not in taken.demands]
    return _swapped(inputs, policy, parts, able)


def _fillings(inputs: Inputs, able: Bools, left: Sequence[int], used: set[int]) -> Iterator[Part]:
    """For every store, all that it can give of what is left; of a divided item one part."""
    for store in range(len(inputs.stores)):
        skus: set[str] = set()
        given = []
        for at in left:
            sku = inputs.demands[at].sku
            if able[at, store] and sku not in skus:
                skus.add(sku)
                given.append(at)
        if given and store not in used:
            yield Part(tuple(given), store)


def _price(inputs: Inputs, policy: Policy, part: Part) -> int:
    members = _row(len(inputs.demands), part.demands)
    return terms_of(inputs, policy, members, part.store).total_minor


def _swapped(inputs: Inputs, policy: Policy, parts: list[Part], able: Bools) -> list[Part]:
    """Move single demands between parcels while it saves money."""
    while True:
        better = next(_improvements(inputs, policy, parts, able), None)
        if better is None:
            return parts
        parts = better


def _improvements(
    inputs: Inputs, policy: Policy, parts: list[Part], able: Bools
) -> Iterator[list[Part]]:
    for source in parts:
        for target in parts:
            for at in source.demands if target is not source else ():
                if not able[at, target.store] or _has_sku(inputs, target, at):
                    continue
                rest = replace(source, demands=tuple(d for d in source.demands if d != at))
                more = replace(target, demands=tuple(sorted((*target.demands, at))))
                before = _price(inputs, policy, source) + _price(inputs, policy, target)
                after = _price(inputs, policy, more)
                after += _price(inputs, policy, rest) if rest.demands else 0
                if after < before:
                    others = [part for part in parts if part not in (source, target)]
                    yield [*others, more, *([rest] if rest.demands else [])]


def _has_sku(inputs: Inputs, part: Part, at: int) -> bool:
    return any(inputs.demands[other].sku == inputs.demands[at].sku for other in part.demands)
