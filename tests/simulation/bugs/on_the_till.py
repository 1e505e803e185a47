"""Bugs in how a till keeps what it did: its disk, its register, its paper."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pos_client.checkout import cash_desk, completion
from pos_client.checkout.ledger import Ledger
from pos_client.storage import database as storage
from pos_client.storage import journal, prints, records
from tests.simulation.bugs.planted import changed, planted
from tests.simulation.replacing import part, replaced


def _durable_as(level: str) -> Iterator[None]:
    @contextmanager
    def durable(database: Any) -> Iterator[sqlite3.Connection]:
        database.conn.execute(f"PRAGMA synchronous = {level}")
        with part(storage, "told_plainly")(), database.atomic():
            yield database.conn

    yield from changed((records, "durable", durable), (prints, "durable", durable))


@planted
def a_sale_is_not_synced() -> Iterator[None]:
    """receipts.db commits under synchronous=NORMAL."""
    yield from _durable_as("NORMAL")


@planted
def a_sale_is_never_synced() -> Iterator[None]:
    yield from _durable_as("OFF")


@planted
def a_refusing_disk_is_ignored() -> Iterator[None]:
    """A commit that fails is taken for one that went well."""

    @contextmanager
    def durable(database: Any) -> Iterator[sqlite3.Connection]:
        try:
            with database.atomic():
                yield database.conn
        except sqlite3.OperationalError:
            return

    yield from changed((records, "durable", durable))


@planted
def edits_outlive_their_sale() -> Iterator[None]:
    """The basket's events are not removed with the act that ends it."""

    @contextmanager
    def act(self: Any, state: Any, totals: Any) -> Iterator[Any]:
        rows = self.database.conn.execute("SELECT position, body FROM register_event").fetchall()
        with plain(self, state, totals) as act:
            yield act
        with storage.durable(self.database) as connection:
            connection.executemany("INSERT INTO register_event VALUES (?, ?)", rows)

    plain = records.Records.act
    yield from changed((records.Records, "act", act))


@planted
def the_state_is_written_by_itself() -> Iterator[None]:
    """The journal entry and the register's next state are two transactions."""

    @contextmanager
    def act(self: Any, state: Any, totals: Any) -> Iterator[Any]:
        with storage.durable(self.database) as connection:
            act = records.Act(connection, self.head, self._sign, self.data_keys)
            yield act
        self.head = act.head
        with plain(self, state, totals):
            pass

    plain = records.Records.act
    yield from changed((records.Records, "act", act))


@planted
def the_entry_is_written_after_the_state() -> Iterator[None]:
    """The basket is gone before its receipt stands in the journal."""

    def journal_later(self: Any, body: Any) -> None:
        late.append((self, body))

    @contextmanager
    def act(self: Any, state: Any, totals: Any) -> Iterator[Any]:
        late.clear()
        with plain(self, state, totals) as act:
            yield act
            rows = [body for one, body in late if one is act]
        with storage.durable(self.database) as connection:
            for body in rows:
                self.head = journal.append(connection, self.head, body, self._sign)

    late: list[tuple[Any, Any]] = []
    plain = records.Records.act
    yield from changed((records.Records, "act", act), (records.Act, "journal", journal_later))


@planted
def paper_is_queued_before_the_sale() -> Iterator[None]:
    def finish(self: Any, unsealed: Any, seal: Any) -> Any:
        document = part(completion, "receipt_document")(unsealed, self._ledger.shop.country)
        with storage.durable(self._ledger._records.database) as connection:
            records.Act(connection, self._ledger._records.head, lambda _: b"").print(
                document,
                kind="receipt",
                receipt_number=unsealed.receipt_number,
                total_minor=unsealed.total_minor,
                at=unsealed.at,
            )
        return plain(self, unsealed, seal)

    plain = completion.Completion._finish
    yield from changed((completion.Completion, "_finish", finish))


@planted
def numbers_begin_again_at_a_start() -> Iterator[None]:
    def never_reuse(self: Any) -> None:
        self.state = replace(self.state, next_number=1)

    yield from changed((Ledger, "_never_reuse_a_number", never_reuse))


@planted
def totals_forget_a_finished_completion() -> Iterator[None]:
    """A receipt that a restart finishes is not counted."""

    def started(self: Any, version: str) -> None:
        with replaced(completion, "with_receipt", lambda totals, _: totals):
            plain(self, version)

    plain = cash_desk.CashDesk.started
    yield from changed((cash_desk.CashDesk, "started", started))


@planted
def a_new_id_for_a_finished_completion() -> Iterator[None]:
    """After a restart the completing receipt is written under an id of its own, and kept open."""

    def started(self: Any, version: str) -> None:
        before = self.ledger.state
        plain(self, version)
        if before.completing is not None:
            self.ledger.state = replace(before, completing=None)

    plain = cash_desk.CashDesk.started
    yield from changed((cash_desk.CashDesk, "started", started))
