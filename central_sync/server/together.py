"""Many who want to write at once, in one transaction: a desk where work gathers.

Work that comes alone is committed at once; while that commit is under way others gather and
go together the next time, so a group grows with the rush and nobody waits for a timer. The
thing to get wrong: letting one bad piece of work spoil the group. Whoever is named by
`Spoiled` is answered with its trouble and the rest goes again; when a group fails otherwise,
each of it is tried again alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from central_sync.database.open import Database

LARGEST_GROUP = 256
IDLE_SECONDS = 2.0
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


def atomically(database: Database, act: Callable[[Connection], Answer]) -> Answer:
    """One transaction; run again when two waited for one another and the database chose us."""
    for attempt in range(1, MOST_TRIES + 1):
        try:
            with database.atomic() as connection:
                return act(connection)
        except OperationalError as problem:
            state = getattr(problem.orig, "sqlstate", "")
            if attempt == MOST_TRIES or state not in _TRY_AGAIN:
                raise
    raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Work, Answer]):
    work: Work
    together: Together[Work, Answer]
    future: Future[Answer] = field(default_factory=Future)


class CommitDesk(Generic[Work, Answer]):
    """One writer for all who come to it in this process; safe for many threads."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self._waiting: queue.SimpleQueue[_Waiting[Work, Answer] | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @property
    def count(self) -> int:
        """Works that wait for the next commit."""
        return self._waiting.qsize()

    def submit(self, work: Work, together: Together[Work, Answer]) -> Future[Answer]:
        """The answer comes after the commit. Raises RuntimeError once it is closed.

        `together` does neighbours that came with it in one transaction; it may be called
        again with fewer of them, in a new transaction.
        """
        waiting = _Waiting(work, together)
        with self._guard:
            if self._is_closed:
                raise RuntimeError("nothing more is written: central is stopping")
            self._start()
            self._waiting.put(waiting)
        return waiting.future

    def do(self, work: Work, together: Together[Work, Answer]) -> Answer:
        """The same, waiting for the answer; raises what `together` or the database raised."""
        return self.submit(work, together).result()

    def close(self) -> None:
        """Answer those who wait, and end the thread; any number of times."""
        with self._guard:
            self._is_closed = True
            thread = self._thread
            self._waiting.put(None)
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        """Ends when nobody came for a while; the next work starts another thread."""
        while group := self._next_group():
            there = [one for one in group if one is not None]
            for _, part in groupby(there, lambda one: one.together):
                self._answer(list(part))
            if len(there) < len(group):
                return

    def _next_group(self) -> list[_Waiting[Work, Answer] | None]:
        """Whoever waits by now, at least one; nobody: the thread is given up."""
        try:
            group = [self._waiting.get(timeout=IDLE_SECONDS)]
        except queue.Empty:
            with self._guard:
                if not self._waiting.empty():
                    return [self._waiting.get()]
                self._thread = None
                return []
        while len(group) < LARGEST_GROUP and not self._waiting.empty():
            group.append(self._waiting.get())
        return group

    def _answer(self, group: list[_Waiting[Work, Answer]]) -> None:
        try:
            answers = self._commit(group)
        except Spoiled as spoiled:
            rest = [one for at, one in enumerate(group) if at not in spoiled.problems]
            if rest:
                self._answer(rest)
            # Told last: what spoiled it may be what another of the group has done by now.
            for at, problem in spoiled.problems.items():
                group[at].future.set_exception(problem)
        except Exception as problem:  # noqa: BLE001 - handed to those who wait for it
            if len(group) == 1:
                group[0].future.set_exception(problem)
                return
            for one in group:
                self._answer([one])
        else:
            for one, answer in zip(group, answers, strict=True):
                one.future.set_result(answer)

    def _commit(self, group: list[_Waiting[Work, Answer]]) -> Sequence[Answer]:
        works: list[Any] = [one.work for one in group]
        together = group[0].together
        return atomically(self._database, lambda connection: together(connection, works))
