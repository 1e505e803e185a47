"""Many orders planned together: the columns of each, solved, and read back as plans.

What the background planner and the bench's yardstick share. The thing to get wrong: only
the few cheapest stores of each set become columns; the others would never be chosen and
make the solver slow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from central_sync.routing.asking import Inputs, Ints, Plan
from central_sync.routing.cost import (
    fillable,
    is_possible,
    job_seconds,
    masks,
    minutes_minor,
    prices,
)
from central_sync.routing.plan import Part, as_plan, cheapest
from central_sync.routing.policy import Policy
from central_sync.routing.solver import Column, solved

NEAREST_COLUMNS = 6
_EXACT_UP_TO = 6


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """Where a column came from: the order's number, its demands, the store's place in it."""

    order: int
    part: Part


def planned_together(
    orders: Sequence[Inputs], policy: Policy, stay: Sequence[str] = (), whole: bool = False
) -> list[Plan]:
    """A plan per order, over all of them at once; raises SolverMissing.

    `stay[i]` is the store where order i lies now: it is cheaper there by the hysteresis.
    `whole`: an order is never divided. An order that the programme cannot express (a divided
    quantity, more than six demands) is planned alone.
    """
    columns: list[Column] = []
    choices: list[_Choice] = []
    first = 0
    for number, inputs in enumerate(orders):
        if _is_expressed(inputs):
            home = stay[number] if stay else ""
            found = _columns(inputs, policy, first, home, whole)
            columns += [column for column, _ in found]
            choices += [_Choice(number, part) for _, part in found]
        first += len(inputs.demands)
    parts: list[list[Part]] = [[] for _ in orders]
    for at in solved(columns, _free(orders), _loads(orders), policy):
        parts[choices[at].order].append(choices[at].part)
    return [
        _plan(inputs, policy, mine) if _is_expressed(inputs) else cheapest(inputs, policy)
        for inputs, mine in zip(orders, parts, strict=True)
    ]


def _is_expressed(inputs: Inputs) -> bool:
    """A quantity that has to be divided, and very many demands, are not in the programme."""
    return len(inputs.demands) <= _EXACT_UP_TO and all(fillable(inputs))


def _plan(inputs: Inputs, policy: Policy, parts: Sequence[Part]) -> Plan:
    """One parcel a store; beyond the most parcels the smallest are left over."""
    stores: dict[int, tuple[int, ...]] = {}
    for part in parts:
        stores[part.store] = tuple(sorted((*stores.get(part.store, ()), *part.demands)))
    joined = [Part(demands, store) for store, demands in stores.items()]
    joined.sort(key=lambda part: -len(part.demands))
    return as_plan(inputs, policy, joined[: inputs.most_parcels])


def _columns(
    inputs: Inputs, policy: Policy, first: int, home: str, whole: bool
) -> list[tuple[Column, Part]]:
    sets = masks(len(inputs.demands))
    table = prices(inputs, policy, sets)
    seconds = job_seconds(inputs, policy, sets)
    without_minutes = table - minutes_minor(inputs, policy, seconds)
    found = []
    for chunk in range(len(sets) - 1 if whole else 1, len(sets)):
        members = tuple(np.flatnonzero(sets[chunk]).tolist())
        for store in _near(table[chunk], inputs, home):
            price = int(without_minutes[chunk, store])
            if inputs.stores[store] == home:
                price -= policy.hysteresis_minor
            takes = tuple((inputs.demands[at].sku, inputs.demands[at].quantity) for at in members)
            column = Column(
                tuple(first + at for at in members),
                inputs.stores[store],
                price,
                int(seconds[chunk]),
                takes,
            )
            found.append((column, Part(members, store)))
    return found


def _near(costs: Ints, inputs: Inputs, home: str) -> list[int]:
    near = np.argsort(costs, kind="stable")[:NEAREST_COLUMNS].tolist()
    if home in inputs.stores and inputs.stores.index(home) not in near:
        near.append(inputs.stores.index(home))
    return [store for store in near if is_possible(int(costs[store]))]


def _free(orders: Sequence[Inputs]) -> dict[tuple[str, str], int]:
    return {
        (store, demand.sku): int(inputs.free[row, at])
        for inputs in orders
        for row, demand in enumerate(inputs.demands)
        for at, store in enumerate(inputs.stores)
    }


def _loads(orders: Sequence[Inputs]) -> dict[str, tuple[int, int]]:
    return {
        store: (int(inputs.load[at]), int(inputs.staff[at]))
        for inputs in orders
        for at, store in enumerate(inputs.stores)
    }
