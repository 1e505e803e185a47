"""Homes of tills with real files in them, made quickly."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from central_sync.engine.home_keys import STORE_KEY, data_keys, keep_keys
from central_sync.engine.plan import Mark
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.workstation import KEY_FILE
from central_sync.masterfile.swap import install
from central_sync.wire.sealing import KeySet
from tests.masterfile.chain import small_master
from tests.storage.disk import KEY, Disk, a_receipt

STORE_KEYS = KeySet.generate()
SETTINGS = '[workstation]\ncentral = "http://127.0.0.1:9"\n[devices]\nfiscal_unit = "demo://"\n'


def enrolled(home: Path, *, workstation_id: str = "s01-1", epoch: int = 1) -> Path:
    """A till that has its identity, its store's key, and nothing else."""
    home.mkdir(parents=True, exist_ok=True)
    KEY.save(home / KEY_FILE)
    (home / "keys" / "central.pub").write_text("central\n")
    identity = Identity(workstation_id, "1", "s01", "Växjö", "Två Par AB", "SE", "central")
    with closing(SyncStore(home)) as store:
        store.enrolled(identity, epoch, "2026-11-22T08:00:00.000Z")
    keep_keys(home, STORE_KEY, STORE_KEYS)
    return home


def a_till(home: Path, receipts: int = 3, *, sent: int = 0) -> Path:
    """A till that has sold, with `sent` of its entries proven at central."""
    enrolled(home)
    (home / "workstation.toml").write_text(SETTINGS)
    data_keys(home)
    install(small_master(home / "made.db"), home / "master.db")
    with Disk(home) as disk:
        disk.files(*(a_receipt(number) for number in range(1, receipts + 1)))
        entry = disk.records.journal.entry(1, sent) if sent else None
    if entry is not None:
        with closing(SyncStore(home)) as store:
            store.set_marks({1: Mark(1, entry.sequence, entry.hash)})
    return home


def journal_of(home: Path) -> list[tuple[int, int, bytes]]:
    with Disk(home) as disk:
        entries = disk.records.journal.entries_after(1, 0, 10_000, 100_000_000)
        return [(entry.epoch, entry.sequence, entry.hash) for entry in entries]
