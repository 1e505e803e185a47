"""Many who want to hold pieces at once, in one transaction: what makes a hot item quick.

A wish that comes alone is committed at once; while that commit is under way others gather
and go together the next time, so a group grows with the rush and nobody waits for a timer.
The thing to get wrong: letting one bad wish spoil the group. When a group fails, each of it
is tried again alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from sqlalchemy import Connection

from central_sync.database.open import Database
from central_sync.server.timestamps import Clock, iso
from central_sync.server.warehouse.reserving import Granted, Short, Wish, grant_all

LARGEST_GROUP = 256
IDLE_SECONDS = 2.0

Answer = Granted | Short
# What is written with the answer in the same transaction: the quote's own row, say.
Then = Callable[[Connection, Answer], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    wish: Wish
    then: Then | None
    future: Future[Answer]


class GrantQueue:
    """One writer for all who reserve in this process; safe for many threads."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, wish: Wish, then: Then | None = None) -> Future[Answer]:
        """The answer comes after the commit. Raises RuntimeError once it is closed.

        `then` writes beside a granted or refused wish; it may be called twice, the second
        time in a new transaction, when somebody else's part of the first one failed.
        """
        waiting = _Waiting(wish, then, Future())
        with self._guard:
            if self._is_closed:
                raise RuntimeError("no more reservations: central is stopping")
            self._start()
            self._waiting.put(waiting)
        return waiting.future

    def grant(self, wish: Wish, then: Then | None = None) -> Answer:
        """The same, waiting for the answer; raises what the database raised."""
        return self.submit(wish, then).result()

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
            self._thread = threading.Thread(target=self._serve, name="reserving", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        """Ends when nobody came for a while; the next wish starts another thread."""
        while group := self._next_group():
            there = [one for one in group if one is not None]
            if there:
                self._grant(there)
            if len(there) < len(group):
                return

    def _next_group(self) -> list[_Waiting | None]:
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

    def _grant(self, group: list[_Waiting]) -> None:
        try:
            answers = self._commit(group)
        except Exception as problem:  # noqa: BLE001 - handed to those who wait for it
            if len(group) == 1:
                group[0].future.set_exception(problem)
                return
            for one in group:
                self._grant([one])
            return
        for one, answer in zip(group, answers, strict=True):
            one.future.set_result(answer)

    def _commit(self, group: list[_Waiting]) -> list[Answer]:
        with self._database.atomic() as connection:
            answers = grant_all(connection, [one.wish for one in group], iso(self._now()))
            for one, answer in zip(group, answers, strict=True):
                if one.then is not None:
                    one.then(connection, answer)
        return answers
