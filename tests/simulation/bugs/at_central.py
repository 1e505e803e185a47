"""Bugs in how central takes a journal in, keeps it and books it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from central_sync.database import open as opening
from central_sync.database import tables as t
from central_sync.retail.journal import JournalEntry
from central_sync.server import (
    booking,
    bookkeeping,
    heartbeat,
    intake,
    posting,
    reading,
    repost,
)
from central_sync.server.intake import Verdict
from central_sync.server.reading import Parked
from central_sync.server.refused import Refused, invalid
from central_sync.server.warehouse import ledger as stock_ledger
from central_sync.wire.batch import Batch
from tests.simulation import center, edge
from tests.simulation.bugs.planted import accepted, changed, planted
from tests.simulation.replacing import part, replaced


def _central_as(level: str) -> Iterator[None]:
    plain = opening._prepare

    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        plain(connection, record)
        connection.execute(f"PRAGMA synchronous = {level}")

    kept = dict(center._databases)
    center._databases.clear()
    try:
        yield from changed((opening, "_prepare", prepare))
    finally:
        center._databases.clear()
        center._databases.update(kept)


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
        last = intake.proven_entries(till.sender, message)[-1]
        head = {"epoch": message.epoch, "sequence": last.sequence, "hash": last.hash}
        return part(edge, "Response")(accepted(head).model_dump_json())

    def start(self: Any, now: Any) -> None:
        waiting.clear()
        start_plain(self, now)

    waiting: list[Any] = []
    plain, start_plain = part(edge, "post_journal"), center.Center.start
    yield from changed((edge, "post_journal", post), (center.Center, "start", start))


@planted
def a_failed_commit_is_answered_as_done() -> Iterator[None]:
    """A disk that refuses what a till sent is noted, and the till is told that all is well."""

    def post(till: Any, message: Any, central: Any, books: Any) -> Any:
        try:
            return plain(till, message, central, books)
        except OperationalError:
            last = intake.proven_entries(till.sender, message)[-1]
            head = {"epoch": message.epoch, "sequence": last.sequence, "hash": last.hash}
            return part(edge, "Response")(accepted(head).model_dump_json())

    plain = part(edge, "post_journal")
    yield from changed((edge, "post_journal", post))


@planted
def entries_and_books_are_two_transactions() -> Iterator[None]:
    def post(till: Any, message: Any, central: Any, room: Any) -> Any:
        later: list[Any] = []

        def book(connection: Any, *rest: Any) -> Any:
            later.append(rest)
            return booking.Booked()

        with replaced(bookkeeping, "book", book):
            reply = plain(till, message, central, room)
        for rest in later:
            with central.database.atomic() as connection:
                booking.book(connection, *rest)
        return reply

    plain = part(edge, "post_journal")
    yield from changed((edge, "post_journal", post))


@planted
def a_gap_is_accepted() -> Iterator[None]:
    def compare(entries: Any, head: Any, held: Any) -> Verdict:
        verdict = plain(entries, head, held)
        if verdict.status != "gap":
            return verdict
        last = entries[-1]
        return Verdict("accepted", (last.sequence, last.hash), new=entries)

    plain = intake.compare
    yield from changed((intake, "compare", compare))


@planted
def a_repeat_is_a_fork() -> Iterator[None]:
    def compare(entries: Any, head: Any, held: Any) -> Verdict:
        if entries[0].sequence <= head[0]:
            common = (entries[0].sequence - 1, entries[0].previous_hash)
            return Verdict("fork", common, forked=entries)
        return plain(entries, head, held)

    plain = intake.compare
    yield from changed((intake, "compare", compare))


@planted
def an_overlap_is_taken_for_known() -> Iterator[None]:
    """A batch whose first entry is known is answered as if all of it were."""

    def compare(entries: Any, head: Any, held: Any) -> Verdict:
        if held.get(entries[0].sequence) == entries[0].hash:
            return Verdict("accepted", (entries[-1].sequence, entries[-1].hash))
        return plain(entries, head, held)

    plain = intake.compare
    yield from changed((intake, "compare", compare))


@planted
def hashes_are_not_checked() -> Iterator[None]:
    """Central believes the hashes and the signature that come with a batch."""
    yield from changed(
        (intake, "first_broken", lambda *_, **__: None),
        (intake, "verify", lambda *_: True),
        (Batch, "entries", as_they_were_sent),
    )


def as_they_were_sent(batch: Batch) -> list[JournalEntry]:
    """The last entry has the hash that came with the batch, whatever its body is by now."""
    *made, last = _entries(batch)
    return [*made, replace(last, hash=batch.hash)]


_entries = Batch.entries


@planted
def the_chain_is_not_checked() -> Iterator[None]:
    """Only the newest hash is proven, by its signature."""
    yield from changed(
        (intake, "first_broken", lambda *_, **__: None), (Batch, "entries", as_they_were_sent)
    )


@planted
def poison_stops_the_queue() -> Iterator[None]:
    def read(content: bytes, **sender: str) -> Any:
        found = plain(content, **sender)
        if isinstance(found, Parked):
            raise invalid(found.reason)
        return found

    plain = part(bookkeeping, "read_entry")
    yield from changed((bookkeeping, "read_entry", read))


@planted
def poison_is_forgotten() -> Iterator[None]:
    """What cannot be read is kept as if it had been booked."""

    def states(read: Any, booked: Any) -> list[dict[str, Any]]:
        return [state for state in plain(read, booked) if state["p_state"] != "parked"]

    plain = bookkeeping._states
    yield from changed((bookkeeping, "_states", states))


@planted
def poison_is_dropped() -> Iterator[None]:
    """What cannot be read is not kept; the head goes on."""

    def values(sender: Any, entry: Any, at: str) -> Any:
        says = reading.read_entry(
            entry.body, workstation_id=sender.workstation_id, store_id=sender.store_id
        )
        return plain(sender, replace(entry, body=b"{}") if isinstance(says, Parked) else entry, at)

    plain = intake._values
    yield from changed((intake, "_values", values))


@planted
def a_repost_is_not_noted() -> Iterator[None]:
    yield from changed((repost, "_set_state", lambda *_: None))


@planted
def a_revoked_till_is_told_yes() -> Iterator[None]:
    """What a revoked till sends is kept aside and acknowledged."""

    def post(till: Any, message: Any, central: Any, room: Any) -> Any:
        try:
            return plain(till, message, central, room)
        except Refused:
            last = intake.proven_entries(till.sender, message)[-1]
            head = {"epoch": message.epoch, "sequence": last.sequence, "hash": last.hash}
            reply = part(edge, "JournalReply").model_validate({"status": "accepted", "head": head})
            return part(edge, "Response")(reply.model_dump_json())

    plain = part(edge, "post_journal")
    yield from changed((edge, "post_journal", post))


@planted
def the_fourth_line_moves_no_stock() -> Iterator[None]:
    def deltas(transaction: Any) -> dict[str, int]:
        return dict(list(plain(transaction).items())[:2])

    plain = posting._deltas
    yield from changed((posting, "_deltas", deltas))


@planted
def a_batch_books_its_newest_receipt_last() -> Iterator[None]:
    """Of a long batch the last receipt is left for the next one, which never asks."""

    def post(connection: Any, store_id: str, bookings: Any, at: str) -> Any:
        return plain(connection, store_id, bookings[:-1] if len(bookings) > 2 else bookings, at)

    plain = part(booking, "post")
    yield from changed((booking, "post", post))


@planted
def levels_do_not_say_what_they_include() -> Iterator[None]:
    def after(level: Any, movements: Any) -> Any:
        return replace(plain(level, movements), as_of=level.as_of)

    plain = stock_ledger._after
    yield from changed((stock_ledger, "_after", after))


@planted
def stock_is_written_from_what_was_read_first() -> Iterator[None]:
    """Levels are remembered in the process and written over what others did."""

    def levels_of(connection: Any, store_id: str, skus: Any) -> Any:
        found = plain(connection, store_id, skus)
        return {sku: known.setdefault((store_id, sku), level) for sku, level in found.items()}

    known: dict[Any, Any] = {}
    plain = stock_ledger.levels_of
    yield from changed((stock_ledger, "levels_of", levels_of))


@planted
def heads_are_answered_one_too_high() -> Iterator[None]:
    def heads(connection: Any, workstation_id: str) -> Any:
        return [
            head.model_copy(update={"sequence": head.sequence + 1})
            for head in plain(connection, workstation_id)
        ]

    plain = heartbeat.heads
    yield from changed((heartbeat, "heads", heads))


@planted
def the_head_moves_beyond_what_is_kept() -> Iterator[None]:
    """The head is moved before the entries, in a transaction of its own."""

    def post(till: Any, message: Any, central: Any, room: Any) -> Any:
        epoch = t.epoch.c
        held = till.sender.workstation_id
        if not till.is_revoked:
            last = intake.proven_entries(till.sender, message)[-1]
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

    plain = part(edge, "post_journal")
    yield from changed((edge, "post_journal", post))
