"""Entering an epoch while no register runs: only on what can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from central_sync.engine.epochs import Order
from central_sync.engine.plan import Fork
from central_sync.wire.messages import Boot
from pos_client.storage.errors import StorageTrouble
from pos_client.storage.unattended import carry_on
from tests.storage.disk import Disk

AT = "2026-11-22T12:00:00.000Z"


def test_a_sync_file_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        common = disk.notes(2).records.journal.entry(1, 1)
    assert common is not None
    (tmp_path / "sync.db").write_bytes(b"no database " * 400)
    with pytest.raises(StorageTrouble):
        carry_on(tmp_path, Order(2, (Fork("fork", 1, 1, common.hash),), 9), AT, Boot())
    with Disk(tmp_path) as disk:
        assert [head.epoch for head in disk.records.journal.heads()] == [1]
