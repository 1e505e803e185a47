"""The thread of a process that books what came in, woken as it comes.

A receipt just made is booked at once. What many tills send after hours away, or one after a
week, waits while such masses still arrive, for a till's answer matters more than the books. The
thing to get wrong: waiting for ever under lasting load. A backlog gets a turn every few seconds
anyhow, and what still comes after a minute is no flood but the trade: then books are kept
beside it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from central_sync.server.bookkeeping import TURN_ENTRIES, Journal, book_turn, waiting
from central_sync.server.central import Central

# A batch of so many is a backlog, and any batch while so many came within a second.
BACKLOG_ENTRIES = 50
RUSH_ENTRIES = 500
RUSH_SECONDS = 1.0
# The next batch of a backlog is expected within this time.
QUIET_SECONDS = 0.15
LONGEST_WAIT_SECONDS = 3.0
LONGEST_FLOOD_SECONDS = 60.0
SHORT_WAIT_SECONDS = 0.1
# While more batches than this are being taken in, what is fresh is booked now and then.
CROWD_BATCHES = 4
CROWD_WAIT_SECONDS = 0.2
AWAY_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Books(Protocol):
    """What intake tells of what it kept."""

    def giving_way(self) -> AbstractContextManager[None]:
        """A till's batch is being taken in: a backlog waits meanwhile."""
        ...

    def received(self, workstation_id: str, epoch: int, entries: int) -> None: ...


class Bookkeeper:
    """Books for one process. `decide` is called with a store whose orders were spoken of.

    Its thread is there while there is work, and ends with it.
    """

    def __init__(self, central: Central, decide: Callable[[str], object]) -> None:
        self._central, self._decide = central, decide
        self._fresh: dict[Journal, None] = {}
        self._backlog: dict[Journal, None] = {}
        self._guard = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._under_way = 0
        self._came: deque[tuple[float, int]] = deque()
        self._came_entries = 0
        self._flowed_at = self._turned_at = self._rose_at = self._fresh_turned_at = 0.0

    def received(self, workstation_id: str, epoch: int, entries: int) -> None:
        """Entries are kept and committed: their turn comes."""
        is_backlog = self._is_rush(entries) or entries >= BACKLOG_ENTRIES
        if is_backlog:
            self._flowed_at = time.monotonic()
        self._enter(Journal(workstation_id, epoch), is_backlog=is_backlog)

    @contextmanager
    def giving_way(self) -> Iterator[None]:
        """A till's batch is being taken in: a backlog waits meanwhile."""
        self._count_under_way(1)
        try:
            yield
        finally:
            self._count_under_way(-1)

    def look(self) -> None:
        """Find what nobody was told of: after a start, or of another process that died."""
        with self._central.database.reading() as connection:
            found = waiting(connection)
        for journal, entries in found.items():
            self._enter(journal, is_backlog=entries >= BACKLOG_ENTRIES)

    def close(self) -> None:
        """End the thread after its turn; what is left is found at the next start."""
        with self._guard:
            self._closing = True
            self._guard.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _count_under_way(self, more: int) -> None:
        with self._guard:
            self._under_way += more
            if more < 0 and self._under_way in (0, CROWD_BATCHES):
                self._guard.notify_all()

    def _is_rush(self, entries: int) -> bool:
        """Did so much come just now that the books would hold up the next?"""
        now = time.monotonic()
        with self._guard:
            self._came.append((now, entries))
            self._came_entries += entries
            while self._came[0][0] < now - RUSH_SECONDS:
                self._came_entries -= self._came.popleft()[1]
            return self._came_entries >= RUSH_ENTRIES

    def _enter(self, journal: Journal, *, is_backlog: bool) -> None:
        with self._guard:
            if is_backlog:
                self._add_to_backlog(journal)
            else:
                self._fresh[journal] = None
            self._have_a_thread()
            self._guard.notify_all()

    def _have_a_thread(self) -> None:
        if self._thread is None and not self._closing:
            thread = threading.Thread(target=self._run, name="books", daemon=True)
            thread.start()
            self._thread = thread  # once it runs, for the system may refuse it

    def _run(self) -> None:
        """A fault that nobody foresaw ends this thread; another one keeps the books of the rest."""
        try:
            self._keep_the_books()
        finally:
            with self._guard:
                if self._thread is threading.current_thread():  # it did not end by itself
                    _log.error("a fault in the books; they go on with what is next")
                    self._thread = None
                    if self._fresh or self._backlog:
                        self._have_a_thread()

    def _keep_the_books(self) -> None:
        while (journal := self._next()) is not None:
            try:
                turn = book_turn(self._central, journal)
                if turn.words:
                    self._decide(turn.store_id)
            except SQLAlchemyError as problem:
                _log.warning("the database is away, the books wait: %s", problem)
                self._wait(AWAY_SECONDS)
                self._again(journal)
                continue
            if turn.entries >= TURN_ENTRIES:
                self._again(journal)

    def _next(self) -> Journal | None:
        """Whose turn it is; None ends the thread."""
        with self._guard:
            while not self._closing and (self._fresh or self._backlog):
                now = time.monotonic()
                if self._fresh and (wait_seconds := self._fresh_at() - now) <= 0:
                    self._fresh_turned_at = now
                    return _popped(self._fresh)
                if self._backlog and (backlog_seconds := self._backlog_at(now) - now) <= 0:
                    self._turned_at = now
                    return _popped(self._backlog)
                self._guard.wait(wait_seconds if self._fresh else backlog_seconds)
            self._thread = None
            return None

    def _fresh_at(self) -> float:
        """When what was just made may be booked: at once, unless tills stand in a queue."""
        is_crowd = self._under_way > CROWD_BATCHES
        return self._fresh_turned_at + CROWD_WAIT_SECONDS if is_crowd else 0.0

    def _backlog_at(self, now: float) -> float:
        """When a backlog may be booked: in the next pause, or when it has waited long."""
        is_flood = now - self._rose_at < LONGEST_FLOOD_SECONDS
        turn_at = self._turned_at + (LONGEST_WAIT_SECONDS if is_flood else SHORT_WAIT_SECONDS)
        return turn_at if self._under_way else min(self._flowed_at + QUIET_SECONDS, turn_at)

    def _again(self, journal: Journal) -> None:
        with self._guard:
            self._add_to_backlog(journal)

    def _add_to_backlog(self, journal: Journal) -> None:
        if not self._backlog:
            self._rose_at = self._turned_at = time.monotonic()
        self._backlog[journal] = None

    def _wait(self, seconds: float) -> None:
        with self._guard:
            if not self._closing:
                self._guard.wait(seconds)


def _popped(queue: dict[Journal, None]) -> Journal:
    journal = next(iter(queue))
    del queue[journal]
    return journal
