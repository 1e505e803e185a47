"""The simple rules that ours is measured against, and a way back if ours goes wrong.

(a) nearest complete store; (b) complete, then least busy (own work counted), then nearest.
Without a complete store both let the nearest give what it has, then the next. The thing to
get wrong: making them weak. They see the same figures and the same hard rules as ours.
"""

from __future__ import annotations

import numpy as np

from central_sync.routing.asking import ONE, Inputs, Ints, Plan
from central_sync.routing.cost import fits
from central_sync.routing.demand import divided
from central_sync.routing.plan import Part, as_plan
from central_sync.routing.policy import Policy

EQUALLY_BUSY = ONE // 4


def nearest_complete(inputs: Inputs, policy: Policy) -> Plan:
    return _ranked(inputs, policy, inputs.metres + _last(inputs, policy))


def least_busy_complete(inputs: Inputs, policy: Policy) -> Plan:
    """Loads within a quarter of a full load are equal, the best of the widths that were tried."""
    banded = inputs.load // EQUALLY_BUSY
    return _ranked(inputs, policy, (banded << 32) + inputs.metres + _last(inputs, policy))


def _last(inputs: Inputs, policy: Policy) -> Ints:
    """Silent stores come last here too."""
    is_silent = inputs.silent_seconds > 2 * policy.hard.heartbeat_seconds
    found: Ints = is_silent * np.int64(1 << 56)
    return found


def _ranked(inputs: Inputs, policy: Policy, rank: Ints) -> Plan:
    inputs = divided(inputs)
    able = fits(inputs)
    complete = np.flatnonzero(able.all(axis=0))
    is_whole = len({demand.sku for demand in inputs.demands}) == len(inputs.demands)
    if len(complete) and is_whole:
        best = int(complete[np.argmin(rank[complete])])
        return as_plan(inputs, policy, [Part(tuple(range(len(inputs.demands))), best)])
    left, parts = set(range(len(inputs.demands))), list[Part]()
    for store in np.argsort(rank, kind="stable").tolist():
        given: dict[str, int] = {}
        for at in sorted(left):
            if able[at, store]:
                given.setdefault(inputs.demands[at].sku, at)
        if given and len(parts) < inputs.most_parcels:
            parts.append(Part(tuple(sorted(given.values())), store))
            left -= set(given.values())
        if not left:
            break
    return as_plan(inputs, policy, parts)
