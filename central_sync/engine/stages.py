"""How safe the journal is, in three stages: committed here, copied at central, in a backup.

Only the third outlives this disk and central's together. A till deletes nothing at any stage: it
is central's second copy. The thing to get wrong: believing a number. An entry counts as safe
when central names its hash and this till holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from central_sync.engine.journal import HeadLike, Journal
from central_sync.engine.plan import Mark
from central_sync.engine.state import safe_facts
from central_sync.engine.sync_state import SyncState
from central_sync.engine.workstation import Workstation
from central_sync.wire.messages import HeartbeatReply

HERE, CENTRAL, BACKUP = "here", "central", "backup"


@dataclass(frozen=True, slots=True)
class Stage:
    """`entries` have come so far, `lacking` of the journal have not.

    `oldest_at` is when the oldest of those was made, "" for none.
    """

    name: str
    entries: int
    lacking: int
    oldest_at: str = ""


def safe_marks(
    named: Iterable[HeadLike],
    own_hash: Callable[[int, int], bytes | None],
    limits: Mapping[int, Mark],
) -> dict[int, Mark]:
    """What central's backup is proven to hold of this journal, by epoch. Pure.

    `limits`: per forked epoch the newest entry that both share. Beyond it central has another
    life's entries, so a backup that holds as much holds what is shared.
    """
    marks = {}
    for head in named:
        limit = limits.get(head.epoch)
        if limit is not None and 0 < limit.sequence <= head.sequence:
            marks[head.epoch] = limit
        elif own_hash(head.epoch, head.sequence) == head.hash:
            marks[head.epoch] = Mark(head.epoch, head.sequence, head.hash)
    return marks


def safe_news(
    workstation: Workstation, reply: HeartbeatReply, limits: Mapping[int, Mark], state: SyncState
) -> dict[str, str | int]:
    """What central's newest backup is proven to hold, to be noted; empty when that is no news."""

    def own_hash(epoch: int, sequence: int) -> bytes | None:
        entry = workstation.journal.entry(epoch, sequence)
        return entry.hash if entry else None

    safe = safe_marks(reply.safe, own_hash, limits)
    if (safe, reply.backup_at) == (state.safe, state.backup_at):
        return {}
    return {**safe_facts(safe.values(), reply.backup_at)}


def stages(state: SyncState, journal: Journal) -> tuple[Stage, Stage, Stage]:
    """All three, in order; what a fork left behind counts once, where it was carried to."""
    own = {head.epoch: head.sequence for head in journal.heads()}
    for epoch, fork in state.forks.items():
        if epoch in own:
            own[epoch] = min(own[epoch], fork.sequence)
    return (
        Stage(HERE, sum(own.values()), 0),
        _stage(CENTRAL, own, state.marks, journal),
        _stage(BACKUP, own, state.safe, journal),
    )


def _stage(name: str, own: Mapping[int, int], marks: Mapping[int, Mark], journal: Journal) -> Stage:
    lacking, oldest = 0, ""
    for epoch, upto in own.items():
        at_mark = marks.get(epoch, Mark(epoch)).sequence
        if upto > at_mark:
            lacking += upto - at_mark
            _, at = journal.count_after(epoch, at_mark)
            oldest = min(filter(None, (oldest, at)), default="")
    return Stage(name, sum(own.values()) - lacking, lacking, oldest)
