"""One till's open stream of events, and how something is told on it.

What is told is written at once, in the caller's turn of the event loop: a task to be woken
for each of a thousand listeners would cost more than the writing. The thing to get wrong: a
till that does not read. Its line is full, the write would wait, and everybody behind it
with it; so it is let go, comes back, and asks by its cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from central_sync.server.lines import line_of, write_chunk

ALIVE_SECONDS = 15.0
# A till comes back with a new token, and one that was revoked does not.
LONGEST_STREAM_SECONDS = 300.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Stream:
    """Belongs to the event loop. `takes_pages`: the till asked to be told small changes whole."""

    def __init__(
        self,
        scopes: Sequence[str],
        send: Send,
        *,
        takes_pages: bool,
        line: asyncio.WriteTransport | None = None,
    ) -> None:
        self.scopes, self.takes_pages = tuple(scopes), takes_pages
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._send, self._line = send, line
        self._was_told = False

    def tell(self, event: bytes) -> None:
        """Write an event now; a stream whose line is full ends instead."""
        if self.over.done():
            return
        self._was_told = True
        is_written = write_chunk(self._line, event) if self._line else self._is_sent(event)
        if not is_written:
            self.end()

    def _is_sent(self, event: bytes) -> bool:
        """Through the server, where it does not give the line itself."""
        writing = self._send({"type": "http.response.body", "body": event, "more_body": True})
        steps = writing.__await__()
        try:
            next(steps)
        except StopIteration:
            return True
        steps.close()
        return False

    def end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    async def live(self, hung_up: asyncio.Future[None]) -> None:
        """Until somebody ends it or it is too old, with a comment whenever it was silent long."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + LONGEST_STREAM_SECONDS
        while loop.time() < ends_at:
            done, _ = await asyncio.wait(
                (hung_up, self.over), timeout=ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                return
            if not self._was_told:
                self.tell(b": alive\n\n")
            self._was_told = False


class EventStream(Response):
    """`enter` makes the stream known to whoever tells, `leave` forgets it; `first` is its first
    event, made in a thread."""

    media_type = "text/event-stream"

    def __init__(
        self,
        enter: Callable[[Send, asyncio.WriteTransport | None], Stream],
        first: Callable[[Stream], bytes],
        leave: Callable[[Stream], None],
    ) -> None:
        self.status_code, self.background = 200, None
        self.init_headers(_HEADERS)
        self._enter, self._first, self._leave = enter, first, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        # Entered before the first look: a change in between is told twice rather than never.
        stream = self._enter(send, line_of(scope))
        hung_up = asyncio.ensure_future(_hung_up(receive))
        try:
            stream.tell(await asyncio.to_thread(self._first, stream))
            await stream.live(hung_up)
        finally:
            # First: whoever tells many just now may have this stream among them still.
            stream.end()
            self._leave(stream)
            hung_up.cancel()
            with suppress(asyncio.CancelledError):
                await hung_up
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
