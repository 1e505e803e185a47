from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from central_sync.engine.journal import Journal, NoJournal, open_journal
from tests.contracts.journal_contract import Filled, JournalContract
from tests.engine.journal_twin import MemoryJournal


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def filled(self) -> Filled:
        def fill(counts: Mapping[int, int]) -> Journal:
            journal = MemoryJournal()
            for epoch, count in counts.items():
                journal.append(epoch, count=count)
            return journal

        return fill


def test_a_register_that_never_sold_has_nothing_to_send(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    assert isinstance(journal, NoJournal)
    assert list(journal.heads()) == []
    assert not (tmp_path / "receipts.db").exists()
