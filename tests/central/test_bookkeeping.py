"""Kept first, booked after: nothing that was kept is forgotten, doubled or in another's way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.retail.stock import Reservation
from central_sync.server import bookkeeper, reads
from central_sync.server.booking import Read, book
from central_sync.server.bookkeeper import Bookkeeper
from central_sync.server.bookkeeping import Journal, book_all, book_turn, waiting
from central_sync.server.central import Central
from central_sync.server.intake import Sender, receive
from central_sync.server.reading import read_entry
from central_sync.server.repost import repost
from central_sync.server.warehouse import reserving
from central_sync.server.warehouse.reserving import Want
from central_sync.wire.entries import EntryKind
from tests.central.faults import faults_of
from tests.central.office import Workstation, count_of, enrolled, on_hand, sale, states
from tests.hardware.waiting import until

AT = "2026-11-22T12:00:00.000Z"


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def _keep(central: Central, till: Workstation) -> None:
    """All that intake does; what it would wake is asleep."""
    sender = Sender(till.workstation_id, till.store_id, till.key.public)
    with central.database.atomic() as connection:
        receive(connection, sender, till.request(), AT)


def _left(central: Central) -> int:
    with central.database.reading() as connection:
        return sum(waiting(connection).values())


def test_books_hold_nothing_that_intake_waits_for(central: Central, till: Workstation) -> None:
    """Other tills' batches wait with this one's, for they go together."""
    till.sell(sale(1))
    _keep(central, till)
    reading = read_entry(till.entries[0].body, workstation_id=till.workstation_id, store_id="s01")
    with central.database.atomic() as books, central.database.engine.connect() as intake:
        book(books, till.workstation_id, "s01", [Read(1, 1, reading)], AT)

        heads = intake.execute(select(t.epoch.c.epoch).with_for_update(nowait=True)).all()

    assert len(heads) == 1


def test_what_is_kept_waits_to_be_booked_and_is_told_as_waiting(
    central: Central, till: Workstation
) -> None:
    till.sell(sale(1))
    till.sell(sale(2))
    _keep(central, till)
    with central.database.reading() as connection:
        before = reads.status(connection)
    kept = on_hand(central)

    book_all(central)

    assert (before.journal_entries, before.waiting, before.receipts, kept) == (2, 2, 0, 5)
    assert (_left(central), count_of(central, t.receipt), on_hand(central)) == (0, 2, 3)


def test_a_journal_is_booked_in_turns_that_follow_one_another(
    central: Central, till: Workstation
) -> None:
    for number in range(1, 6):
        till.sell(sale(number))
    _keep(central, till)
    journal = Journal(till.workstation_id, 1)

    turns = [book_turn(central, journal, limit=2).entries for _ in range(4)]

    assert turns == [2, 2, 1, 0]
    assert on_hand(central) == 0


def test_an_older_epoch_is_booked_before_a_newer_one(central: Central, till: Workstation) -> None:
    newer = replace(till, epoch=2, entries=[])
    newer.sell(sale(9))
    till.sell(sale(9))
    _keep(central, newer)
    _keep(central, till)

    book_all(central)

    assert (states(central), on_hand(central)) == (["accepted", "alias"], 4)


def test_an_entry_that_booking_fails_with_is_parked_alone_and_can_be_booked_again(
    central: Central, till: Workstation
) -> None:
    def fail(_connection: Connection, _broken: Sequence[Reservation], _at: str) -> None:
        raise ValueError("somebody forgot a case")

    with central.database.atomic() as connection:
        reserving.grant(connection, [Want("s01", "SKU-1", 2)], "p1", "2027", False, AT)
    till.sell(sale(1))
    till.sell(sale(2, quantity=3))
    till.note()
    _keep(central, till)

    book_all(replace(central, on_shortfall=fail))

    assert (states(central), on_hand(central)) == (["accepted", "parked", "accepted"], 4)
    with central.database.reading() as connection:
        (parked,) = reads.parked(connection)
    assert "somebody forgot a case" in parked.reason
    with central.database.atomic() as connection:
        assert repost(connection, AT).booked == 1
    assert on_hand(central) == 1


def test_many_who_book_at_once_book_everything_once(central: Central, till: Workstation) -> None:
    for number in range(1, 31):
        till.sell(sale(number))
    _keep(central, till)
    journal = Journal(till.workstation_id, 1)

    def work() -> None:
        while book_turn(central, journal, limit=3).entries:
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (_left(central), count_of(central, t.receipt), on_hand(central)) == (0, 30, -25)


def test_what_a_process_kept_before_it_died_is_found_by_the_next(
    central: Central, till: Workstation
) -> None:
    till.sell(sale(1))
    _keep(central, till)
    books = Bookkeeper(central, lambda _store_id: None)

    books.look()

    until(lambda: _left(central) == 0)
    books.close()
    assert on_hand(central) == 4


def test_a_fault_that_nobody_foresaw_does_not_end_the_books(
    central: Central, till: Workstation
) -> None:
    def fails(_store_id: str) -> None:
        raise RuntimeError("nobody foresaw this")

    other = enrolled(central, label="2")
    books = Bookkeeper(central, fails)
    with faults_of("books") as faults:
        for one in (till, other):
            one.note(EntryKind.TASK_DONE)
            _keep(central, one)
            books.received(one.workstation_id, 1, len(one.entries))
        until(lambda: _left(central) == 0)
        books.close()

    assert faults == [RuntimeError, RuntimeError]


@pytest.mark.parametrize("count", [1, 60], ids=["fresh", "a backlog"])
def test_nothing_waits_for_ever_while_batches_keep_coming(
    central: Central, till: Workstation, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(bookkeeper, "LONGEST_WAIT_SECONDS", 0.1)
    for _ in range(count):
        till.note()
    _keep(central, till)
    books = Bookkeeper(central, lambda _store_id: None)

    with ExitStack() as under_way:
        for _ in range(bookkeeper.CROWD_BATCHES + 1):
            under_way.enter_context(books.giving_way())
        books.received(till.workstation_id, 1, count)
        until(lambda: _left(central) == 0)
    books.close()


def test_a_receipt_just_made_is_booked_beside_a_backlog(
    central: Central, till: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookkeeper, "LONGEST_WAIT_SECONDS", 3600.0)
    other = enrolled(central, label="2")
    for _ in range(60):
        till.note()
    other.sell(sale(1))
    _keep(central, till)
    _keep(central, other)
    books = Bookkeeper(central, lambda _store_id: None)

    with books.giving_way():
        books.received(till.workstation_id, 1, 60)
        books.received(other.workstation_id, 1, 1)
        until(lambda: on_hand(central) == 4)
        waits = _left(central)
    until(lambda: _left(central) == 0)
    books.close()

    assert waits == 60


def test_entries_of_two_stores_are_booked_where_they_were_made(
    central: Central, till: Workstation
) -> None:
    till.sell(sale(1))
    _keep(central, till)
    moved = replace(till, store_id="s02", entries=list(till.entries))
    moved.sell(sale(2, quantity=2))
    _keep(central, moved)

    book_all(central)

    with central.database.reading() as connection:
        rows = connection.execute(
            select(t.receipt.c.store_id).order_by(t.receipt.c.sequence)
        ).scalars()
        assert list(rows) == ["s01", "s02"]
