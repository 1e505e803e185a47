"""What is read of a reply before anything in it is believed: who sent it, its size, its clock.

The thing to get wrong: reading all that somebody sends. Whoever answers in central's place may
send without an end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from central_sync.engine.lean import httpx
from central_sync.engine.refusals import not_central
from central_sync.wire.messages import PROTOCOL_HEADER

LARGEST_REPLY_BYTES = 64 * 1024 * 1024


def revision(response: httpx.Response) -> int:
    """Which revision of the protocol the sender speaks; 0 when it does not say."""
    _, _, revision = response.headers.get(PROTOCOL_HEADER, "").partition(".")
    return int(revision) if revision.isdecimal() else 0


def check_sender(url: str, response: httpx.Response) -> None:
    """Raises SyncTrouble when it is not central, as with the log-in page of a network."""
    if not response.headers.get(PROTOCOL_HEADER):
        raise not_central(url)


def limited(response: httpx.Response) -> bytes:
    """All that was sent, unpacked. Raises SyncTrouble when that is too much for a reply."""
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > LARGEST_REPLY_BYTES:
            raise not_central(str(response.request.url))
        parts.append(part)
    return b"".join(parts)


def skip(parts: Iterator[bytes], count: int) -> Iterator[bytes]:
    """What comes after `count` bytes: for a server or proxy that ignores Range."""
    for part in parts:
        if count < len(part):
            yield part[count:]
        count = max(0, count - len(part))


def plain(url: str, content: bytes) -> dict[str, Any]:
    """The object that a reply holds as JSON. Raises SyncTrouble for anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise not_central(url) from problem
    if not isinstance(value, dict):
        raise not_central(url)
    return value


def clock_skew(response: httpx.Response, now: datetime) -> int:
    """This computer's clock less the sender's, in seconds; 0 when it sends none."""
    try:
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
        return round((now - sent).total_seconds())
    except (ValueError, TypeError, OverflowError):  # TypeError: a time of no zone
        return 0
