"""Tells waiting tills that something new is on the feed: server-sent events.

An event names positions and carries no data, so one that is lost costs nothing: the
feed is still read by cursor. The thing to get wrong: looking first and waiting after,
so that a change in between is heard only at the next one. A stream is entered among the
waiting before its first look.

A commit of this process wakes the watching thread at once; those of others are seen
within LOOK_SECONDS, on PostgreSQL a change of the chain by NOTIFY at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from central_sync.database.open import Database
from central_sync.server import feed
from central_sync.wire.messages import Nudge

LOOK_SECONDS = 0.2
ALIVE_SECONDS = 15.0
# A till comes back with a new token, and one that was revoked does not.
LONGEST_STREAM_SECONDS = 300.0
# So many tills may come for the same change each second without hurting one another.
TILLS_A_SECOND = 1_000

_log = logging.getLogger(__name__)


class Waker(Protocol):
    def wait(self, timeout_seconds: float) -> None:
        """Return when something may have changed, or after the time."""

    def wake(self) -> None: ...

    def close(self) -> None: ...


class Stream:
    """One till's wait; belongs to the event loop."""

    def __init__(self, scopes: Sequence[str]) -> None:
        self.scopes = tuple(scopes)
        self.changed = asyncio.Event()
        self.loop = asyncio.get_running_loop()


class Nudges:
    """All streams of one process, and the thread that looks for them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._streams: set[Stream] = set()
        self._by_scope: dict[str, set[Stream]] = {}
        self._known: dict[str, int] = {}
        self._guard = threading.Lock()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._waker = _waker(database)
        database.on_commit(self._waker.wake)

    @property
    def count(self) -> int:
        return len(self._streams)

    async def events(self, scopes: Sequence[str]) -> AsyncIterator[bytes]:
        """The positions at once, then at each change; a comment now and then to stay alive."""
        stream = self._enter(scopes)
        try:
            ends_at = stream.loop.time() + LONGEST_STREAM_SECONDS
            yield self._event(await asyncio.to_thread(self._positions, stream.scopes))
            while not self._closing and stream.loop.time() < ends_at:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stream.changed.wait(), ALIVE_SECONDS)
                if stream.changed.is_set():
                    stream.changed.clear()
                    yield self._event({scope: self._known.get(scope, 0) for scope in stream.scopes})
                elif not self._closing:
                    yield b": alive\n\n"
        finally:
            self._leave(stream)

    def close(self) -> None:
        """End every stream and the thread; from any thread, any number of times."""
        self._closing = True
        self._waker.wake()
        with self._guard:
            streams = list(self._streams)
        for stream in streams:
            _touch(stream)
        thread = self._thread
        if thread is not None:
            thread.join()

    def _enter(self, scopes: Sequence[str]) -> Stream:
        stream = Stream(scopes)
        with self._guard:
            self._streams.add(stream)
            for scope in stream.scopes:
                self._by_scope.setdefault(scope, set()).add(stream)
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._watch, name="nudges", daemon=True)
                self._thread.start()
        return stream

    def _leave(self, stream: Stream) -> None:
        with self._guard:
            self._streams.discard(stream)
            for scope in stream.scopes:
                waiting = self._by_scope[scope]
                waiting.discard(stream)
                if not waiting:
                    del self._by_scope[scope]

    def _watch(self) -> None:
        """Ends with the last stream; the next one starts another."""
        while self._is_needed():
            try:
                self._look()
            except SQLAlchemyError as problem:
                # Tills fall back to asking by themselves; the next look may find it back.
                _log.warning("cannot look for changes: %s", problem)
            self._waker.wait(LOOK_SECONDS)

    def _is_needed(self) -> bool:
        with self._guard:
            is_needed = bool(self._streams) and not self._closing
            if not is_needed:
                self._thread = None
                self._waker.close()
            return is_needed

    def _look(self) -> None:
        with self._guard:
            scopes = list(self._by_scope)
        found = self._positions(scopes)
        changed = [scope for scope in scopes if found[scope] != self._known.get(scope)]
        self._known |= found
        with self._guard:
            streams = {stream for scope in changed for stream in self._by_scope.get(scope, ())}
        for stream in streams:
            _touch(stream)

    def _positions(self, scopes: Sequence[str]) -> dict[str, int]:
        with self._database.reading() as connection:
            return feed.positions(connection, scopes)

    def _event(self, positions: Mapping[str, int]) -> bytes:
        spread = self.count // TILLS_A_SECOND
        nudge = Nudge(positions=dict(positions), spread_seconds=spread)
        return b"event: nudge\ndata: " + nudge.model_dump_json().encode() + b"\n\n"


def _touch(stream: Stream) -> None:
    """From any thread; a loop that has ended has nobody left who waits."""
    with contextlib.suppress(RuntimeError):
        stream.loop.call_soon_threadsafe(stream.changed.set)


class Bell:
    """SQLite, where one process serves; what a command beside it wrote is found by looking."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def wait(self, timeout_seconds: float) -> None:
        self._rung.wait(timeout_seconds)
        self._rung.clear()

    def wake(self) -> None:
        self._rung.set()

    def close(self) -> None:
        """Nothing is held."""


class Listener:
    """PostgreSQL, where many processes serve: LISTEN on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, timeout_seconds: float) -> None:
        try:
            connection = self._connection = self._connection or self._listen()
            for _ in connection.notifies(timeout=timeout_seconds, stop_after=1):
                return
        except psycopg.Error as problem:
            _log.warning("cannot listen for changes: %s", problem)
            self.close()
            time.sleep(timeout_seconds)

    def wake(self) -> None:
        """A commit of the chain notifies; the stock of a store is seen at the next look."""

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _listen(self) -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(self._url, autocommit=True)
        connection.execute(f"LISTEN {feed.CHANNEL}")
        return connection


def _waker(database: Database) -> Waker:
    return Bell() if database.is_sqlite else Listener(database.libpq_url)
