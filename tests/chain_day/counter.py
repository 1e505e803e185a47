"""A till of the simulated chain: the register's own decisions about tasks, a journal, a line.

`RegisterDriver` decides as every till does; what it says is journalled and goes to central
when the line is up. The thing to get wrong: talking to central's memory. A till knows only
the rows that came down at its last contact.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.stock import MovementKind
from central_sync.retail.stock.document import DocumentLine, StockDocument
from central_sync.server.bookkeeping import book_all
from central_sync.server.central import Central
from central_sync.server.heartbeat import heard_all
from central_sync.server.intake import Sender, receive
from central_sync.server.orders.deciding import settle_all
from central_sync.server.orders.identities import new_id
from central_sync.server.orders.room import OrderRoom
from central_sync.wire.entries import EntryKind
from pos_client.checkout.task_board import told_task
from pos_client.register.commands import Command
from pos_client.register.events import TaskActed
from pos_client.register.refusal import Refused
from pos_client.register.tasks import Task
from pos_client.storage.tasks import TaskRow
from tests.builders import RegisterDriver
from tests.central.office import Workstation

AT_ONCE = 100
TASK_COLUMNS = ("task_id", "kind", "state", "due_at", "offered_until", "body", "sealed")


@dataclass(slots=True)
class Counterside:
    """One workstation. `is_up`: its line; `is_dead`: nobody can use it any more."""

    room: OrderRoom
    central: Central
    journal: Workstation
    register: RegisterDriver
    is_up: bool = True
    is_dead: bool = False
    sent: int = 0
    told: Counter[str] = field(default_factory=Counter)

    @property
    def store_id(self) -> str:
        return self.journal.store_id

    @property
    def unsent(self) -> int:
        return len(self.journal.entries) - self.sent

    def tasks(self) -> list[Task]:
        """The open ones as this till shows them."""
        shop = self.register.shop
        found = (shop.task(task_id) for task_id in sorted(shop.told))
        return [task for task in found if task is not None and task.is_open]

    def do(self, command: Command, at: datetime) -> str:
        """Decide it here, and write down what was said; "" or why the register refused."""
        self.register.now = at
        before = len(self.register.happened)
        try:
            self.register.do(command)
        except Refused as refusal:
            self.told[refusal.key] += 1
            return refusal.key
        for event in self.register.happened[before:]:
            if isinstance(event, TaskActed) and event.is_told:
                self._write(event)
        return ""

    def counts(self, task_id: str, counted: dict[str, int], book: dict[str, int]) -> None:
        """What lies on the shelf, beside what the till believed."""
        lines = tuple(DocumentLine(sku, pieces, book[sku]) for sku, pieces in counted.items())
        number = len(self.journal.entries)
        document = StockDocument(
            f"{self.journal.workstation_id}-{number}", MovementKind.COUNT, lines
        )
        payload = {**document.payload(), "unknown": [], "task_id": task_id, "other_store": ""}
        self._note(EntryKind.STOCK_MOVED, payload)

    def contact(self) -> None:
        """Up, decided, down; what a till with a line does all the time."""
        self.up()
        with self.central.database.atomic() as connection:
            heard_all(connection, [(self._sender, 0)], self.central.timestamp())
        settle_all(self.room)
        self.down()

    def up(self) -> None:
        while self.unsent:
            batch = self.journal.entries[self.sent : self.sent + AT_ONCE]
            self._receive(batch)
            self.sent += len(batch)

    def down(self) -> None:
        rows = select(*(t.store_task.c[name] for name in TASK_COLUMNS))
        with self.central.database.reading() as connection:
            found = connection.execute(rows.where(t.store_task.c.store_id == self.store_id)).all()
        tasks = (told_task(_row(row), None) for row in found)
        self.register.shop.told = {task.task_id: task for task in tasks if task is not None}

    def sends_again(self, entries: int) -> None:
        """The answer was lost: the newest entries go up once more."""
        batch = self.journal.entries[max(0, self.sent - entries) : self.sent]
        if batch:
            self._receive(batch)

    @property
    def _sender(self) -> Sender:
        return Sender(self.journal.workstation_id, self.store_id, self.journal.key.public)

    def _receive(self, batch: list[Any]) -> None:
        with self.central.database.atomic() as connection:
            request, at = self.journal.request(batch), self.central.timestamp()
            reply = receive(connection, self._sender, request, at)
        assert reply.status == "accepted", reply
        book_all(self.central)

    def _write(self, event: TaskActed) -> None:
        act = event.act
        if act.command is None:
            payload: dict[str, Any] = {"task_id": act.task_id, "outcome": act.outcome}
            self._note(EntryKind.TASK_DONE, payload)
            return
        payload = {"order_id": act.order_id, "task_id": act.task_id, "command": act.command}
        self._note(EntryKind.ORDER_COMMAND, payload)

    def _note(self, kind: str, payload: dict[str, Any]) -> None:
        at = self.room.timestamp()
        self.journal.note(kind, id=new_id(at), payload=payload, at=at)


def _row(row: Any) -> TaskRow:
    task_id, kind, state, due_at, offered_until, body, sealed = row
    return TaskRow(task_id, kind, state, due_at, offered_until, json.loads(body), sealed)
