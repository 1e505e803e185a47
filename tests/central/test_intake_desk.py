"""The desk where batches come in: many tills in one commit, and each answered as if alone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from central_sync.database import tables as t
from central_sync.server import intake
from central_sync.server.auth import Till
from central_sync.server.bodies import Received
from central_sync.server.central import Central
from central_sync.server.enrolment import revoke_workstation
from central_sync.server.intake import Sender
from central_sync.server.intake_desk import Answer, Arrival, IntakeDesk
from central_sync.server.refused import Refused
from central_sync.wire.batch import MEDIA_TYPE, signed_batch
from central_sync.wire.messages import JournalReply
from tests.central.office import Workstation, count_of, enrolled


@dataclass
class HeldBooks:
    """Holds the desk's hand until the gate is opened, so that others gather meanwhile."""

    gate: threading.Event = field(default_factory=threading.Event)
    told: list[tuple[str, int]] = field(default_factory=list)

    def giving_way(self) -> AbstractContextManager[None]:
        return nullcontext()

    def received(self, workstation_id: str, epoch: int, entries: int) -> None:
        self.gate.wait()
        self.told.append((workstation_id, entries))


@pytest.fixture
def books() -> HeldBooks:
    return HeldBooks()


@pytest.fixture
def desk(central: Central, books: HeldBooks) -> Iterator[IntakeDesk]:
    made = IntakeDesk(central, books, hands=1)
    yield made
    books.gate.set()
    made.close()


@pytest.fixture
def tills(central: Central) -> list[Workstation]:
    """Each with two entries to send."""
    made = [enrolled(central, label=str(number)) for number in range(1, 7)]
    for till in made:
        till.note()
        till.note()
    return made


def arrival(till: Workstation, first: int = 1, last: int = 2, *, token: str = "") -> Arrival:
    batch = signed_batch(till.entries[first - 1 : last], till.key, till.workstation_id)
    body = Received(batch.to_bytes(), media_type=MEDIA_TYPE)
    return Arrival(body, token or till.headers["Authorization"].removeprefix("Bearer "))


def together(
    desk: IntakeDesk, books: HeldBooks, first: Workstation, *others: Arrival
) -> list[Future[Answer]]:
    """The others gather while the desk is at the first one's."""
    desk.submit(arrival(first)).result(60)
    waiting = [desk.submit(one) for one in others]
    books.gate.set()
    return waiting


def at_each_commit(central: Central, act: Callable[[Connection], None]) -> None:
    """Do this at commits of what came in, before the database does them."""

    def commit(connection: Connection) -> None:
        told = connection.get_execution_options()
        reads = told.get("postgresql_readonly") or told.get("isolation_level") == "AUTOCOMMIT"
        if told.get("spindel_writes", not reads):
            act(connection)

    # Connections that lie ready were made before and would not hear of it.
    central.database.close()
    event.listen(central.database.engine, "commit", commit)


def reply(waiting: Future[Answer]) -> JournalReply:
    answer = waiting.result(60)
    assert isinstance(answer, JournalReply)
    return answer


def test_batches_that_gather_share_one_commit(
    central: Central, desk: IntakeDesk, books: HeldBooks, tills: list[Workstation]
) -> None:
    commits: list[Connection] = []
    at_each_commit(central, commits.append)

    answers = together(desk, books, tills[0], *map(arrival, tills[1:]))

    assert [reply(one).accepted for one in answers] == [2] * 5
    assert (len(commits), count_of(central, t.journal_entry)) == (2, 12)


def test_a_bad_batch_is_answered_alone_and_the_others_are_kept(
    central: Central, desk: IntakeDesk, books: HeldBooks, tills: list[Workstation]
) -> None:
    first, good, wrong, strange, gone, last = tills
    with central.database.atomic() as connection:
        revoke_workstation(connection, gone.workstation_id, central.now())
    stolen = arrival(replace(wrong, key=good.key), token=arrival(wrong).token)
    no_batch = replace(arrival(good), body=Received(b"{", media_type=MEDIA_TYPE))
    unknown = arrival(replace(strange, key=good.key))

    answers = together(
        *(desk, books, first, arrival(good)),
        *(stolen, no_batch, unknown, arrival(gone), arrival(last, 2, 2), arrival(last)),
    )

    assert (reply(answers[0]).accepted, reply(answers[6]).accepted) == (2, 2)
    refused = [answers[at].exception(60) for at in (1, 2, 3)]
    assert [one.status for one in refused if isinstance(one, Refused)] == [422, 422, 401]
    aside = answers[4].result(60)
    assert isinstance(aside, Refused)
    assert aside.code == "revoked"
    assert reply(answers[5]).status == "gap"
    assert (count_of(central, t.journal_entry), count_of(central, t.aside_entry)) == (6, 2)


def test_what_cannot_be_kept_aside_spoils_nobody_elses(
    central: Central,
    desk: IntakeDesk,
    books: HeldBooks,
    tills: list[Workstation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "LARGEST_ASIDE_ENTRIES", 0)
    first, good, forked = tills[:3]
    copy = replace(first, entries=[])
    copy.note(payload={"of": "the copy"})
    others = [replace(forked, entries=[]) for _ in range(2)]
    for number, other in enumerate(others):
        other.note(payload={"of": number})
    sent = [arrival(copy, 1, 1), arrival(forked), *(arrival(each, 1, 1) for each in others)]

    answers = together(desk, books, first, *sent, arrival(good))

    assert reply(answers[0]).status == "fork"
    assert [reply(answers[at]).accepted for at in (1, 4)] == [2, 2]
    assert reply(answers[2]).status == "fork"
    full = answers[3].exception(60)
    assert isinstance(full, Refused)
    assert full.code == "aside_full"
    assert (count_of(central, t.journal_entry), count_of(central, t.aside_entry)) == (6, 2)


def test_batches_of_one_till_are_taken_in_their_order_and_a_repeat_hears_the_same(
    central: Central, desk: IntakeDesk, books: HeldBooks, tills: list[Workstation]
) -> None:
    till = tills[1]
    sent = [arrival(till, 1, 1), arrival(till, 2, 2), arrival(till, 1, 1), arrival(till, 2, 2)]

    answers = [reply(one) for one in together(desk, books, tills[0], *sent)]

    assert [answer.head.sequence for answer in answers] == [1, 2, 2, 2]
    assert answers[3] == answers[1]
    assert {answer.status for answer in answers} == {"accepted"}
    assert count_of(central, t.journal_entry) == 4


def _of_the_database(problem: str) -> OperationalError:
    return OperationalError("COMMIT", None, sqlite3.OperationalError(problem))


def test_nobody_hears_yes_of_a_commit_that_failed(
    central: Central, desk: IntakeDesk, books: HeldBooks, tills: list[Workstation]
) -> None:
    fails = [True] * 4

    def refuse(_connection: Connection) -> None:
        if fails:
            fails.pop()
            raise _of_the_database("database or disk is full")

    desk.submit(arrival(tills[0])).result(60)
    at_each_commit(central, refuse)
    waiting = [desk.submit(arrival(till)) for till in tills[1:4]]
    books.gate.set()

    problems = [one.exception(60) for one in waiting]

    # Together once, then each alone.
    assert [type(problem) for problem in problems] == [OperationalError] * 3
    assert count_of(central, t.journal_entry) == 2
    assert [reply(desk.submit(arrival(till))).accepted for till in tills[1:4]] == [2] * 3


def test_a_group_whose_answers_were_lost_hears_the_same_when_it_comes_again(
    central: Central, desk: IntakeDesk, books: HeldBooks, tills: list[Workstation]
) -> None:
    dies = [True]

    def die(connection: Connection) -> None:
        if dies:
            dies.clear()
            raw: Any = connection.connection.dbapi_connection
            raw.commit()
            raise _of_the_database("gone after the commit, before the answers")

    desk.submit(arrival(tills[0])).result(60)
    at_each_commit(central, die)
    waiting = [desk.submit(arrival(till)) for till in tills[1:4]]
    books.gate.set()
    answers = [reply(one) for one in waiting]
    again = [reply(desk.submit(arrival(till))) for till in tills[1:4]]

    assert (answers, dies) == (again, [])
    assert count_of(central, t.journal_entry) == 8


def test_who_was_asked_for_its_name_before_is_not_asked_again(
    desk: IntakeDesk, books: HeldBooks, tills: list[Workstation]
) -> None:
    till = tills[0]
    sender = Sender(till.workstation_id, till.store_id, till.key.public)
    books.gate.set()

    known = replace(arrival(till), token="", till=Till(sender, is_revoked=False))

    assert reply(desk.submit(known)).accepted == 2
