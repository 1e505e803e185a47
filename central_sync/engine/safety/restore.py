"""A till from its backup: into an empty home, or beside a fresh enrolment of the same till.

Everything is unpacked, checked and settled in a work folder and only then moved into place.
The thing to get wrong: selling on in the old series. The till that made the backup may have
printed more receipts since, so the restored one waits for a new epoch (`awaits_new_epoch`);
one that was enrolled anew and has not sold yet has it already.
"""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from central_sync.engine.client import utc_now
from central_sync.engine.former_keys import FILE as FORMER
from central_sync.engine.former_keys import remember_former
from central_sync.engine.healing import CORE_LOCK_FILE
from central_sync.engine.home_keys import DATA_KEY, STORE_KEY, keep_keys, kept_keys
from central_sync.engine.journal import HeadLike, Journal, JournalUnreadable, open_journal
from central_sync.engine.safety.aside import REPLACED, folder_of, note_aside
from central_sync.engine.safety.backup import KIND
from central_sync.engine.safety.copies import MASTER, RECEIPTS, SYNC, check_copies
from central_sync.engine.safety.register import the_register
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.settings import FILE as SETTINGS
from central_sync.engine.state import StateUnreadable, SyncState, SyncStore, read_state
from central_sync.engine.workstation import (
    CENTRAL_KEY_FILE,
    KEY_FILE,
    Progress,
    no_progress,
    only_one,
)
from central_sync.masterfile.swap import install
from central_sync.wire.archive import NotAnArchive, Secrets, WrongSecret
from central_sync.wire.bundle import read_about, remove_folder, sync_folder, unpack
from central_sync.wire.key_files import load_keys, write_private
from central_sync.wire.keys import SigningKey
from central_sync.wire.sealing import KeySet

WORK_FOLDER = "restore.work"
_FISCAL = "fiscal.jsonl"
# What makes a home somebody's.
_OWN = (RECEIPTS, SYNC, KEY_FILE)


@dataclass(frozen=True, slots=True)
class Restored:
    """`moved_to` is where the files before are, "" when there were none.

    `awaits_new_epoch`: it sells only after central has given it a new series of numbers.
    `only_there`: entries of the files before that the backup lacks and central, as far as is
    known here, too.
    """

    workstation: str
    made_at: str
    heads: tuple[str, ...]
    files: tuple[str, ...]
    moved_to: str
    is_enrolled_anew: bool
    awaits_new_epoch: bool
    only_there: int = 0


def restore(
    home: Path,
    source: Path,
    secrets: Secrets,
    *,
    replace: bool = False,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> Restored:
    """Bring a backup into `home`; with `replace` what is there is moved aside first.

    Raises SafetyTrouble, SyncTrouble (the register or its sync runs), OSError, sqlite3.Error.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with still(home, "restore"):
        work = home / WORK_FOLDER
        remove_folder(work)
        try:
            found = unpacked(home, source, secrets, work, progress)
            about = read_about(source)
            before = _before(home)
            anew = _is_enrolled_anew(before, about)
            _refuse_another(home, before, about)
            if not replace:
                _refuse_present(home, anew)
            heads = _checked(found, about, progress)
            the_register().after_restore(work)
            if not anew:
                _mark(work, int(about["epoch"]), about)
            if anew and _has_sold(home, before):
                _mark(home, before.newest_epoch, about)
            # A keyring may refuse, and while it does nothing is moved; more keys harm nobody.
            _bring_keys(home, found)
            only_there = _only_there(home, before, heads)
            moved_to = _move_aside(home, now(), anew) if replace else ""
            if moved_to and only_there is not None:
                note_aside(Path(moved_to), is_needed=only_there > 0)
            _install(home, found, anew)
            state = read_state(home)
        finally:
            remove_folder(work)
    return Restored(
        workstation=str(about["workstation"]),
        made_at=str(about["made_at"]),
        heads=tuple(f"{head.epoch}:{head.sequence}" for head in heads),
        files=tuple(found),
        moved_to=moved_to,
        is_enrolled_anew=anew,
        awaits_new_epoch=state.awaits_new_epoch,
        only_there=only_there or 0,
    )


@contextmanager
def still(home: Path, command: str) -> Iterator[None]:
    """Nobody else works on the home: raises SyncTrouble or SafetyTrouble naming who does."""
    with (home / CORE_LOCK_FILE).open("a") as file, only_one(home, command):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise SafetyTrouble(
                "The register of this workstation is running. Stop it first: spindel stop"
            ) from problem
        yield


def store_secrets(passphrase: str, store_key: Path | None) -> Secrets:
    """From what a person gave; raises SafetyTrouble when the key file holds none."""
    try:
        return Secrets(passphrase, load_keys(store_key) if store_key else None)
    except ValueError as problem:
        raise SafetyTrouble(f"{store_key} holds no key of a store ({problem}).") from problem


def _with_home_keys(home: Path, secrets: Secrets) -> Secrets:
    """A home that was enrolled anew has its store's key from central."""
    own = kept_keys(home, STORE_KEY)
    keys = [*(secrets.keys.keys if secrets.keys else ()), *(own.keys if own else ())]
    return Secrets(secrets.passphrase, KeySet(keys) if keys else None)


def unpacked(
    home: Path, source: Path, secrets: Secrets, work: Path, progress: Progress
) -> dict[str, Path]:
    """A till's backup in the folder `work`; opens with what the home knows too. SafetyTrouble."""
    secrets = _with_home_keys(home, secrets)
    try:
        if read_about(source).get("kind") != KIND:
            raise SafetyTrouble(
                f"{source} is no backup of a till. Central's own: spindel central restore"
            )
        return unpack(source, secrets, work, progress)
    except NotAnArchive as problem:
        raise SafetyTrouble(
            f"{source} cannot be restored: {problem}. Take an older backup."
        ) from problem
    except WrongSecret as problem:
        raise SafetyTrouble(
            f"{source} does not open: {problem}. Give --passphrase-file, or --store-key with"
            " keys/store.key of another till of the store; a home that is enrolled and has run"
            " spindel sync now has that key itself."
        ) from problem


def _before(home: Path) -> SyncState:
    """Who the home is; nobody where that is damaged, for then it is moved aside like the rest."""
    try:
        return read_state(home)
    except StateUnreadable:
        return SyncState()


def _has_sold(home: Path, before: SyncState) -> bool:
    """Has the home a life in its newest series, which is now put aside or was lost before?"""
    return (home / RECEIPTS).exists() or before.newest_epoch in before.grants


def _is_enrolled_anew(before: SyncState, about: Mapping[str, Any]) -> bool:
    """The same place with a newer epoch than the backup's: its key and series are kept."""
    is_same = before.identity is not None and before.identity.workstation_id == about["workstation"]
    return is_same and before.newest_epoch > int(about["epoch"])


def _refuse_another(home: Path, before: SyncState, about: Mapping[str, Any]) -> None:
    if before.identity is not None and before.identity.workstation_id != about["workstation"]:
        raise SafetyTrouble(
            f"{home} is the home of {before.identity.workstation_id} and the backup is of"
            f" {about['workstation']}. Restore it into another home (--home)."
        )


def _refuse_present(home: Path, anew: bool) -> None:
    # A log without its database would be played into the one that comes.
    own = (RECEIPTS, f"{RECEIPTS}-wal", *(() if anew else (*_OWN, f"{SYNC}-wal")))
    present = [name for name in dict.fromkeys(own) if (home / name).exists()]
    if present:
        raise SafetyTrouble(
            f"{home} has {', '.join(present)} already. To put the backup in their place (they are"
            " moved aside, not deleted) add --replace; or save what is in them first:"
            " spindel sync rescue"
        )


def _checked(
    found: Mapping[str, Path], about: Mapping[str, Any], progress: Progress
) -> tuple[HeadLike, ...]:
    copies = {name: found[name] for name in (SYNC, RECEIPTS, MASTER) if name in found}
    heads = check_copies(copies, progress)
    named = [[head.epoch, head.sequence, head.hash.hex()] for head in heads]
    if named != about["heads"]:
        raise SafetyTrouble("The backup holds another journal than it says. Take an older backup.")
    return heads


def _only_there(home: Path, before: SyncState, heads: Iterable[HeadLike]) -> int | None:
    """What would be in no system once the home's own journal is moved aside; None if unreadable."""
    if not (home / RECEIPTS).exists():
        return 0
    saved = {head.epoch: head for head in heads}
    try:
        with closing(open_journal(home)) as journal:
            return sum(
                head.sequence - _known(journal, before, head.epoch, saved.get(head.epoch))
                for head in journal.heads()
            )
    except (JournalUnreadable, sqlite3.Error):
        return None


def _known(journal: Journal, before: SyncState, epoch: int, saved: HeadLike | None) -> int:
    mark = before.marks.get(epoch)
    entry = journal.entry(epoch, saved.sequence) if saved and saved.sequence else None
    is_same = saved is not None and entry is not None and entry.hash == saved.hash
    return max(mark.sequence if mark else 0, entry.sequence if entry and is_same else 0)


def _mark(folder: Path, epoch: int, about: Mapping[str, Any]) -> None:
    """Numbers up to this epoch may be printed already: it sells in a newer one only."""
    with closing(SyncStore(folder)) as store:
        store.note(restored_epoch=epoch, restored_from=str(about["made_at"]))


def _move_aside(home: Path, at: datetime, anew: bool) -> str:
    kept = {SYNC, KEY_FILE, CENTRAL_KEY_FILE, SETTINGS} if anew else set()
    folder = folder_of(home, REPLACED, at)
    names = [RECEIPTS, SYNC, KEY_FILE, CENTRAL_KEY_FILE, SETTINGS, _FISCAL]
    names += [f"{name}{ending}" for name in (RECEIPTS, SYNC) for ending in ("-wal", "-shm")]
    present = [n for n in names if (home / n).exists() and n.split("-")[0] not in kept]
    for name in present:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / name).rename(target)
    for name in (FORMER, f"keys/{DATA_KEY}.key"):
        # Whoever saves what is in there wants them too, and the home goes on with them.
        if present and (home / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(home / name, folder / name)
    return str(folder) if present else ""


def _bring_keys(home: Path, found: Mapping[str, Path]) -> None:
    for name in (DATA_KEY, STORE_KEY):
        path = found.get(f"keys/{name}.key")
        if path is not None:
            keep_keys(home, name, load_keys(path))


def _install(home: Path, found: Mapping[str, Path], anew: bool) -> None:
    bring_former_keys(home, found.get(KEY_FILE), found.get(FORMER))
    wanted = () if anew else (KEY_FILE, CENTRAL_KEY_FILE)
    for name in wanted:
        if name in found:
            write_private(home / name, found[name].read_text(encoding="ascii"))
    if SETTINGS in found:
        bring_settings(home, found[SETTINGS])
    if _FISCAL in found and not (home / _FISCAL).exists():
        found[_FISCAL].rename(home / _FISCAL)
    if MASTER in found and not (anew and (home / MASTER).exists()):
        install(_beside(found[MASTER], home / "master.restored"), home / MASTER)
    for name in (SYNC, RECEIPTS):
        if name in found and not (anew and name == SYNC):
            found[name].rename(home / name)
    sync_folder(home)


def bring_former_keys(home: Path, key: Path | None, former: Path | None) -> None:
    """Who signed the entries that come from a till before this one."""
    public = former.read_text(encoding="ascii").split() if former and former.exists() else []
    if key is not None and key.exists():
        public.append(SigningKey.load(key).public)
    remember_former(home, *public)


def bring_settings(home: Path, brought: Path) -> None:
    """Settings of before, unless somebody has written devices here already."""
    path = home / SETTINGS
    is_set = path.exists() and "devices" in _toml(path)
    if brought.exists() and not is_set:
        draft = path.with_suffix(".new")
        draft.write_bytes(brought.read_bytes())
        draft.replace(path)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}


def _beside(path: Path, to: Path) -> Path:
    path.rename(to)
    return to
