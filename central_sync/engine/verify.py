"""Checks this till's journal from the first entry to the last, and central's copy of it.

Chain and signatures are checked from the bytes on the disk. Central needs to name only
its heads: a head's hash follows from every entry before it, so one equal hash proves
them all. The thing to get wrong: giving up with the first page that cannot be read. Its
entries are named, and everything around them is checked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from central_sync.engine.heartbeat import heartbeat
from central_sync.engine.journal import HeadLike, Journal, JournalUnreadable
from central_sync.engine.safety.rescued import ranges
from central_sync.engine.sync_state import SyncState
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.walking import Reach, Walked, walk
from central_sync.engine.workstation import Progress, Workstation
from central_sync.wire.messages import Head, HeartbeatRequest

_DAMAGED = (
    "Do not sell on this till. What is wrong with it: spindel sync doctor",
    "Then save what can be saved: spindel sync rescue --help",
)
_MISSING = (
    "Look for another disk or life of this till: spindel central forks list",
    "What central has comes into a new home by: spindel sync rescue --help",
)


@dataclass(frozen=True, slots=True)
class EpochCheck:
    """`fault` names the first bad entry here, `central_fault` the first at central, or "".

    `other_life` names the first entry at central that another life of this till wrote: a copy of
    its disk, or itself before a restore. That is no fault; central has it. `unreadable` are the
    entries that the disk does not give ("1:57", "1:57-60"; "1:57-" where the end is not known, for
    not even the newest can be read). `is_compared` is False where such a
    one would have to be held against central's.
    """

    epoch: int
    entries: int
    fault: str
    at_central: int
    central_fault: str
    other_life: str = ""
    unreadable: tuple[str, ...] = ()
    is_compared: bool = True


@dataclass(frozen=True, slots=True)
class Verified:
    """`central_trouble` is why central could not be asked, "" when it was."""

    epochs: tuple[EpochCheck, ...]
    central_trouble: str

    @property
    def is_good(self) -> bool:
        return not any(check.fault or check.central_fault for check in self.epochs)

    @property
    def first_bad(self) -> str:
        """The first bad or missing entry, here before at central ("1:57"); "" when all are good."""
        faults = [c.fault for c in self.epochs] + [c.central_fault for c in self.epochs]
        return next((fault.split()[0] for fault in faults if fault), "")

    @property
    def remedies(self) -> tuple[str, ...]:
        """What to do next, one after the other; empty when all is good."""
        if any(check.fault for check in self.epochs):
            return _DAMAGED
        return () if self.is_good else _MISSING


def central_heads(workstation: Workstation) -> list[Head] | SyncTrouble:
    """Central's heads, or why it could not be asked; a journal that is damaged stops nobody."""
    try:
        try:
            return list(heartbeat(workstation).heads)
        except (JournalUnreadable, sqlite3.Error):
            request = HeartbeatRequest(
                heads=[], version=version("spindel"), clock=workstation.timestamp(), outbox=0
            )
            return list(workstation.central.heartbeat(request).heads)
    except SyncTrouble as trouble:
        return trouble


def verify_journal(
    journal: Journal,
    public_key: str,
    asked: Sequence[HeadLike] | SyncTrouble,
    progress: Progress,
    former_keys: Sequence[str] = (),
    state: SyncState | None = None,
) -> Verified:
    """Check every epoch that either side knows; an entry that cannot be read is a fault.

    `asked` is what central answered. `former_keys` have signed for this place before `public_key`.
    `state` tells what is known of this till's other lives. Raises JournalUnreadable where nothing
    can be named.
    """
    keys = (public_key, *former_keys)
    if isinstance(asked, SyncTrouble):
        named, trouble = {}, str(asked)
    else:
        named, trouble = {head.epoch: head for head in asked}, ""
    known = state or SyncState(epochs=tuple(named))  # no other life is known of
    own = _own_heads(journal)
    epochs = {*own, *named} if own is not None else {*known.epochs, *known.marks, *named}
    checks = []
    for epoch in sorted(epochs):
        head = own.get(epoch) if own is not None else None
        walked = _walked(journal, epoch, own, named, known, keys, progress)
        here = _Here(journal, own is not None, head, walked, known)
        checks.append(_check(epoch, here, named.get(epoch)))
    if own is None and not any(check.fault for check in checks):
        journal.heads()  # says why, unless it was for a moment
    return Verified(tuple(checks), trouble)


def _own_heads(journal: Journal) -> dict[int, HeadLike] | None:
    """None when not even they can be read."""
    try:
        return {head.epoch: head for head in journal.heads()}
    except (JournalUnreadable, sqlite3.Error):
        return None


def _walked(
    journal: Journal,
    epoch: int,
    own: Mapping[int, HeadLike] | None,
    named: Mapping[int, HeadLike],
    known: SyncState,
    keys: Sequence[str],
    progress: Progress,
) -> Walked:
    if own is None:
        # At least as far as central is proven to have.
        there = max(named[epoch].sequence if epoch in named else 0, known.mark(epoch).sequence)
        return walk(journal, Reach(epoch, there, is_known=False), keys, progress)
    if epoch not in own:
        return Walked(0, (), None)
    return walk(journal, Reach(epoch, own[epoch].sequence), keys, progress)


@dataclass(frozen=True, slots=True)
class _Here:
    """One epoch of this till; `head` is None where it has none, or none that can be read."""

    journal: Journal
    knows_heads: bool
    head: HeadLike | None
    walked: Walked
    state: SyncState

    @property
    def length(self) -> int | None:
        """None when nobody knows how many entries there were."""
        if self.head is not None or self.knows_heads:
            return self.head.sequence if self.head else 0
        return None if self.walked.broken else self.walked.entries


def _check(epoch: int, here: _Here, named: HeadLike | None) -> EpochCheck:
    walked, broken = here.walked, here.walked.broken
    try:
        central_fault, is_compared = _central_fault(here, named), True
    except (JournalUnreadable, sqlite3.Error):
        central_fault, is_compared = "", _is_proven(here.state, named)
    is_other = bool(central_fault) and _is_of_another_life(here, epoch)
    return EpochCheck(
        epoch=epoch,
        entries=here.head.sequence if here.head else walked.entries,
        fault=f"{broken.epoch}:{broken.sequence} {broken.reason}" if broken else "",
        at_central=named.sequence if named else 0,
        central_fault="" if is_other else central_fault,
        other_life=_first_of_other(epoch, here.state) if is_other else "",
        unreadable=_unreadable(epoch, here),
        is_compared=is_compared,
    )


def _unreadable(epoch: int, here: _Here) -> tuple[str, ...]:
    *first, last = ranges(epoch, here.walked.unreadable) or [""]
    is_open = bool(last) and not here.knows_heads
    return tuple(each for each in (*first, f"{last.split('-')[0]}-" if is_open else last) if each)


def _is_proven(state: SyncState, named: HeadLike | None) -> bool:
    """Was central's head held against the entry here before that could no longer be read?"""
    return named is not None and state.mark(named.epoch).hash == named.hash


def _is_of_another_life(here: _Here, epoch: int) -> bool:
    """Was it found out before: a fork that was healed, or an epoch granted to another disk?"""
    state = here.state
    return epoch in state.forks or (here.head is None and epoch not in state.epochs)


def _first_of_other(epoch: int, state: SyncState) -> str:
    fork = state.forks.get(epoch)
    return f"{epoch}:{fork.sequence + 1 if fork else 1}"


def _central_fault(here: _Here, named: HeadLike | None) -> str:
    """Raises JournalUnreadable and sqlite3.Error where the entry here cannot be read."""
    if named is None or named.sequence == 0:
        return ""
    length = here.length
    if length is not None and named.sequence > length:
        return f"{named.epoch}:{length + 1} is at central and missing here"
    entry = here.journal.entry(named.epoch, named.sequence)
    if entry is None or entry.hash != named.hash:
        return f"{named.epoch}:{named.sequence} is another entry at central"
    return ""
