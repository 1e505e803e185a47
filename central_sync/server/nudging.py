"""Tells waiting tills what is new on the feed: server-sent events.

A small change is told whole: the very page that GET /feed gives, rendered once, with the place
that it follows on; a till that stands there needs to ask nothing. Everything else is a nudge
that names positions. Both may be lost at no cost: the feed is still read by cursor. The thing
to get wrong: telling a page after a place that was never read from the database. Where the
feed began anew, or was put back, there is no page, only a nudge.

A commit of this process wakes the watching thread at once; for others see `waking`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Send

from central_sync.database.open import Database
from central_sync.server import feed, feed_pages
from central_sync.server.feed import Place, Scope
from central_sync.server.streams import EventStream, Stream
from central_sync.server.waking import waker
from central_sync.wire.messages import Follows, Nudge

LOOK_SECONDS = 0.2
# So many tills may come for the same change each second without hurting one another.
TILLS_A_SECOND = 1_000
# After so many writes, which take three milliseconds, others have a turn in the event loop.
_TOLD_A_TURN = 500
_LONGEST_TELLING_SECONDS = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Listeners:
    """Who listens to a scope, in the order of their coming."""

    of_pages: dict[Stream, None] = field(default_factory=dict)
    of_nudges: dict[Stream, None] = field(default_factory=dict)

    def of(self, stream: Stream) -> dict[Stream, None]:
        return self.of_pages if stream.takes_pages else self.of_nudges


class Nudges:
    """All streams of one process, in one event loop, and the thread that looks for news.

    `chance` picks who is told first: nobody is always the last.
    """

    def __init__(self, database: Database, *, chance: Callable[[], float] = random.random) -> None:
        self._database, self._chance = database, chance
        self._streams: set[Stream] = set()
        self._by_scope: dict[str, _Listeners] = {}
        self._known: dict[str, Place] = {}
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._told = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waker = waker(database)
        database.on_commit(self._waker.wake)

    @property
    def count(self) -> int:
        return len(self._streams)

    def stream(self, scopes: Sequence[str], *, takes_pages: bool = False) -> EventStream:
        """A reply: the positions at once, then what is new at each change."""

        def enter(send: Send, line: asyncio.WriteTransport | None) -> Stream:
            return self._enter(Stream(scopes, send, takes_pages=takes_pages, line=line))

        def first(stream: Stream) -> bytes:
            with self._database.reading() as connection:
                return self._nudge(feed.positions(connection, stream.scopes))

        return EventStream(enter, first, self._leave)

    def close(self) -> None:
        """End every stream and the thread; from any thread, any number of times."""
        self._closing.set()
        self._told.set()
        self._waker.wake()
        with self._guard:
            streams, thread = list(self._streams), self._thread
        for stream in streams:
            self._in_loop(stream.end)
        if thread is not None:
            thread.join()

    def _enter(self, stream: Stream) -> Stream:
        with self._guard:
            self._loop = stream.over.get_loop()
            self._streams.add(stream)
            for scope in stream.scopes:
                self._by_scope.setdefault(scope, _Listeners()).of(stream)[stream] = None
            if self._closing.is_set():
                stream.end()
            elif self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="nudges", daemon=True)
                self._thread.start()
        return stream

    def _leave(self, stream: Stream) -> None:
        with self._guard:
            self._streams.discard(stream)
            for scope in stream.scopes:
                listeners = self._by_scope[scope]
                listeners.of(stream).pop(stream, None)
                if not (listeners.of_pages or listeners.of_nudges):
                    del self._by_scope[scope]

    def _watch(self) -> None:
        """Ends with the last stream; the next one starts another."""
        with contextlib.ExitStack() as unless_ended:
            # Streams that nobody feeds would keep their tills from asking.
            unless_ended.callback(self._give_up)
            self._watch_on()
            unless_ended.pop_all()

    def _watch_on(self) -> None:
        while self._is_needed():
            begun = time.monotonic()
            try:
                self._look()
            except SQLAlchemyError as problem:
                # Tills fall back to asking by themselves; the next look may find it back.
                _log.warning("cannot look for changes: %s", problem)
            # As long as it took, so that a rush of changes costs half a processor at most.
            self._closing.wait(time.monotonic() - begun)
            self._waker.wait(LOOK_SECONDS)

    def _give_up(self) -> None:
        """A fault ends this thread: tills ask, and listen anew, which starts another."""
        _log.error("a fault in telling tills of changes; they ask, and listen anew")
        with self._guard:
            streams, self._thread = list(self._streams), None
        for stream in streams:
            self._in_loop(stream.end)

    def _is_needed(self) -> bool:
        with self._guard:
            is_needed = bool(self._streams) and not self._closing.is_set()
            if not is_needed:
                self._thread = None
                self._waker.close()
            return is_needed

    def _look(self) -> None:
        with self._guard:
            scopes = list(self._by_scope)
        with self._database.reading() as connection:
            found = feed.places(connection, scopes)
            changed = [s for s in scopes if found[s].newest != self._known.get(s)]
            pages = {scope: self._page(connection, scope, found[scope]) for scope in changed}
        self._known = {scope: found[scope].newest for scope in scopes}
        if changed:
            self._tell(self._events(pages))

    def _page(self, connection: Connection, scope: str, now: Scope) -> bytes | None:
        """What is new since the last look as an event; None where a nudge has to do."""
        place = self._known.get(scope)
        if place is None:
            return None
        page = feed_pages.small_page_json(connection, scope, place, now)
        if page is None:
            return None
        follows = Follows(after=place.position, fh=place.fh, spread_seconds=self._spread)
        return b"event: feed\ndata: %b\ndata: %b\n\n" % (follows.model_dump_json().encode(), page)

    def _events(self, pages: Mapping[str, bytes | None]) -> Iterator[tuple[Stream, bytes]]:
        """Who is told what. Every step that is made for each stream is one that the last waits."""
        told, nudged = list[tuple[list[Stream], bytes]](), dict[Stream, None]()
        with self._guard:
            for scope, page in pages.items():
                listeners = self._by_scope.get(scope, _Listeners())
                nudged |= listeners.of_nudges
                if page is not None:
                    told.append((list(listeners.of_pages), page))
                else:
                    nudged |= listeners.of_pages
        by_scopes: dict[tuple[str, ...], list[Stream]] = {}
        for stream in nudged:
            by_scopes.setdefault(stream.scopes, []).append(stream)
        told += [(streams, self._nudge_of(scopes)) for scopes, streams in by_scopes.items()]
        turned = [(self._turned(streams), event) for streams, event in told]
        return chain.from_iterable(zip(each, repeat(event), strict=False) for each, event in turned)

    def _turned(self, streams: list[Stream]) -> list[Stream]:
        first = int(self._chance() * len(streams))
        return streams[first:] + streams[:first]

    def _tell(self, events: Iterator[tuple[Stream, bytes]]) -> None:
        """Returns when all of it is written; called by the thread."""
        self._told.clear()
        if self._in_loop(self._tell_some, events) and not self._closing.is_set():
            self._told.wait(_LONGEST_TELLING_SECONDS)

    def _tell_some(self, events: Iterator[tuple[Stream, bytes]]) -> None:
        some = list(islice(events, _TOLD_A_TURN))
        for stream, event in some:
            stream.tell(event)
        if len(some) == _TOLD_A_TURN:
            self._in_loop(self._tell_some, events)
        else:
            self._told.set()

    def _in_loop(self, act: Callable[..., None], *arguments: object) -> bool:
        """From any thread; False when the loop has ended, and nobody is left who waits."""
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(act, *arguments)
                return True
        return False

    def _nudge_of(self, scopes: Sequence[str]) -> bytes:
        return self._nudge({s: self._known.get(s, Place()).position for s in scopes})

    def _nudge(self, positions: Mapping[str, int]) -> bytes:
        nudge = Nudge(positions=dict(positions), spread_seconds=self._spread)
        return b"event: nudge\ndata: " + nudge.model_dump_json().encode() + b"\n\n"

    @property
    def _spread(self) -> int:
        return self.count // TILLS_A_SECOND
