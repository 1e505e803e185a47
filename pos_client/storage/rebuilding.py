"""The journal folded again: every table beside it, the totals and the register's counters.

What the core writes with each act is written here from the entry alone, by the same code, so
that a kept database can be held against its journal and a lost one be made again. The thing
to get wrong: an entry that was re-chained into a newer epoch tells of the same fact; its id is
known, and it moves nothing twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlite_utils import Database

from central_sync.retail.basket import Basket, BasketLine
from central_sync.retail.journal import JournalEntry
from central_sync.retail.plain import Unreadable, from_plain, to_plain
from central_sync.retail.stock import StockDocument, delta_of, read_document
from central_sync.retail.till import TillTotals, next_day, opened, with_cash_moved, with_receipt
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryBody, EntryKind
from pos_client.register.goods_list import GoodsKind, GoodsMovement
from pos_client.register.shop import SuspendedBasket
from pos_client.register.state import Register
from pos_client.storage.epochs import retold
from pos_client.storage.journal import JournalHead
from pos_client.storage.records import Act

# A drawer opens with a sale or not, and a report counts parked baskets: no entry tells of it.
UNTOLD = ("drawer_openings", "unfinished")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where a report that was made differs from what the entries before it add up to."""

    entry: str
    what: str
    folded: str
    told: str


@dataclass(slots=True)
class Folded:
    """Where the fold stands. `unread` are entries that this program cannot read; `has_entered`:
    another epoch was entered, whose numbers central may have begun further up."""

    epoch: int = 0
    sequence: int = 0
    entries: int = 0
    receipts: int = 0
    day: str = ""
    next_number: int = 1
    next_z_number: int = 1
    last_receipt: str = ""
    totals: TillTotals = field(default_factory=TillTotals)
    has_entered: bool = False
    burnt: set[int] = field(default_factory=set)
    disagreements: list[Disagreement] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def state(self) -> Register:
        """A register that stands where the journal ends, with nobody signed on."""
        return Register(
            day=self.day, next_number=self.next_number, next_z_number=self.next_z_number
        )


class Rebuilder:
    """Folds entries, oldest first, into an empty register database."""

    def __init__(self, database: Database, *, with_journal: bool) -> None:
        self.database = database
        self.folded = Folded()
        self._with_journal = with_journal
        self._seen: set[str] = set()

    def take(self, entry: JournalEntry) -> None:
        """Fold one entry; call inside a transaction."""
        folded = self.folded
        folded.epoch, folded.sequence = entry.epoch, entry.sequence
        folded.entries += 1
        body = _read(entry)
        if self._with_journal:
            self._keep(entry, body)
        if body is None:
            folded.unread.append(f"{entry.epoch}:{entry.sequence}")
            return
        if body.id in self._seen:
            return
        self._seen.add(body.id)
        fold = _FOLDS.get(body.kind)
        if fold is not None:
            try:
                fold(self, entry, body)
            except (Unreadable, KeyError, TypeError, ValueError):
                folded.unread.append(f"{entry.epoch}:{entry.sequence}")
            except sqlite3.IntegrityError as problem:
                where = f"{entry.epoch}:{entry.sequence} {body.kind}"
                folded.disagreements.append(Disagreement(where, "it", "new", f"twice ({problem})"))

    def finish(self, state: Register, totals: TillTotals) -> None:
        """Make `state` and `totals` the register's; inside a transaction."""
        self.database.conn.execute(
            "INSERT OR REPLACE INTO register (id, state, totals) VALUES (1, ?, ?)",
            (json.dumps(to_plain(state)), json.dumps(to_plain(totals))),
        )

    def _keep(self, entry: JournalEntry, body: EntryBody | None) -> None:
        self.database.conn.execute(
            """
            INSERT INTO journal
                   (epoch, sequence, previous_hash, hash, signature, entry_id, kind, at, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                *(entry.epoch, entry.sequence, entry.previous_hash, entry.hash, entry.signature),
                *((body.id, body.kind, body.at) if body else ("", "", "")),
                entry.body,
            ),
        )

    def _act(self, entry: JournalEntry) -> Act:
        head = JournalHead(entry.epoch, entry.sequence, entry.hash)
        return Act(self.database.conn, head, _signs_nothing)

    def _receipt(self, entry: JournalEntry, body: EntryBody) -> None:
        transaction = from_plain(RetailTransaction, body.payload)
        self._act(entry).receipt(transaction)
        folded = self.folded
        folded.receipts += 1
        folded.totals = with_receipt(folded.totals, transaction)
        folded.next_number = transaction.number + 1
        folded.last_receipt = transaction.receipt_number

    def _copied(self, entry: JournalEntry, body: EntryBody) -> None:
        self._act(entry).copied(body.payload["receipt_id"], body.at)
        copies = self.folded.totals.copies.plus(int(body.payload["amount_minor"]))
        self.folded.totals = replace(self.folded.totals, copies=copies)

    def _day_opened(self, entry: JournalEntry, body: EntryBody) -> None:
        self.folded.day = body.business_day
        cash = int(body.payload["opening_cash_minor"])
        self.folded.totals = next_day(self.folded.totals, body.business_day, cash)

    def _reported(self, entry: JournalEntry, body: EntryBody) -> None:
        for name, folded, told in differing(self.folded.totals, body.payload["totals"]):
            where = f"{entry.epoch}:{entry.sequence} {body.kind}"
            self.folded.disagreements.append(Disagreement(where, name, folded, told))

    def _z(self, entry: JournalEntry, body: EntryBody) -> None:
        self._reported(entry, body)
        self.folded.day = ""
        self.folded.next_z_number = int(body.payload["number"]) + 1
        self.folded.totals = opened("", 0, self.folded.totals.grand)

    def _drawer(self, entry: JournalEntry, body: EntryBody) -> None:
        totals = self.folded.totals
        self.folded.totals = replace(totals, no_sales=totals.no_sales + 1)

    def _cash(self, entry: JournalEntry, body: EntryBody) -> None:
        amount = int(body.payload["amount_minor"])
        signed = amount if body.kind == EntryKind.LOAN else -amount
        self.folded.totals = with_cash_moved(self.folded.totals, signed)

    def _burnt(self, entry: JournalEntry, body: EntryBody) -> None:
        if body.kind == EntryKind.NUMBER_BURNT or body.payload.get("is_burnt"):
            self.folded.burnt.add(int(body.payload["number"]))
            self.folded.next_number = int(body.payload["number"]) + 1

    def _suspended(self, entry: JournalEntry, body: EntryBody) -> None:
        lines = from_plain(_Lines, {"lines": body.payload["lines"]}).lines
        basket = Basket(body.payload["basket_id"], lines)
        self._act(entry).suspend(SuspendedBasket(body.at, body.operator, basket))

    def _resumed(self, entry: JournalEntry, body: EntryBody) -> None:
        self._act(entry).resume(body.payload["basket_id"])

    def _moved(self, entry: JournalEntry, body: EntryBody) -> None:
        self._act(entry).move_goods(_movement(read_document(body.payload)), body.at)

    def _entered(self, entry: JournalEntry, body: EntryBody) -> None:
        head = JournalHead(entry.epoch, entry.sequence, entry.hash)
        retold(self.database.conn, body.payload, head)
        self.folded.has_entered = True
        first = int(body.payload["first_number"])
        self.folded.next_number = max(self.folded.next_number, first)
        next_z = int(body.payload.get("next_z_number", 1))
        self.folded.next_z_number = max(self.folded.next_z_number, next_z)

    def _checked(self, entry: JournalEntry, body: EntryBody) -> None:
        self._act(entry).check_delivery(body.payload["delivery_id"])


@dataclass(frozen=True, slots=True)
class _Lines:
    lines: tuple[BasketLine, ...]


def differing(folded: TillTotals, told: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The fields of totals that differ: name, what the entries add up to, what was told."""
    for name, value in to_plain(folded).items():
        if name not in UNTOLD and name in told and told[name] != value:
            yield name, json.dumps(value), json.dumps(told[name])


def _read(entry: JournalEntry) -> EntryBody | None:
    try:
        return EntryBody.from_bytes(entry.body)
    except Unreadable:
        return None


def _movement(document: StockDocument) -> GoodsMovement:
    lines = tuple((line.sku, delta_of(document.kind, line)) for line in document.lines)
    return GoodsMovement(
        movement_id=document.movement_id,
        kind=GoodsKind(document.kind.value),
        reference=document.reference,
        lines=lines,
        reason=document.reason,
    )


def _signs_nothing(digest: bytes) -> bytes:
    raise AssertionError("a fold writes no entry")


_FOLDS: dict[str, Callable[[Rebuilder, JournalEntry, EntryBody], None]] = {
    EntryKind.RECEIPT: Rebuilder._receipt,
    EntryKind.RECEIPT_COPIED: Rebuilder._copied,
    EntryKind.DAY_OPENED: Rebuilder._day_opened,
    EntryKind.X_REPORT: Rebuilder._reported,
    EntryKind.Z_REPORT: Rebuilder._z,
    EntryKind.DRAWER_OPENED: Rebuilder._drawer,
    EntryKind.DRAWER_FORCED: Rebuilder._drawer,
    EntryKind.LOAN: Rebuilder._cash,
    EntryKind.PICKUP: Rebuilder._cash,
    EntryKind.NUMBER_BURNT: Rebuilder._burnt,
    EntryKind.COMPLETION_ABANDONED: Rebuilder._burnt,
    EntryKind.BASKET_SUSPENDED: Rebuilder._suspended,
    EntryKind.BASKET_RESUMED: Rebuilder._resumed,
    EntryKind.STOCK_MOVED: Rebuilder._moved,
    EntryKind.INVOICE_CHECKED: Rebuilder._checked,
    EntryKind.EPOCH_ENTERED: Rebuilder._entered,
}
