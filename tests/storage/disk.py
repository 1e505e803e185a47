"""Real register files for tests of the storage room: journal entries, receipts, paper."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from central_sync.retail.plain import to_plain
from central_sync.retail.till import TillTotals, with_receipt
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryBody, EntryKind
from central_sync.wire.keys import SigningKey
from hardware.document import Checkpoint, Cut, Document, Text
from pos_client.register.state import Register
from pos_client.storage.database import open_receipts
from pos_client.storage.prints import PrintSpool
from pos_client.storage.receipts import Receipts
from pos_client.storage.records import Records
from tests.retail.trade import basket_line, card, closed

KEY = SigningKey.generate()
AT = "2026-11-22T08:00:00.000Z"
PAPER = Document((Text("Två Par"), Checkpoint("head"), Cut(), Checkpoint("cut")))


def a_receipt(number: int = 1) -> RetailTransaction:
    """Receipt number so-and-so: one pair for 199 kr, by card."""
    return closed([basket_line(1, "Löparsko", 19_900)], [card(19_900)], number=number)


def body_of(kind: EntryKind, payload: dict[str, object], entry_id: str = "") -> EntryBody:
    return EntryBody(
        id=entry_id or f"entry-{kind.value}",
        kind=kind.value,
        at=AT,
        business_day="2026-11-22",
        store="s01",
        workstation="s01-1",
        operator="1001",
        payload=payload,
    )


class Disk:
    """receipts.db of a home, open for writing; use it with `with`."""

    def __init__(self, home: Path, *, epoch: int = 1) -> None:
        self.path = home / "receipts.db"
        self.records = Records(open_receipts(self.path), self.path, epoch=epoch, sign=KEY.sign)
        self.spool = PrintSpool(self.records.database)
        self.receipts = Receipts(self.records.database)
        self.totals = TillTotals()

    def __enter__(self) -> Disk:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.records.close()

    def files(self, *receipts: RetailTransaction) -> Disk:
        """Each receipt in a durable act of its own, as a sale does it."""
        for receipt in receipts:
            self.totals = with_receipt(self.totals, receipt)
            state = Register(next_number=receipt.number + 1)
            with self.records.act(state, self.totals) as act:
                payload = to_plain(receipt)
                act.journal(body_of(EntryKind.RECEIPT, payload, receipt.receipt_id))
                act.receipt(receipt)
                act.print(
                    PAPER,
                    kind="receipt",
                    receipt_number=receipt.receipt_number,
                    total_minor=receipt.total_minor,
                    at=AT,
                )
        return self

    def notes(self, count: int) -> Disk:
        """So many small journal entries."""
        for number in range(count):
            with self.records.act(Register(), self.totals) as act:
                act.journal(body_of(EntryKind.STARTED, {"version": "1"}, f"note-{number}"))
        return self

    def count(self, table: str) -> int:
        (rows,) = self.records.database.conn.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
        return int(rows)
