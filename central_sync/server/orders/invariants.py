"""What must be true of an order after every step, checked in the transaction that makes it.

A broken rule is a bug of ours: nothing is written, the log names the place. I1 is checked
where rights are given (warehouse.reserving), and I5 with it: what a store lends limits what is
available there. I4 by primary keys, I7 where decisions are kept. `auditing` looks at the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from central_sync.database.trip import Reply, Trip
from central_sync.retail.orders import CustomerOrder, pieces
from central_sync.retail.orders.invariants import BrokenRule, misplaced, unbalanced
from central_sync.server.orders.ledger import Step
from central_sync.server.warehouse import rights
from central_sync.server.warehouse.figures import Place


class InvariantBroken(RuntimeError):
    """The step would leave an order that cannot be."""

    def __init__(self, broken: list[BrokenRule]) -> None:
        super().__init__("; ".join(f"{one.rule}: {one.what}" for one in broken))
        self.broken = broken


@dataclass(frozen=True, slots=True)
class Checks:
    """What the database is asked of these steps at the end of the trip that writes them."""

    steps: Sequence[Step]
    moved: Sequence[CustomerOrder]
    held: Reply
    unconserved: Reply

    def check(self) -> None:
        """After the trip, before the commit. Raises InvariantBroken."""
        broken: list[BrokenRule] = []
        for step in self.steps:
            broken += unbalanced(step.order) + _in_two_places(step.order)
            broken += _nobody_looks(step)
        if self.moved:
            broken += misplaced(self.moved, rights.read(self.held))
        broken += rights.unconserved(self.unconserved)
        if broken:
            raise InvariantBroken(broken)


def ask(trip: Trip, steps: Sequence[Step], places: Iterable[Place]) -> Checks:
    """`places` are the records whose rights or goods the steps moved."""
    moved = [step.order for step in steps if _moves_parcels(step)]
    held = rights.ask_held_by(trip, _open_parcels(moved)) if moved else Reply()
    return Checks(steps, moved, held, rights.ask_unconserved(trip, places))


def _in_two_places(order: CustomerOrder) -> list[BrokenRule]:
    return [
        BrokenRule("I6", f"{order.order_id}/{line.line} is in two places")
        for line in order.lines
        if pieces(order, line).waiting < 0
    ]


def _nobody_looks(step: Step) -> list[BrokenRule]:
    """I6: whoever waits is looked at by the end of the first promise that no person knows of."""
    order = step.order
    waits = [
        line.promised_by
        for line in order.lines
        if line.promised_by and not line.escalated and pieces(order, line).undelivered
    ]
    by = max(step.at, min(waits, default=step.look_at))
    if waits and not "" < step.look_at <= by:
        return [BrokenRule("I6", f"{order.order_id} is not looked at by {by}")]
    return []


def _moves_parcels(step: Step) -> bool:
    known = step.before.order.parcels
    return any(parcel not in known for parcel in step.order.parcels)


def _open_parcels(orders: Sequence[CustomerOrder]) -> list[str]:
    return [parcel.parcel_id for order in orders for parcel in order.parcels if parcel.is_in_hand]
