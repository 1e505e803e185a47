"""How a workstation stands with central, as facts: one stream after the other.

Read from the files alone, so it answers at once with or without a network. What central
has is what it said last; `heard_at` tells when that was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from central_sync.engine.epochs import unsent
from central_sync.engine.journal import Journal, open_journal
from central_sync.engine.plan import scopes
from central_sync.engine.stages import Stage, stages
from central_sync.engine.state import SyncState, read_state
from central_sync.engine.workstation import not_enrolled, running_process
from central_sync.masterfile.check import BadMaster, read_facts

WARN_SKEW_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Stream:
    """`here` and `there` as positions; `behind` how many are missing on the receiving side.

    `oldest_at` is when the oldest missing one was made, "" when unknown or none.
    """

    name: str
    here: str
    there: str
    behind: int
    oldest_at: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """`problem` and `held` are sentences with what to do, "" when there is nothing.

    `stages` say how safe the journal is; `backup_at` is the moment that central's newest proven
    backup is of, as far as this till is in it ("" for none).
    """

    workstation: str
    label: str
    store: str
    chain: str
    epoch: int
    is_online: bool
    process: int | None
    heard_at: str
    tried_at: str
    problem_code: str
    problem: str
    held: str
    clock_skew_seconds: int
    central_version: str
    catalogue_checked_at: str
    catalogue_made_at: str
    items: int
    streams: tuple[Stream, ...]
    stages: tuple[Stage, Stage, Stage]
    backup_at: str


def read_status(home: Path, now: datetime) -> Status:
    """Raises SyncTrouble when the workstation is not enrolled, JournalUnreadable."""
    state = read_state(home)
    if state.identity is None:
        raise not_enrolled()
    try:
        facts = read_facts(home / "master.db")
    except BadMaster:
        facts = None
    journal = open_journal(home)
    try:
        streams = (*_up(journal, state), *_down(state, dict(facts.positions) if facts else {}))
        reached = stages(state, journal)
    finally:
        journal.close()
    return Status(
        workstation=state.identity.workstation_id,
        label=state.identity.label,
        store=f"{state.identity.store_id} {state.identity.store_name}",
        chain=state.identity.chain,
        epoch=state.newest_epoch,
        is_online=state.is_online(now),
        process=running_process(home),
        heard_at=state.last_contact_at,
        tried_at=state.last_try_at,
        problem_code=state.last_error_code,
        problem=state.last_error,
        held=state.held,
        clock_skew_seconds=state.clock_skew_seconds,
        central_version=state.central_version,
        catalogue_checked_at=state.feed_checked_at,
        catalogue_made_at=facts.made_at if facts else "",
        items=facts.counts["item"] if facts else 0,
        streams=streams,
        stages=reached,
        backup_at=state.backup_at,
    )


def _up(journal: Journal, state: SyncState) -> list[Stream]:
    heads = list(journal.heads())
    if not heads:
        return [Stream("receipts", "-", "-", 0)]
    streams = []
    for head in heads:
        mark = state.mark(head.epoch)
        behind, oldest_at = unsent(state, journal, [head.epoch])
        here, there = f"{head.epoch}:{head.sequence}", f"{head.epoch}:{mark.sequence}"
        streams.append(Stream("receipts", here, there, behind, oldest_at))
    return streams


def _down(state: SyncState, positions: dict[str, int]) -> list[Stream]:
    assert state.identity is not None
    names = ("catalogue", "store")
    streams = []
    for name, scope in zip(names, scopes(state.identity.store_id), strict=True):
        here = positions.get(scope)
        there = max(state.central_positions.get(scope, 0), here or 0)
        behind = there - (here or 0)
        streams.append(Stream(name, "-" if here is None else str(here), str(there), behind))
    return streams
