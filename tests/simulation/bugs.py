"""Bugs planted into the product, one at a time, that the simulator has to find.

Each puts something plausible and wrong in the place of one part of the product, as a tired
person might write it. `python -m tests.simulation.planting` looks for a seed that shows it;
the seeds found are kept in found_seeds.json and played again in CI. The thing to get wrong:
a bug that no promise of ours forbids. Those are named in docs/simulation.md, not here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from central_sync.database import open as opening
from central_sync.database import tables as t
from central_sync.engine import catalogue, download
from central_sync.engine import plan as planning
from central_sync.engine import round as rounds
from central_sync.engine import state as sync_state
from central_sync.engine import upload as sending
from central_sync.engine.plan import Mark, Marks
from central_sync.engine.trouble import SyncTrouble
from central_sync.masterfile import apply as applying
from central_sync.retail.journal import GENESIS, JournalEntry
from central_sync.server import (
    booking,
    feed,
    feed_pages,
    heartbeat,
    intake,
    masters,
    posting,
    reading,
    repost,
)
from central_sync.server.intake import Verdict
from central_sync.server.reading import Parked
from central_sync.server.refused import Refused, invalid
from central_sync.server.warehouse import ledger as stock_ledger
from pos_client.checkout import cash_desk, completion
from pos_client.checkout.ledger import Ledger
from pos_client.storage import database as storage
from pos_client.storage import journal, prints, records
from pos_client.storage.master import MasterData
from pos_client.storage.receipts import Receipts
from tests.simulation import center, network
from tests.simulation.replacing import part, replaced

Bug = Callable[[], AbstractContextManager[None]]

BUGS: dict[str, Bug] = {}


def planted(bug: Callable[[], Iterator[None]]) -> Callable[[], Iterator[None]]:
    """Enter a bug under its function's name, with dashes."""
    BUGS[bug.__name__.replace("_", "-")] = contextmanager(bug)
    return bug


def _with(*changes: tuple[object, str, object]) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(replaced(owner, name, value))
        yield


def _accepted(head: dict[str, Any]) -> Any:
    return part(network, "JournalReply").model_validate({"status": "accepted", "head": head})


def _durable_as(level: str) -> Iterator[None]:
    @contextmanager
    def durable(database: Any) -> Iterator[sqlite3.Connection]:
        database.conn.execute(f"PRAGMA synchronous = {level}")
        with part(storage, "told_plainly")(), database.atomic():
            yield database.conn

    yield from _with((records, "durable", durable), (prints, "durable", durable))


def _central_as(level: str) -> Iterator[None]:
    plain = opening._prepare

    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        plain(connection, record)
        connection.execute(f"PRAGMA synchronous = {level}")

    kept = dict(center._databases)
    center._databases.clear()
    try:
        yield from _with((opening, "_prepare", prepare))
    finally:
        center._databases.clear()
        center._databases.update(kept)


# The till's disk.


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

    yield from _with((records, "durable", durable))


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
    yield from _with((records.Records, "act", act))


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
    yield from _with((records.Records, "act", act))


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
    yield from _with((records.Records, "act", act), (records.Act, "journal", journal_later))


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
    yield from _with((completion.Completion, "_finish", finish))


@planted
def numbers_begin_again_at_a_start() -> Iterator[None]:
    def never_reuse(self: Any) -> None:
        self.state = replace(self.state, next_number=1)

    yield from _with((Ledger, "_never_reuse_a_number", never_reuse))


@planted
def totals_forget_a_finished_completion() -> Iterator[None]:
    """A receipt that a restart finishes is not counted."""

    def started(self: Any, version: str) -> None:
        with replaced(completion, "with_receipt", lambda totals, _: totals):
            plain(self, version)

    plain = cash_desk.CashDesk.started
    yield from _with((cash_desk.CashDesk, "started", started))


@planted
def a_new_id_for_a_finished_completion() -> Iterator[None]:
    """After a restart the completing receipt is written under an id of its own, and kept open."""

    def started(self: Any, version: str) -> None:
        before = self.ledger.state
        plain(self, version)
        if before.completing is not None:
            self.ledger.state = replace(before, completing=None)

    plain = cash_desk.CashDesk.started
    yield from _with((cash_desk.CashDesk, "started", started))


# What goes up.


@planted
def marked_when_sent() -> Iterator[None]:
    """The mark moves before the answer has come."""

    def request(workstation: Any, epoch: int, batch: Any) -> Any:
        newest = batch[-1]
        workstation.store.set_marks({epoch: Mark(epoch, newest.sequence, newest.hash)})
        return plain(workstation, epoch, batch)

    plain = sending._request
    yield from _with((sending, "_request", request))


@planted
def acknowledged_by_count() -> Iterator[None]:
    """The mark moves by how many were accepted, whatever hash came with it."""

    def proven(workstation: Any, reply: Any, epoch: int) -> Mark:
        at = workstation.store.state().mark(epoch).sequence + reply.accepted
        entry = workstation.journal.entry(epoch, at)
        return Mark(epoch, at, entry.hash if entry else GENESIS)

    yield from _with((sending, "_proven", proven))


@planted
def acknowledged_by_number() -> Iterator[None]:
    """The mark takes the number that central says; the hash is not compared."""

    def proven(workstation: Any, reply: Any, epoch: int) -> Mark:
        return Mark(epoch, max(reply.head.sequence, workstation.store.state().mark(epoch).sequence))

    yield from _with((sending, "_proven", proven))


@planted
def marks_never_go_back() -> Iterator[None]:
    """A central that was restored is not filled again."""

    def marks_after(have: Any, said: Any, hashes: Any) -> Marks:
        agreed: Marks = plain(have, said, hashes)
        highest = {
            epoch: max(mark, have.marks.get(epoch, mark), key=lambda one: one.sequence)
            for epoch, mark in agreed.marks.items()
        }
        return replace(agreed, marks=highest)

    plain = part(rounds, "marks_after")
    yield from _with((rounds, "marks_after", marks_after))


@planted
def one_entry_is_skipped() -> Iterator[None]:
    def batch(workstation: Any, mark: Mark) -> Any:
        found = plain(workstation, mark)
        return found[1:] if mark.sequence and len(found) > 3 else found

    plain = sending._batch
    yield from _with((sending, "_batch", batch))


@planted
def a_failed_upload_waits_for_the_next_sale() -> Iterator[None]:
    def uploads(have: Any, agreed: Any) -> Any:
        found = plain(have, agreed)
        heads = (have.store_id, tuple((h.epoch, h.sequence) for h in have.heads))
        if not found or heads in tried:
            return []
        tried.add(heads)
        return found

    tried: set[Any] = set()
    plain = planning.uploads
    yield from _with((planning, "uploads", uploads), (rounds, "uploads", uploads))


@planted
def the_bodies_are_written_anew() -> Iterator[None]:
    """A body is read and serialised again on its way up, in another order of keys."""

    def message(entry: JournalEntry) -> Any:
        import json

        made = plain(entry)
        body = json.dumps(dict(reversed(json.loads(made.body).items())), ensure_ascii=False)
        digest = part(sending, "chain_hash")(entry.previous_hash, body.encode())
        return made.model_copy(update={"body": body, "hash": digest})

    plain = sending._message
    yield from _with((sending, "_message", message))


@planted
def a_refusal_counts_as_sent() -> Iterator[None]:
    """Whatever central answers, the batch is not sent again."""

    def journal(self: Any, request: Any) -> Any:
        try:
            return plain(self, request)
        except SyncTrouble:
            last = request.entries[-1]
            head = {"epoch": request.epoch, "sequence": last.sequence, "hash": last.hash}
            return part(network, "JournalReply").model_validate(
                {"status": "accepted", "head": head}
            )

    plain = network.Line.journal
    yield from _with((network.Line, "journal", journal))


# What central takes in.


@planted
def central_is_not_synced() -> Iterator[None]:
    """Central commits under synchronous=NORMAL."""
    yield from _central_as("NORMAL")


@planted
def central_is_never_synced() -> Iterator[None]:
    yield from _central_as("OFF")


@planted
def answered_before_the_commit() -> Iterator[None]:
    """The answer goes out first; what was taken in is written with the next request."""

    def post(till: Any, message: Any, central: Any, room: Any) -> Any:
        while waiting:
            plain(*waiting.pop(0), central, room)
        if till.is_revoked:
            return plain(till, message, central, room)
        waiting.append((till, message))
        last = message.entries[-1]
        reply = part(network, "JournalReply").model_validate(
            {
                "status": "accepted",
                "head": {
                    "epoch": message.epoch,
                    "sequence": last.sequence,
                    "hash": last.hash,
                },
                "accepted": len(message.entries),
            }
        )
        return part(network, "Response")(reply.model_dump_json())

    def start(self: Any, now: Any) -> None:
        waiting.clear()
        start_plain(self, now)

    waiting: list[Any] = []
    plain, start_plain = part(network, "post_journal"), center.Center.start
    yield from _with((network, "post_journal", post), (center.Center, "start", start))


@planted
def a_failed_commit_is_answered_as_done() -> Iterator[None]:
    @contextmanager
    def atomic(self: Any) -> Iterator[Any]:
        try:
            with plain(self) as connection:
                yield connection
        except OperationalError:
            return

    plain = opening.Database.atomic
    yield from _with((opening.Database, "atomic", atomic))


@planted
def entries_and_books_are_two_transactions() -> Iterator[None]:
    def post(till: Any, message: Any, central: Any, room: Any) -> Any:
        later: list[Any] = []

        def book(connection: Any, *rest: Any) -> Any:
            later.append(rest)
            return booking.Booked()

        with replaced(intake, "book", book):
            reply = plain(till, message, central, room)
        for rest in later:
            with central.database.atomic() as connection:
                booking.book(connection, *rest)
        return reply

    plain = part(network, "post_journal")
    yield from _with((network, "post_journal", post))


@planted
def a_gap_is_accepted() -> Iterator[None]:
    def compare(entries: Any, head: Any, held: Any) -> Verdict:
        verdict = plain(entries, head, held)
        if verdict.status != "gap":
            return verdict
        last = entries[-1]
        return Verdict("accepted", (last.sequence, last.hash), new=entries)

    plain = intake.compare
    yield from _with((intake, "compare", compare))


@planted
def a_repeat_is_a_fork() -> Iterator[None]:
    def compare(entries: Any, head: Any, held: Any) -> Verdict:
        if entries[0].sequence <= head[0]:
            common = (entries[0].sequence - 1, entries[0].previous_hash)
            return Verdict("fork", common, forked=entries)
        return plain(entries, head, held)

    plain = intake.compare
    yield from _with((intake, "compare", compare))


@planted
def an_overlap_is_taken_for_known() -> Iterator[None]:
    """A batch whose first entry is known is answered as if all of it were."""

    def compare(entries: Any, head: Any, held: Any) -> Verdict:
        if held.get(entries[0].sequence) == entries[0].hash:
            return Verdict("accepted", (entries[-1].sequence, entries[-1].hash))
        return plain(entries, head, held)

    plain = intake.compare
    yield from _with((intake, "compare", compare))


@planted
def hashes_are_not_checked() -> Iterator[None]:
    """Central believes the hashes and the signature that come with a batch."""
    yield from _with(
        (intake, "first_broken", lambda *_, **__: None), (intake, "verify", lambda *_: True)
    )


@planted
def the_chain_is_not_checked() -> Iterator[None]:
    """Only the newest hash is proven, by its signature."""
    yield from _with((intake, "first_broken", lambda *_, **__: None))


@planted
def poison_stops_the_queue() -> Iterator[None]:
    def read(content: bytes, **sender: str) -> Any:
        found = plain(content, **sender)
        if isinstance(found, Parked):
            raise invalid(found.reason)
        return found

    plain = part(intake, "read_entry")
    yield from _with((intake, "read_entry", read))


@planted
def poison_is_forgotten() -> Iterator[None]:
    """What cannot be read is kept as if it had been booked."""

    def state(entry: Any, found: Any, aliases: Any) -> dict[str, str]:
        return plain(entry, reading.Kept() if isinstance(found, Parked) else found, aliases)

    plain = intake._state
    yield from _with((intake, "_state", state))


@planted
def poison_is_dropped() -> Iterator[None]:
    """What cannot be read is not kept; the head goes on."""

    def row(sender: Any, entry: Any, at: str) -> dict[str, Any]:
        found = plain(sender, entry, at)
        says = reading.read_entry(
            entry.body, workstation_id=sender.workstation_id, store_id=sender.store_id
        )
        return found | {"body": b"{}"} if isinstance(says, Parked) else found

    plain = intake._row
    yield from _with((intake, "_row", row))


@planted
def a_repost_is_not_noted() -> Iterator[None]:
    yield from _with((repost, "_set_state", lambda *_: None))


@planted
def a_revoked_till_is_told_yes() -> Iterator[None]:
    """What a revoked till sends is kept aside and acknowledged."""

    def post(till: Any, message: Any, central: Any, room: Any) -> Any:
        try:
            return plain(till, message, central, room)
        except Refused:
            last = message.entries[-1]
            head = {"epoch": message.epoch, "sequence": last.sequence, "hash": last.hash}
            reply = part(network, "JournalReply").model_validate(
                {"status": "accepted", "head": head}
            )
            return part(network, "Response")(reply.model_dump_json())

    plain = part(network, "post_journal")
    yield from _with((network, "post_journal", post))


@planted
def the_fourth_line_moves_no_stock() -> Iterator[None]:
    def deltas(transaction: Any) -> dict[str, int]:
        return dict(list(plain(transaction).items())[:2])

    plain = posting._deltas
    yield from _with((posting, "_deltas", deltas))


@planted
def a_batch_books_its_newest_receipt_last() -> Iterator[None]:
    """Of a long batch the last receipt is left for the next one, which never asks."""

    def post(connection: Any, store_id: str, bookings: Any, at: str) -> Any:
        return plain(connection, store_id, bookings[:-1] if len(bookings) > 2 else bookings, at)

    plain = part(booking, "post")
    yield from _with((booking, "post", post))


@planted
def levels_do_not_say_what_they_include() -> Iterator[None]:
    def after(level: Any, movements: Any) -> Any:
        return replace(plain(level, movements), as_of=level.as_of)

    plain = stock_ledger._after
    yield from _with((stock_ledger, "_after", after))


@planted
def stock_is_written_from_what_was_read_first() -> Iterator[None]:
    """Levels are remembered in the process and written over what others did."""

    def levels_of(connection: Any, store_id: str, skus: Any) -> Any:
        found = plain(connection, store_id, skus)
        return {sku: known.setdefault((store_id, sku), level) for sku, level in found.items()}

    known: dict[Any, Any] = {}
    plain = stock_ledger.levels_of
    yield from _with((stock_ledger, "levels_of", levels_of))


@planted
def heads_are_answered_one_too_high() -> Iterator[None]:
    def heads(connection: Any, workstation_id: str) -> Any:
        return [
            head.model_copy(update={"sequence": head.sequence + 1})
            for head in plain(connection, workstation_id)
        ]

    plain = heartbeat.heads
    yield from _with((heartbeat, "heads", heads))


@planted
def the_head_moves_beyond_what_is_kept() -> Iterator[None]:
    """The head is moved before the entries, in a transaction of its own."""

    def post(till: Any, message: Any, central: Any, room: Any) -> Any:
        last, epoch = message.entries[-1], t.epoch.c
        held = till.sender.workstation_id
        if not till.is_revoked:
            with central.database.atomic() as connection:
                intake.receive(connection, till.sender, message, central.timestamp())
                connection.execute(
                    t.journal_entry.delete().where(
                        t.journal_entry.c.workstation_id == held,
                        t.journal_entry.c.epoch == message.epoch,
                        t.journal_entry.c.sequence == last.sequence,
                        t.journal_entry.c.received_at == central.timestamp(),
                    )
                )
                connection.execute(update(t.epoch).where(epoch.workstation_id == "nobody").values())
        return plain(till, message, central, room)

    plain = part(network, "post_journal")
    yield from _with((network, "post_journal", post))


# What comes down.


@planted
def a_price_is_not_told() -> Iterator[None]:
    yield from _with((masters, "append", lambda *_: None))


@planted
def a_page_claims_to_be_the_last() -> Iterator[None]:
    """Of many changes the first is sent, and the cursor of the newest."""

    def window(connection: Any, *where: Any) -> Any:
        found = plain(connection, *where)
        return replace(found, rows=found.rows[:1]) if len(found.rows) > 2 else found

    plain = feed_pages._window
    yield from _with((feed_pages, "_window", window))


@planted
def pages_are_not_checked() -> Iterator[None]:
    yield from _with((download, "_proven_page", lambda received, *_: received.page))


@planted
def the_cursor_is_written_first() -> Iterator[None]:
    """Position in one transaction, rows in the next."""

    def apply(connection: Any, page: Any, **more: Any) -> Any:
        empty = page.model_copy(update={"rows": []})
        before = applying.position_of(connection, page.scope)
        plain(connection, empty, **more)
        connection.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"position:{page.scope}", str(page.next))
        )
        with replaced(applying, "position_of", lambda *_: before):
            return plain(connection, page, **more)

    plain = applying.apply_page
    yield from _with((catalogue, "apply_page", apply))


@planted
def the_cursor_is_kept_elsewhere() -> Iterator[None]:
    """How far the catalogue is stands in sync.db, and is believed."""

    def have(workstation: Any, **more: Any) -> Any:
        found = plain(workstation, **more)
        cursors = workstation.store.state().cursors
        return replace(found, positions=cursors) if found.positions and cursors else found

    plain = rounds._have
    yield from _with((rounds, "_have", have))


@planted
def rows_are_left_for_later() -> Iterator[None]:
    """Stock is applied only when a price came too."""

    def newest(rows: Any) -> Any:
        found = plain(rows)
        return found if len(rows) > 1 else {}

    plain = applying._newest
    yield from _with((applying, "_newest", newest))


@planted
def a_history_is_not_told_from_another() -> Iterator[None]:
    """Neither a lower position nor another hash at central makes a till start anew."""

    def is_followable(connection: Any, scope: str, cursor: Any) -> bool:
        return True

    def downloads(have: Any, said: Any) -> Any:
        return [one for one in plain(have, said) if not _is_back(one)]

    plain = planning._downloads
    yield from _with(*_follows(is_followable), (planning, "_downloads", downloads))


def _follows(is_followable: Any) -> list[tuple[object, str, object]]:
    return [(where, "is_followable", is_followable) for where in (feed, feed_pages)]


def _is_back(action: Any) -> bool:
    return isinstance(action, planning.TakeSnapshot) and "back" in action.why


@planted
def a_rewritten_feed_is_followed() -> Iterator[None]:
    """Central compares positions and not their hashes."""

    def is_followable(connection: Any, scope: str, cursor: Any) -> bool:
        return plain(connection, scope, replace(cursor, fh=b""))

    plain = feed.is_followable
    yield from _with(*_follows(is_followable))


@planted
def the_catalogue_is_renamed_over_the_old_one() -> Iterator[None]:
    """The old file's log stays, and is played into the new one."""

    def install(finished: Any, path: Any) -> None:
        finished.replace(path.resolve())

    yield from _with((catalogue, "install", install))


@planted
def the_register_keeps_the_old_catalogue_open() -> Iterator[None]:
    def refresh(self: Any) -> bool:
        return plain(self) if not self.is_loaded else False

    plain = MasterData.refresh
    yield from _with((MasterData, "refresh", refresh))


@planted
def own_sales_are_counted_twice_on_the_shelf() -> Iterator[None]:
    """The till takes off all that it ever sold, whatever central's figure includes."""

    def moved_since(self: Any, sku: str, epoch: int, sequence: int) -> int:
        return plain(self, sku, 0, 0)

    plain = Receipts.moved_since
    yield from _with((Receipts, "moved_since", moved_since))


@planted
def sync_ends_when_its_own_file_is_full() -> Iterator[None]:
    """The bug that the simulator found first in the product itself."""
    yield from _with((rounds, "note_outcome", rounds._note_outcome))


@planted
def marks_are_not_kept() -> Iterator[None]:
    """A heartbeat's proof is thrown away, so a busy till sends all of its journal each time."""

    def set_marks(self: Any, marks: Any) -> None:
        plain(self, {epoch: Mark(epoch) for epoch in marks})

    plain = sync_state.SyncStore.set_marks
    yield from _with((sync_state.SyncStore, "set_marks", set_marks))
