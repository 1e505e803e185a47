"""What the core writes: the register's state, its journal, receipts, totals and parked baskets.

One connection, one thread. There are two ways to write and no third: `save_edits`
for basket edits (fast, survives kill -9) and `act` for everything that must be
whole and on the disk before anyone hears of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from central_sync.engine.epochs import Order
from central_sync.engine.notes import Note
from central_sync.retail.basket import Basket
from central_sync.retail.item import ItemKind
from central_sync.retail.plain import from_plain, tagged, to_plain
from central_sync.retail.till import TillTotals
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryBody
from central_sync.wire.sealing import KeySet
from hardware.document import Document
from pos_client.register.card import CardPayment
from pos_client.register.deposits import REMEMBERED_DAYS
from pos_client.register.events import Event, read_event
from pos_client.register.evolve import evolve
from pos_client.register.goods_list import GoodsMovement
from pos_client.register.shop import PrintOutcome, SuspendedBasket
from pos_client.register.state import Register
from pos_client.register.tasks import TaskAct
from pos_client.storage import card_payments, epochs, goods, journal, notes, paid_orders, tasks
from pos_client.storage.database import Flusher, durable, lazy
from pos_client.storage.journal import JournalHead, JournalReader, Sign


@dataclass(frozen=True, slots=True)
class Loaded:
    """The register as it was left: state with the basket's events folded in."""

    state: Register
    totals: TillTotals
    recovered_events: int


class Records:
    """The writer. `head` is the journal's newest entry in the current epoch."""

    def __init__(
        self,
        database: Database,
        path: Path,
        *,
        epoch: int,
        sign: Sign,
        data_keys: KeySet | None = None,
    ) -> None:
        self.database = database
        self.data_keys = data_keys
        self._sign = sign
        self._flusher = Flusher(path)
        self._totals: tuple[TillTotals | None, str] = None, ""
        self.journal = JournalReader(database)
        self.head = self.journal.head(epoch)

    def load(self) -> Loaded:
        row = self.database.conn.execute("SELECT state, totals FROM register").fetchone()
        state = from_plain(Register, json.loads(row[0])) if row else Register()
        totals = from_plain(TillTotals, json.loads(row[1])) if row else TillTotals()
        bodies = self.database.conn.execute(
            "SELECT body FROM register_event ORDER BY position"
        ).fetchall()
        for (body,) in bodies:
            state = evolve(state, read_event(json.loads(body)))
        return Loaded(state, totals, len(bodies))

    def save_edits(self, events: Sequence[Event]) -> None:
        """Basket edits; on the disk within 50 ms, safe against kill -9 at once."""
        with lazy(self.database) as connection:
            connection.executemany(
                "INSERT INTO register_event (body) VALUES (:body)",
                [{"body": _json(tagged(event))} for event in events],
            )
        self._flusher.soon()

    @contextmanager
    def act(self, state: Register, totals: TillTotals) -> Iterator[Act]:
        """One durable transaction that ends with `state` and `totals` as the truth."""
        with durable(self.database) as connection:
            act = Act(connection, self.head, self._sign, self.data_keys)
            yield act
            connection.execute(
                """
                INSERT INTO register (id, state, totals) VALUES (1, :state, :totals)
                    ON CONFLICT (id) DO UPDATE SET state = :state, totals = :totals
                """,
                {"state": _json(to_plain(state)), "totals": self._written(totals)},
            )
            connection.execute("DELETE FROM register_event")
        self.head = act.head
        self._flusher.needless()

    def _written(self, totals: TillTotals) -> str:
        """Two acts of a sale have the same totals; they are large at the end of a day."""
        if self._totals[0] is not totals:
            self._totals = totals, _json(to_plain(totals))
        return self._totals[1]

    def close(self) -> None:
        self._flusher.close()
        self.database.close()


class Act:
    """What may be written inside one durable transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        head: JournalHead,
        sign: Sign,
        data_keys: KeySet | None = None,
    ) -> None:
        self.head = head
        self._data_keys = data_keys
        self._connection = connection
        self._sign = sign

    def journal(self, body: EntryBody) -> None:
        self.head = journal.append(self._connection, self.head, body, self._sign)

    def receipt(self, transaction: RetailTransaction) -> None:
        """File the receipt that the newest journal entry holds, and move its stock."""
        self._connection.execute(
            """
            INSERT INTO receipt
                   (receipt_id, receipt_number, epoch, number, sequence, total_minor)
            VALUES (:receipt_id, :receipt_number, :epoch, :number, :sequence, :total_minor)
            """,
            {
                "receipt_id": transaction.receipt_id,
                "receipt_number": transaction.receipt_number,
                "epoch": self.head.epoch,
                "number": transaction.number,
                "sequence": self.head.sequence,
                "total_minor": transaction.total_minor,
            },
        )
        self._move_stock(transaction)
        self._file_returns(transaction)
        self._use_deposit_slips(transaction)
        paid_orders.file_paid(self._connection, transaction)

    def _move_stock(self, transaction: RetailTransaction) -> None:
        deltas: dict[str, int] = {}
        for line in transaction.taken_lines:
            if line.kind is not ItemKind.GOODS:
                continue  # a service has no stock; central counts the same way
            deltas[line.sku] = deltas.get(line.sku, 0) - line.moved
        self._connection.executemany(
            """
            INSERT INTO stock_movement (sku, epoch, sequence, delta)
            VALUES (:sku, :epoch, :sequence, :delta)
            """,
            [
                {
                    "sku": sku,
                    "epoch": self.head.epoch,
                    "sequence": self.head.sequence,
                    "delta": delta,
                }
                for sku, delta in deltas.items()
            ],
        )

    def _file_returns(self, transaction: RetailTransaction) -> None:
        for line in transaction.live_lines:
            # Money that an order owes is no goods that came back.
            if line.original_receipt_id and not line.refund_key:
                self._connection.execute(
                    """
                    INSERT INTO returned_line (original_id, original_line, receipt_id, quantity)
                    VALUES (:original_id, :original_line, :receipt_id, :quantity)
                        ON CONFLICT DO UPDATE SET quantity = quantity + :quantity
                    """,
                    {
                        "original_id": line.original_receipt_id,
                        "original_line": line.original_line,
                        "receipt_id": transaction.receipt_id,
                        "quantity": -line.returnable,
                    },
                )

    def _use_deposit_slips(self, transaction: RetailTransaction) -> None:
        slips = {line.deposit_slip for line in transaction.live_lines if line.deposit_slip}
        if not slips:
            return
        day = transaction.at[:10]
        self._connection.execute(
            "DELETE FROM deposit_slip WHERE used_on < date(:day, :span)",
            {"day": day, "span": f"-{REMEMBERED_DAYS} days"},
        )
        self._connection.executemany(
            """
            INSERT INTO deposit_slip (number, receipt_id, used_on)
            VALUES (:number, :receipt_id, :day)
                ON CONFLICT (number) DO UPDATE SET receipt_id = :receipt_id, used_on = :day
            """,
            [
                {"number": number, "receipt_id": transaction.receipt_id, "day": day}
                for number in sorted(slips)
            ],
        )

    def note(self, note: Note) -> None:
        """What was said about a person, sealed; entries name its subject and no more."""
        assert self._data_keys is not None, "a note is decided only where it can be sealed"
        notes.write(self._connection, self._data_keys, note)

    def carry_on(self, order: Order, tell: epochs.Tell) -> int:
        """Enter another epoch; returns how many entries of the forked ones are said again."""
        done = epochs.carry_on(self._connection, self.head, order, tell, self._sign)
        self.head = done.head
        return done.entries

    def copied(self, receipt_id: str, at: str) -> None:
        self._connection.execute(
            "INSERT INTO receipt_copy (receipt_id, at) VALUES (:receipt_id, :at)",
            {"receipt_id": receipt_id, "at": at},
        )

    def suspend(self, parked: SuspendedBasket) -> None:
        self._connection.execute(
            """
            INSERT INTO suspended_basket (basket_id, at, operator_name, basket)
            VALUES (:basket_id, :at, :operator_name, :basket)
            """,
            {
                "basket_id": parked.basket.basket_id,
                "at": parked.at,
                "operator_name": parked.operator_name,
                "basket": _json(to_plain(parked.basket)),
            },
        )

    def resume(self, basket_id: str) -> None:
        self._connection.execute(
            "DELETE FROM suspended_basket WHERE basket_id = :basket_id", {"basket_id": basket_id}
        )

    def print(
        self, document: Document, *, kind: str, receipt_number: str, total_minor: int, at: str
    ) -> None:
        """Queue paper in the same transaction as what it tells of."""
        self._connection.execute(
            """
            INSERT INTO print_job
                   (kind, receipt_number, total_minor, document, closing, created_at)
            VALUES (:kind, :receipt_number, :total_minor, :document, :closing, :created_at)
            """,
            {
                "kind": kind,
                "receipt_number": receipt_number,
                "total_minor": total_minor,
                "document": _json(document.to_plain()),
                "closing": document.checkpoints[-1] if document.checkpoints else "",
                "created_at": at,
            },
        )

    def ask_card(self, card: CardPayment, basket: Basket, at: str) -> None:
        """A card payment's intent, with its sale."""
        card_payments.ask_card(self._connection, card, basket, at)

    def move_card(self, card: CardPayment, at: str) -> None:
        card_payments.move_card(self._connection, card, at)

    def move_goods(self, movement: GoodsMovement, at: str) -> None:
        """File what the newest journal entry says has moved."""
        goods.move_goods(self._connection, movement, (self.head.epoch, self.head.sequence), at)

    def keep_task_act(self, act: TaskAct, at: str) -> None:
        tasks.keep_act(self._connection, act, at)

    def keep_label(self, task_id: str, epoch: int, state: str, at: str) -> None:
        tasks.keep_label(self._connection, task_id, epoch, state, at)

    def check_delivery(self, movement_id: str) -> None:
        goods.check_delivery(self._connection, movement_id)

    def settle_print(self, job_id: int, outcome: PrintOutcome) -> None:
        """What became of a job that may have reached paper.

        A copy is never repeated. ORIGINAL_AGAIN brings the original back that had been given
        up for this copy: a person has said that neither came out whole.
        """
        states = {
            PrintOutcome.WHOLE: "confirmed",
            PrintOutcome.AGAIN: "queued",
            PrintOutcome.GIVEN_UP: "cancelled",
            PrintOutcome.COPIED: "cancelled",
            PrintOutcome.ORIGINAL_AGAIN: "cancelled",
        }
        settled = self._connection.execute(
            """
            UPDATE print_job SET state = :state, problem = ''
             WHERE job_id = :job_id AND state IN ('torn', 'unknown')
            """,
            {"job_id": job_id, "state": states[outcome]},
        ).rowcount
        if settled and outcome is PrintOutcome.ORIGINAL_AGAIN:
            self._connection.execute(
                """
                UPDATE print_job SET state = 'queued'
                 WHERE state = 'cancelled' AND kind = 'receipt' AND receipt_number =
                       (SELECT receipt_number FROM print_job WHERE job_id = :job_id)
                """,
                {"job_id": job_id},
            )


def suspended_baskets(database: Database) -> tuple[SuspendedBasket, ...]:
    """The parked baskets, oldest first."""
    rows = database.conn.execute(
        "SELECT at, operator_name, basket FROM suspended_basket ORDER BY at"
    ).fetchall()
    return tuple(SuspendedBasket(at, name, _basket(basket)) for at, name, basket in rows)


def _basket(plain: str) -> Basket:
    return from_plain(Basket, json.loads(plain))


# Made once: `json.dumps` would make one for each call.
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
