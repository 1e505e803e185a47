"""A backup of a till: made while it sells, sealed, read back before it counts.

One file holds the three databases of one moment, the settings and the keys. It opens with a
passphrase or with the store's key, which every till of the store and head office have; so
the till's own key never lies anywhere unsealed but in its home. The thing to get wrong:
deleting an old backup before the new one has been read back whole.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from central_sync.engine.client import utc_now
from central_sync.engine.former_keys import FILE as FORMER
from central_sync.engine.home_keys import DATA_KEY, STORE_KEY, kept_keys, store_keys
from central_sync.engine.journal import HeadLike
from central_sync.engine.safety import KEPT
from central_sync.engine.safety.copies import (
    MASTER,
    RECEIPTS,
    SYNC,
    check_copies,
    copy_databases,
)
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.state import SyncState, read_state
from central_sync.engine.workstation import (
    CENTRAL_KEY_FILE,
    KEY_FILE,
    Progress,
    iso,
    no_progress,
    not_enrolled,
)
from central_sync.wire.archive import NotAnArchive, Secrets
from central_sync.wire.bundle import digest_of, digests, pack, remove_folder, retire

SUFFIX = ".backup"
KIND = "till"
WORK_FOLDER = "backup.work"
_LOCK_FILE = "backup.lock"
_PLAIN = ("workstation.toml", KEY_FILE, CENTRAL_KEY_FILE, FORMER)
# What the control unit was asked; written before the journal, so copied after it.
_FISCAL = "fiscal.jsonl"
_KEY_SETS = (DATA_KEY, STORE_KEY)


@dataclass(frozen=True, slots=True)
class Backup:
    """`heads` are the newest journal entries in it ("1:812"); `removed` the old ones that went."""

    path: str
    workstation: str
    made_at: str
    size_bytes: int
    heads: tuple[str, ...]
    files: tuple[str, ...]
    opens_with: tuple[str, ...]
    removed: tuple[str, ...]


def make_backup(
    home: Path,
    to: Path,
    passphrase: str = "",
    *,
    keep: int = KEPT,
    with_catalogue: bool = True,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> Backup:
    """Back up the home to a folder, where the newest `keep` stay, or to a file.

    Returns only when the file has been read back and found equal. Raises SafetyTrouble,
    SyncTrouble (not enrolled), OSError, sqlite3.Error.
    """
    state = read_state(home)
    if state.identity is None:
        raise not_enrolled()
    secrets = _secrets(home, passphrase)
    at = now()
    path = _target(to, state.identity.workstation_id, at)
    with _work_folder(home) as work:
        names = (SYNC, RECEIPTS, MASTER) if with_catalogue else (SYNC, RECEIPTS)
        copies = copy_databases(home, work, names, progress)
        heads = check_copies(copies, progress)
        files = {**copies, **_plain_files(home)}
        pack(path, _about(state, heads, files, iso(at)), files, secrets, progress)
        _read_back(path, files, secrets, progress)
    is_folder = path != to
    owner = state.identity.workstation_id
    facts = {"kind": KIND, "workstation": owner}
    removed = retire(to, SUFFIX, facts, keep, path) if is_folder else ()
    return Backup(
        path=str(path),
        workstation=state.identity.workstation_id,
        made_at=iso(at),
        size_bytes=path.stat().st_size,
        heads=tuple(f"{head.epoch}:{head.sequence}" for head in heads),
        files=tuple(files),
        opens_with=tuple(
            name
            for name, has in (("passphrase", secrets.passphrase), ("store key", secrets.keys))
            if has
        ),
        removed=removed,
    )


@contextmanager
def _work_folder(home: Path) -> Iterator[Path]:
    """Where copies lie until they are sealed; one backup at a time, or two would mix them."""
    work = home / WORK_FOLDER
    with (home / _LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise SafetyTrouble(
                "A backup of this till is being made already. Wait until it has ended."
            ) from problem
        remove_folder(work)
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            remove_folder(work)


def _secrets(home: Path, passphrase: str) -> Secrets:
    secrets = Secrets(passphrase, store_keys(home))
    if not secrets:
        raise SafetyTrouble(
            "A backup has to be sealed: this till has no store key yet (spindel sync now fetches"
            " it), so give a passphrase with --passphrase-file."
        )
    return secrets


def _target(to: Path, workstation_id: str, at: datetime) -> Path:
    if to.is_dir() or not to.suffix:
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return to / f"{workstation_id}-{stamp}{SUFFIX}"
    return to


def _plain_files(home: Path) -> dict[str, Path | bytes]:
    """Settings and keys; a key that lies in the keyring is taken out of it."""
    found: dict[str, Path | bytes] = {}
    for name in (*_PLAIN, _FISCAL):
        if (home / name).exists():
            found[name] = (home / name).read_bytes()
    for name in _KEY_SETS:
        keys = kept_keys(home, name)
        if keys is not None:
            found[f"keys/{name}.key"] = keys.to_text().encode()
    return found


def _about(
    state: SyncState, heads: tuple[HeadLike, ...], files: Mapping[str, Any], at: str
) -> dict[str, Any]:
    assert state.identity is not None
    return {
        "kind": KIND,
        "made_at": at,
        "version": version("spindel"),
        "workstation": state.identity.workstation_id,
        "store": state.identity.store_id,
        "label": state.identity.label,
        "epoch": state.newest_epoch,
        "heads": [[head.epoch, head.sequence, head.hash.hex()] for head in heads],
        "files": list(files),
    }


def _read_back(
    path: Path, files: Mapping[str, Path | bytes], secrets: Secrets, progress: Progress
) -> None:
    try:
        found = digests(path, secrets, progress)
    except NotAnArchive as problem:
        raise _unsound(path, str(problem)) from problem
    for name, content in files.items():
        if found.get(name) != digest_of(content):
            raise _unsound(path, f"{name} came back changed")


def _unsound(path: Path, reason: str) -> SafetyTrouble:
    bad = path.with_name(f"{path.name}.bad")
    path.replace(bad)
    return SafetyTrouble(
        f"The backup could not be read back: {reason}. It is now {bad.name} and no backup;"
        " the older ones are untouched. Check the disk it is on."
    )
