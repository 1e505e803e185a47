"""Which printed numbers a rescue saved, and which are lost: each one that was used, in one list.

A series has no hole but those that an entry tells of, so every number up to the highest that
anybody knows of was used. The thing to get wrong: calling lost what only found no place in the
new journal; its entry lies beside it, or its paper in the spool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from central_sync.engine.safety.rescued import ReceiptLists
from central_sync.retail.identity import ReceiptNumber
from central_sync.retail.journal import JournalEntry
from central_sync.retail.plain import Unreadable
from central_sync.wire.entries import EntryBody, EntryKind

# Where nobody says otherwise, a workstation's first series begins so.
_FIRST_EPOCH, _FIRST_NUMBER = 1, 1


@dataclass(slots=True)
class Used:
    """What is known of the numbers: `burnt` were never printed; `first` and `highest` by epoch."""

    workstation: str
    burnt: set[int] = field(default_factory=set)
    first: dict[int, int] = field(default_factory=lambda: {_FIRST_EPOCH: _FIRST_NUMBER})
    highest: dict[int, int] = field(default_factory=dict)

    def reaches(self, highest: Mapping[int, int]) -> None:
        for epoch, number in highest.items():
            self.highest[epoch] = max(self.highest.get(epoch, 0), number)

    def hears(self, entries: Iterable[JournalEntry]) -> set[ReceiptNumber]:
        """Take in what entries tell of the series; returns the receipts among them."""
        found = set()
        for entry in entries:
            with suppress(Unreadable, KeyError, TypeError, ValueError):
                body = EntryBody.from_bytes(entry.body)
                if body.kind == EntryKind.RECEIPT:
                    found |= parsed([str(body.payload["receipt_number"])])
                elif body.kind == EntryKind.EPOCH_ENTERED:
                    self._begins(entry.epoch, int(body.payload["first_number"]))
                elif body.kind == EntryKind.NUMBER_BURNT or body.payload.get("is_burnt"):
                    self.burnt.add(int(body.payload["number"]))
        return found

    def _begins(self, epoch: int, number: int) -> None:
        """The highest told: what an older epoch began with may be told again in this one."""
        self.first[epoch] = max(self.first.get(epoch, 0), number)


def parsed(printed: Iterable[str]) -> set[ReceiptNumber]:
    """Printed numbers as values, without what is none."""
    found = set()
    for each in printed:
        workstation, _, tail = each.rpartition("-")
        workstation, _, epoch = workstation.rpartition("-")
        if workstation and epoch.isdecimal() and tail.isdecimal():
            found.add(ReceiptNumber(workstation, int(epoch), int(tail)))
    return found


def sort_out(
    saved: set[ReceiptNumber], aside: set[ReceiptNumber], on_paper: set[ReceiptNumber], used: Used
) -> ReceiptLists:
    """Each used number into the best of the lists that it belongs to. Pure."""
    aside = aside - saved
    on_paper = on_paper - saved - aside
    known = saved | aside | on_paper
    lost = {
        number
        for epoch in {*used.highest, *(number.epoch for number in known)}
        for number in _series(epoch, {each for each in known if each.epoch == epoch}, used)
        if number not in known and number.number not in used.burnt
    }
    return ReceiptLists(
        saved=_runs(saved), aside=_runs(aside), on_paper=_listed(on_paper), lost=_listed(lost)
    )


def _series(epoch: int, known: set[ReceiptNumber], used: Used) -> Iterable[ReceiptNumber]:
    """Every number of an epoch that must have been used."""
    numbers = {each.number for each in known}
    first = used.first.get(epoch, min(numbers, default=used.highest.get(epoch, 0)))
    highest = max({used.highest.get(epoch, 0), *numbers})
    for number in range(first, highest + 1):
        yield ReceiptNumber(used.workstation, epoch, number)


def _listed(numbers: set[ReceiptNumber]) -> tuple[str, ...]:
    return tuple(str(each) for each in _sorted(numbers))


def _runs(numbers: set[ReceiptNumber]) -> tuple[str, ...]:
    """ "s01-1-1-1 to 8" for a run, "s01-1-1-9" for one alone."""
    runs: list[list[ReceiptNumber]] = []
    for each in _sorted(numbers):
        last = runs[-1][-1] if runs else None
        if last and each == ReceiptNumber(last.workstation, last.epoch, last.number + 1):
            runs[-1].append(each)
        else:
            runs.append([each])
    return tuple(f"{run[0]} to {run[-1].number}" if run[1:] else str(run[0]) for run in runs)


def _sorted(numbers: set[ReceiptNumber]) -> list[ReceiptNumber]:
    return sorted(numbers, key=lambda each: (each.workstation, each.epoch, each.number))
