"""The desk where writes gather: who comes meanwhile goes together, and nobody is spoiled."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest
from sqlalchemy import Connection, insert, select

from central_sync.database import tables as t
from central_sync.server.central import Central
from central_sync.server.refused import Refused
from central_sync.server.together import CommitDesk, Gathering, Spoiled, Unfinished, Waiting
from tests.central.faults import faults_of

Desk = CommitDesk[str, int]
# A thread that a fault ends is what these tests are about.
a_fault_ends_it = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def desk(central: Central) -> Iterator[Desk]:
    made: Desk = CommitDesk(central.database, "testing")
    yield made
    made.close()


def _together(connection: Connection, works: Sequence[str]) -> list[int]:
    """Keeps each word; "bad" spoils it for itself, "worse" for the group, "fault" is nobody's.

    Answers the size of the group.
    """
    rows = [{"postcode": word, "latitude": "1", "longitude": "1"} for word in works]
    connection.execute(insert(t.postcode), rows)
    if "worse" in works:
        raise Refused(409, "worse", "it is worse")
    if "fault" in works:
        raise ValueError("nobody foresaw it")
    bad = {at: LookupError(word) for at, word in enumerate(works) if word.startswith("bad")}
    if bad:
        raise Spoiled(bad)
    return [len(works)] * len(works)


def _gathered(desk: Desk, *words: str) -> list[Future[int]]:
    """All of them come while one commit is under way."""
    begun, goes_on = threading.Event(), threading.Event()

    def slow(_connection: Connection, works: Sequence[str]) -> list[int]:
        begun.set()
        goes_on.wait()
        return [0] * len(works)

    desk.submit("", slow)
    begun.wait()
    waiting = [desk.submit(word, _together) for word in words]
    goes_on.set()
    return waiting


def _kept(central: Central) -> set[str]:
    with central.database.reading() as connection:
        return set(connection.execute(select(t.postcode.c.postcode)).scalars())


def test_who_comes_during_a_commit_goes_together_in_the_next(central: Central, desk: Desk) -> None:
    waiting = _gathered(desk, "a", "b", "c")

    assert [one.result(60) for one in waiting] == [3, 3, 3]
    assert _kept(central) == {"a", "b", "c"}


def test_who_cannot_be_done_is_answered_and_the_rest_goes_together(
    central: Central, desk: Desk
) -> None:
    waiting = _gathered(desk, "a", "bad-1", "b", "bad-2", "c")

    assert [waiting[at].result(60) for at in (0, 2, 4)] == [3, 3, 3]
    assert [type(waiting[at].exception(60)) for at in (1, 3)] == [LookupError, LookupError]
    assert _kept(central) == {"a", "b", "c"}


def test_a_group_that_fails_is_tried_one_by_one(central: Central, desk: Desk) -> None:
    waiting = _gathered(desk, "a", "worse", "b")

    assert [waiting[at].result(60) for at in (0, 2)] == [1, 1]
    assert isinstance(waiting[1].exception(60), Refused)
    assert _kept(central) == {"a", "b"}


def test_a_fault_is_told_to_whose_work_met_it_and_the_others_are_done(
    central: Central, desk: Desk
) -> None:
    with faults_of("testing") as faults:
        waiting = _gathered(desk, "a", "fault", "b", "fault", "c")
        done = [waiting[at].result(60) for at in (0, 2, 4)]
        told = [type(waiting[at].exception(60)) for at in (1, 3)]
        desk.close()

    # Once together, and then each of the two alone.
    assert (done, told) == ([1, 1, 1], [Unfinished, Unfinished])
    assert faults == [ValueError] * 3
    assert _kept(central) == {"a", "b", "c"}


def test_who_comes_after_a_fault_goes_together_again(central: Central, desk: Desk) -> None:
    with faults_of("testing"):
        _gathered(desk, "a", "fault", "b")
        waiting = _gathered(desk, "c", "d")
        sizes = [one.result(60) for one in waiting]
        desk.close()

    assert sizes == [2, 2]


def test_a_closed_desk_answers_who_waits_and_takes_nobody(central: Central, desk: Desk) -> None:
    waiting = _gathered(desk, "a", "b")

    desk.close()

    assert [one.result(0) for one in waiting] == [2, 2]
    with pytest.raises(RuntimeError, match="stopping"):
        desk.submit("c", _together)


class Faulty(Gathering[str, int]):
    """Fails as a whole at the word "fault", as if its machine had no room for a thread more."""

    def submit(self, word: str) -> Future[int]:
        return self._enter(word)

    def _carry_out(self, group: Sequence[Waiting[str, int]]) -> None:
        for one in group:
            if one.work == "fault":
                raise RuntimeError("can't start new thread")
            one.future.set_result(1)


def test_a_fault_of_the_writer_is_told_to_who_waits_and_the_next_is_served() -> None:
    desk = Faulty("testing")

    with faults_of("testing") as faults:
        with pytest.raises(Unfinished):
            desk.submit("fault").result(timeout=30)
        answer = desk.submit("word").result(timeout=30)
        desk.close()

    assert (answer, faults) == (1, [RuntimeError])


def test_who_comes_after_a_refused_thread_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine had no room for a thread, and then it has."""
    desk = Faulty("testing")

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="thread"):
            desk.submit("refused")

    assert desk.submit("word").result(timeout=30) == 1
    desk.close()
