"""One decision: look, plan, keep a record that can be made again byte for byte.

`route` answers at once; `next_plan` is for the optimistic commit, when the database says
that a record had less than the image believed (three tries, then a person). The thing to
get wrong: a decision is counted (`Image.assign`) when it is committed, not when it is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from central_sync.retail.plain import from_plain, to_plain
from central_sync.routing import rules
from central_sync.routing.asking import Ask, Demand, Inputs, Moment, Plan, Terms
from central_sync.routing.cost import fits, terms_of
from central_sync.routing.image import Image
from central_sync.routing.plan import cheapest
from central_sync.routing.policy import Policy, Rule

MOST_TRIES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Immutable. `attempt` counts from 1; `policy` is the version whose prices were used."""

    order_id: str
    policy: str
    attempt: int
    inputs: Inputs
    plan: Plan


@dataclass(frozen=True, slots=True)
class Candidate:
    """A store that had something of the order: what it would have cost, or why it was out.

    `gives` of all demands it has; `terms` are of one parcel with these.
    """

    store_id: str
    gives: int
    dropped: int
    terms: Terms
    is_chosen: bool


def plan_of(inputs: Inputs, policy: Policy) -> Plan:
    """The plan that a policy makes of these figures; nothing else goes in."""
    match policy.rule:
        case Rule.NEAREST:
            return rules.nearest_complete(inputs, policy)
        case Rule.LEAST_BUSY:
            return rules.least_busy_complete(inputs, policy)
        case Rule.COST:
            return cheapest(inputs, policy)


def route(image: Image, ask: Ask, policy: Policy, moment: Moment) -> Decision:
    """Decide on the figures of this moment."""
    inputs = image.look(ask, policy, moment)
    return Decision(ask.order_id, policy.version, 1, inputs, plan_of(inputs, policy))


def next_plan(
    image: Image,
    ask: Ask,
    policy: Policy,
    moment: Moment,
    failed: Decision,
    fresh: Iterable[tuple[str, str, int, int]],
) -> Decision | None:
    """Another plan after a refused commit, or None after three.

    `fresh` are (store_id, sku, on_hand, reserved) as the database has them; the image takes
    them over before it looks again.
    """
    if failed.attempt >= MOST_TRIES:
        return None
    for store_id, sku, on_hand, reserved in fresh:
        image.level(store_id, sku, on_hand, reserved)
    return replace(route(image, ask, policy, moment), attempt=failed.attempt + 1)


def candidates(decision: Decision, policy: Policy) -> tuple[Candidate, ...]:
    """Every store that had something, with every cost term, cheapest complete ones first."""
    inputs = decision.inputs
    wanted = np.array([demand.quantity for demand in inputs.demands])
    has = inputs.free >= wanted[:, None]
    chosen = {parcel.store_id for parcel in decision.plan.parcels}
    found = []
    for at, store_id in enumerate(inputs.stores):
        members = has[:, at].astype(np.int64)
        terms = terms_of(inputs, policy, members, at) if members.any() else Terms()
        dropped = int(inputs.dropped[at])
        found.append(Candidate(store_id, int(members.sum()), dropped, terms, store_id in chosen))
    return tuple(
        sorted(found, key=lambda c: (bool(c.dropped), -c.gives, c.terms.total_minor, c.store_id))
    )


def can_fill(inputs: Inputs) -> tuple[str, ...]:
    """Stores that could have sent the whole order."""
    able = fits(inputs)
    return tuple(store for at, store in enumerate(inputs.stores) if able[:, at].all())


def record_bytes(decision: Decision) -> bytes:
    """The decision's one written form: inputs, policy version, plan."""
    plain = {
        "attempt": decision.attempt,
        "inputs": _inputs_plain(decision.inputs),
        "order_id": decision.order_id,
        "plan": to_plain(decision.plan),
        "policy": decision.policy,
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def read_record(record: bytes) -> Decision:
    plain = json.loads(record)
    return Decision(
        plain["order_id"],
        plain["policy"],
        plain["attempt"],
        _inputs_of(plain["inputs"]),
        from_plain(Plan, plain["plan"]),
    )


def replayed(record: bytes, policy: Policy) -> bytes:
    """I7: the record made again from its own inputs; equal bytes, or the policy is another."""
    decision = read_record(record)
    return record_bytes(replace(decision, plan=plan_of(decision.inputs, policy)))


def _inputs_plain(inputs: Inputs) -> dict[str, Any]:
    plain = {}
    for field in fields(inputs):
        value = getattr(inputs, field.name)
        plain[field.name] = value.tolist() if isinstance(value, np.ndarray) else to_plain(value)
    if not any(plain["burst"]):
        del plain["burst"]  # as in records from before there was such a figure
    return plain


def _inputs_of(plain: dict[str, Any]) -> Inputs:
    count, stores = len(plain["demands"]), len(plain["stores"])
    plain = {"burst": [0] * stores} | plain
    values: dict[str, Any] = {}
    for field in fields(Inputs):
        value = plain[field.name]
        if field.name in ("free", "missed_bp", "nil_bp"):
            values[field.name] = np.array(value, dtype=np.int64).reshape(count, stores)
        elif field.name == "demands":
            values[field.name] = tuple(from_plain(Demand, demand) for demand in value)
        elif field.name == "stores":
            values[field.name] = tuple(value)
        else:
            is_column = isinstance(value, list)
            values[field.name] = np.array(value, dtype=np.int64) if is_column else value
    return Inputs(**values)
