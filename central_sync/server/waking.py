"""How a process learns that something may have been committed: by itself, or by another one.

A commit of this process rings at once. What others wrote is found by looking now and then;
on PostgreSQL a change of the chain is heard by NOTIFY. The thing to get wrong: waiting in
psycopg alone, where a commit of this very process cannot be heard.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from contextlib import suppress
from typing import Protocol

import psycopg

from central_sync.database.open import NAME, Database
from central_sync.server import feed

_log = logging.getLogger(__name__)


class Waker(Protocol):
    def wait(self, timeout_seconds: float) -> None:
        """Return when something may have changed, or after the time."""

    def wake(self) -> None:
        """From any thread; never waits."""

    def close(self) -> None:
        """What is held is let go; the next wait takes it up again."""


def waker(database: Database) -> Waker:
    return Bell() if database.is_sqlite else Listener(database.libpq_url)


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
        self._heard, self._bell = socket.socketpair()
        self._heard.setblocking(False)
        self._bell.setblocking(False)

    def wait(self, timeout_seconds: float) -> None:
        try:
            connection = self._connection = self._connection or self._listen()
            ready = [connection.fileno(), self._heard.fileno()]
            select.select(ready, [], [], timeout_seconds)
            with suppress(BlockingIOError):
                self._heard.recv(4096)
            for _ in connection.notifies(timeout=0):
                pass
        except psycopg.Error as problem:
            _log.warning("cannot listen for changes: %s", problem)
            self.close()
            time.sleep(timeout_seconds)

    def wake(self) -> None:
        # A full pipe has rung already.
        with suppress(BlockingIOError):
            self._bell.send(b"\0")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _listen(self) -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(self._url, autocommit=True, fallback_application_name=NAME)
        connection.execute(f"LISTEN {feed.CHANNEL}")
        return connection
