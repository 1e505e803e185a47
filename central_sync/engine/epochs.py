"""Which epoch the register writes in, and what it has to carry over from one that forked.

Pure: from what sync.db says and what the journal holds. The thing to get wrong: an epoch
that central granted to a life that this disk has forgotten; entries of it stand at central
already, so it is never entered, and a new one is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from central_sync.engine.plan import Fork, Mark
from central_sync.engine.state import Grant, SyncState


@dataclass(frozen=True, slots=True)
class Order:
    """What the register has to do: write in `epoch`, and say there again what forked.

    Receipts are numbered from `first_number` and Z reports from `next_z_number` at least.
    """

    epoch: int
    forks: tuple[Fork, ...]
    first_number: int = 1
    next_z_number: int = 1


class Counted(Protocol):
    """What counting the unsent needs of a journal."""

    def count_after(self, epoch: int, sequence: int) -> tuple[int, str]: ...


def writing_epoch(state: SyncState, in_journal: Collection[int]) -> int:
    """The epoch to write in now; 0 before enrolment. `in_journal` are those with entries.

    One that was granted after a fork counts once the register has entered it.
    """
    entered = [epoch for epoch in state.epochs if epoch not in state.grants or epoch in in_journal]
    return max(entered, default=0)


def usable_grant(state: SyncState, in_journal: Collection[int]) -> Grant | None:
    """The grant that waits to be entered; None when there is none or it is somebody's already."""
    waiting = [
        grant
        for epoch, grant in state.grants.items()
        if epoch > writing_epoch(state, in_journal) and state.mark(epoch).sequence == 0
    ]
    waiting = [grant for grant in waiting if grant.epoch not in state.forks]
    return max(waiting, key=lambda grant: grant.epoch, default=None)


def open_forks(state: SyncState, carried: Mapping[int, int]) -> tuple[Fork, ...]:
    """Forks of which something is not carried on yet, oldest epoch first.

    `carried`: per epoch, above which of its entries all stand in a later epoch.
    """
    return tuple(
        fork
        for epoch, fork in sorted(state.forks.items())
        if epoch not in carried or carried[epoch] > fork.sequence
    )


def needs_grant(
    state: SyncState, in_journal: Collection[int], carried: Mapping[int, int]
) -> Fork | None:
    """The fork that a new epoch has to be asked for: it is of the epoch being written in."""
    writing = writing_epoch(state, in_journal)
    for fork in open_forks(state, carried):
        if fork.epoch == writing and usable_grant(state, in_journal) is None:
            return fork
    return None


def order_of(
    state: SyncState, in_journal: Collection[int], carried: Mapping[int, int]
) -> Order | None:
    """What the register has to do now; None when nothing, or when an epoch is still awaited."""
    forks = open_forks(state, carried)
    writing = writing_epoch(state, in_journal)
    if not forks or not writing:
        return None
    if writing not in {fork.epoch for fork in forks}:
        return Order(writing, forks)
    grant = usable_grant(state, in_journal)
    if grant is None:
        return None
    return Order(grant.epoch, forks, grant.first_number, grant.next_z_number)


def limits(state: SyncState, carried: Mapping[int, Mark]) -> dict[int, Mark]:
    """Per forked epoch the newest entry that is sent under it.

    `carried`: the same as the journal knows it, for a sync.db that was lost since.
    """
    known = {epoch: Mark(epoch, fork.sequence, fork.hash) for epoch, fork in state.forks.items()}
    lower = {
        epoch: mark
        for epoch, mark in carried.items()
        if epoch not in known or mark.sequence < known[epoch].sequence
    }
    return known | lower


def unsent(state: SyncState, journal: Counted, epochs: Collection[int]) -> tuple[int, str]:
    """How many entries central has not confirmed, and when the oldest was made ("" for none).

    What a fork left behind counts once, in the epoch that it was carried to.
    """
    count, oldest = 0, ""
    for epoch in sorted(epochs):
        waiting, at = journal.count_after(epoch, state.mark(epoch).sequence)
        fork = state.forks.get(epoch)
        if fork is not None:
            beyond, _ = journal.count_after(epoch, fork.sequence)
            waiting -= beyond
        if waiting > 0:
            count += waiting
            oldest = min(filter(None, (oldest, at)), default="")
    return count, oldest
