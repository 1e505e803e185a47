"""Second thoughts in the background: unclaimed parcels, looked at again all together.

Every five minutes over parcels that nobody has claimed for ten. The thing to get wrong:
flapping. A parcel moves only for a gain above the hysteresis, only once, and never after
somebody claimed it; the order machine refuses the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from central_sync.routing.asking import Ask, Inputs, Moment, Plan
from central_sync.routing.batch import planned_together
from central_sync.routing.cost import masks, prices
from central_sync.routing.image import Image
from central_sync.routing.policy import Policy

EVERY_SECONDS = 300
LEFT_ALONE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A parcel as it lies: `ask` has its lines and where they go, `plan` its one parcel."""

    parcel_id: str
    ask: Ask
    plan: Plan
    moves: int = 0
    waited_seconds: int = LEFT_ALONE_SECONDS


@dataclass(frozen=True, slots=True)
class Move:
    parcel_id: str
    from_store_id: str
    plan: Plan
    gain_minor: int

    @property
    def to_store_id(self) -> str:
        return self.plan.parcels[0].store_id


def moves(image: Image, parcels: Sequence[Unclaimed], policy: Policy, moment: Moment) -> list[Move]:
    """Which parcels to move where; raises SolverMissing. The image is left as it was.

    Whoever commits a move then tells the image (`lift` the old plan, `assign` the new).
    """
    free = [p for p in parcels if not p.moves and p.waited_seconds >= LEFT_ALONE_SECONDS]
    with _lifted(image, free):
        looks = [image.look(parcel.ask, policy, moment) for parcel in free]
        homes = [parcel.plan.parcels[0].store_id for parcel in free]
        plans = planned_together(looks, policy, stay=homes, whole=True)
    found = []
    for parcel, inputs, plan in zip(free, looks, plans, strict=True):
        home = parcel.plan.parcels[0]
        if len(plan.parcels) != 1 or plan.missing or plan.parcels[0].store_id == home.store_id:
            continue
        gain = _cost_at(inputs, policy, home.store_id) - plan.total_minor
        if gain >= policy.hysteresis_minor:
            found.append(Move(parcel.parcel_id, home.store_id, plan, gain))
    return found


def _cost_at(inputs: Inputs, policy: Policy, store_id: str) -> int:
    """What the parcel costs where it lies, on today's figures; dear when it cannot stay."""
    if store_id not in inputs.stores:
        return policy.silent_minor
    whole = masks(len(inputs.demands))[-1:]
    return int(prices(inputs, policy, whole)[0, inputs.stores.index(store_id)])


@contextmanager
def _lifted(image: Image, parcels: Sequence[Unclaimed]) -> Iterator[None]:
    """The image without the holds and the work of these parcels."""
    for parcel in parcels:
        image.lift(parcel.plan)
    try:
        yield
    finally:
        for parcel in parcels:
            image.put_down(parcel.plan)
