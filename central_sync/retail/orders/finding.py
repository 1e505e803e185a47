"""Finds what a command speaks of, or refuses: the doorkeeping that all decisions share.

Pure. The thing to get wrong: a store's word about a parcel counts only with the epoch of
the assignment that it holds; word of an older one is refused and its goods go back.
"""

from __future__ import annotations

from collections.abc import Collection

from central_sync.retail.orders.order import CustomerOrder, OrderLine, Parcel, ParcelState
from central_sync.retail.orders.refusal import refuse


def the_line(order: CustomerOrder, number: int) -> OrderLine:
    return order.line(number) or refuse("order.no_such_line", line=number)


def the_parcel(order: CustomerOrder, parcel_id: str) -> Parcel:
    return order.parcel(parcel_id) or refuse("order.no_such_parcel")


def parcel_in(order: CustomerOrder, parcel_id: str, states: Collection[ParcelState]) -> Parcel:
    """The parcel, if it stands in one of these states."""
    parcel = the_parcel(order, parcel_id)
    if parcel.state not in states:
        refuse("order.parcel_is", state=parcel.state.value)
    return parcel


def own_parcel(order: CustomerOrder, parcel_id: str, store_id: str, epoch: int) -> Parcel:
    """The parcel, if this store holds its latest assignment."""
    parcel = the_parcel(order, parcel_id)
    if parcel.store_id != store_id or parcel.epoch != epoch:
        refuse("order.old_assignment")
    return parcel


def some(quantity: int, at_most: int) -> None:
    """Refuse a number of pieces that is not there."""
    if not 0 < quantity <= at_most:
        refuse("order.not_so_many", quantity=quantity, most=at_most)
