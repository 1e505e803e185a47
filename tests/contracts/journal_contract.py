"""What sync expects of any journal: one suite for the real one and for the twin in memory.

A test module subclasses JournalContract and gives the fixture `filled`: a function from
{epoch: number of entries} to a journal that holds so many, chained from GENESIS. Bodies
and times are the implementer's own; times are ISO UTC and rise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from central_sync.engine.journal import Journal
from central_sync.retail.journal import first_broken

Filled = Callable[[Mapping[int, int]], Journal]

LOTS = 10_000_000


class JournalContract:
    @pytest.fixture
    def filled(self) -> Filled:
        raise NotImplementedError("give the fixture `filled`")

    def test_an_empty_journal_has_no_heads(self, filled: Filled) -> None:
        journal = filled({})
        assert list(journal.heads()) == []
        assert list(journal.entries_after(1, 0, 10, LOTS)) == []
        assert journal.count_after(1, 0) == (0, "")
        journal.close()

    def test_heads_are_the_newest_of_every_epoch_in_order(self, filled: Filled) -> None:
        journal = filled({1: 3, 2: 2})
        assert [(head.epoch, head.sequence) for head in journal.heads()] == [(1, 3), (2, 2)]
        for head in journal.heads():
            entry = journal.entry(head.epoch, head.sequence)
            assert entry is not None
            assert entry.hash == head.hash
        journal.close()

    def test_entries_come_in_order_after_a_sequence(self, filled: Filled) -> None:
        journal = filled({1: 5, 2: 1})
        entries = journal.entries_after(1, 2, 10, LOTS)
        assert [(entry.epoch, entry.sequence) for entry in entries] == [(1, 3), (1, 4), (1, 5)]
        assert all(entry.signature for entry in entries)
        journal.close()

    def test_entries_follow_from_one_another(self, filled: Filled) -> None:
        journal = filled({1: 4})
        assert first_broken(journal.entries_after(1, 0, 10, LOTS)) is None
        journal.close()

    def test_no_more_entries_come_than_asked(self, filled: Filled) -> None:
        journal = filled({1: 5})
        assert [entry.sequence for entry in journal.entries_after(1, 1, 2, LOTS)] == [2, 3]
        journal.close()

    def test_the_size_is_kept_but_one_entry_always_comes(self, filled: Filled) -> None:
        journal = filled({1: 5})
        first, second = journal.entries_after(1, 0, 2, LOTS)
        both = len(first.body) + len(second.body)
        assert [entry.sequence for entry in journal.entries_after(1, 0, 5, both)] == [1, 2]
        assert [entry.sequence for entry in journal.entries_after(1, 0, 5, 1)] == [1]
        journal.close()

    def test_an_entry_that_is_not_there_is_none(self, filled: Filled) -> None:
        journal = filled({1: 2})
        assert journal.entry(1, 3) is None
        assert journal.entry(2, 1) is None
        journal.close()

    def test_what_is_newer_is_counted_from_its_oldest(self, filled: Filled) -> None:
        journal = filled({1: 4})
        count, at = journal.count_after(1, 1)
        assert count == 3
        assert at.endswith("Z")
        assert journal.count_after(1, 4) == (0, "")
        assert journal.count_after(1, 0)[1] <= at
        journal.close()
