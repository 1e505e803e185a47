"""Lets a stream of events write to its connection itself, past what stands between for replies.

An event to a thousand tills goes through the middlewares and the server a thousand times otherwise,
which takes longer than the writing. The thing to get wrong: the frame. A reply without a length
is sent in chunks, so whoever writes past the server writes chunks too, and only between the
reply's beginning and its end.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "spindel.line"
# As much as uvicorn lets wait before it stops a reply.
LARGEST_BACKLOG_BYTES = 64 * 1024


class LineProtocol(HttpToolsProtocol):
    """uvicorn's own, whose requests know their connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope = cast("Scope", self.scope)
        scope["extensions"] = {_EXTENSION: self.transport}


def line_of(scope: Scope) -> asyncio.WriteTransport | None:
    """The connection of a request, where the server gives it."""
    line = scope.get("extensions", {}).get(_EXTENSION)
    return line if isinstance(line, asyncio.WriteTransport) else None


def write_chunk(line: asyncio.WriteTransport, content: bytes) -> bool:
    """Write now, or not at all: False when the connection is full or gone."""
    if line.is_closing() or line.get_write_buffer_size() > LARGEST_BACKLOG_BYTES:
        return False
    line.write(_chunk(content))
    return True


@lru_cache(8)
def _chunk(content: bytes) -> bytes:
    """Made once for all who are told the same."""
    return b"%x\r\n%b\r\n" % (len(content), content)
