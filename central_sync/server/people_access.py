"""Who looked at whom, when and why: one row a look-up, without what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from central_sync.database import tables as t
from central_sync.server.storable import storable

_MOST_IDS = 50


def note_access(
    connection: Connection, *, who: str, why: str, what: str, customers: Iterable[str], at: str
) -> None:
    """`what` is the act ("find by phone", "show", "export", "erase")."""
    ids = " ".join(list(customers)[:_MOST_IDS])
    connection.execute(
        insert(t.customer_access).values(
            at=at, who=storable(who), why=storable(why[:200]), what=what, customer_ids=ids
        )
    )


def accesses(connection: Connection, customer_id: str) -> list[dict[str, Any]]:
    """Every look-up that showed this customer, oldest first."""
    row = t.customer_access.c
    rows = connection.execute(
        select(row.at, row.who, row.why, row.what)
        .where(
            or_(
                row.customer_ids == customer_id,
                row.customer_ids.like(f"%{customer_id}%"),
            )
        )
        .order_by(row.access_id)
    )
    return [dict(each) for each in rows.mappings()]
