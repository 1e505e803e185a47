"""Orders of customers as central told this store of them (master.db, read only).

Those that the store sold, and those that are collected here. A master file from before there
were orders has none, which is no error. The thing to get wrong: taking them for all orders
there are; other stores' are known to central alone.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any


def orders_of(
    connection: sqlite3.Connection, customer_id: str, limit: int
) -> list[tuple[str, dict[str, Any]]]:
    """(state, wire.tasks.OrderSummary as JSON) of one customer: not done first, then the newest."""
    if not customer_id or not _has_orders(connection):
        return []
    rows = connection.execute(
        """
        SELECT state, body FROM customer_order WHERE instr(body, :customer_id)
         ORDER BY state = 'done', order_id DESC
        """,
        {"customer_id": customer_id},
    )
    found = ((state, json.loads(body)) for state, body in rows)
    return [(state, body) for state, body in found if body.get("customer_id") == customer_id][
        :limit
    ]


def _has_orders(connection: sqlite3.Connection) -> bool:
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'customer_order'"
    return connection.execute(there).fetchone() is not None
