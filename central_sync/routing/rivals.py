"""Who else could have sent it: stores by price, and a decision cut down to a few of them.

For the sentence and for later rounds of offers. The thing to get wrong: working out the
terms of every store of the chain when only the best rivals are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from central_sync.routing.asking import Inputs
from central_sync.routing.cost import is_possible, masks, prices
from central_sync.routing.decide import Decision
from central_sync.routing.policy import Policy

MOST_DEMANDS = 12


def ranked(inputs: Inputs, policy: Policy) -> list[str]:
    """Stores that could send all of it, the cheapest first."""
    return [inputs.stores[at] for at in _ranked(inputs, policy)]


def telling(inputs: Inputs, policy: Policy, most: int) -> list[str]:
    """The `most` cheapest of them, and the nearest and the least busy one: whoever is said to
    be nearest has to be it among all."""
    order = _ranked(inputs, policy)
    if len(order) <= most:
        return [inputs.stores[at] for at in order]
    extremes = [order[int(np.argmin(each[order]))] for each in (inputs.metres, inputs.load)]
    return [inputs.stores[at] for at in dict.fromkeys([*order[:most], *extremes])]


def _ranked(inputs: Inputs, policy: Policy) -> list[int]:
    if not inputs.demands or len(inputs.demands) > MOST_DEMANDS:
        return []
    row = prices(inputs, policy, masks(len(inputs.demands))[-1:])[0]
    return [at for at in np.argsort(row, kind="stable").tolist() if is_possible(int(row[at]))]


def narrowed(decision: Decision, stores: Sequence[str]) -> Decision:
    """The same decision with only these stores' figures."""
    inputs = decision.inputs
    at = [number for number, store in enumerate(inputs.stores) if store in set(stores)]
    small = replace(
        inputs,
        stores=tuple(inputs.stores[number] for number in at),
        **{
            name: getattr(inputs, name)[at]
            for name in (
                *("metres", "load", "staff", "queue_seconds", "opens_seconds", "ship_minor"),
                *("silent_seconds", "last_chosen", "dropped", "burst"),
            )
        },
        **{name: getattr(inputs, name)[:, at] for name in ("free", "missed_bp", "nil_bp")},
    )
    return replace(decision, inputs=small)
