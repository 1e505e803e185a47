"""The screen's threads to the core: one for commands, one for questions.

The screen's loop never waits for a socket: a command goes to the first thread,
a search to the second with a connection of its own, and answers come back
through `post` on the loop. The thing to get wrong: handing over the View that a
thread saw. Threads overtake one another; the loop always reads the newest one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from central_sync.retail.plain import Unreadable
from pos_client.link.client import CoreClient, CoreGone, Listener, NotLeased, PushedScan
from pos_client.register.commands import Command
from pos_client.register.queries import Answer, Query
from pos_client.register.view import View

RETRY_SECONDS = 0.5
EARLY_SECONDS, EARLY_RETRY_SECONDS = 5.0, 0.02
GIVE_UP_SECONDS = 30.0

Post = Callable[[Callable[[], None]], None]


@dataclass
class Heard:
    """What the link tells, always on the screen's own thread."""

    connected: Callable[[View, bool], None]
    seen: Callable[[View], None]
    scanned: Callable[[PushedScan, float], None]
    lease_lost: Callable[[], None]
    gone: Callable[[], None]
    given_up: Callable[[], None]


@dataclass
class CoreLink:
    """`post` runs a callable on the screen's loop, in order."""

    path: Path
    post: Post
    heard: Heard
    give_up_seconds: float = GIVE_UP_SECONDS
    _work: SimpleQueue[Callable[[], None] | None] = field(default_factory=SimpleQueue)
    _client: CoreClient | None = None
    _is_closing: bool = False

    def __post_init__(self) -> None:
        self._asker = Asker(self.path, self.post)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="core-commands", daemon=True)

    # -- called on the loop

    def start(self) -> None:
        self._thread.start()
        self._asker.start()

    def close(self) -> None:
        self._is_closing = True
        self._closed.set()
        self._work.put(None)
        self._asker.close()
        if self._client is not None:
            self._client.close()

    def do(self, command: Command, done: Callable[[], None]) -> None:
        def work() -> None:
            client = self._client
            if client is None:
                return
            try:
                client.do(command)
            except NotLeased:
                self.post(self.heard.lease_lost)
            self._post_view(client, done)

        self._work.put(work)

    def ask(self, query: Query, done: Callable[[Answer | None], None]) -> None:
        self._asker.ask(query, done)

    def accept_scan(self, scan_id: int) -> None:
        self._work.put(lambda: self._answer_scan(scan_id, is_taken=True))

    def refuse_scan(self, scan_id: int) -> None:
        self._work.put(lambda: self._answer_scan(scan_id, is_taken=False))

    def take_lease(self, done: Callable[[bool], None]) -> None:
        def work() -> None:
            if self._client is not None:
                has_lease = self._client.take_lease(force=True)
                self.post(lambda: done(has_lease))

        self._work.put(work)

    # -- the command thread

    def _run(self) -> None:
        while not self._is_closing:
            if not self._connect():
                self.post(self.heard.given_up)
                return
            self._carry_out()

    def _connect(self) -> bool:
        """Try until somebody answers; False when it took too long.

        Often at first, since a core that was just started is there in a moment.
        """
        begun = time.monotonic()
        give_up_at = begun + self.give_up_seconds
        while not self._is_closing and time.monotonic() < give_up_at:
            # A queue for each connection: the end of an old one must not end a new one.
            work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
            client = CoreClient(self.path)
            client.listener = Listener(
                on_view=lambda view, client=client: self._post_view(client),  # type: ignore[misc]
                on_scan=self._pushed,
                on_lease_lost=lambda: self.post(self.heard.lease_lost),
                on_gone=lambda work=work: work.put(None),  # type: ignore[misc]
            )
            try:
                client.connect()
            except (CoreGone, Unreadable):
                client.close()
                is_early = time.monotonic() - begun < EARLY_SECONDS
                self._closed.wait(EARLY_RETRY_SECONDS if is_early else RETRY_SECONDS)
                continue
            self._work, self._client = work, client
            self._post_connected(client)
            return True
        return self._is_closing

    def _post_connected(self, client: CoreClient) -> None:
        self.post(lambda: self.heard.connected(client.view, client.has_lease))

    def _carry_out(self) -> None:
        """Do what is asked, in order, until the core is gone."""
        try:
            while (work := self._work.get()) is not None:
                work()
        except (CoreGone, Unreadable):
            pass  # told below; the next View comes with the next connection
        if self._client is not None:
            self._client.close()
            self._client = None
        if not self._is_closing:
            self.post(self.heard.gone)

    def _post_view(self, client: CoreClient, done: Callable[[], None] = lambda: None) -> None:
        def show() -> None:
            if client is self._client:
                self.heard.seen(client.view)
                done()

        self.post(show)

    def _pushed(self, scan: PushedScan) -> None:
        at = time.monotonic()
        self.post(lambda: self.heard.scanned(scan, at))

    def _answer_scan(self, scan_id: int, is_taken: bool) -> None:
        if self._client is None:
            return
        if is_taken:
            self._client.accept_scan(scan_id)
        else:
            self._client.refuse_scan(scan_id)


class Asker:
    """Searches on a connection of their own; only the newest one is worth answering."""

    def __init__(self, path: Path, post: Post) -> None:
        self._path = path
        self._post = post
        self._newest: tuple[Query, Callable[[Answer | None], None]] | None = None
        self._wake = threading.Condition()
        self._is_closing = False
        self._client: CoreClient | None = None
        self._thread = threading.Thread(target=self._run, name="core-questions", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        if self._client is not None:
            self._client.close()

    def ask(self, query: Query, done: Callable[[Answer | None], None]) -> None:
        with self._wake:
            self._newest = (query, done)
            self._wake.notify()

    def _run(self) -> None:
        while (asked := self._next()) is not None:
            query, done = asked
            answer = self._answer(query)
            self._post(lambda done=done, answer=answer: done(answer))  # type: ignore[misc]

    def _next(self) -> tuple[Query, Callable[[Answer | None], None]] | None:
        with self._wake:
            while self._newest is None and not self._is_closing:
                self._wake.wait()
            newest, self._newest = self._newest, None
            return None if self._is_closing else newest

    def _answer(self, query: Query) -> Answer | None:
        """One more try on a fresh connection: the core may have been restarted since."""
        for _ in range(2):
            try:
                if self._client is None:
                    self._client = CoreClient(self._path)
                    self._client.look()
                return self._client.ask(query)
            except (CoreGone, Unreadable):
                if self._client is not None:
                    self._client.close()
                self._client = None
        return None
