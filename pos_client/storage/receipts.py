"""Finding receipts that this workstation has made. Read only.

The journal entry is the receipt; the tables beside it only say where it stands.
A cashier may give the whole printed number or just its last part.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from central_sync.retail.plain import from_plain
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryBody

SEARCHED = 5_000
"""So many receipts are looked through for a customer's: some months of a till."""


class Receipts:
    def __init__(self, database: Database) -> None:
        self._connection = database.conn

    def find(self, receipt_number: str) -> RetailTransaction | None:
        """By printed number ("s01-1-1-42"), without its store ("1-1-42"), by its last part ("42",
        the newest epoch's), or by its id."""
        number = receipt_number.strip()
        last = number.rsplit("-", 1)[-1]
        row = self._connection.execute(
            """
            SELECT epoch, sequence FROM receipt
             WHERE receipt_number = :number OR receipt_id = :number
                OR (    number = :last
                    AND substr('-' || receipt_number, -length(:ending)) = :ending)
             ORDER BY receipt_number = :number DESC, epoch DESC
             LIMIT 1
            """,
            {
                "number": number,
                "ending": f"-{number}",
                "last": int(last) if _is_short(last) else None,
            },
        ).fetchone()
        return self._read(*row) if row else None

    def newest(self, limit: int) -> list[RetailTransaction]:
        rows = self._connection.execute(
            """
            SELECT epoch, sequence FROM receipt
             ORDER BY epoch DESC, number DESC LIMIT :limit
            """,
            {"limit": limit},
        ).fetchall()
        return [self._read(*row) for row in rows]

    def of_customer(self, customer_id: str, limit: int) -> list[RetailTransaction]:
        """Receipts that name a customer, newest first; the newest SEARCHED are looked through."""
        rows = self._connection.execute(
            """
            SELECT epoch, sequence
              FROM (SELECT epoch, sequence FROM receipt
                     ORDER BY epoch DESC, number DESC LIMIT :searched)
              JOIN journal USING (epoch, sequence)
             WHERE instr(body, CAST(:customer_id AS BLOB))
             ORDER BY epoch DESC, sequence DESC LIMIT :limit
            """,
            {"searched": SEARCHED, "customer_id": customer_id, "limit": limit},
        ).fetchall()
        found = (self._read(*row) for row in rows)
        return [each for each in found if each.customer_id == customer_id]

    def returned(self, receipt_id: str) -> Mapping[int, int]:
        """Pieces, or grams where it was sold by weight, taken back per line of the receipt."""
        rows = self._connection.execute(
            """
            SELECT original_line, SUM(quantity) FROM returned_line
             WHERE original_id = :receipt_id GROUP BY original_line
            """,
            {"receipt_id": receipt_id},
        )
        return dict(rows.fetchall())

    def is_copied(self, receipt_id: str) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM receipt_copy WHERE receipt_id = :receipt_id",
            {"receipt_id": receipt_id},
        ).fetchone()
        return row is not None

    def is_deposit_used(self, number: str) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM deposit_slip WHERE number = :number", {"number": number}
        ).fetchone()
        return row is not None

    def copy_count(self) -> int:
        """Copies ever made on this workstation: the copies' own unbroken series (R5)."""
        (count,) = self._connection.execute("SELECT COUNT(*) FROM receipt_copy").fetchone()
        return int(count)

    def highest_number(self, epoch: int) -> int:
        """The highest receipt number of an epoch, 0 when there is none."""
        row = self._connection.execute(
            "SELECT MAX(number) FROM receipt WHERE epoch = :epoch", {"epoch": epoch}
        ).fetchone()
        return int(row[0] or 0)

    def moved_since(self, sku: str, epoch: int, sequence: int) -> int:
        """What this workstation did to an item's stock after a journal position."""
        row = self._connection.execute(
            """
            SELECT SUM(delta) FROM stock_movement
             WHERE sku = :sku AND (epoch, sequence) > (:epoch, :sequence)
            """,
            {"sku": sku, "epoch": epoch, "sequence": sequence},
        ).fetchone()
        return int(row[0] or 0)

    def _read(self, epoch: int, sequence: int) -> RetailTransaction:
        (body,) = self._connection.execute(
            "SELECT body FROM journal WHERE epoch = :epoch AND sequence = :sequence",
            {"epoch": epoch, "sequence": sequence},
        ).fetchone()
        return from_plain(RetailTransaction, EntryBody.from_bytes(body).payload)


def _is_short(number: str) -> bool:
    return number.isascii() and number.isdigit() and len(number) <= 9
