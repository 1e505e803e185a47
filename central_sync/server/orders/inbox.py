"""What tills said of orders, kept with their journal and decided right after it.

Taking in a journal must neither wait for an order nor fail with one: the words are entered
in the transaction that books the entries, and decided in transactions of their own. A word
that came before changes nothing. The thing to get wrong: a store that worked on a parcel
which it had lost meanwhile. That is no error; its goods go back on the shelf.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.retail.stock import Reservation, ReservationState

SHORTFALL, ORDER, COMMAND, RETURNED, TASK_DONE = (
    "shortfall",
    "order",
    "command",
    "returned",
    "task_done",
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


def settle(connection: Connection, inbox_id: int, state: str, reason: str = "") -> bool:
    """Mark a word as done or refused; False when somebody else did."""
    row = t.order_inbox.c
    found = connection.execute(
        update(t.order_inbox)
        .where(row.inbox_id == inbox_id, row.state == "waiting")
        .values(state=state, reason=reason[:500])
    )
    return found.rowcount == 1
