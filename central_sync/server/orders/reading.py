"""Orders for those who ask: one, a page of them, what happened, why.

The thing to get wrong: searching by what is sealed. An order is found by its number, its
receipt, the shop's own reference, or its customer's id.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, or_, select

from central_sync.database import tables as t
from central_sync.retail.plain import tagged
from central_sync.server.orders import decisions, ledger
from central_sync.server.orders.ledger import Stored
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.summary import view_of
from central_sync.server.orders.wording import reasons
from central_sync.server.storable import storable
from central_sync.wire.decisions import WhyReply
from central_sync.wire.orders import OrderEvents, OrderEventView, OrderPage, OrderView

LARGEST_PAGE = 200


def view(connection: Connection, stored: Stored, *, is_inside: bool) -> OrderView:
    why = reasons(connection, stored.order.parcels) if is_inside else {}
    told = {key.partition("/")[0]: pair for key, pair in why.items() if _is_own(stored, key)}
    return view_of(stored, is_inside=is_inside, why=told)


def page(
    connection: Connection,
    *,
    q: str = "",
    state: str = "",
    store: str = "",
    before: str = "",
    limit: int = 50,
    is_inside: bool,
) -> OrderPage:
    """Newest first by id, which begins with the time."""
    row = t.customer_order.c
    query = select(row.order_id).order_by(row.order_id.desc()).limit(limit + 1)
    query = query.where(row.state == storable(state)) if state else query
    query = query.where(row.store_id == storable(store)) if store else query
    query = query.where(row.order_id < storable(before)) if before else query
    query = _matching(query, storable(q).strip()) if q.strip() else query
    ids = list(connection.execute(query).scalars())
    orders = [
        view(connection, ledger.find(connection, order_id), is_inside=is_inside)
        for order_id in ids[:limit]
    ]
    return OrderPage(orders=orders, next=orders[-1].order_id if len(ids) > limit else "")


def events(connection: Connection, order_id: str, after: int = 0) -> OrderEvents:
    """Everything that happened after a version; raises Refused 404."""
    stored = ledger.the_order(connection, order_id)
    return OrderEvents(
        order_id=order_id,
        version=stored.version,
        events=[
            OrderEventView(version=version, at=at, fact=tagged(event))
            for version, at, event in ledger.events_of(connection, order_id, after)
        ],
    )


def why(room: OrderRoom, connection: Connection, order_id: str) -> WhyReply:
    """Raises Refused 404."""
    stored = ledger.the_order(connection, order_id)
    return WhyReply(
        order_id=order_id,
        number=stored.order.number,
        decisions=decisions.views_of(connection, order_id, room.stores(connection)),
    )


def _matching(query: Select[Any], text: str) -> Select[Any]:
    row, receipt = t.customer_order.c, t.receipt.c
    of_receipt = select(receipt.receipt_id).where(receipt.receipt_number == text)
    return query.where(
        or_(
            row.order_id == text,
            row.number == text.upper(),
            row.number == text,
            row.reference == text,
            row.customer_id == text,
            row.receipt_id == text,
            row.receipt_id.in_(of_receipt),
        )
    )


def _is_own(stored: Stored, key: str) -> bool:
    parcel_id, _, store_id = key.partition("/")
    parcel = stored.order.parcel(parcel_id)
    return parcel is not None and parcel.store_id == store_id
