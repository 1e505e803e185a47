"""A workstation's sync as it goes on: a look each second, and what moved since the one before.

Reads files alone, as `status` does, so it disturbs nobody and works without a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from central_sync.engine.status import Status, Stream, read_status
from central_sync.engine.sync_log import log_tail

LOG_LINES = 6


@dataclass(frozen=True, slots=True)
class Look:
    """`moved` is per stream how many were settled since the last look, negative when more wait;
    `log` the newest lines of logs/sync.log, times in UTC."""

    at: str
    status: Status
    outbox: int
    moved: tuple[int, ...]
    log: tuple[str, ...]


def looks(
    home: Path, now: Callable[[], datetime], wait: Callable[[], bool], count: int = 0
) -> Iterator[Look]:
    """Look, wait, look again, `count` times or (0) until `wait` says True.

    Raises what `read_status` raises.
    """
    before: dict[str, int] = {}
    done = 0
    while True:
        look = _look(home, now(), before)
        yield look
        before = {_name(stream): stream.behind for stream in look.status.streams}
        done += 1
        if done == count or wait():
            return


def _look(home: Path, now: datetime, before: dict[str, int]) -> Look:
    status = read_status(home, now)
    return Look(
        at=now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        status=status,
        outbox=sum(s.behind for s in status.streams if s.name == "receipts"),
        moved=tuple(before.get(_name(s), s.behind) - s.behind for s in status.streams),
        log=log_tail(home, LOG_LINES),
    )


def _name(stream: Stream) -> str:
    """Receipts are a stream per epoch."""
    return (
        f"{stream.name} {stream.here.split(':')[0]}" if stream.name == "receipts" else stream.name
    )
