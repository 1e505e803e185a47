"""What sync does in the register's file while no register runs: enter another epoch.

The caller holds the core's lock. The thing to get wrong: a receipt that waits for its seal
under a number of the old epoch; only the register can finish it, so the epoch waits.
"""

from __future__ import annotations

import os
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from central_sync.engine.epochs import Order, writing_epoch
from central_sync.engine.state import Identity, StateReader, SyncState
from central_sync.retail.identity import uuid7
from central_sync.wire.entries import EntryBody, EntryKind
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import Boot
from pos_client.storage.database import open_receipts
from pos_client.storage.epochs import state_in
from pos_client.storage.errors import StorageTrouble
from pos_client.storage.journal import JournalReader
from pos_client.storage.records import Records


def carry_on(home: Path, order: Order, at: str, boot: Boot) -> bool:
    """Carry out an order of the sync; False when a sale has to be finished first.

    Raises StorageTrouble, StorageDamaged.
    """
    known = _known(home)
    if known.identity is None:
        return False
    records = _open(home, known)
    try:
        loaded = records.load()
        if loaded.state.completing is not None:
            return False
        frame = _Frame(known.identity, loaded.state.day, at, boot)
        with records.act(state_in(loaded.state, order), loaded.totals) as act:
            act.carry_on(order, frame.entry)
        return True
    finally:
        records.close()


def _known(home: Path) -> SyncState:
    """What stands in sync.db; what cannot be read is not taken for empty."""
    with closing(StateReader(home)) as reader:
        known = reader.read()
        if reader.problem:
            raise StorageTrouble("storage.cannot_open", reader.problem)
    return known


def _open(home: Path, known: SyncState) -> Records:
    try:
        key = SigningKey.load(home / "keys" / "workstation.key")
    except (OSError, ValueError) as problem:
        raise StorageTrouble("storage.cannot_open", str(problem)) from problem
    path = home / "receipts.db"
    database = open_receipts(path, to_heal=True)
    epochs = {head.epoch for head in JournalReader(database).heads()}
    return Records(database, path, epoch=writing_epoch(known, epochs), sign=key.sign)


class _Frame:
    """Entries that nobody at a register made."""

    def __init__(self, identity: Identity, day: str, at: str, boot: Boot) -> None:
        self._identity, self._day, self._at, self._boot = identity, day, at, boot

    def entry(self, payload: dict[str, Any]) -> EntryBody:
        milliseconds = round(datetime.fromisoformat(self._at).timestamp() * 1000)
        return EntryBody(
            id=uuid7(milliseconds, os.urandom(10)),
            kind=EntryKind.EPOCH_ENTERED.value,
            at=self._at,
            business_day=self._day,
            store=self._identity.store_id,
            workstation=self._identity.workstation_id,
            operator="",
            payload=payload | {"boot_id": self._boot.boot_id, "hostname": self._boot.hostname},
        )
