"""Reads central's server-sent events off a line, as the bytes come.

The thing to get wrong: splitting text into lines. JSON may hold U+2028 or U+0085 as they
are, which end a line for Python's `splitlines` and for httpx, and end none here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

LARGEST_EVENT_BYTES = 1024 * 1024


class TooLong(ValueError):
    """An event without an end: whoever sends this is not central."""


class Event(NamedTuple):
    """`data` are the event's lines of data, in order."""

    name: bytes
    data: list[bytes]


def read_events(parts: Iterable[bytes]) -> Iterator[Event]:
    """Events that carry data; comments and unknown fields are left out. Raises TooLong."""
    name, data = b"", list[bytes]()
    for line in _lines(parts):
        field, _, value = line.partition(b": ")
        if field == b"event":
            name = value
        elif field == b"data":
            data.append(value)
        elif not line:
            if data:
                yield Event(name, data)
            name, data = b"", []


def _lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        yield from whole
        if len(rest) > LARGEST_EVENT_BYTES:
            raise TooLong(f"a line of more than {LARGEST_EVENT_BYTES} bytes")
