"""Each store's own customers, as its tills hold them: sealed under the store's key, capped.

Who bought or ordered in a store is noted with the receipt, without any key; `tell` seals and
puts on the feed what was noted. The thing to get wrong: leaving an old feed row of somebody
who was erased, since a till that is behind still reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, tuple_, update

from central_sync.database import tables as t
from central_sync.database.trip import ask
from central_sync.database.write import chunks, upsert
from central_sync.retail.customer import Customer, search_words
from central_sync.server import feed
from central_sync.server.people import ACTIVE, country_of, customers_of
from central_sync.server.person_keys import packed
from central_sync.server.store_keys import store_keys
from central_sync.server.timestamps import iso
from central_sync.wire.sealing import KeySet, tokenizer

KEPT_DAYS = 730
LARGEST_STORE = 20_000
TABLE = "customer"

# Made once: to build a statement costs as much as to run it.
_UNTOLD = (
    select(t.customer_store.c.customer_id)
    .join(t.customer, t.customer.c.customer_id == t.customer_store.c.customer_id)
    .where(
        t.customer_store.c.store_id == bindparam("store"),
        t.customer_store.c.sealed == "",
        t.customer.c.state == ACTIVE,
    )
)


def met(connection: Connection, store_id: str, customers: Mapping[str, str]) -> None:
    """These customers bought or ordered here; id -> when (ISO UTC). Needs no key; see `tell`."""
    rows = [
        {"store_id": store_id, "customer_id": customer_id, "last_at": at}
        for customer_id, at in sorted(customers.items())
    ]
    upsert(connection, t.customer_store, rows)


def tell(connection: Connection, data_keys: KeySet, store_id: str, at: str) -> int:
    """Put those who are new in a store on its feed; returns how many."""
    untold = [row.customer_id for row in ask(connection, _UNTOLD, store=store_id).rows]
    if untold:
        _tell(connection, data_keys, store_id, untold, at)
    return len(untold)


def tell_changed(
    connection: Connection, data_keys: KeySet, customer_ids: Sequence[str], at: str
) -> None:
    """These customers are new or have changed: tell every store that knows them."""
    for store_id, ids in sorted(_stores_of(connection, customer_ids).items()):
        _tell(connection, data_keys, store_id, ids, at)


def tell_all(connection: Connection, data_keys: KeySet, store_id: str, at: str) -> int:
    """Seal a store's customers anew, under its newest key; returns how many."""
    store = t.customer_store.c
    ids = list(
        connection.execute(select(store.customer_id).where(store.store_id == store_id)).scalars()
    )
    for part in chunks(ids):
        _tell(connection, data_keys, store_id, part, at)
    return len(ids)


def forget(connection: Connection, customer_id: str, at: str) -> list[str]:
    """Take somebody off every till, and out of the feed's past; returns the stores told."""
    stores = sorted(_stores_of(connection, [customer_id]))
    scopes = [feed.store_scope(store_id) for store_id in stores]
    feed.lock_scopes(connection, scopes)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    row = t.feed.c
    connection.execute(
        update(t.feed)
        .where(row.scope.in_(scopes), row.table_name == TABLE, row.row_key == customer_id)
        .values(op="delete", row=None)
    )
    connection.execute(
        delete(t.customer_store).where(t.customer_store.c.customer_id == customer_id)
    )
    feed.append(connection, [_gone(store_id, customer_id) for store_id in stores], at)
    return stores


def forget_old(connection: Connection, store_id: str, now: datetime) -> int:
    """Take off the tills who was not here for two years, and who is beyond the cap."""
    store, before = t.customer_store.c, iso(now - timedelta(days=KEPT_DAYS))
    here = store.store_id == store_id
    feed.lock_scopes(connection, [feed.store_scope(store_id)])
    beyond = (
        select(store.customer_id)
        .where(here)
        .order_by(store.last_at.desc(), store.customer_id)
        .offset(LARGEST_STORE)
    )
    old = select(store.customer_id).where(here, store.last_at < before)
    ids = {*connection.execute(beyond).scalars(), *connection.execute(old).scalars()}
    for part in chunks(sorted(ids)):
        connection.execute(delete(t.customer_store).where(here, store.customer_id.in_(part)))
        changes = [_gone(store_id, customer_id) for customer_id in part]
        feed.append(connection, changes, iso(now))
    return len(ids)


def _tell(
    connection: Connection,
    data_keys: KeySet,
    store_id: str,
    customer_ids: Sequence[str],
    at: str,
) -> None:
    feed.lock_scopes(connection, [feed.store_scope(store_id)])
    keys = store_keys(connection, data_keys, store_id, at)
    country, token = country_of(connection), tokenizer(keys.newest)
    rows = [
        _row(customer, keys, (token(word) for word in search_words(customer, country)))
        for customer in customers_of(connection, data_keys, customer_ids).values()
    ]
    _keep(connection, store_id, rows)
    changes = [
        feed.Change(feed.store_scope(store_id), TABLE, row["customer_id"], row) for row in rows
    ]
    feed.append(connection, changes, at)


def _row(customer: Customer, keys: KeySet, tokens: Iterable[str]) -> dict[str, Any]:
    content = {
        "name": customer.name,
        "phone": customer.phone,
        "email": customer.email,
        "member_number": customer.member_number,
        "address": customer.address,
        "postcode": customer.postcode,
        "town": customer.town,
    }
    return {
        "customer_id": customer.customer_id,
        "sealed": keys.seal_text(packed(content), f"customer/{customer.customer_id}"),
        "tokens": " ".join(tokens),
    }


def _keep(connection: Connection, store_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        connection.execute(
            update(t.customer_store)
            .where(
                tuple_(t.customer_store.c.store_id, t.customer_store.c.customer_id)
                == tuple_(store_id, row["customer_id"])
            )
            .values(sealed=row["sealed"], tokens=row["tokens"])
        )


def _stores_of(connection: Connection, customer_ids: Sequence[str]) -> dict[str, list[str]]:
    store = t.customer_store.c
    found: dict[str, list[str]] = {}
    for part in chunks(customer_ids):
        rows = connection.execute(
            select(store.store_id, store.customer_id).where(store.customer_id.in_(part))
        )
        for store_id, customer_id in rows:
            found.setdefault(store_id, []).append(customer_id)
    return found


def _gone(store_id: str, customer_id: str) -> feed.Change:
    return feed.Change(feed.store_scope(store_id), TABLE, customer_id, None, "delete")
