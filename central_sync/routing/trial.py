"""Another policy over a day's own decisions, beside what the live policy did. Pure.

Every decision is made again from its stored figures. The queues that the tried policy would
have built are carried along, so a policy that piles work on one store pays for it. The
thing to get wrong: comparing by the tried policy's own prices. Both sides are priced by
the live one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from central_sync.routing.asking import ONE, Inputs, Plan
from central_sync.routing.cost import terms_of
from central_sync.routing.decide import Decision, plan_of
from central_sync.routing.policy import Policy

LOAD_MINUTES = 30


@dataclass(slots=True)
class Side:
    """One policy's day so far; `more` is queue work beyond the recorded one, per store."""

    policy: Policy
    costs: int = 0
    parcels: int = 0
    split: int = 0
    unfilled: int = 0
    orders: int = 0
    metres: list[int] = field(default_factory=list)
    queues: list[int] = field(default_factory=list)
    more: dict[str, int] = field(default_factory=dict)
    last_at: int = 0

    def passed(self, at: int) -> None:
        """Work is done while time goes by: a second of it in a second."""
        gone = max(0, at - self.last_at)
        self.more = {
            store: left
            for store, work in self.more.items()
            if (left := work - gone if work > 0 else min(0, work + gone)) != 0
        }
        self.last_at = at


def tried(decisions: Iterable[Decision], live: Policy, other: Policy) -> tuple[Side, Side, int]:
    """The live side, the tried one, and how many orders went to other stores."""
    ours, theirs, moved = Side(live), Side(other), 0
    for decision in decisions:
        moved += _one(ours, theirs, decision)
    return ours, theirs, moved


def _one(ours: Side, theirs: Side, decision: Decision) -> int:
    theirs.passed(decision.inputs.at)
    changed = _with_queues(decision.inputs, theirs.more)
    plan = plan_of(changed, theirs.policy)
    _count(ours, decision.inputs, decision.plan, ours.policy)
    _count(theirs, changed, plan, ours.policy)
    before = {parcel.store_id: parcel.job_seconds for parcel in decision.plan.parcels}
    after = {parcel.store_id: parcel.job_seconds for parcel in plan.parcels}
    for store in {*before, *after}:
        gap = after.get(store, 0) - before.get(store, 0)
        theirs.more[store] = theirs.more.get(store, 0) + gap
    return int(set(before) != set(after))


def _with_queues(inputs: Inputs, more: Mapping[str, int]) -> Inputs:
    """The recorded figures with the queues as the tried policy would have made them."""
    if not any(store in more for store in inputs.stores):
        return inputs
    gap = np.array([more.get(store, 0) for store in inputs.stores], dtype=np.int64)
    load = inputs.load + gap * ONE * ONE // (60 * LOAD_MINUTES * inputs.staff)
    queue = np.maximum(0, inputs.queue_seconds + gap)
    return replace(inputs, queue_seconds=queue, load=np.maximum(0, load))


def _count(side: Side, inputs: Inputs, plan: Plan, prices: Policy) -> None:
    side.orders += 1
    side.parcels += len(plan.parcels)
    side.split += len(plan.parcels) > 1
    side.unfilled += bool(plan.missing)
    for parcel in plan.parcels:
        at = inputs.stores.index(parcel.store_id)
        skus = {sku for _, sku, _ in parcel.lines}
        members = np.array([int(one.sku in skus) for one in inputs.demands], dtype=np.int64)
        side.costs += terms_of(inputs, prices, members, at).total_minor
        side.metres.append(int(inputs.metres[at]))
        side.queues.append(int(inputs.queue_seconds[at] * ONE // inputs.staff[at]))
