"""What must be true of orders and stock at all times, as checks for tests and for running.

Pure: each takes what was stored and returns what is broken, in words for a log, never an
exception. The numbers are those of order-routing section 5; I7 (a decision replays) is
checked where decisions are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from central_sync.retail.money import share_after
from central_sync.retail.orders.effects import holder_of
from central_sync.retail.orders.order import (
    UNPACKED,
    CustomerOrder,
    Parcel,
    ParcelLine,
    pieces,
)
from central_sync.retail.stock.movement import Level, StockMovement, level_bytes, project
from central_sync.retail.stock.reservation import (
    Reservation,
    ReservationEvent,
    ReservationKind,
    is_live,
    reservations_of,
    reserved_of,
)

_GIVES_RIGHTS = frozenset((ReservationKind.GRANT, ReservationKind.TRANSFER))


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """`rule` is I1 … I6 or "money"; `what` names the place."""

    rule: str
    what: str


def double_promises(ledger: Iterable[ReservationEvent]) -> list[BrokenRule]:
    """I1: no right was given beyond what central believed available at that moment."""
    sizes: dict[str, int] = {}
    broken = []
    for event in ledger:
        if event.kind is ReservationKind.GRANT:
            sizes[event.reservation_id] = event.quantity
        elif event.kind in (ReservationKind.PICK, ReservationKind.RELEASE):
            sizes[event.reservation_id] = sizes.get(event.reservation_id, 0) - event.quantity
        if event.kind in _GIVES_RIGHTS and sizes.get(event.reservation_id, 0) > event.believed:
            broken.append(BrokenRule("I1", f"{event.reservation_id} at {event.store_id}"))
    return broken


def unconserved(
    levels: Mapping[tuple[str, str], Level],
    movements: Iterable[StockMovement],
    reserved: Mapping[tuple[str, str], int],
    ledger: Iterable[ReservationEvent],
) -> list[BrokenRule]:
    """I2: on hand is the sum of movements, reserved that of live rights, byte for byte."""
    rebuilt = project(movements)
    held = reserved_of(reservations_of(ledger).values())
    stored = {place: count for place, count in reserved.items() if count}
    wrong = {
        place
        for place in {*levels, *rebuilt}
        if level_bytes(levels.get(place) or Level(*place))
        != level_bytes(rebuilt.get(place) or Level(*place))
    }
    wrong |= {place for place in {*stored, *held} if stored.get(place, 0) != held.get(place, 0)}
    return [BrokenRule("I2", f"{store} {sku}") for store, sku in sorted(wrong)]


def misplaced(
    orders: Iterable[CustomerOrder], reservations: Iterable[Reservation]
) -> list[BrokenRule]:
    """I3: every unpicked piece of a parcel is held, at the parcel's store and nowhere else."""
    held = {r.holder: r for r in reservations if is_live(r)}
    broken = []
    for order in orders:
        for parcel, carried in _open_lines(order):
            left = carried.quantity - carried.picked
            right = held.get(holder_of(parcel.parcel_id, carried.line))
            if left and (
                right is None or (right.store_id, right.quantity) != (parcel.store_id, left)
            ):
                broken.append(BrokenRule("I3", holder_of(parcel.parcel_id, carried.line)))
    return broken


def _open_lines(order: CustomerOrder) -> Iterable[tuple[Parcel, ParcelLine]]:
    for parcel in order.parcels:
        if parcel.state in UNPACKED:
            for carried in parcel.lines:
                yield parcel, carried


def repeated(keys: Sequence[str]) -> list[BrokenRule]:
    """I4: an idempotency key, a movement or a refund is there once."""
    twice = sorted({key for key in keys if keys.count(key) > 1})
    return [BrokenRule("I4", key) for key in twice]


def beyond_pledge(
    reserved: Mapping[tuple[str, str], int], pledged: Mapping[tuple[str, str], int]
) -> list[BrokenRule]:
    """I5: where a store lent rights, no more is held than it lent."""
    over = [place for place, lent in pledged.items() if reserved.get(place, 0) > lent]
    return [BrokenRule("I5", f"{store} {sku}") for store, sku in sorted(over)]


def unseen(order: CustomerOrder, at: str) -> list[BrokenRule]:
    """I6: no piece lies beyond its promise without a person knowing; none is lost."""
    broken = []
    for line in order.lines:
        where = pieces(order, line)
        if where.waiting < 0:
            broken.append(BrokenRule("I6", f"{order.order_id}/{line.line} is in two places"))
        late = bool(line.promised_by) and line.promised_by < at
        if late and where.undelivered and not line.escalated:
            broken.append(BrokenRule("I6", f"{order.order_id}/{line.line} is late"))
    return broken


def unbalanced(order: CustomerOrder) -> list[BrokenRule]:
    """Money: what was refunded and what is still held is what was paid, line by line."""
    broken = []
    for line in order.lines:
        back = share_after(line.gross_minor, 0, line.given_back, line.quantity)
        # What was taken twice was never the line's.
        refunds = [one for one in order.refunds if one.line == line.line and not one.paid_in]
        refunded = sum(share.amount_minor for refund in refunds for share in refund.shares)
        kept = sum(share.amount_minor for share in line.shares)
        vat = share_after(line.vat_minor, 0, line.given_back, line.quantity)
        whole = refunded == back and kept == line.gross_minor - back
        if not whole or sum(refund.vat_minor for refund in refunds) != vat:
            broken.append(BrokenRule("money", f"{order.order_id}/{line.line}"))
    return broken
