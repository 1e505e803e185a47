"""Orders as they are stored: events, their fold, and where each parcel is.

The thing to get wrong: a fold that was read without its lock. Whoever writes holds the row,
and the version in the update says so once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, update

from central_sync.database import tables as t
from central_sync.database.trip import Reply, Trip, among
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


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to one order at once: as it was, and as it is after these events.

    `look_at` is when timed work is due next, "" never.
    """

    before: Stored
    order: CustomerOrder
    events: tuple[OrderEvent, ...]
    at: str
    look_at: str = ""

    @property
    def stored(self) -> Stored:
        before = self.before
        version = before.version + len(self.events)
        return Stored(self.order, version, before.client, before.reference)


def find(connection: Connection, order_id: str, *, lock: bool = False) -> Stored:
    """The order as it stands, empty (version 0) when there is none yet."""
    return find_all(connection, [order_id], lock=lock)[order_id]


def find_all(
    connection: Connection, order_ids: Sequence[str], *, lock: bool = False
) -> dict[str, Stored]:
    """Each of these orders; locks are taken in the order of the ids."""
    if not order_ids:
        return {}
    trip = Trip(connection)
    asked = ask_all(trip, order_ids, lock=lock)
    trip.go()
    return read_all(order_ids, asked)


def ask_all(trip: Trip, order_ids: Sequence[str], *, lock: bool = False) -> Reply:
    """The same in a trip; `read_all` reads what it answers."""
    return trip.ask(_FIND_LOCKED if lock else _FIND, ids=sorted(set(order_ids)))


def read_all(order_ids: Sequence[str], asked: Reply) -> dict[str, Stored]:
    found = dict.fromkeys(order_ids, Stored(CustomerOrder()))
    for row in asked.rows:
        order = from_plain(CustomerOrder, json.loads(row.body))
        found[row.order_id] = Stored(order, row.version, row.client, row.reference)
    return found


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


def save(trip: Trip, steps: Sequence[Step]) -> None:
    """Write events and folds; raises Refused 409 when another was quicker with one of them.

    What is new is written when the trip is made, what was there before it.
    """
    trip.insert(t.customer_order, [_new_row(step) for step in steps if not step.before.version])
    for step in steps:
        if step.before.version:
            _update(trip.connection, step)
    trip.insert(t.order_event, [row for step in steps for row in _event_rows(step)])
    changed = [
        _parcel_row(step.order.order_id, parcel)
        for step in steps
        for parcel in step.order.parcels
        if parcel not in step.before.order.parcels
    ]
    trip.upsert(t.order_parcel, changed)


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


def _find() -> Select[Any]:
    row = t.customer_order.c
    return (
        select(row.order_id, row.body, row.version, row.client, row.reference)
        .where(among(row.order_id, "ids"))
        .order_by(row.order_id)
    )


# Made once: to build a statement costs as much as to run it.
_FIND = _find()
_FIND_LOCKED = _FIND.with_for_update()


def _update(connection: Connection, step: Step) -> None:
    row = t.customer_order.c
    found = connection.execute(
        update(t.customer_order)
        .where(row.order_id == step.order.order_id, row.version == step.before.version)
        .values(**_row(step))
    )
    if found.rowcount != 1:
        raise Refused(409, "raced", "the order has changed meanwhile; look again", again=True)


def _new_row(step: Step) -> dict[str, Any]:
    before = step.before
    own = {"order_id": step.order.order_id, "client": before.client, "reference": before.reference}
    return own | _row(step)


def _row(step: Step) -> dict[str, Any]:
    order = step.order
    return {
        "version": step.stored.version,
        "changed_at": step.at,
        "look_at": step.look_at,
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


def _event_rows(step: Step) -> Iterator[dict[str, Any]]:
    for version, event in enumerate(step.events, step.before.version + 1):
        yield {
            "order_id": step.order.order_id,
            "version": version,
            "at": step.at,
            "body": json.dumps(tagged(event), separators=(",", ":"), ensure_ascii=False),
        }


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
