"""What must be true of an order after every step, checked in the transaction that makes it.

A broken rule is a bug of ours: nothing is written, the log names the place. I1 is checked
where rights are given (warehouse.reserving), I2 by the conditional updates and
`central rebuild-stock --check`, I4 by primary keys, I7 where decisions are kept.
"""

from __future__ import annotations

from sqlalchemy import Connection

from central_sync.retail.orders import CustomerOrder, pieces
from central_sync.retail.orders.invariants import BrokenRule, misplaced, unbalanced
from central_sync.retail.stock import Reservation
from central_sync.server.warehouse import rights


class InvariantBroken(RuntimeError):
    """The step would leave an order that cannot be."""

    def __init__(self, broken: list[BrokenRule]) -> None:
        super().__init__("; ".join(f"{one.rule}: {one.what}" for one in broken))
        self.broken = broken


def check(connection: Connection, before: CustomerOrder, after: CustomerOrder) -> None:
    """Raises InvariantBroken."""
    broken = unbalanced(after) + _in_two_places(after)
    touched = [parcel for parcel in after.parcels if parcel not in before.parcels]
    if touched:
        broken += misplaced([after], _held(connection, after))
    if broken:
        raise InvariantBroken(broken)


def _in_two_places(order: CustomerOrder) -> list[BrokenRule]:
    return [
        BrokenRule("I6", f"{order.order_id}/{line.line} is in two places")
        for line in order.lines
        if pieces(order, line).waiting < 0
    ]


def _held(connection: Connection, order: CustomerOrder) -> tuple[Reservation, ...]:
    """Live rights of the order's open parcels."""
    return rights.held_by(connection, [one.parcel_id for one in order.parcels if one.is_in_hand])
