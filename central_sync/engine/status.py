"""How a workstation stands with central, as facts: one stream after the other.

Read from the files alone, so it answers at once with or without a network. What central
has is what it said last; `heard_at` tells when that was. The thing to get wrong: believing
sync.db alone. A sync that cannot write there any more has its trouble in the log at best, and
a full disk is looked at here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from central_sync.engine.disk_room import disk_problem
from central_sync.engine.epochs import unsent
from central_sync.engine.journal import Journal, JournalUnreadable, open_journal
from central_sync.engine.plan import scopes
from central_sync.engine.stages import Stage, stages
from central_sync.engine.state import CONTACT_NOTE_SECONDS, SyncState, read_state
from central_sync.engine.sync_log import LoggedTrouble, last_trouble
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import not_enrolled, running_process
from central_sync.masterfile.check import BadMaster, read_facts

WARN_SKEW_SECONDS = 120

# What is the matter with one way only; everything else is with both.
_UP_ONLY = frozenset({Code.JOURNAL, Code.FORK, Code.AHEAD, Code.BODY_TOO_LARGE})
_DOWN_ONLY = frozenset(
    {
        *(Code.SNAPSHOT_BUILDING, Code.SNAPSHOT_DAMAGED, Code.SNAPSHOT_UNSIGNED),
        *(Code.FEED_DAMAGED, Code.FEED_UNFIT, Code.HELD),
    }
)


@dataclass(frozen=True, slots=True)
class Stream:
    """`here` and `there` as positions; `behind` how many are missing on the receiving side.

    `oldest_at` is when the oldest missing one was made, "" when unknown or none. `problem` is the
    last error that keeps this stream back and what to do, "" for none.
    """

    name: str
    here: str
    there: str
    behind: int
    oldest_at: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """`problem`, `held` and `disk` are sentences with what to do, "" when there is nothing;
    `problem` is the last contact's, `disk` what is seen now.

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
    disk: str = ""


def read_status(home: Path, now: datetime) -> Status:
    """Raises SyncTrouble when the workstation is not enrolled or its disk takes nothing any more,
    StateUnreadable, JournalUnreadable."""
    disk = disk_problem(home) if home.exists() else ""
    try:
        return _read(home, now, disk)
    except (JournalUnreadable, sqlite3.Error) as problem:
        if not disk:
            raise
        unread = f"How the sync stands cannot be told: {problem}."
        raise SyncTrouble(Code.DISK, unread, disk) from problem


def _read(home: Path, now: datetime, disk: str) -> Status:
    state = read_state(home)
    if state.identity is None:
        raise not_enrolled()
    try:
        facts = read_facts(home / "master.db")
    except BadMaster:
        facts = None
    code, problem = _last_error(home, state)
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
        problem_code=code,
        problem=problem,
        held=state.held,
        clock_skew_seconds=state.clock_skew_seconds,
        central_version=state.central_version,
        catalogue_checked_at=state.feed_checked_at,
        catalogue_made_at=facts.made_at if facts else "",
        items=facts.counts["item"] if facts else 0,
        streams=tuple(
            replace(each, problem=disk or _keeping(each, code, problem)) for each in streams
        ),
        stages=reached,
        backup_at=state.backup_at,
        disk=disk,
    )


def _last_error(home: Path, state: SyncState) -> tuple[str, str]:
    """Code and sentence: what sync.db says, unless the log knows of a later one."""
    logged = last_trouble(home)
    if logged is not None and _is_later(logged, state.last_try_at):
        return logged.code, logged.sentence
    return state.last_error_code, state.last_error


def _is_later(logged: LoggedTrouble, written_at: str) -> bool:
    """Later by more than the pause that sync.db keeps between two notes of the same."""
    if not written_at:
        return True
    gap = datetime.fromisoformat(logged.at) - datetime.fromisoformat(written_at)
    return gap.total_seconds() > CONTACT_NOTE_SECONDS


def _keeping(stream: Stream, code: str, problem: str) -> str:
    """The last contact's trouble, if it is of this stream's kind."""
    others = _DOWN_ONLY if stream.name == "receipts" else _UP_ONLY
    return "" if code in others else problem


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
