"""What others know of a till whose disk is damaged: central, and the sync file beside the journal.

Each entry is believed by its hash alone. The thing to get wrong: reading the damaged home's
sync.db with a connection that may write; it is left as it was found.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from central_sync.engine.client import HttpCentral
from central_sync.engine.safety.rescued import Salvaged
from central_sync.engine.settings import read_settings
from central_sync.engine.state import FILE as STATE_FILE
from central_sync.engine.state import SyncState
from central_sync.engine.state_file import connect, read
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.workstation import Progress, iso, load_key
from central_sync.retail.journal import JournalEntry, chain_hash
from central_sync.wire.messages import HeartbeatReply, HeartbeatRequest, KeptEntries


class SecondCopy(Protocol):
    """What is asked of central; both raise SyncTrouble."""

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply: ...

    def kept_entries(self, epoch: int, after: int) -> KeptEntries: ...


@dataclass(frozen=True, slots=True)
class Given:
    """Central's `entries` that the disk has not, its `heads` as (epoch, sequence), per epoch the
    highest receipt number that it has seen; `trouble` is why it could not be asked, or ""."""

    entries: Sequence[JournalEntry] = ()
    heads: Sequence[tuple[int, int]] = ()
    numbers: Mapping[int, int] = field(default_factory=dict)
    trouble: str = ""


def asked(
    home: Path,
    state: SyncState,
    found: Salvaged,
    central: SecondCopy | None,
    now: Callable[[], datetime],
    progress: Progress,
) -> Given:
    """Ask central for what the disk has not; it is named in `trouble` when it does not answer."""
    assert state.identity is not None
    given: list[JournalEntry] = []
    heads: list[tuple[int, int]] = []
    numbers: Mapping[int, int] = {}
    line = None
    try:
        if central is None:
            settings, key = read_settings(home), load_key(home)
            line = central = HttpCentral(
                settings, key=key, workstation_id=state.identity.workstation_id
            )
        reply = central.heartbeat(
            HeartbeatRequest(heads=[], version=version("spindel"), clock=iso(now()), outbox=0)
        )
        numbers = reply.numbers
        known = {(entry.epoch, entry.sequence, entry.hash) for entry in found.entries}
        for head in reply.heads:
            heads += [(head.epoch, head.sequence)] if head.sequence else []
            given += _given(central, head.epoch, head.sequence, known, progress)
    except SyncTrouble as trouble:
        return Given(given, heads, numbers, str(trouble))
    finally:
        if line is not None:
            line.close()
    return Given(given, heads, numbers)


def _given(
    central: SecondCopy,
    epoch: int,
    upto: int,
    known: set[tuple[int, int, bytes]],
    progress: Progress,
) -> Iterator[JournalEntry]:
    """What central has of an epoch and the disk has not, each proven by its hash."""
    after = 0
    while after < upto:
        page = central.kept_entries(epoch, after)
        for kept in page.entries:
            body = kept.body.encode()
            is_new = (epoch, kept.sequence, kept.hash) not in known
            if is_new and chain_hash(kept.previous_hash, body) == kept.hash:
                yield JournalEntry(epoch, kept.sequence, kept.previous_hash, body, kept.hash)
        if not page.entries:
            return
        after = page.entries[-1].sequence
        progress(f"from central, epoch {epoch}", after, upto)


def sync_file(damaged: Path | None) -> SyncState:
    """What the sync file of the damaged home still says; nothing where it cannot be read."""
    path = damaged / STATE_FILE if damaged else None
    if path is None or not path.exists():
        return SyncState()
    try:
        with closing(connect(path, "ro")) as connection:
            return read(connection)
    except (sqlite3.Error, ValueError, TypeError):
        return SyncState()


def highest_numbers(numbers: Mapping[int, int], *states: SyncState) -> dict[int, int]:
    """Where a copy of the disk sold too, central has seen its numbers: those are not ours."""
    forks = {epoch for state in states for epoch in state.forks}
    highest: dict[int, int] = {}
    for found in (numbers, *(state.central_numbers for state in states)):
        for epoch in found.keys() - forks:
            highest[epoch] = max(highest.get(epoch, 0), found[epoch])
    return highest


def marks_of(state: SyncState) -> list[tuple[int, int]]:
    """What central was proven to have, as (epoch, sequence)."""
    return [(mark.epoch, mark.sequence) for mark in state.marks.values() if mark.sequence]
