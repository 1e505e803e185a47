"""What this till's receipts paid for orders: refunds given back, and rests taken at the counter.

The thing to get wrong: laying a rest over central's word twice. Central's row lessens when it
has heard of the receipt, so it counts only while the row still says what it said before.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database

from central_sync.retail.transaction import RetailTransaction


def file_paid(connection: sqlite3.Connection, transaction: RetailTransaction) -> None:
    """In the transaction of the receipt's own journal entry."""
    for line in transaction.live_lines:
        if line.refund_key:
            connection.execute(
                "INSERT OR IGNORE INTO refund_paid (refund_key, receipt_id) VALUES (?, ?)",
                (line.refund_key, transaction.receipt_id),
            )
        if line.pays_order:
            connection.execute(
                """
                INSERT INTO order_paid (order_id, line, receipt_id, amount_minor)
                VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor
                """,
                (line.pays_order, line.pays_line, transaction.receipt_id, line.gross_minor),
            )


def is_refunded(database: Database, refund_key: str) -> bool:
    there = "SELECT 1 FROM refund_paid WHERE refund_key = ?"
    return database.conn.execute(there, (refund_key,)).fetchone() is not None


def paid_rests(database: Database) -> dict[tuple[str, int], int]:
    """Minor units taken here, by (order, line)."""
    rows = database.conn.execute(
        "SELECT order_id, line, SUM(amount_minor) FROM order_paid GROUP BY order_id, line"
    )
    return {(order_id, line): minor for order_id, line, minor in rows}


def paid_refunds(database: Database) -> frozenset[str]:
    return frozenset(key for (key,) in database.conn.execute("SELECT refund_key FROM refund_paid"))
