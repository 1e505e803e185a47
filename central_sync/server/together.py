"""Many who want to write at once, in one transaction: a desk where work gathers.

Work that comes alone is committed at once; while that commit is under way others gather and
go together the next time, so a group grows with the rush and nobody waits for a timer. The
thing to get wrong: letting one bad piece of work spoil the group. Whoever is named by
`Spoiled` is answered with its trouble and the rest goes again; when a group fails otherwise,
each of it is tried again alone.
"""

from __future__ import annotations

import logging
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from central_sync.database.open import Database

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
    """Do a group's work in one transaction and answer each of it, whatever becomes of the rest."""
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
    except Exception as problem:  # noqa: BLE001 - handed to those who wait for it
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
        self._waiting: queue.SimpleQueue[tuple[Waiting[Work, Answer], int] | None]
        self._waiting = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._is_closed = False

    @property
    def count(self) -> int:
        """Works that wait for the next commit."""
        return self._waiting.qsize()

    def close(self) -> None:
        """Answer those who wait, and end the threads; any number of times."""
        with self._guard:
            self._is_closed = True
            threads = list(self._threads)
            for _ in threads:
                self._waiting.put(None)
        for thread in threads:
            thread.join()

    @abstractmethod
    def _carry_out(self, group: Sequence[Waiting[Work, Answer]]) -> None:
        """Answer each of a group; raises nothing."""

    def _enter(self, work: Work, weight: int = 1) -> Future[Answer]:
        """The answer comes after the commit. Raises RuntimeError once it is closed."""
        waiting: Waiting[Work, Answer] = Waiting(work)
        with self._guard:
            if self._is_closed:
                raise RuntimeError("nothing more is written: central is stopping")
            if not self._idle and len(self._threads) < self._hands:
                self._start()
            self._waiting.put((waiting, weight))
        return waiting.future

    def _start(self) -> None:
        thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
        thread.start()
        # The system may have refused it: whoever comes next would wait for a thread that is none.
        self._threads.append(thread)

    def _serve(self) -> None:
        """Ends when nobody came for a while; the next work starts another thread."""
        while (group := self._next_group()) is not None:
            # Whoever was called off meanwhile is not begun.
            begun = [one for one in group if one.future.set_running_or_notify_cancel()]
            try:
                self._carry_out(begun)
            except Exception as problem:  # noqa: BLE001 - handed to those who wait for it
                # The only hand of a process: without it nobody would be answered any more.
                _log.exception("a fault in %s; whoever waits for it is told", self._name)
                for one in begun:
                    if not one.future.done():
                        one.future.set_exception(problem)

    def _next_group(self) -> list[Waiting[Work, Answer]] | None:
        """Whoever waits by now, at least one; None: this thread is given up."""
        first = self._first()
        if first is None:
            return None
        group, weight = [first[0]], first[1]
        while weight < self._largest_weight and not self._waiting.empty():
            try:
                further = self._waiting.get_nowait()
            except queue.Empty:  # another hand was quicker
                break
            if further is None:
                self._waiting.put(None)
                break
            group.append(further[0])
            weight += further[1]
        return group

    def _first(self) -> tuple[Waiting[Work, Answer], int] | None:
        with self._guard:
            self._idle += 1
        first = None
        with suppress(queue.Empty):
            first = self._waiting.get(timeout=IDLE_SECONDS)
        with self._guard:
            self._idle -= 1
            if first is None:
                # Nobody comes in from here on, but somebody may have just before.
                with suppress(queue.Empty):
                    first = self._waiting.get_nowait()
            if first is None:
                self._threads.remove(threading.current_thread())
        return first


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
