"""What tills said of orders, kept with their journal and decided right after it.

Taking in a journal must neither wait for an order nor fail with one: the words are entered
in the transaction that books the entries, and decided in transactions of their own. A word
that came before changes nothing. The thing to get wrong: a store that worked on a parcel
which it had lost meanwhile. That is no error; its goods go back on the shelf. And a word
that comes before its order (another store scanned the receipt) waits for it as "early".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.retail.stock import Reservation, ReservationState

SHORTFALL, ORDER, COMMAND, RETURNED, PAID, TASK_DONE, GOODS, INVOICE = (
    "shortfall",
    "order",
    "command",
    "returned",
    "paid",
    "task_done",
    "goods",
    "invoice",
)
AT_ONCE = 200


def put(
    connection: Connection, store_id: str, workstation_id: str, kind: str, body: Any, at: str
) -> None:
    """Enter a word to be decided; `body` is JSON-ready."""
    put_all(connection, [(store_id, workstation_id, kind, body)], at)


def put_all(connection: Connection, words: Sequence[tuple[str, str, str, Any]], at: str) -> None:
    rows = [
        {
            "store_id": store_id,
            "workstation_id": workstation_id,
            "kind": kind,
            "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False),
            "at": at,
            "state": "waiting",
            "order_id": str(body.get("order_id", "")),
        }
        for store_id, workstation_id, kind, body in words
    ]
    if rows:
        connection.execute(insert(t.order_inbox), rows)


def shortfalls(connection: Connection, broken: Iterable[Reservation], at: str) -> None:
    """Rights that goods no longer cover: their parcels are to be planned again."""
    put_all(
        connection,
        [
            (right.store_id, "", SHORTFALL, {"holder": right.holder})
            for right in broken
            if right.state is ReservationState.HARD
        ],
        at,
    )


def waiting(connection: Connection, store_id: str = "") -> list[Any]:
    """The oldest words first; of one store, or of all."""
    row = t.order_inbox.c
    query = select(t.order_inbox).where(row.state == "waiting").order_by(row.inbox_id)
    query = query.where(row.store_id == store_id) if store_id else query
    return list(connection.execute(query.limit(AT_ONCE)))


class Taken(Exception):
    """Somebody else decided the word meanwhile: nothing of this try is kept."""


def take(connection: Connection, inbox_id: int) -> None:
    """In the transaction that carries the word out: it is decided once. Raises Taken."""
    if not settle(connection, inbox_id, "done"):
        raise Taken


def told_of(connection: Connection, order_id: str, state: str, most: int = 5) -> list[Any]:
    """Words on an order that were refused, or came early; the newest first."""
    row = t.order_inbox.c
    query = select(t.order_inbox).where(row.order_id == order_id, row.state == state)
    return list(connection.execute(query.order_by(row.inbox_id.desc()).limit(most)))


def not_early_any_more(connection: Connection) -> list[int]:
    """Words that came before their order, which is there by now."""
    row = t.order_inbox.c
    query = select(row.inbox_id).where(
        row.state == "early", row.order_id.in_(select(t.customer_order.c.order_id))
    )
    return list(connection.execute(query.limit(AT_ONCE)).scalars())


def wake(connection: Connection, inbox_ids: Sequence[int]) -> None:
    """They are decided next."""
    row = t.order_inbox.c
    connection.execute(
        update(t.order_inbox)
        .where(row.inbox_id.in_(inbox_ids), row.state == "early")
        .values(state="waiting")
    )


def settle(connection: Connection, inbox_id: int, state: str, reason: str = "") -> bool:
    """Mark a word as done, refused or early; False when somebody else did."""
    row = t.order_inbox.c
    found = connection.execute(
        update(t.order_inbox)
        .where(row.inbox_id == inbox_id, row.state == "waiting")
        .values(state=state, reason=reason[:500])
    )
    return found.rowcount == 1
