"""A hot item: many who want it go in one transaction, exactly, and nobody spoils it for others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.server.central import Central
from central_sync.server.warehouse import reserving
from central_sync.server.warehouse.grouping import Answer, GrantQueue
from central_sync.server.warehouse.rebuild import broken_rules
from central_sync.server.warehouse.reserving import Granted, Short, Want, Wish
from tests.central.warehouse import stock

LATER = "2026-11-22T12:10:00.000Z"
TRIES = 3_200
PIECES = 200


@pytest.fixture
def desk(central: Central) -> Iterator[GrantQueue]:
    made = GrantQueue(central.database, central.now)
    yield made
    made.close()


def _wish(number: int, holder: str = "") -> Wish:
    want = Want("s01", "SKU-1", 1, holder)
    return Wish((want,), f"q{number}", LATER)


def test_a_rush_on_one_item_is_granted_exactly(central: Central, desk: GrantQueue) -> None:
    with central.database.atomic() as connection:
        stock(connection, PIECES - 5, "s01")

    waiting = [desk.submit(_wish(number)) for number in range(TRIES)]

    answers = [one.result(60) for one in waiting]
    assert sum(isinstance(one, Granted) for one in answers) == PIECES
    assert isinstance(answers[-1], Short)
    with central.database.reading() as connection:
        assert broken_rules(connection) == []


def test_groups_of_two_processes_never_grant_a_piece_twice(
    central: Central, desk: GrantQueue
) -> None:
    other = GrantQueue(central.database, central.now)
    waiting = [(desk, other)[number % 2].submit(_wish(number)) for number in range(40)]

    won = sum(isinstance(one.result(60), Granted) for one in waiting)
    other.close()

    assert won == 5
    with central.database.reading() as connection:
        assert broken_rules(connection) == []


def test_one_that_cannot_be_written_spoils_it_for_nobody_else(
    central: Central, desk: GrantQueue
) -> None:
    desk.grant(_wish(0, "q/1"))

    waiting = [desk.submit(_wish(number, "q/1" if number == 2 else "")) for number in range(1, 4)]

    assert isinstance(waiting[0].result(60), Granted)
    assert isinstance(waiting[2].result(60), Granted)
    with pytest.raises(IntegrityError):
        waiting[1].result(60)


def test_what_is_written_beside_a_right_is_written_with_it(
    central: Central, desk: GrantQueue
) -> None:
    def note(trip: Trip, answer: Answer) -> None:
        assert isinstance(answer, Granted)
        trip.insert(t.postcode, [{"postcode": "1", "latitude": "1", "longitude": "1"}])

    desk.grant(_wish(1), note)

    with central.database.reading() as connection:
        assert connection.execute(select(t.postcode.c.postcode)).scalars().all() == ["1"]
        assert len(reserving.held(connection, "q1")) == 1


def test_whoever_waits_is_answered_before_the_desk_closes(
    central: Central, desk: GrantQueue
) -> None:
    waiting = [desk.submit(_wish(number)) for number in range(50)]

    desk.close()

    assert all(one.done() for one in waiting)
    with pytest.raises(RuntimeError, match="stopping"):
        desk.submit(_wish(99))
