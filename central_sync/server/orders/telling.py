"""Tells stores of an order: rows `task` and `customer_order` of their feed, only what changed.

What is private is sealed for the one store that needs it. The thing to get wrong: sealing
gives another text each time, so the plain words decide whether anything changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.database.write import upsert
from central_sync.retail.orders import CustomerOrder, EffectKind, effects, evolve
from central_sync.server.feed import Change, Place, append, enter, lock_scopes, store_scope
from central_sync.server.orders.ledger import Step, state_of
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.summary import summary_of
from central_sync.server.orders.tasks import Task, Words, tasks_of
from central_sync.server.orders.wording import words_for
from central_sync.wire.tasks import Private, TaskBody, TaskKind, TaskLine, TaskState

TASK_COLUMNS = ("task_id", "kind", "state", "due_at", "offered_until", "body", "sealed")
ORDER_COLUMNS = ("order_id", "number", "state", "body", "sealed")


def tell(room: OrderRoom, connection: Connection, steps: Sequence[Step]) -> None:
    """Write what the orders' stores have to know, and put it on their feeds."""
    words = words_for(room, connection, [step.order for step in steps])
    trip = Trip(connection)
    tell_in(room, trip, {}, steps, words)
    trip.go()


def tell_in(
    room: OrderRoom,
    trip: Trip,
    places: dict[str, Place],
    steps: Sequence[Step],
    words: Sequence[Words],
) -> None:
    """The same, written when the trip is made; `places` of feed scopes that are held already."""
    connection = trip.connection
    asked = [
        (step.order, [*tasks_of(step.order, of_order), *_afterwards(step)], step.at)
        for step, of_order in zip(steps, words, strict=True)
    ]
    is_known = any(step.before.version for step in steps)
    changes = _tell_tasks(room, trip, asked, are_new=not is_known)
    changes += _tell_orders(room, trip, steps, words)
    places |= lock_scopes(connection, {change.scope for change in changes} - places.keys())
    enter(trip, places, changes, max((step.at for step in steps), default=""))


def tell_tasks(
    room: OrderRoom,
    connection: Connection,
    order: CustomerOrder,
    tasks: Sequence[Task],
    at: str,
) -> None:
    """Tell of tasks that follow from no event of the order."""
    trip = Trip(connection)
    changes = _tell_tasks(room, trip, [(order, tasks, at)])
    trip.go()
    append(connection, changes, at)


def ask_store(connection: Connection, task: Task, at: str) -> None:
    """A task of no order; told again only when it has changed."""
    row = _task_row(task, CustomerOrder(), at)
    key = (t.store_task.c.store_id == task.store_id, t.store_task.c.task_id == task.task_id)
    old = connection.execute(select(t.store_task).where(*key)).mappings().first()
    if old is not None and _same(old, row, has_private=False):
        return
    upsert(connection, t.store_task, [row])
    append(connection, [_task_change(row)], at)


def close_task(connection: Connection, store_id: str, task_id: str, at: str) -> bool:
    """A store has done what it was asked; False when there is no such open task."""
    row = (
        connection.execute(
            select(t.store_task).where(
                t.store_task.c.store_id == store_id,
                t.store_task.c.task_id == task_id,
                t.store_task.c.closed_at == "",
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        return False
    closed = dict(row) | {"state": TaskState.DONE.value, "closed_at": at}
    upsert(connection, t.store_task, [closed])
    append(connection, [_task_change(closed)], at)
    return True


def not_put_back(
    connection: Connection,
    store_id: str,
    order_id: str,
    parcel_id: str,
    only: Collection[int],
    at: str,
) -> list[TaskLine]:
    """What a store was asked to put back of a parcel and has not: it is not asked any more.

    `only` these lines of the order, all when there are none.
    """
    row = t.store_task.c
    asked = select(row.task_id, row.body).where(
        row.order_id == order_id,
        row.task_id.startswith(f"{parcel_id}/", autoescape=True),
        row.store_id == store_id,
        row.kind == TaskKind.PUT_BACK.value,
        row.closed_at == "",
    )
    found: dict[int, TaskLine] = {}
    for task in connection.execute(asked.order_by(row.task_id)).all():
        [line] = TaskBody.model_validate_json(task.body).lines
        if only and line.line not in only:
            continue
        close_task(connection, store_id, task.task_id, at)
        before = found[line.line].quantity if line.line in found else 0
        found[line.line] = line.model_copy(update={"quantity": line.quantity + before})
    return list(found.values())


def gone_task(store_id: str, order: CustomerOrder, parcel_id: str, line: TaskLine) -> Task:
    """The customer has what was called off, and nobody is paid for it: somebody calls."""
    body = TaskBody(
        order_id=order.order_id,
        number=order.number,
        parcel_id=parcel_id,
        lines=[line],
        reason="order.gone_all_the_same",
    )
    task_id = f"{parcel_id}/{line.line}/gone"
    return Task(
        store_id, task_id, TaskKind.CALL_CUSTOMER, TaskState.ACCEPTED, body, is_private=True
    )


def put_back_task(
    store_id: str, order: CustomerOrder, parcel_id: str, line: TaskLine, reason: str, number: str
) -> Task:
    """Goods in somebody's hands that belong on the shelf again. The stock is moved already."""
    body = TaskBody(
        order_id=order.order_id,
        number=order.number,
        parcel_id=parcel_id,
        lines=[line],
        reason=reason,
    )
    task_id = f"{parcel_id}/{line.line}/back/{number}"
    return Task(store_id, task_id, TaskKind.PUT_BACK, TaskState.ACCEPTED, body)


def count_task(store_id: str, order: CustomerOrder, line: TaskLine, number: str) -> Task:
    """A picker did not find what the books have."""
    body = TaskBody(order_id=order.order_id, number=order.number, lines=[line], reason="nil_pick")
    task_id = f"count/{line.sku}/{number}"
    return Task(store_id, task_id, TaskKind.COUNT, TaskState.ACCEPTED, body)


def _afterwards(step: Step) -> Iterable[Task]:
    """What events ask of a store beyond the order: put back, count."""
    order = step.before.order
    stamp = hashlib.sha256(step.at.encode()).hexdigest()[:8]
    for event in step.events:
        for effect in effects(order, event):
            parcel_id, _, number = effect.holder.partition("/")
            known = order.line(int(number))
            line = TaskLine(
                line=int(number),
                sku=effect.sku,
                name=known.name if known else effect.sku,
                quantity=effect.quantity,
            )
            if effect.kind is EffectKind.PUT_BACK:
                reason = getattr(event, "reason", "") or "order.not_collected"
                yield put_back_task(effect.store_id, order, parcel_id, line, reason, stamp)
            if effect.kind is EffectKind.RECOUNT:
                yield count_task(effect.store_id, order, line, stamp)
        order = evolve(order, event)


_Asked = tuple[CustomerOrder, Sequence[Task], str]


def _tell_tasks(
    room: OrderRoom, trip: Trip, asked: Sequence[_Asked], *, are_new: bool = False
) -> list[Change]:
    """Only what is new or has changed; `are_new`: no store was told of these orders before."""
    connection = trip.connection
    ids = [order.order_id for order, _, _ in asked]
    known = {} if are_new else _known_tasks(connection, ids)
    rows = [row for one in asked for row in _task_rows(room, connection, known, *one)]
    trip.upsert(t.store_task, rows)
    return [_task_change(row) for row in rows]


def _task_rows(
    room: OrderRoom,
    connection: Connection,
    known: Mapping[tuple[str, str], Any],
    order: CustomerOrder,
    tasks: Sequence[Task],
    at: str,
) -> Iterator[dict[str, Any]]:
    private = _private(room, connection, order) if any(one.is_private for one in tasks) else ""
    for task in tasks:
        row = _task_row(task, order, at)
        old = known.get((task.store_id, task.task_id))
        if old is None and task.is_closed:
            continue
        if old is not None and _same(old, row, has_private=bool(task.is_private and private)):
            continue
        if task.is_private and private and not task.is_closed:
            about = f"task/{task.task_id}"
            row["sealed"] = room.private.seal_for(connection, task.store_id, private, about, at)
        yield row


def _known_tasks(connection: Connection, order_ids: Sequence[str]) -> dict[tuple[str, str], Any]:
    rows = connection.execute(
        select(t.store_task).where(t.store_task.c.order_id.in_(order_ids))
    ).mappings()
    return {(row["store_id"], row["task_id"]): row for row in rows}


def _same(old: Any, row: dict[str, Any], *, has_private: bool) -> bool:
    compared = ("state", "due_at", "offered_until", "body")
    is_same = all(old[name] == row[name] for name in compared)
    return is_same and (bool(old["sealed"]) == has_private or bool(row["closed_at"]))


def _task_row(task: Task, order: CustomerOrder, at: str) -> dict[str, Any]:
    return {
        "store_id": task.store_id,
        "task_id": task.task_id,
        "kind": task.kind.value,
        "state": task.state.value,
        "due_at": task.due_at,
        "offered_until": task.offered_until,
        "body": task.body.model_dump_json(exclude_defaults=True),
        "sealed": "",
        "order_id": order.order_id,
        "parcel_id": task.parcel_id,
        "closed_at": at if task.is_closed else "",
    }


def _task_change(row: dict[str, Any]) -> Change:
    plain = {name: row[name] for name in TASK_COLUMNS}
    return Change(store_scope(row["store_id"]), "task", row["task_id"], plain)


def _tell_orders(
    room: OrderRoom, trip: Trip, steps: Sequence[Step], words: Sequence[Words]
) -> list[Change]:
    """Each order's summary to the store that sold it and to those where it is collected."""
    rows = [
        row
        for step, of_order in zip(steps, words, strict=True)
        for row in _order_rows(room, trip.connection, step, of_order)
    ]
    trip.upsert(t.store_order, rows)
    return [
        Change(
            store_scope(str(row["store_id"])),
            "customer_order",
            str(row["order_id"]),
            {name: row[name] for name in ORDER_COLUMNS},
        )
        for row in rows
    ]


def _order_rows(
    room: OrderRoom, connection: Connection, step: Step, words: Words
) -> Iterator[dict[str, Any]]:
    order, at = step.order, step.at
    stores = {order.store_id, *(line.collect_store_id for line in order.lines)} - {""}
    if not stores:
        return
    body = summary_of(step.stored, words).model_dump_json(exclude_defaults=True)
    state = state_of(order)
    private = _private(room, connection, order)
    for store_id in sorted(stores):
        about = f"customer_order/{order.order_id}"
        sealed = room.private.seal_for(connection, store_id, private, about, at) if private else ""
        yield {
            "store_id": store_id,
            "order_id": order.order_id,
            "number": order.number,
            "state": state,
            "body": body,
            "sealed": sealed,
            "closed_at": at if state == "done" else "",
        }


def _private(room: OrderRoom, connection: Connection, order: CustomerOrder) -> str:
    """Whom it is for, as JSON; "" when nobody is named."""
    if order.address is None or not order.address.address_id:
        return ""
    words = room.private.find(connection, order.address.address_id)
    if words is None:
        return ""
    plain = Private(**words.model_dump())
    return json.dumps(plain.model_dump(exclude_defaults=True), ensure_ascii=False)
