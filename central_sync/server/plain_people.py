"""Seals customers that a chain's files name, and those from before customers were sealed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from central_sync.database import tables as t
from central_sync.database.write import chunks
from central_sync.retail.customer import Customer, normal_member
from central_sync.retail.identity import uuid7
from central_sync.server.people import customers_numbered, numbers_with, put_customers
from central_sync.server.store_customers import tell_changed
from central_sync.wire.sealing import KeySet

# Tokens of one question; a database takes so many at once.
_PART = 100


def put_rows(
    connection: Connection, data_keys: KeySet, rows: Sequence[Mapping[str, Any]], at: str
) -> int:
    """Customers of an import file, known by member number; returns how many changed anything."""
    changed = 0
    for part in chunks(rows, _PART):
        known = _known(connection, data_keys, [row["member_number"] for row in part])
        customers = [
            _customer(row, known.get(normal_member(row["member_number"])), at) for row in part
        ]
        ids = put_customers(connection, data_keys, customers, at)
        tell_changed(connection, data_keys, ids, at)
        changed += len(ids)
    return changed


def seal_plain(connection: Connection, data_keys: KeySet, at: str) -> int:
    """Move the customers from before into sealed rows, and wipe them; returns how many."""
    rows = [dict(row) for row in connection.execute(select(t.customer_plain)).mappings()]
    if rows:
        put_rows(connection, data_keys, rows, at)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        connection.execute(delete(t.customer_plain))
    return len(rows)


def _known(
    connection: Connection, data_keys: KeySet, members: Sequence[str]
) -> dict[str, Customer]:
    words = [f"member:{normal_member(member)}" for member in members]
    numbers = numbers_with(connection, data_keys, words)
    found = customers_numbered(connection, data_keys, numbers)
    return {normal_member(each.member_number): each for each in found}


def _customer(row: Mapping[str, Any], known: Customer | None, at: str) -> Customer:
    milliseconds = int(datetime.fromisoformat(at).timestamp() * 1000)
    return Customer(
        known.customer_id if known else uuid7(milliseconds, secrets.token_bytes(10)),
        row["name"],
        phone=row.get("phone", ""),
        email=row.get("email", ""),
        member_number=row["member_number"],
        address=row.get("address", ""),
        postcode=row.get("postcode", ""),
        town=row.get("town", ""),
    )
