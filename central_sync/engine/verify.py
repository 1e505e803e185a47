"""Checks this till's journal from the first entry to the last, and central's copy of it.

Chain and signatures are checked from the bytes on the disk. Central needs to name only
its heads: a head's hash follows from every entry before it, so one equal hash proves
them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from central_sync.engine.journal import HeadLike, Journal
from central_sync.engine.sync_state import SyncState
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.workstation import Progress
from central_sync.retail.journal import GENESIS, Broken, JournalEntry, first_broken
from central_sync.wire.keys import verify as is_signed

_BATCH_ENTRIES, _BATCH_BYTES = 1000, 8_000_000


@dataclass(frozen=True, slots=True)
class EpochCheck:
    """`fault` names the first bad entry here, `central_fault` the first at central, or "".

    `other_life` names the first entry at central that another life of this till wrote: a copy of
    its disk, or itself before a restore. That is no fault; central has it.
    """

    epoch: int
    entries: int
    fault: str
    at_central: int
    central_fault: str
    other_life: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """`central_trouble` is why central could not be asked, "" when it was."""

    epochs: tuple[EpochCheck, ...]
    central_trouble: str

    @property
    def is_good(self) -> bool:
        return not any(check.fault or check.central_fault for check in self.epochs)


def verify_journal(
    journal: Journal,
    public_key: str,
    central_heads: Sequence[HeadLike] | SyncTrouble,
    progress: Progress,
    former_keys: Sequence[str] = (),
    state: SyncState | None = None,
) -> Verified:
    """Check every epoch that either side knows. Raises JournalUnreadable.

    `former_keys` have signed for this place before `public_key`. `state` tells what is known of
    this till's other lives.
    """
    keys = (public_key, *former_keys)
    if isinstance(central_heads, SyncTrouble):
        named, trouble = {}, str(central_heads)
    else:
        named, trouble = {head.epoch: head for head in central_heads}, ""
    own = {head.epoch: head for head in journal.heads()}
    checks = []
    for epoch in sorted({*own, *named}):
        central_fault = _central_fault(journal, own.get(epoch), named.get(epoch))
        is_other = bool(central_fault) and _is_of_another_life(epoch, own.get(epoch), state)
        checks.append(
            EpochCheck(
                epoch=epoch,
                entries=own[epoch].sequence if epoch in own else 0,
                fault=_fault(journal, own[epoch], keys, progress) if epoch in own else "",
                at_central=named[epoch].sequence if epoch in named else 0,
                central_fault="" if is_other else central_fault,
                other_life=_first_of_other(epoch, state) if is_other else "",
            )
        )
    return Verified(tuple(checks), trouble)


def _is_of_another_life(epoch: int, own: HeadLike | None, state: SyncState | None) -> bool:
    """Was it found out before: a fork that was healed, or an epoch granted to another disk?"""
    if state is None:
        return False
    return epoch in state.forks or (own is None and epoch not in state.epochs)


def _first_of_other(epoch: int, state: SyncState | None) -> str:
    fork = state.forks.get(epoch) if state else None
    return f"{epoch}:{fork.sequence + 1 if fork else 1}"


def _fault(journal: Journal, head: HeadLike, keys: Sequence[str], progress: Progress) -> str:
    after, done = GENESIS, 0
    for batch in _batches(journal, head.epoch):
        broken = first_broken(batch, after=after, sequence=done)
        broken = broken or _first_unsigned(batch, keys)
        if broken is not None:
            return f"{broken.epoch}:{broken.sequence} {broken.reason}"
        after, done = batch[-1].hash, batch[-1].sequence
        progress(f"epoch {head.epoch}", done, head.sequence)
    return "" if done >= head.sequence else f"{head.epoch}:{done + 1} missing"


def _batches(journal: Journal, epoch: int) -> Iterator[Sequence[JournalEntry]]:
    after = 0
    while batch := journal.entries_after(epoch, after, _BATCH_ENTRIES, _BATCH_BYTES):
        yield batch
        after = batch[-1].sequence


def _first_unsigned(batch: Sequence[JournalEntry], keys: Sequence[str]) -> Broken | None:
    for entry in batch:
        if not any(is_signed(key, entry.signature, entry.hash) for key in keys):
            reason = "is not signed by this workstation's key"
            return Broken(entry.epoch, entry.sequence, reason)
    return None


def _central_fault(journal: Journal, own: HeadLike | None, named: HeadLike | None) -> str:
    if named is None or named.sequence == 0:
        return ""
    if own is None or named.sequence > own.sequence:
        first = own.sequence + 1 if own else 1
        return f"{named.epoch}:{first} is at central and missing here"
    entry = journal.entry(named.epoch, named.sequence)
    if entry is None or entry.hash != named.hash:
        return f"{named.epoch}:{named.sequence} is another entry at central"
    return ""
