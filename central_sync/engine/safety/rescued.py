"""What can be saved of a till: values that the register and the sync hand to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from central_sync.retail.journal import GENESIS, JournalEntry


@dataclass(frozen=True, slots=True)
class Paper:
    """A print that is in the spool: the receipt's number, its sum, and the words on it."""

    receipt_number: str
    total_minor: int
    text: str


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What lies in a damaged home; `troubles` say what could not be read there."""

    entries: tuple[JournalEntry, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chains:
    """`whole` follows from the first entry on, epoch by epoch; `loose` lies behind a gap.

    `missing` names what has to be there and is not ("1:57" or "1:57-60").
    """

    whole: tuple[JournalEntry, ...]
    loose: tuple[JournalEntry, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """What is known beside the entries that are told: those that stay `aside`, and per epoch the
    `highest` receipt number that the sync file or central has seen."""

    workstation: str
    aside: tuple[JournalEntry, ...] = ()
    highest: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReceiptLists:
    """Every printed number that was used, in one of these.

    `saved` stand in the new journal, `aside` in an entry that no chain reaches (both in runs,
    "s01-1-1-1 to 8"); of `on_paper` the text is left, of `lost` nothing (each by itself). Where
    not `is_end_known`, higher ones may have been printed of which nobody knows.
    """

    saved: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    on_paper: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    is_end_known: bool = True


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`untold` are the loose entries that no program of this version can tell again; `papers` the
    text of those receipts that are left `on_paper` alone."""

    receipts: int
    appended: int
    newest: str
    numbers: ReceiptLists
    papers: tuple[Paper, ...]
    untold: tuple[JournalEntry, ...] = ()


def chained(found: Iterable[JournalEntry], known: Sequence[tuple[int, int]] = ()) -> Chains:
    """Put entries together by their hashes. Pure.

    `known` are (epoch, sequence) that are proven to have existed, such as central's heads.
    """
    by_place: dict[tuple[int, int], dict[bytes, JournalEntry]] = {}
    for entry in found:
        by_place.setdefault((entry.epoch, entry.sequence), {})[entry.hash] = entry
    newest: dict[int, int] = {}
    for epoch, sequence in (*by_place, *known):
        newest[epoch] = max(newest.get(epoch, 0), sequence)
    whole: list[JournalEntry] = []
    loose: list[JournalEntry] = []
    missing: list[str] = []
    for epoch in sorted(newest):
        reached = _prefix(epoch, by_place, whole)
        beyond = sorted(s for e, s in by_place if e == epoch and s > reached)
        for sequence in beyond:
            loose += by_place[epoch, sequence].values()
        absent = set(range(reached + 1, newest[epoch] + 1)) - set(beyond)
        missing += ranges(epoch, sorted(absent))
    return Chains(tuple(whole), tuple(loose), tuple(missing))


def _prefix(
    epoch: int,
    by_place: dict[tuple[int, int], dict[bytes, JournalEntry]],
    whole: list[JournalEntry],
) -> int:
    """Add the entries that follow from the first one; returns the last sequence."""
    after, sequence = GENESIS, 0
    while True:
        here = by_place.get((epoch, sequence + 1), {})
        following = next((e for e in here.values() if e.previous_hash == after), None)
        if following is None:
            return sequence
        whole.append(following)
        after, sequence = following.hash, sequence + 1


def ranges(epoch: int, sequences: Sequence[int]) -> list[str]:
    """1:57-60 for a run, 1:57 for one alone."""
    found: list[str] = []
    first = last = None
    for sequence in (*sequences, None):
        if first is not None and last is not None and sequence != last + 1:
            found.append(f"{epoch}:{first}" if first == last else f"{epoch}:{first}-{last}")
            first = None
        if first is None:
            first = sequence
        last = sequence
    return found
