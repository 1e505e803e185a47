"""Many who want to write at once, in one transaction: a desk where work gathers.

Work that comes alone is committed at once; while that commit is under way others gather and
go together the next time, so a group grows with the rush and nobody waits for a timer. The
thing to get wrong: letting one bad piece of work spoil the group. Whoever is named by
`Spoiled` is answered with its trouble and the rest goes again; when a group fails otherwise,
each of it is tried again alone. A fault of ours ends the thread that met it, and another one
does the same with what was left.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from central_sync.database.open import Database
from central_sync.server.refused import Refused

LARGEST_GROUP = 256
IDLE_SECONDS = 2.0
_log = logging.getLogger(__name__)
MOST_TRIES = 3
# PostgreSQL chose us among those who waited for one another.
_TRY_AGAIN = ("40001", "40P01")

Work = TypeVar("Work")
Answer = TypeVar("Answer")
# All works in this transaction, an answer for each.
Together = Callable[[Connection, Sequence[Work]], Sequence[Answer]]


class Spoiled(Exception):
    """Some of a group cannot be done, by their places in it; nothing of the group is kept."""

    def __init__(self, problems: Mapping[int, Exception]) -> None:
        super().__init__(f"{len(problems)} of a group cannot be done")
        self.problems = problems


class Unfinished(Exception):
    """A fault of ours kept this work from being done; the log says which."""

    def __init__(self) -> None:
        super().__init__("a fault kept it from being done; central's log says which")


def atomically(
    database: Database, act: Callable[[Connection], Answer], *, is_news: bool = True
) -> Answer:
    """One transaction; run again when two waited for one another and the database chose us."""
    for attempt in range(1, MOST_TRIES + 1):
        try:
            with database.atomic(is_news=is_news) as connection:
                return act(connection)
        except OperationalError as problem:
            state = getattr(problem.orig, "sqlstate", "")
            if attempt == MOST_TRIES or state not in _TRY_AGAIN:
                raise
    raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class Waiting(Generic[Work, Answer]):
    """Somebody's work, and where the answer goes."""

    work: Work
    future: Future[Answer] = field(default_factory=Future)


def commit_together(
    database: Database,
    group: Sequence[Waiting[Work, Answer]],
    together: Together[Work, Answer],
    *,
    is_news: bool = True,
) -> None:
    """Do a group's work in one transaction and answer each of it, whatever becomes of the rest.

    `together` may raise Spoiled, Refused and what the database raises. Anything else is a fault
    and comes out of here, and whom it concerns is left unanswered.
    """
    works = [one.work for one in group]
    try:
        answers = atomically(
            database, lambda connection: together(connection, works), is_news=is_news
        )
    except Spoiled as spoiled:
        rest = [one for at, one in enumerate(group) if at not in spoiled.problems]
        if rest:
            commit_together(database, rest, together, is_news=is_news)
        # Told last: what spoiled it may be what another of the group has done by now.
        for at, problem in spoiled.problems.items():
            group[at].future.set_exception(problem)
    except (Refused, SQLAlchemyError) as problem:
        if len(group) == 1:
            group[0].future.set_exception(problem)
            return
        for one in group:
            commit_together(database, [one], together, is_news=is_news)
    else:
        for one, answer in zip(group, answers, strict=True):
            one.future.set_result(answer)


class Gathering(ABC, Generic[Work, Answer]):
    """Threads that take what has gathered, in the order of its coming; safe for many threads.

    There are at most `hands` of them, and none where nobody came for a while. A group has a
    weight of `largest_weight`, by what was said with each work, or is one work that is heavier.
    """

    def __init__(self, name: str, *, hands: int = 1, largest_weight: int = LARGEST_GROUP) -> None:
        self._name, self._hands, self._largest_weight = name, hands, largest_weight
        self._waiting: deque[tuple[Waiting[Work, Answer], int]] = deque()
        # Guards all that is below, and rings when somebody comes.
        self._guard = threading.Condition(threading.Lock())
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._is_closed = False

    @property
    def count(self) -> int:
        """Works that wait for the next commit."""
        return len(self._waiting)

    def close(self) -> None:
        """Answer those who wait, and end the threads; any number of times."""
        with self._guard:
            self._is_closed = True
            self._guard.notify_all()
        while (thread := next(iter(self._threads), None)) is not None:
            thread.join()

    @abstractmethod
    def _carry_out(self, group: Sequence[Waiting[Work, Answer]]) -> None:
        """Answer each of a group. What it raises is a fault."""

    def _enter(self, work: Work, weight: int = 1) -> Future[Answer]:
        """The answer comes after the commit. Raises RuntimeError once it is closed."""
        waiting: Waiting[Work, Answer] = Waiting(work)
        with self._guard:
            if self._is_closed:
                raise RuntimeError("nothing more is written: central is stopping")
            if not self._idle and len(self._threads) < self._hands:
                self._start()
            self._waiting.append((waiting, weight))
            self._guard.notify()
        return waiting.future

    def _start(self, *alone: Waiting[Work, Answer]) -> None:
        thread = threading.Thread(target=self._serve, args=alone, name=self._name, daemon=True)
        thread.start()
        # The system may have refused it: whoever comes next would wait for a thread that is none.
        self._threads.append(thread)

    def _serve(self, *alone: Waiting[Work, Answer]) -> None:
        """Each of `alone` for itself, then who waits; ends when nobody came for a while."""
        left = deque(alone)
        while group := [left.popleft()] if left else self._next_group():
            with ExitStack() as on_a_fault:
                # The only hand of a process, maybe: whom it leaves would wait for ever.
                on_a_fault.callback(self._give_up, group, left)
                self._carry_out(group)
                on_a_fault.pop_all()

    def _give_up(
        self, group: Sequence[Waiting[Work, Answer]], left: Sequence[Waiting[Work, Answer]]
    ) -> None:
        """The fault ends this thread: whose it is, is told; the others are tried one by one."""
        _log.error("a fault in %s; whoever waits for it is told", self._name)
        undone = [one for one in group if not one.future.done()]
        if len(undone) == 1:
            undone.pop().future.set_exception(Unfinished())
        again = (*undone, *left)
        with self._guard, ExitStack() as on_no_thread:
            on_no_thread.callback(_tell, again)
            self._threads.remove(threading.current_thread())
            if again or self._waiting:
                self._start(*again)
            on_no_thread.pop_all()

    def _next_group(self) -> list[Waiting[Work, Answer]]:
        """Whoever waits by now, at least one; nobody: this thread is given up."""
        group: list[Waiting[Work, Answer]] = []
        while not group:
            came = self._taken()
            if not came:
                break
            # Whoever was called off meanwhile is not begun.
            group = [one for one in came if one.future.set_running_or_notify_cancel()]
        return group

    def _taken(self) -> list[Waiting[Work, Answer]]:
        with self._guard:
            self._idle += 1
            self._guard.wait_for(lambda: self._waiting or self._is_closed, IDLE_SECONDS)
            self._idle -= 1
            taken, weight = list[Waiting[Work, Answer]](), 0
            while self._waiting and weight < self._largest_weight:
                one, its_weight = self._waiting.popleft()
                taken.append(one)
                weight += its_weight
            if not taken:
                self._threads.remove(threading.current_thread())
            return taken


def _tell(undone: Sequence[Waiting[Work, Answer]]) -> None:
    for one in undone:
        one.future.set_exception(Unfinished())


class CommitDesk(Gathering[tuple[Work, Together[Work, Answer]], Answer]):
    """One writer for all who come to it in this process."""

    def __init__(self, database: Database, name: str) -> None:
        super().__init__(name)
        self._database = database

    def submit(self, work: Work, together: Together[Work, Answer]) -> Future[Answer]:
        """The answer comes after the commit. Raises RuntimeError once it is closed.

        `together` does neighbours that came with it in one transaction; it may be called
        again with fewer of them, in a new transaction.
        """
        return self._enter((work, together))

    def do(self, work: Work, together: Together[Work, Answer]) -> Answer:
        """The same, waiting for the answer; raises what `together` or the database raised."""
        return self.submit(work, together).result()

    def _carry_out(
        self, group: Sequence[Waiting[tuple[Work, Together[Work, Answer]], Answer]]
    ) -> None:
        for together, part in groupby(group, lambda one: one.work[1]):
            same = [Waiting(one.work[0], one.future) for one in part]
            commit_together(self._database, same, together)
