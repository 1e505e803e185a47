"""Orders of customers as central told this store of them (master.db, read only).

Those that the store sold, and those that are collected here. A master file from before there
were orders has none, which is no error. The thing to get wrong: taking them for all orders
there are; other stores' are known to central alone.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from central_sync.retail.customer import Asked, Customer, asked, has_parts, search_words
from central_sync.wire.sealing import KeySet, Unsealable


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


def found_orders(
    connection: sqlite3.Connection, text: str, keys: KeySet | None, country: str, limit: int
) -> list[tuple[str, dict[str, Any], dict[str, str]]]:
    """(state, OrderSummary, whom it is for) by number, receipt, or the contact's phone, e-mail or
    name; the newest first."""
    if not _has_orders(connection) or not text.strip():
        return []
    rows = connection.execute(
        "SELECT order_id, number, state, body, sealed FROM customer_order ORDER BY order_id DESC"
    ).fetchall()
    plain = text.strip()
    numbered = [
        row
        for row in rows
        if plain in (row[0], row[1]) or plain.upper() == row[1] or f'"{plain}"' in row[3]
    ]
    if numbered:
        return [_opened(row, keys) for row in numbered[:limit]]
    wanted = asked(plain[:200], country)
    opened = (_opened(row, keys) for row in rows if row[4])
    return [each for each in opened if _fits(each[2], wanted, country)][:limit]


def _opened(
    row: tuple[str, str, str, str, str], keys: KeySet | None
) -> tuple[str, dict[str, Any], dict[str, str]]:
    order_id, _, state, body, sealed = row
    return state, json.loads(body), _who(order_id, sealed, keys)


def _who(order_id: str, sealed: str, keys: KeySet | None) -> dict[str, str]:
    if not sealed or keys is None:
        return {}
    try:
        plain = keys.unseal_text(sealed, f"customer_order/{order_id}")
    except Unsealable:
        return {}
    content = json.loads(plain)
    return {str(name): str(value) for name, value in content.items()}


def _fits(who: dict[str, str], wanted: Asked, country: str) -> bool:
    known = {name: who.get(name, "") for name in ("name", "phone", "email")}
    person = Customer("", **known)
    if set(wanted.exact) & set(search_words(person, country)):
        return True
    return bool(wanted.parts) and has_parts(person, wanted.parts)
