"""The price of one parcel from one store, for every set of demands and every store at once.

c(s,S) = ship + km·d + minute·job(S)·f(load + job/2 / (30·staff)) + scarcity + nil + late + Λ
in whole öre and binary fixed point; Λ has a part for what the store was given a moment ago.
The thing to get wrong: half the job's own time belongs to the load it meets, or big parcels
look cheap.
"""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from central_sync.routing.asking import ONE, Inputs, Ints, Terms
from central_sync.routing.policy import Policy

Bools: TypeAlias = NDArray[np.bool_]

NEVER = 1 << 50
"""A price that marks "this store cannot"; sums of it still fit 64 bits."""

_MINUTES_PER_LOAD = 30


@cache
def masks(count: int) -> Ints:
    """Every set of `count` demands as a row of 0 and 1; row m is the set m."""
    rows = np.arange(1 << count)[:, None] >> np.arange(count)[None, :]
    return rows & 1


def job_seconds(inputs: Inputs, policy: Policy, sets: Ints) -> Ints:
    """Work of a parcel per set; the first piece of a line is in the line's time."""
    each = [
        policy.job_line_seconds + policy.job_piece_seconds * (demand.quantity - 1)
        for demand in inputs.demands
    ]
    found: Ints = policy.job_parcel_seconds + sets @ np.array(each, dtype=np.int64)
    return found


def busy_factor(load: Ints, policy: Policy) -> Ints:
    """f(x) in 1/1024 for a load in 1/1024: nearly free when idle, steep when full."""
    capped = np.minimum(load, policy.busy_cap_thousandths * ONE // 1000)
    steep = policy.busy_steep_thousandths * ONE // 1000
    rising: Ints = (capped * capped * capped * steep) >> 30
    return rising + policy.busy_idle_thousandths * ONE // 1000


def minutes_minor(inputs: Inputs, policy: Policy, seconds: Ints) -> Ints:
    """Staff time in money: a row per set (its job's seconds), a column per store."""
    # job/2 over 30 minutes of each of the staff; staff is in 1/1024, so is the outcome.
    half_per_second = (ONE * ONE << 16) // (2 * 60 * _MINUTES_PER_LOAD * inputs.staff)
    meets = inputs.load + ((seconds[:, None] * half_per_second) >> 16)
    per_second = (policy.minute_minor << 16) // 60
    found: Ints = (busy_factor(meets, policy) * (seconds[:, None] * per_second)) >> 26
    return found


def scarcity_minor(inputs: Inputs) -> Ints:
    """A row per demand: the margin times the chance that the shop will miss the pieces."""
    margins = np.array([demand.margin_minor for demand in inputs.demands], dtype=np.int64)
    found: Ints = margins[:, None] * inputs.missed_bp // 10_000
    return found


def nil_minor(inputs: Inputs, policy: Policy) -> Ints:
    found: Ints = inputs.nil_bp * policy.nil_minor // 10_000
    return found


def late_minor(inputs: Inputs, policy: Policy) -> Ints:
    """What it costs that the store opens, and gets through its queue, after the cut-off."""
    ready = inputs.opens_seconds + inputs.queue_seconds * ONE // inputs.staff
    late = np.maximum(0, ready - inputs.deadline_seconds)
    found: Ints = np.minimum(late * policy.late_minor_per_hour // 3600, policy.most_late_minor)
    return found


def silent_minor(inputs: Inputs, policy: Policy) -> Ints:
    """An unknown store is chosen last, however idle its last word was."""
    is_silent = inputs.silent_seconds > 2 * policy.hard.heartbeat_seconds
    found: Ints = is_silent * np.int64(policy.silent_minor)
    return found


def parcel_minor(inputs: Inputs, policy: Policy) -> Ints:
    """Λ: one more parcel costs more the longer the whole chain's queue is, and at a store that
    has just been given more than its share of a burst. The price of staff time ends at a full
    store; this one goes on, or a burst that fills every store goes to the nearest ones."""
    found: Ints = (
        policy.congestion_minor * inputs.crowd + policy.burst_minor * inputs.burst
    ) // ONE
    return found


def fits(inputs: Inputs) -> Bools:
    """A row per demand: which stores are in and have all its pieces."""
    wanted = np.array([demand.quantity for demand in inputs.demands], dtype=np.int64)
    found: Bools = (inputs.free >= wanted[:, None]) & (inputs.dropped == 0)
    return found


def prices(inputs: Inputs, policy: Policy, sets: Ints) -> Ints:
    """The price of every set (rows) from every store (columns); NEVER where it cannot."""
    each = scarcity_minor(inputs) + nil_minor(inputs, policy)
    each[~fits(inputs)] = NEVER >> 4
    fixed = (
        inputs.ship_minor
        + inputs.metres * policy.km_minor // 1000
        + late_minor(inputs, policy)
        + silent_minor(inputs, policy)
        + parcel_minor(inputs, policy)
    )
    found = minutes_minor(inputs, policy, job_seconds(inputs, policy, sets))
    found += fixed
    # Row by row: an integer matrix product in numpy is slower than these few sums.
    for at in range(len(inputs.demands)):
        found += np.outer(sets[:, at], each[at])
    return found


def fillable(inputs: Inputs) -> list[bool]:
    """Per demand, whether any store can fill it."""
    return [bool(row.any()) for row in fits(inputs)]


def is_possible(price: int) -> bool:
    return price < NEVER >> 5


def terms_of(inputs: Inputs, policy: Policy, members: Ints, store: int) -> Terms:
    """The terms of one parcel: `members` is a row of 0 and 1 per demand, `store` a column."""
    inside = members.astype(bool)
    minutes = minutes_minor(inputs, policy, job_seconds(inputs, policy, members[None, :]))
    return Terms(
        ship_minor=int(inputs.ship_minor[store]),
        distance_minor=int(inputs.metres[store] * policy.km_minor // 1000),
        minutes_minor=int(minutes[0, store]),
        scarcity_minor=int(scarcity_minor(inputs)[inside, store].sum()),
        nil_minor=int(nil_minor(inputs, policy)[inside, store].sum()),
        late_minor=int(late_minor(inputs, policy)[store]),
        silent_minor=int(silent_minor(inputs, policy)[store]),
        parcel_minor=int(parcel_minor(inputs, policy)[store]),
    )
