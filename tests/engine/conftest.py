from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from central_sync.engine.catalogue import Catalogue
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.workstation import Workstation
from central_sync.wire.keys import SigningKey
from tests.engine.central_twin import CentralTwin
from tests.engine.journal_twin import NOON, MemoryJournal


@dataclass
class Shop:
    """An enrolled workstation beside a central in memory."""

    workstation: Workstation
    central: CentralTwin
    journal: MemoryJournal


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    home, far = tmp_path / "till", tmp_path / "central"
    home.mkdir()
    far.mkdir()
    key = SigningKey.generate()
    central = CentralTwin(far)
    central.public_key = key.public
    journal = MemoryJournal(key)
    identity = Identity("s01-1", "1", "s01", "Växjö", "Två Par AB", "SE", central.key.public)
    store = SyncStore(home)
    store.enrolled(identity, 1, "2026-11-22T12:00:00.000Z")
    catalogue = Catalogue(home, store_id="s01", vital_counts={})
    workstation = Workstation(
        home, identity, key, store, journal, catalogue, central, now=lambda: NOON
    )
    yield Shop(workstation, central, journal)
    catalogue.close()
    store.close()
