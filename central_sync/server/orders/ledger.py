"""Orders as they are stored: events, their fold, and where each parcel is.

The thing to get wrong: a fold that was read without its lock. Whoever writes holds the row,
and the version in the update says so once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.database.write import upsert
from central_sync.retail.orders import CustomerOrder, Parcel, ParcelState, is_finished, pieces
from central_sync.retail.orders.events import OrderEvent, read_event
from central_sync.retail.plain import from_plain, tagged, to_plain
from central_sync.routing import Policy
from central_sync.server.refused import Refused, not_found

_AT_WORK = frozenset(
    (ParcelState.PLANNED, ParcelState.OFFERED, ParcelState.CLAIMED, ParcelState.PICKING)
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An order with what only central knows of it. `client` placed it: "till:…" or a key's id."""

    order: CustomerOrder
    version: int = 0
    client: str = ""
    reference: str = ""


def find(connection: Connection, order_id: str, *, lock: bool = False) -> Stored:
    """The order as it stands, empty (version 0) when there is none yet."""
    row = t.customer_order.c
    query = select(row.body, row.version, row.client, row.reference).where(row.order_id == order_id)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        return Stored(CustomerOrder())
    order = from_plain(CustomerOrder, json.loads(found.body))
    return Stored(order, found.version, found.client, found.reference)


def the_order(connection: Connection, order_id: str) -> Stored:
    """Raises Refused 404."""
    found = find(connection, order_id)
    if not found.version:
        raise not_found("there is no such order")
    return found


def events_of(
    connection: Connection, order_id: str, after: int = 0
) -> list[tuple[int, str, OrderEvent]]:
    """(version, at, event) in order."""
    row = t.order_event.c
    found = connection.execute(
        select(row.version, row.at, row.body)
        .where(row.order_id == order_id, row.version > after)
        .order_by(row.version)
    )
    return [(version, at, read_event(json.loads(body))) for version, at, body in found]


def save(
    connection: Connection,
    before: Stored,
    after: CustomerOrder,
    events: Sequence[OrderEvent],
    *,
    at: str,
    look_at: str,
) -> Stored:
    """Write events and fold; raises Refused 409 when another was quicker."""
    version = before.version + len(events)
    values = _row(after) | {"version": version, "changed_at": at, "look_at": look_at}
    if before.version:
        row = t.customer_order.c
        found = connection.execute(
            update(t.customer_order)
            .where(row.order_id == after.order_id, row.version == before.version)
            .values(**values)
        )
        if found.rowcount != 1:
            raise Refused(409, "raced", "the order has changed meanwhile; look again", again=True)
    else:
        own = {"order_id": after.order_id, "client": before.client, "reference": before.reference}
        connection.execute(insert(t.customer_order).values(**values, **own))
    _append(connection, after.order_id, before.version, events, at)
    changed = [parcel for parcel in after.parcels if parcel not in before.order.parcels]
    upsert(connection, t.order_parcel, [_parcel_row(after.order_id, p) for p in changed])
    return Stored(after, version, before.client, before.reference)


def look_again(connection: Connection, order_id: str, look_at: str) -> None:
    """Only when timed work is due next; nothing of the order changes."""
    connection.execute(
        update(t.customer_order)
        .where(t.customer_order.c.order_id == order_id)
        .values(look_at=look_at)
    )


def state_of(order: CustomerOrder) -> str:
    """open, escalated (a person has to look) or done."""
    if is_finished(order):
        return "done"
    needs_person = any(line.escalated and pieces(order, line).undelivered for line in order.lines)
    return "escalated" if needs_person else "open"


def job_seconds(parcel: Parcel) -> int:
    """Work that a parcel still asks of its store, by the router's own figures."""
    if parcel.state not in _AT_WORK:
        return 0
    rule = Policy()
    left = [line for line in parcel.lines if line.quantity > line.picked]
    more = sum(line.quantity - line.picked - 1 for line in left)
    each = rule.job_line_seconds * len(left) + rule.job_piece_seconds * more
    return rule.job_parcel_seconds + each


def _row(order: CustomerOrder) -> dict[str, str]:
    return {
        "number": order.number,
        "store_id": order.store_id,
        "receipt_id": order.receipt_id,
        "customer_id": order.customer_id,
        "address_id": order.address.address_id if order.address else "",
        "quote_id": order.quote_id,
        "state": state_of(order),
        "placed_at": order.placed_at,
        "body": json.dumps(to_plain(order), separators=(",", ":"), ensure_ascii=False),
    }


def _append(
    connection: Connection, order_id: str, version: int, events: Sequence[OrderEvent], at: str
) -> None:
    rows = [
        {
            "order_id": order_id,
            "version": version + number,
            "at": at,
            "body": json.dumps(tagged(event), separators=(",", ":"), ensure_ascii=False),
        }
        for number, event in enumerate(events, 1)
    ]
    if rows:
        connection.execute(insert(t.order_event), rows)


def _parcel_row(order_id: str, parcel: Parcel) -> dict[str, object]:
    return {
        "parcel_id": parcel.parcel_id,
        "order_id": order_id,
        "store_id": parcel.store_id,
        "collect_store_id": parcel.collect_store_id,
        "state": parcel.state.value,
        "epoch": parcel.epoch,
        "job_seconds": job_seconds(parcel),
        "decision_id": parcel.decision_id,
        "planned_at": parcel.planned_at,
    }
