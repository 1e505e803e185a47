"""An order with one of its parts changed: what every fold is made of. Pure.

The thing to get wrong: a part that is not there. Then nothing changes, and that is no error:
an event may be older than what it speaks of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from central_sync.retail.orders.order import (
    CustomerOrder,
    Offer,
    OrderLine,
    Parcel,
    ParcelLine,
    ParcelState,
)


def with_line(
    order: CustomerOrder, number: int, change: Callable[[OrderLine], OrderLine]
) -> CustomerOrder:
    """One line of the order changed."""
    lines = tuple(change(line) if line.line == number else line for line in order.lines)
    return replace(order, lines=lines)


def with_parcel(
    order: CustomerOrder, parcel_id: str, change: Callable[[Parcel], Parcel]
) -> CustomerOrder:
    """One parcel of the order changed."""
    parcels = tuple(
        change(parcel) if parcel.parcel_id == parcel_id else parcel for parcel in order.parcels
    )
    return replace(order, parcels=parcels)


def in_state(
    order: CustomerOrder, parcel_id: str, state: ParcelState, epoch: int = 0
) -> CustomerOrder:
    """The parcel in a new state; `epoch` more assignments behind it."""
    return with_parcel(
        order,
        parcel_id,
        lambda parcel: replace(parcel, state=state, epoch=parcel.epoch + epoch),
    )


def with_offers(
    order: CustomerOrder, parcel_id: str, change: Callable[[Offer], Offer]
) -> CustomerOrder:
    """Every offer of a parcel changed."""
    return with_parcel(
        order,
        parcel_id,
        lambda parcel: replace(parcel, offers=tuple(map(change, parcel.offers))),
    )


def with_carried(
    order: CustomerOrder, parcel_id: str, number: int, change: Callable[[ParcelLine], ParcelLine]
) -> CustomerOrder:
    """One line of a parcel changed."""

    def changed(parcel: Parcel) -> Parcel:
        lines = tuple(change(line) if line.line == number else line for line in parcel.lines)
        return replace(parcel, lines=lines)

    return with_parcel(order, parcel_id, changed)


def passing_over(order: CustomerOrder, parcel_id: str, store_id: str) -> CustomerOrder:
    """A store is asked no more for what this parcel carries."""
    parcel = order.parcel(parcel_id)
    for carried in parcel.lines if parcel else ():
        order = with_line(order, carried.line, lambda line: without_store(line, store_id))
    return order


def without_store(line: OrderLine, store_id: str) -> OrderLine:
    """A line that this store is asked no more for."""
    return replace(line, passed_over=tuple(sorted({*line.passed_over, store_id})))
