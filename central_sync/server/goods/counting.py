"""Asks stores to count shelves: by name, or those that nobody has counted for longest.

The count is blind: the task says which items and never how many. A nil pick asks for one by
itself (`orders.telling`). The thing to get wrong: asking twice for what is asked already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.write import chunks
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.orders import telling
from central_sync.server.orders.tasks import Task
from central_sync.server.orders.wording import items
from central_sync.server.refused import invalid, not_found
from central_sync.wire.tasks import TaskBody, TaskKind, TaskLine, TaskState

LARGEST_COUNT = 200


def ask(
    connection: Connection, store_id: str, skus: Sequence[str], at: str, *, due_on: str = ""
) -> str:
    """Ask a store to count these; the task's id, "" when all of it is asked for already.

    Raises Refused 404 for a store or item that is not there, 422 for too many.
    """
    if len(set(skus)) > LARGEST_COUNT:
        raise invalid(f"a count has at most {LARGEST_COUNT} items; ask for several")
    _check(connection, store_id, skus)
    lock_scopes(connection, [store_scope(store_id)])
    asked = sorted(set(skus) - _asked(connection, store_id))
    if not asked:
        return ""
    stamp = hashlib.sha256("/".join((at, *asked)).encode()).hexdigest()[:8]
    known = items(connection, asked)
    lines = [
        TaskLine(
            line=number,
            sku=sku,
            name=known[sku].name,
            quantity=0,
            model=known[sku].model,
            colour=known[sku].colour,
            size=known[sku].size,
            gtin=known[sku].gtin,
        )
        for number, sku in enumerate(asked, 1)
    ]
    body = TaskBody(number=f"R-{stamp[:4].upper()}", lines=lines, reason="cycle", placed_at=at)
    due_at = f"{due_on}T20:00:00.000Z" if due_on else ""
    task_id = f"count/{stamp}"
    task = Task(store_id, task_id, TaskKind.COUNT, TaskState.ACCEPTED, body, due_at)
    telling.ask_store(connection, task, at)
    return task_id


def longest_uncounted(connection: Connection, store_id: str, most: int) -> list[str]:
    """Items of a store that nobody has counted for longest; those that sell most come first."""
    level = t.stock_level.c
    rows = connection.execute(
        select(level.sku)
        .where(level.store_id == store_id, level.on_hand != 0)
        .order_by(level.counted_at, level.demand_thousandths.desc(), level.sku)
        .limit(max(0, min(most, LARGEST_COUNT)))
    )
    return list(rows.scalars())


def _asked(connection: Connection, store_id: str) -> set[str]:
    """What open counts of a store ask for."""
    row = t.store_task.c
    bodies = connection.execute(
        select(row.body).where(
            row.store_id == store_id, row.kind == TaskKind.COUNT.value, row.closed_at == ""
        )
    ).scalars()
    tasks = (TaskBody.model_validate_json(body) for body in bodies)
    return {line.sku for task in tasks for line in task.lines}


def _check(connection: Connection, store_id: str, skus: Sequence[str]) -> None:
    row = t.store.c.store_id
    if connection.execute(select(row).where(row == store_id)).first() is None:
        raise not_found(f"there is no store {store_id}")
    known: set[str] = set()
    for part in chunks(sorted(set(skus))):
        known.update(
            connection.execute(select(t.item.c.sku).where(t.item.c.sku.in_(part))).scalars()
        )
    missing = sorted(set(skus) - known)
    if missing:
        raise not_found(f"there is no item {missing[0]}")
