"""What the world is told of an order: webhooks, messages to the customer, the carrier's label.

Queued in the transaction that makes it true, sent afterwards with patience (`sending`). No
personal data in the queue: who is meant is looked up when it is sent. The thing to get
wrong: telling twice. Each has a name of its own ("once"), made of the order and its version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.database.trip import Reply, Trip
from central_sync.retail.orders import CustomerOrder, Mode, substituting
from central_sync.retail.orders import events as happened
from central_sync.retail.orders.events import OrderEvent
from central_sync.retail.plain import tagged
from central_sync.server.orders.ledger import Step, Stored
from central_sync.wire.orders import WebhookMessage

EVENT_TYPES: dict[type[Any], str] = {
    happened.OrderPlaced: "order.placed",
    happened.PaymentTaken: "order.paid",
    happened.LinePromised: "order.promised",
    happened.ParcelPlanned: "parcel.planned",
    happened.ParcelClaimed: "parcel.accepted",
    happened.ParcelPacked: "parcel.packed",
    happened.ParcelHandedOver: "parcel.shipped",
    happened.ParcelReady: "parcel.ready",
    happened.HoldExtended: "parcel.hold_extended",
    happened.PiecesCollected: "parcel.collected",
    happened.ParcelUncollected: "parcel.not_collected",
    happened.PiecesCancelled: "order.cancelled",
    happened.LineChanged: "order.changed",
    happened.LineSubstituted: "order.changed",
    happened.AddressChanged: "order.changed",
    happened.PiecesReturned: "order.returned",
    happened.RefundDue: "refund.due",
    happened.RefundPaid: "refund.paid",
    happened.LineEscalated: "order.escalated",
}
_HOOKS = select(t.webhook.c.webhook_id, t.webhook.c.events).where(t.webhook.c.removed_at == "")
# The customer's own doing is no news to the customer.
OWN_REASONS = frozenset(("customer", "", substituting.REASON))


def ask_hooks(trip: Trip) -> Reply:
    """Who has asked to be told."""
    return trip.ask(_HOOKS)


def queue(trip: Trip, hooks: Reply, steps: Sequence[Step]) -> None:
    """What the world has to be told of these steps."""
    rows: list[dict[str, Any]] = []
    for step in steps:
        numbered = list(enumerate(step.events, step.before.version + 1))
        rows += _webhooks(hooks.rows, step.stored, numbered, step.at)
        rows += _messages(step.order, numbered, step.at)
        rows += _later(step.order, numbered, step.at)
        rows += _labels(step.order, numbered, step.at)
    trip.insert_missing(t.outgoing, rows)


def _webhooks(
    hooks: Sequence[Any], stored: Stored, events: Sequence[tuple[int, OrderEvent]], at: str
) -> Iterator[dict[str, Any]]:
    for version, event in events if hooks else ():
        kind = EVENT_TYPES.get(type(event))
        if kind is None:
            continue
        body = _message(stored, version, kind, event, at).model_dump_json()
        for hook in hooks:
            if not hook.events or kind in hook.events.split():
                once = f"webhook/{hook.webhook_id}/{stored.order.order_id}/{version}"
                yield _row(once, "webhook", stored.order, body, at, target=hook.webhook_id)


def _message(stored: Stored, version: int, kind: str, event: OrderEvent, at: str) -> WebhookMessage:
    data = tagged(event)
    if isinstance(event, happened.OrderPlaced):
        data = {"is": data["is"], "reference": stored.reference}
    return WebhookMessage(
        event_id=f"{stored.order.order_id}:{version}",
        type=kind,
        at=at,
        order_id=stored.order.order_id,
        number=stored.order.number,
        version=version,
        data=data,
    )


def _messages(
    order: CustomerOrder, events: Sequence[tuple[int, OrderEvent]], at: str
) -> Iterator[dict[str, Any]]:
    for version, event in events:
        told = _told(order, event)
        if told:
            kind, parcel_id = told
            once = f"message/{order.order_id}/{version}"
            body = json.dumps({"kind": kind, "parcel_id": parcel_id})
            yield _row(once, "message", order, body, at, parcel_id=parcel_id)


def _later(
    order: CustomerOrder, events: Sequence[tuple[int, OrderEvent]], at: str
) -> Iterator[dict[str, Any]]:
    """One message of all that comes later than was promised."""
    moved = [
        (version, event.promised_by)
        for version, event in events
        if isinstance(event, happened.LinePromised) and event.moved_from
    ]
    if moved:
        body = {"kind": "later", "parcel_id": "", "by": max(by for _, by in moved)}
        once = f"message/{order.order_id}/{moved[0][0]}"
        yield _row(once, "message", order, json.dumps(body), at)


def _told(order: CustomerOrder, event: OrderEvent) -> tuple[str, str] | None:
    """Which message the customer gets, and of which parcel."""
    match event:
        case happened.ParcelHandedOver():
            parcel = order.parcel(event.parcel_id)
            is_home = parcel is not None and parcel.mode is Mode.SHIP
            return ("shipped", event.parcel_id) if is_home else None
        case happened.ParcelReady():
            return "ready", event.parcel_id
        case happened.PiecesCancelled() if event.reason not in OWN_REASONS:
            line = order.line(event.line)
            return ("refused", "") if line and line.is_carried else None
        case _:
            return None


def _labels(
    order: CustomerOrder, events: Sequence[tuple[int, OrderEvent]], at: str
) -> Iterator[dict[str, Any]]:
    """A parcel that leaves the store is booked with the carrier when it is packed."""
    for _, event in events:
        if isinstance(event, happened.ParcelPacked):
            parcel = order.parcel(event.parcel_id)
            if parcel and parcel.collect_store_id != parcel.store_id:
                once = f"label/{event.parcel_id}"
                yield _row(once, "label", order, "{}", at, parcel_id=event.parcel_id)


def _row(
    once: str,
    kind: str,
    order: CustomerOrder,
    body: str,
    at: str,
    *,
    target: str = "",
    parcel_id: str = "",
) -> dict[str, Any]:
    return {
        "once": once,
        "kind": kind,
        "target": target,
        "order_id": order.order_id,
        "parcel_id": parcel_id,
        "body": body,
        "state": "waiting",
        "made_at": at,
        "next_at": at,
    }
