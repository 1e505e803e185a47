"""What quotes hold softly is made hard for their orders, many at once, within a trip.

The thing to get wrong: believing it before the trip is over. Whoever began it checks the
count of what was changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from central_sync.database.trip import Reply, Trip
from central_sync.retail.stock import (
    Reservation,
    ReservationEvent,
    ReservationKind,
    ReservationState,
)
from central_sync.server.warehouse import rights
from central_sync.server.warehouse.levels import LedgerBroken


@dataclass(frozen=True, slots=True)
class Firmed:
    """Rights that a trip makes hard: `count` of them, when it is over."""

    asked: Reply
    count: int

    def check(self) -> None:
        """Raises LedgerBroken when one was not as it was read, under its lock."""
        if self.asked.count != self.count:
            raise LedgerBroken("a right changed under its lock")


def firm_all(trip: Trip, live: Iterable[Reservation], at: str) -> Firmed:
    """Make hard what is soft of these rights, which the caller holds locked."""
    soft = [one for one in live if one.state is ReservationState.SOFT]
    asked = rights.harden(trip, soft)
    rights.enter_events(trip, [_told(one, at) for one in soft])
    return Firmed(asked, len(soft))


def _told(one: Reservation, at: str) -> ReservationEvent:
    return ReservationEvent(
        reservation_id=one.reservation_id,
        kind=ReservationKind.FIRM,
        at=at,
        quantity=0,
        store_id=one.store_id,
        sku=one.sku,
    )
