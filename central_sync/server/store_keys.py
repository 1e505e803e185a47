"""The key under which a store's tills get what is private: made here, known by those tills.

A sealed value names its key, so a store's key can be changed at any time; the old ones stay
with it, and its tills fetch the new one when the heartbeat names it.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select

from central_sync.database import tables as t
from central_sync.database.trip import ask
from central_sync.wire.sealing import KeySet

# Made once: to build a statement costs as much as to run it.
_SEALED = (
    select(t.store_key.c.sealed)
    .where(t.store_key.c.store_id == bindparam("store"))
    .order_by(t.store_key.c.created_at.desc(), t.store_key.c.key_id)
)


def store_keys(connection: Connection, data_keys: KeySet, store_id: str, at: str) -> KeySet:
    """A store's keys; the first one is made when it is asked for (in a writing transaction)."""
    known = _known(connection, data_keys, store_id)
    if known is not None:
        return known
    _lock(connection, store_id)
    return _known(connection, data_keys, store_id) or _add(
        connection, data_keys, store_id, KeySet.generate(), at
    )


def known_store_keys(connection: Connection, data_keys: KeySet, store_id: str) -> KeySet | None:
    """The same, in a transaction that may not write; None when there is none yet."""
    return _known(connection, data_keys, store_id)


def newest_key_id(connection: Connection, store_id: str) -> str:
    """What a till has to have; "" while the store has none."""
    return str(
        connection.execute(
            select(t.store_key.c.key_id)
            .where(t.store_key.c.store_id == store_id)
            .order_by(t.store_key.c.created_at.desc(), t.store_key.c.key_id)
            .limit(1)
        ).scalar()
        or ""
    )


def add_store_key(connection: Connection, data_keys: KeySet, store_id: str, at: str) -> KeySet:
    """A new key before the old ones; `at` is later than theirs. What was sealed is sealed anew
    by `store_customers.tell_all`."""
    _lock(connection, store_id)
    before = _known(connection, data_keys, store_id)
    keys = before.with_new() if before else KeySet.generate()
    return _add(connection, data_keys, store_id, keys, at)


def _known(connection: Connection, data_keys: KeySet, store_id: str) -> KeySet | None:
    rows = [row.sealed for row in ask(connection, _SEALED, store=store_id).rows]
    keys = [KeySet.from_text(data_keys.unseal(row, _about(store_id)).decode()) for row in rows]
    return KeySet([each.newest for each in keys]) if keys else None


def _add(connection: Connection, data_keys: KeySet, store_id: str, keys: KeySet, at: str) -> KeySet:
    alone = KeySet([keys.newest])
    connection.execute(
        insert(t.store_key).values(
            store_id=store_id,
            key_id=keys.newest.key_id,
            sealed=data_keys.seal(alone.to_text().encode(), _about(store_id)),
            created_at=at,
        )
    )
    return keys


def _lock(connection: Connection, store_id: str) -> None:
    """Two processes that make a store's first key come one by one."""
    connection.execute(
        select(t.store.c.store_id).where(t.store.c.store_id == store_id).with_for_update()
    )


def _about(store_id: str) -> str:
    return f"store-key/{store_id}"
