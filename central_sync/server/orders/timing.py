"""When an order has to be looked at again: the one clock behind all timed work. Pure.

The thing to get wrong: an order that nobody looks at any more. Whatever is not done has a
next moment, be it only the end of its promise.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from central_sync.retail.orders import CustomerOrder, ParcelState, Promise, is_finished, pieces
from central_sync.server.orders.stores import Stores
from central_sync.server.timestamps import iso

# Pieces that no store can send are tried again so often; after a person was told, less often.
RETRY_SECONDS = 60
ESCALATED_RETRY_SECONDS = 900
# A store that fell silent with work in hand is noticed this soon.
SILENCE_SECONDS = 60


def next_look(order: CustomerOrder, stores: Stores, at: str) -> str:
    """ISO UTC, or "" when there is nothing left to wait for."""
    if not order.order_id or is_finished(order):
        return ""
    moments = [*_of_lines(order, at), *_of_parcels(order, stores, at)]
    return min(moments, default="")


def later(at: str, seconds: int) -> str:
    return iso(datetime.fromisoformat(at) + timedelta(seconds=seconds))


def _of_lines(order: CustomerOrder, at: str) -> list[str]:
    found = []
    for line in order.lines:
        where = pieces(order, line)
        if where.waiting and line.is_carried:
            wait = ESCALATED_RETRY_SECONDS if line.escalated else RETRY_SECONDS
            found.append(later(at, wait))
        if where.waiting and line.answer_by and line.promise is Promise.INTENT:
            found.append(max(at, line.answer_by))
        if where.undelivered and line.promised_by and not line.escalated:
            found.append(max(at, line.promised_by))
    return found


def _of_parcels(order: CustomerOrder, stores: Stores, at: str) -> list[str]:
    found = []
    for parcel in order.parcels:
        if parcel.state is ParcelState.PLANNED:
            found.append(at)
        elif parcel.state is ParcelState.OFFERED:
            found += [offer.expires_at for offer in parcel.open_offers]
            calendar = stores.calendar(parcel.store_id)
            found.append(calendar.after_open_seconds(at, SILENCE_SECONDS))
        elif parcel.state is ParcelState.READY and parcel.hold_until:
            # One that is over waits for its store to be heard.
            is_over = parcel.hold_until <= at
            found.append(later(at, RETRY_SECONDS) if is_over else parcel.hold_until)
    return found
