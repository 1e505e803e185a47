"""Walks a journal from its first entry on, and goes around what the disk does not give.

A page of the file that is damaged takes a few entries with it; the ones beside it are read all
the same, one by one. The thing to get wrong: ending at the first error, so that nobody hears
where the damage begins and how far it reaches.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from central_sync.engine.journal import Journal, JournalUnreadable
from central_sync.engine.workstation import Progress
from central_sync.retail.journal import GENESIS, Broken, JournalEntry, first_broken
from central_sync.wire.keys import verify as is_signed

BATCH_ENTRIES, BATCH_BYTES = 1000, 8_000_000


@dataclass(frozen=True, slots=True)
class Reach:
    """The sequence of an epoch's newest entry; the least it must be, where it is not known."""

    epoch: int
    upto: int
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Walked:
    """`entries` could be read; `unreadable` are the sequences that could not, in order.

    `broken` is the first bad, missing or unreadable entry, None when every one is good.
    """

    entries: int
    unreadable: tuple[int, ...]
    broken: Broken | None


def walk(journal: Journal, reach: Reach, keys: Sequence[str], progress: Progress) -> Walked:
    """Check one epoch as far as it reaches; raises nothing for what cannot be read."""
    epoch, upto = reach.epoch, reach.upto
    walker = _Walker(journal, epoch, keys)
    while (batch := walker.batch()) and walker.broken is None:
        walker.take(batch)
        progress(f"epoch {epoch}", walker.done, upto)
    if walker.broken is None and not walker.problem and walker.done < upto:
        walker.broken = Broken(epoch, walker.done + 1, "missing")
    if not walker.problem:
        return Walked(walker.done, (), walker.broken)
    # What SQLite does not give is bad from there on; the rest is tried entry by entry.
    walker.broken = Broken(epoch, walker.done + 1, f"cannot be read ({walker.problem})")
    return _around(walker, reach, progress)


class _Walker:
    def __init__(self, journal: Journal, epoch: int, keys: Sequence[str]) -> None:
        self._journal, self._epoch, self._keys = journal, epoch, keys
        self._after, self._limit = GENESIS, BATCH_ENTRIES
        self.done, self.problem = 0, ""
        self.broken: Broken | None = None

    def batch(self) -> Sequence[JournalEntry]:
        """What comes next; one by one as soon as many at once cannot be read."""
        while True:
            try:
                return self._read(self.done, self._limit)
            except (JournalUnreadable, sqlite3.Error) as problem:
                if self._limit == 1:
                    self.problem = " ".join(str(problem).split())
                    return ()
                self._limit = 1

    def take(self, batch: Sequence[JournalEntry]) -> None:
        broken = first_broken(batch, after=self._after, sequence=self.done)
        self.broken = broken or _first_unsigned(batch, self._keys)
        if self.broken is None:
            self._after, self.done = batch[-1].hash, batch[-1].sequence

    def can_read(self, sequence: int) -> bool:
        try:
            found = self._read(sequence - 1, 1)
        except (JournalUnreadable, sqlite3.Error):
            return False
        return bool(found) and found[0].sequence == sequence

    def _read(self, after: int, limit: int) -> Sequence[JournalEntry]:
        return self._journal.entries_after(self._epoch, after, limit, BATCH_BYTES)


def _around(walker: _Walker, reach: Reach, progress: Progress) -> Walked:
    broken, good = walker.broken, walker.done
    assert broken is not None
    sequence, unreadable = broken.sequence, [broken.sequence]
    while sequence < reach.upto or (not reach.is_known and unreadable[-1] != sequence):
        sequence += 1
        if walker.can_read(sequence):
            good += 1
        else:
            unreadable.append(sequence)
        if sequence % BATCH_ENTRIES == 0:
            progress(f"epoch {reach.epoch}", sequence, reach.upto)
    return Walked(good, tuple(unreadable), broken)


def _first_unsigned(batch: Sequence[JournalEntry], keys: Sequence[str]) -> Broken | None:
    for entry in batch:
        if not any(is_signed(key, entry.signature, entry.hash) for key in keys):
            reason = "is not signed by this workstation's key"
            return Broken(entry.epoch, entry.sequence, reason)
    return None
