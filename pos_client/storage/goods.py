"""Goods that moved by other means than a sale: the till's own stock, and its deliveries.

The thing to get wrong: moving stock outside the transaction of its journal entry; a level
of central's names the entries that it includes, so a movement without one counts twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from sqlite_utils import Database

from pos_client.register.goods_list import Delivery, GoodsKind, GoodsMovement

MOST_LISTED = 50
_COLUMNS = "movement_id, reference, at, lines, is_checked"


def move_goods(
    connection: sqlite3.Connection, movement: GoodsMovement, position: tuple[int, int], at: str
) -> None:
    """File a movement under the journal position of its entry."""
    move_stock(connection, movement.lines, position)
    if movement.kind is GoodsKind.RECEIVE:
        connection.execute(
            f"INSERT INTO delivery ({_COLUMNS}) VALUES (?, ?, ?, ?, 0)",
            (movement.movement_id, movement.reference, at, json.dumps(movement.lines)),
        )


def move_stock(
    connection: sqlite3.Connection, lines: Iterable[tuple[str, int]], position: tuple[int, int]
) -> None:
    epoch, sequence = position
    connection.executemany(
        """
        INSERT INTO stock_movement (sku, epoch, sequence, delta) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET delta = delta + excluded.delta
        """,
        [(sku, epoch, sequence, delta) for sku, delta in lines],
    )


def check_delivery(connection: sqlite3.Connection, movement_id: str) -> None:
    connection.execute("UPDATE delivery SET is_checked = 1 WHERE movement_id = ?", (movement_id,))


class Deliveries:
    """Reads what this till has received."""

    def __init__(self, database: Database) -> None:
        self._connection = database.conn

    def find(self, reference: str) -> Delivery | None:
        """The newest one of that reference."""
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM delivery WHERE reference = ? ORDER BY at DESC LIMIT 1",
            (reference,),
        ).fetchone()
        return _delivery(row) if row else None

    def newest(self, limit: int) -> list[Delivery]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM delivery ORDER BY at DESC LIMIT ?",
            (max(1, min(limit, MOST_LISTED)),),
        )
        return [_delivery(row) for row in rows]


def _delivery(row: tuple[str, str, str, str, int]) -> Delivery:
    movement_id, reference, at, lines, is_checked = row
    counted = tuple((sku, quantity) for sku, quantity in json.loads(lines))
    return Delivery(movement_id, reference, at, counted, bool(is_checked))
