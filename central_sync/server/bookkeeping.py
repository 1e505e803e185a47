"""Carries journals that central has kept into its books, in order and soon after.

Intake only stores and answers; here an entry is read, booked or parked, and the mark
`booked_upto` moves in the same transaction. One at a time books a journal, whichever
process it is. The thing to get wrong: letting one entry stop those behind it. Whatever is
wrong with it, it is parked with a sentence and the next one's turn comes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, select, update
from sqlalchemy.exc import DataError, IntegrityError

from central_sync.database import tables as t
from central_sync.database.trip import ask, read_on
from central_sync.database.write import insert_missing
from central_sync.server.booking import Booked, Read, book, note_highest
from central_sync.server.central import Central
from central_sync.server.goods.settling import word_of
from central_sync.server.orders import inbox
from central_sync.server.orders.receipts import words_of
from central_sync.server.reading import (
    Goods,
    InvoiceChecked,
    Parked,
    Reading,
    Said,
    Sale,
    read_entry,
)
from central_sync.server.store_customers import tell

TURN_ENTRIES = 200
# Entries of four megabytes each are rare, and never many of them in memory at once.
TURN_BYTES = 4_000_000
# What one entry may do to us, by a fault of its own or of ours.
_FAULTS = (
    *(DataError, IntegrityError, ArithmeticError, AssertionError),
    *(AttributeError, LookupError, TypeError, ValueError),
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Journal:
    """One epoch of a workstation's journal."""

    workstation_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Entries that were read, of a store; `words`: something is to be decided on orders."""

    entries: int = 0
    store_id: str = ""
    words: bool = False


NOTHING = Turn()


def _is(table: Any) -> Any:
    """Rows of one journal, whose values `_key` binds."""
    here = table.c.workstation_id == bindparam("of_workstation")
    return and_(here, table.c.epoch == bindparam("of_epoch"))


def _waiting() -> Select[Any]:
    epoch, booked = t.epoch.c, t.booked_upto.c
    left = epoch.head_sequence - func.coalesce(booked.sequence, 0)
    same = and_(booked.workstation_id == epoch.workstation_id, booked.epoch == epoch.epoch)
    return (
        select(epoch.workstation_id, epoch.epoch, left)
        .select_from(t.epoch.outerjoin(t.booked_upto, same))
        .where(left > 0)
        .order_by(epoch.workstation_id, epoch.epoch)
    )


# Made once: to build a statement costs as much as to run it.
_WAITING = _waiting()
_WAITING_OF = _WAITING.where(t.epoch.c.workstation_id == bindparam("of_workstation"))
_LOCKED = select(t.booked_upto.c.sequence).where(_is(t.booked_upto)).with_for_update()
_MOVE_ON = update(t.booked_upto).where(_is(t.booked_upto)).values(sequence=bindparam("upto"))
_ABOVE = (
    select(t.journal_entry.c.sequence, t.journal_entry.c.store_id, t.journal_entry.c.body)
    .where(_is(t.journal_entry), t.journal_entry.c.sequence > bindparam("upto"))
    .order_by(t.journal_entry.c.sequence)
    .limit(bindparam("most"))
    .execution_options(yield_per=50)
)


def waiting(connection: Connection, workstation_id: str = "") -> dict[Journal, int]:
    """Journals with entries that are not booked, and how many; the oldest epoch first."""
    query = _WAITING_OF if workstation_id else _WAITING
    asked = {"of_workstation": workstation_id} if workstation_id else {}
    return {Journal(*row[:2]): row[2] for row in ask(connection, query, **asked).rows}


def book_all(central: Central) -> set[str]:
    """Book all that waits; returns the stores whose orders were spoken of."""
    stores: set[str] = set()
    with central.database.reading() as connection:
        journals = list(waiting(connection))
    for journal in journals:
        while (turn := book_turn(central, journal)).entries:
            stores |= {turn.store_id} if turn.words else set()
    return stores


def book_turn(central: Central, journal: Journal, limit: int = TURN_ENTRIES) -> Turn:
    """Book the next entries of a journal; raises OperationalError."""
    try:
        with central.database.atomic() as connection:
            return _turn(connection, central, journal, limit)
    except _FAULTS as problem:
        if limit > 1:
            return book_turn(central, journal, limit=1)
        _log.exception("an entry of %s cannot be booked and is parked", journal)
        return _park_next(central, journal, problem)


def _turn(connection: Connection, central: Central, journal: Journal, limit: int) -> Turn:
    upto = _lock_mark(connection, journal)
    rows = _next(connection, journal, upto, limit)
    if not rows:
        return NOTHING
    store_id, at = rows[0].store_id, central.timestamp()
    workstation_id = journal.workstation_id
    read = [
        Read(
            journal.epoch,
            row.sequence,
            read_entry(row.body, workstation_id=workstation_id, store_id=store_id),
        )
        for row in rows
    ]
    booked = book(connection, workstation_id, store_id, read, at)
    _set_states(connection, journal, _states(read, booked))
    if booked.broken:
        central.on_shortfall(connection, booked.broken, at)
    words = words_of_entries(store_id, workstation_id, read, booked.aliases)
    inbox.put_all(connection, words, at)
    tell(connection, central.data_keys, store_id, at)
    note_highest(connection, workstation_id, read)
    _move_mark(connection, journal, rows[-1].sequence)
    return Turn(len(rows), store_id, bool(words or booked.broken))


def _lock_mark(connection: Connection, journal: Journal) -> int:
    """How far it is booked, held until the commit: one books it at a time."""
    key = {"workstation_id": journal.workstation_id, "epoch": journal.epoch}
    insert_missing(connection, t.booked_upto, [key])
    return int(ask(connection, _LOCKED, **_key(journal)).rows[0].sequence)


def _move_mark(connection: Connection, journal: Journal, sequence: int) -> None:
    ask(connection, _MOVE_ON, **_key(journal), upto=sequence)


def _next(connection: Connection, journal: Journal, upto: int, limit: int) -> list[Any]:
    """Entries above the mark that were sent while the workstation stood in one store."""
    rows: list[Any] = []
    size = 0
    for row in read_on(connection, _ABOVE, **_key(journal), upto=upto, most=limit):
        size += len(row.body)
        if rows and (size > TURN_BYTES or row.store_id != rows[0].store_id):
            break
        rows.append(row)
    return rows


def _states(read: Iterable[Read], booked: Booked) -> list[dict[str, Any]]:
    """Only what is not simply accepted."""
    states = []
    for one in read:
        if isinstance(one.reading, Parked):
            states.append(_state(one.sequence, "parked", one.reading.reason))
        elif one.sequence in booked.aliases:
            reason = "what it tells is known from another entry"
            states.append(_state(one.sequence, "alias", reason))
    return states


def _state(sequence: int, state: str, reason: str) -> dict[str, Any]:
    return {"p_sequence": sequence, "p_state": state, "p_reason": reason}


def _set_states(connection: Connection, journal: Journal, states: list[dict[str, Any]]) -> None:
    if states:
        connection.execute(
            update(t.journal_entry)
            .where(
                _is(t.journal_entry),
                t.journal_entry.c.sequence == bindparam("p_sequence"),
            )
            .values(state=bindparam("p_state"), reason=bindparam("p_reason")),
            [_key(journal) | state for state in states],
        )


def _park_next(central: Central, journal: Journal, problem: Exception) -> Turn:
    sentence = f"it cannot be booked: {type(problem).__name__} {problem}".splitlines()[0]
    with central.database.atomic() as connection:
        upto = _lock_mark(connection, journal)
        rows = _next(connection, journal, upto, 1)
        if not rows:
            return NOTHING
        reading = Parked.of(sentence)
        parked = [Read(journal.epoch, rows[0].sequence, reading)]
        _set_states(connection, journal, _states(parked, Booked()))
        _move_mark(connection, journal, rows[0].sequence)
        return Turn(1, rows[0].store_id)


def words_of_entries(
    store_id: str, workstation_id: str, read: Sequence[Read], aliases: frozenset[int]
) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What was said of orders and goods, in its order; a fact that is known says nothing again."""
    found = []
    for one in read:
        words = _words(one.reading, is_known=one.sequence in aliases)
        found += [(store_id, workstation_id, *word) for word in words]
    return found


def _words(reading: Reading, *, is_known: bool) -> list[tuple[str, dict[str, Any]]]:
    match reading:
        case Said():
            return [(reading.kind, reading.payload)]
        case Sale() if not is_known:
            return words_of(reading.transaction)
        case Goods() if not is_known:
            word = word_of(reading.body.payload)
            return [(inbox.GOODS, word)] if word else []
        case InvoiceChecked() if not is_known:
            return [(inbox.INVOICE, reading.body.payload)]
        case _:
            return []


def _key(journal: Journal) -> dict[str, Any]:
    return {"of_workstation": journal.workstation_id, "of_epoch": journal.epoch}
