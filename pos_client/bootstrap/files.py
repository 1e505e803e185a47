"""A till's files as its core opens them: settings, what sync knows, the journal, checked first.

The thing to get wrong: opening the writer before its journal has been read from end to end.
"""

from __future__ import annotations

from pathlib import Path

from central_sync.engine.epochs import writing_epoch
from central_sync.engine.state import StateReader, SyncState
from central_sync.wire.key_files import KeyOnDisk
from pos_client.bootstrap.people import private_keys
from pos_client.config import BadConfig, Settings, read_settings
from pos_client.errors import CannotStart
from pos_client.storage.database import open_receipts
from pos_client.storage.errors import StorageDamaged, StorageTrouble
from pos_client.storage.journal import JournalReader
from pos_client.storage.migrating import MigrationRefused
from pos_client.storage.records import Records


def settings_of(home: Path) -> Settings:
    try:
        return read_settings(home)
    except BadConfig as problem:
        raise CannotStart(str(problem)) from problem


def known_of(home: Path, sync: StateReader) -> SyncState:
    """What sync knows of this till; raises CannotStart when its file cannot be read."""
    known = sync.read()
    if sync.problem:
        mend = "Make room or mend the disk; spindel sync doctor says what is wrong with it."
        if sync.is_newer:
            mend = "Start the newer program that wrote it, or update this one."
        raise CannotStart(f"{home}/sync.db cannot be read ({sync.problem}). {mend}")
    return known


def records_of(home: Path, known: SyncState) -> Records:
    """The writer, after its journal has checked itself."""
    path = home / "receipts.db"
    try:
        key = KeyOnDisk(home / "keys" / "workstation.key")
        database = open_receipts(path)
        broken = JournalReader(database).first_broken()
    except (OSError, ValueError) as problem:
        raise CannotStart(
            f"The workstation's key cannot be read ({problem}). Restore it or enrol again."
        ) from problem
    except MigrationRefused as problem:
        raise CannotStart(f"{path} is left as it is: {problem}.") from problem
    except StorageTrouble as problem:
        raise CannotStart(
            f"{path} cannot be written ({problem}). Make room or mend the disk, then start again."
        ) from problem
    except StorageDamaged as problem:
        raise CannotStart(
            f"{path} is damaged ({problem}). Do not sell; restore it with store IT."
        ) from problem
    if broken is not None:
        raise CannotStart(
            f"The journal is not whole: entry {broken.epoch}-{broken.sequence} {broken.reason}. "
            "Do not sell; call store IT."
        )
    epoch = writing_epoch(known, {head.epoch for head in JournalReader(database).heads()})
    return Records(database, path, epoch=epoch, sign=key.sign, data_keys=private_keys(home))
