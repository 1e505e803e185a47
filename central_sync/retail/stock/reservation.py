"""A right to pieces of one item in one store, held for one order line until it is picked.

Pure. A reservation is the fold of its events and `reserved` the sum of the live ones, so
both can be made again from the ledger. The thing to get wrong: a move is one event that
releases here and grants there, never two, or a crash between them loses the right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class ReservationState(StrEnum):
    """`SOFT` holds for a quote or an open basket and expires; `HARD` is paid for."""

    SOFT = "soft"
    HARD = "hard"
    PICKED = "picked"
    RELEASED = "released"
    EXPIRED = "expired"


class ReservationKind(StrEnum):
    GRANT = "grant"
    EXTEND = "extend"
    FIRM = "firm"
    TRANSFER = "transfer"
    PICK = "pick"
    RELEASE = "release"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Reservation:
    """`holder` names whose it is: an order line in a parcel, a quote, an open basket.

    `expires_at` is "" when it holds until someone ends it; `version` counts its events.
    """

    reservation_id: str
    holder: str
    store_id: str
    sku: str
    quantity: int
    state: ReservationState
    expires_at: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class ReservationEvent:
    """One row of the append-only ledger. `quantity` is what a grant, pick or release concerns.

    `believed` is what central thought available (pieces, before this grant) where rights
    are given: that is what "no double promise" is checked against. A firm right may name
    its new `holder`: what a quote held is held for a parcel from now on.
    """

    reservation_id: str
    kind: ReservationKind
    at: str
    quantity: int = 0
    store_id: str = ""
    sku: str = ""
    holder: str = ""
    expires_at: str = ""
    believed: int = 0
    is_soft: bool = False


_LIVE = frozenset((ReservationState.SOFT, ReservationState.HARD))
_ENDS = {
    ReservationKind.RELEASE: ReservationState.RELEASED,
    ReservationKind.PICK: ReservationState.PICKED,
    ReservationKind.EXPIRE: ReservationState.EXPIRED,
}


def is_live(reservation: Reservation) -> bool:
    return reservation.state in _LIVE and reservation.quantity > 0


def expires_now(reservation: Reservation, at: str) -> bool:
    """A hold whose time is over; the conditional update on `version` decides the race."""
    return is_live(reservation) and bool(reservation.expires_at) and reservation.expires_at <= at


def evolve_reservation(
    reservation: Reservation | None, event: ReservationEvent
) -> Reservation | None:
    """Fold one event. What ended stays ended: a late event for it changes nothing."""
    if event.kind is ReservationKind.GRANT:
        return reservation or _granted(event)
    if reservation is None or not is_live(reservation):
        return reservation
    version = reservation.version + 1
    match event.kind:
        case ReservationKind.EXTEND:
            return replace(reservation, expires_at=event.expires_at, version=version)
        case ReservationKind.FIRM:
            holder = event.holder or reservation.holder
            hard = replace(reservation, state=ReservationState.HARD, holder=holder)
            return replace(hard, expires_at="", version=version)
        case ReservationKind.TRANSFER:
            return replace(reservation, store_id=event.store_id, version=version)
        case _:
            return _lessened(reservation, event, version)


def reservations_of(events: Iterable[ReservationEvent]) -> dict[str, Reservation]:
    """Every reservation of a ledger in its order, ended ones too, by id."""
    found: dict[str, Reservation] = {}
    for event in events:
        after = evolve_reservation(found.get(event.reservation_id), event)
        if after is not None:
            found[event.reservation_id] = after
    return found


def reserved_of(reservations: Iterable[Reservation]) -> dict[tuple[str, str], int]:
    """Pieces held per (store, sku): the sum of live rights."""
    held: dict[tuple[str, str], int] = {}
    for reservation in reservations:
        if is_live(reservation):
            place = (reservation.store_id, reservation.sku)
            held[place] = held.get(place, 0) + reservation.quantity
    return dict(sorted(held.items()))


def shortfall(on_hand: int, held: Iterable[Reservation]) -> tuple[Reservation, ...]:
    """Whose rights a walk-in sale broke: soft ones first, then the latest granted (by id)."""
    live = [reservation for reservation in held if is_live(reservation)]
    missing = sum(reservation.quantity for reservation in live) - max(0, on_hand)
    broken = []
    for reservation in sorted(live, key=_breaks_first, reverse=True):
        if missing <= 0:
            break
        broken.append(reservation)
        missing -= reservation.quantity
    return tuple(broken)


def _breaks_first(reservation: Reservation) -> tuple[bool, str]:
    return (reservation.state is ReservationState.SOFT, reservation.reservation_id)


def _granted(event: ReservationEvent) -> Reservation:
    return Reservation(
        event.reservation_id,
        event.holder,
        event.store_id,
        event.sku,
        event.quantity,
        ReservationState.SOFT if event.is_soft else ReservationState.HARD,
        event.expires_at,
    )


def _lessened(reservation: Reservation, event: ReservationEvent, version: int) -> Reservation:
    """A pick or release of some pieces leaves the rest held; of all, it ends the right."""
    left = reservation.quantity - (event.quantity or reservation.quantity)
    if left > 0:
        return replace(reservation, quantity=left, version=version)
    return replace(reservation, state=_ENDS[event.kind], quantity=0, version=version)
