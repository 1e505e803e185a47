"""The register's real journal, as sync opens it, under the same contract as the twin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from central_sync.engine.journal import Journal, JournalUnreadable, NoJournal, open_journal
from central_sync.retail.journal import GENESIS
from central_sync.wire.entries import EntryBody
from pos_client.storage.database import durable, open_receipts
from pos_client.storage.journal import JournalHead, append, open_for_sync
from tests.contracts.journal_contract import Filled, JournalContract
from tests.engine.journal_twin import MemoryJournal


def fill(home: Path, counts: Mapping[int, int]) -> None:
    """Write entries as the core does, one durable transaction each epoch."""
    twin = MemoryJournal()
    database = open_receipts(home / "receipts.db")
    for epoch, count in counts.items():
        head = JournalHead(epoch, 0, GENESIS)
        twin.append(epoch, count=count)
        with durable(database) as connection:
            for entry in twin.epochs[epoch]:
                head = append(connection, head, EntryBody.from_bytes(entry.body), twin.key.sign)
    database.conn.close()


class TestSqliteJournal(JournalContract):
    @pytest.fixture
    def filled(self, tmp_path: Path) -> Filled:
        def make(counts: Mapping[int, int]) -> Journal:
            fill(tmp_path, counts)
            return open_for_sync(tmp_path)

        return make


def test_sync_finds_the_registers_journal_by_itself(tmp_path: Path) -> None:
    fill(tmp_path, {1: 2})
    journal = open_journal(tmp_path)
    assert not isinstance(journal, NoJournal)
    assert [head.sequence for head in journal.heads()] == [2]
    journal.close()


def test_a_damaged_journal_is_unreadable_and_not_empty(tmp_path: Path) -> None:
    (tmp_path / "receipts.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(JournalUnreadable):
        open_journal(tmp_path).heads()
