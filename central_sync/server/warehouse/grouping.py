"""Many who want to hold pieces at once, in one transaction: what makes a hot item quick.

The thing to get wrong: writing beside a wish what cannot be written twice. When a group
fails, each of it is tried again alone (`server.together`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from sqlalchemy import Connection

from central_sync.database.open import Database
from central_sync.database.trip import Trip
from central_sync.server.timestamps import Clock, iso
from central_sync.server.together import CommitDesk
from central_sync.server.warehouse.reserving import Granted, Short, Wish, begin

Answer = Granted | Short
# What is written with the answer in the same trip: the quote's own row, say.
Then = Callable[[Trip, Answer], None]
_Work = tuple[Wish, Then | None]


class GrantQueue:
    """One writer for all who reserve in this process; safe for many threads."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._now = now
        self._desk: CommitDesk[_Work, Answer] = CommitDesk(database, "reserving")

    def submit(self, wish: Wish, then: Then | None = None) -> Future[Answer]:
        """The answer comes after the commit. Raises RuntimeError once it is closed.

        `then` writes beside a granted or refused wish; it may be called twice, the second
        time in a new transaction, when somebody else's part of the first one failed.
        """
        return self._desk.submit((wish, then), self._together)

    def grant(self, wish: Wish, then: Then | None = None) -> Answer:
        """The same, waiting for the answer; raises what the database raised."""
        return self.submit(wish, then).result()

    def close(self) -> None:
        """Answer those who wait, and end the thread; any number of times."""
        self._desk.close()

    def _together(self, connection: Connection, works: Sequence[_Work]) -> list[Answer]:
        trip = Trip(connection)
        granting = begin(trip, [wish for wish, _ in works], iso(self._now()))
        for (_, then), answer in zip(works, granting.answers, strict=True):
            if then is not None:
                then(trip, answer)
        return granting.end()
