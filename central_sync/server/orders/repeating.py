"""Idempotency keys: the same request again gets the first answer, another one is refused.

A key is taken before the work begins and its answer kept for a day. The thing to get wrong:
two requests with one key at the same time. The second is told to come back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack

from sqlalchemy import delete, select, update

from central_sync.database import tables as t
from central_sync.database.write import inserting
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.timing import later
from central_sync.server.refused import Refused, invalid
from central_sync.server.storable import storable

LONGEST_KEY = 200
# A process that died over it leaves a key behind; after this another try takes it over.
ABANDONED_SECONDS = 60
Answer = tuple[int, str]


def once(room: OrderRoom, client: str, key: str, asked: bytes, act: Callable[[], Answer]) -> Answer:
    """(status, JSON) of the first such request; without a key it is simply done.

    Raises Refused 422 when the key was used for something else, 409 while it is worked on.
    """
    if not key:
        return act()
    if len(key) > LONGEST_KEY or storable(key) != key:
        raise invalid(f"Idempotency-Key: at most {LONGEST_KEY} plain characters")
    digest = hashlib.sha256(asked).hexdigest()
    known = _take(room, client, key, digest)
    if known is not None:
        return known
    with ExitStack() as unless_answered:
        unless_answered.callback(_forget, room, client, key)
        answer = act()
        unless_answered.pop_all()
    row = t.idempotency.c
    with room.database.atomic() as connection:
        connection.execute(
            update(t.idempotency)
            .where(row.client == client, row.idempotency_key == key)
            .values(status=answer[0], reply=answer[1])
        )
    return answer


def _take(room: OrderRoom, client: str, key: str, digest: str) -> Answer | None:
    at = room.timestamp()
    row = t.idempotency.c
    is_it = (row.client == client) & (row.idempotency_key == key)
    mine = {
        "client": client,
        "idempotency_key": key,
        "asked_sha256": digest,
        "status": 0,
        "reply": "",
        "at": at,
    }
    with room.database.atomic() as connection:
        new = inserting(connection, t.idempotency).values(**mine).on_conflict_do_nothing()
        if connection.execute(new.returning(row.idempotency_key)).first() is not None:
            return None
        found = connection.execute(select(t.idempotency).where(is_it).with_for_update()).one()
        if found.asked_sha256 != digest:
            raise Refused(422, "key_reused", "this Idempotency-Key was used for another request")
        if found.status:
            return found.status, found.reply
        if found.at > later(at, -ABANDONED_SECONDS):
            raise Refused(
                409, "in_progress", "the first such request is still worked on", again=True
            )
        connection.execute(update(t.idempotency).where(is_it).values(at=at))
        return None


def _forget(room: OrderRoom, client: str, key: str) -> None:
    row = t.idempotency.c
    with room.database.atomic() as connection:
        connection.execute(
            delete(t.idempotency).where(
                row.client == client, row.idempotency_key == key, row.status == 0
            )
        )
