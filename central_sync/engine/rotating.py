"""Gives this workstation a new key, with the old one, beside a sync and a register that run.

The new key is on the disk before central hears of it, and takes the old one's place only after
central has said yes, so that a cut anywhere is mended by the same command again. The public
half of the former key is kept: it has signed what stands in the journal. The former key itself
is kept until central is backed up with the new one: a central that comes back from an older backup
knows nothing else of this till, and is told of the new key by the former.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from central_sync.engine.client import HttpCentral, utc_now
from central_sync.engine.former_keys import remember_former
from central_sync.engine.settings import read_settings
from central_sync.engine.state import read_state
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import KEY_FILE, load_key, not_enrolled
from central_sync.wire.identity import KeyReply, KeyRequest, key_statement
from central_sync.wire.keys import SigningKey

FORMER_FOLDER = "keys/former"
# As long as a backup from before the change might be brought back.
FORMER_KEPT = timedelta(days=30)
NEXT_KEY_FILE = "keys/workstation.key.next"
_STAMP = "%Y%m%dT%H%M%S%fZ"
_LOCK_FILE = "keys/rotating.lock"

T = TypeVar("T")
Ask = Callable[[SigningKey, KeyRequest], KeyReply]


def rotate_key(home: Path) -> KeyReply:
    """Change the key; raises SyncTrouble, and then the old one still counts here."""
    identity = read_state(home).identity
    if identity is None:
        raise not_enrolled()
    with _alone(home):
        return rotate(home, identity.workstation_id, _asking(home, identity.workstation_id))


def with_former_key(home: Path, workstation_id: str, ask: Callable[[], T]) -> T:
    """Ask central; once more when it did not know the key and was told of it by a former one."""
    try:
        return ask()
    except SyncTrouble as trouble:
        if trouble.code is not Code.UNAUTHENTICATED or not prove_again(home, workstation_id):
            raise
    return ask()


def prove_again(home: Path, workstation_id: str) -> bool:
    """Tell a central that came back older of the key by the former ones; True when it took it.

    Raises SyncTrouble where central does not answer or the key cannot be read.
    """
    if not (home / FORMER_FOLDER).is_dir():
        return False
    with _alone(home):
        return prove(home, workstation_id, _asking(home, workstation_id))


def prove(home: Path, workstation_id: str, ask: Ask) -> bool:
    """The same with a line to central of the caller's."""
    key = load_key(home)
    request = _request(workstation_id, key)
    for path in sorted((home / FORMER_FOLDER).glob("*.key"), reverse=True):
        try:
            return ask(SigningKey.load(path), request).public_key == key.public
        except SyncTrouble as trouble:
            if trouble.code not in (Code.UNAUTHENTICATED, Code.REVOKED):
                raise
        except (OSError, ValueError):
            continue  # one that cannot be read proves nothing
    return False


def forget_former(home: Path, backup_at: str, now: datetime) -> None:
    """Remove former keys that no backup of central's needs: `backup_at` is its newest's moment."""
    for path in (home / FORMER_FOLDER).glob("*.key"):
        try:
            changed_at = datetime.strptime(path.stem, _STAMP).replace(tzinfo=UTC)
            is_backed_up = bool(backup_at) and datetime.fromisoformat(backup_at) > changed_at
        except (ValueError, TypeError):
            continue  # a copy that somebody made by hand is his to remove
        if is_backed_up and now - changed_at > FORMER_KEPT:
            path.unlink(missing_ok=True)


def _asking(home: Path, workstation_id: str) -> Ask:
    settings = read_settings(home)

    def ask(key: SigningKey, request: KeyRequest) -> KeyReply:
        with closing(HttpCentral(settings, key=key, workstation_id=workstation_id)) as central:
            return central.change_key(request)

    return ask


def _request(workstation_id: str, key: SigningKey) -> KeyRequest:
    proof = key.sign(key_statement(workstation_id, key.public))
    return KeyRequest(public_key=key.public, proof=proof)


def rotate(home: Path, workstation_id: str, ask: Ask) -> KeyReply:
    """The same with a line to central of the caller's; `ask` signs with the key it is given."""
    old, new = load_key(home), _next_key(home)
    request = _request(workstation_id, new)
    try:
        reply = ask(old, request)
    except SyncTrouble as trouble:
        if trouble.code is not Code.UNAUTHENTICATED:
            raise
        # Central took the new key long ago, and its answer was lost.
        reply = ask(new, request)
    if reply.public_key != new.public:
        raise SyncTrouble(
            Code.KEY, "Central named another key than this one.", "Report this to head office."
        )
    remember_former(home, old.public)
    old.save(home / FORMER_FOLDER / f"{utc_now().strftime(_STAMP)}.key")
    (home / NEXT_KEY_FILE).replace(home / KEY_FILE)
    _sync(home / "keys")
    return reply


def _next_key(home: Path) -> SigningKey:
    """The key of a change that was cut short, or a new one, on the disk before use."""
    path = home / NEXT_KEY_FILE
    try:
        return SigningKey.load(path)
    except (FileNotFoundError, ValueError):
        key = SigningKey.generate()
        draft = path.with_suffix(".draft")
        key.save(draft)
        draft.replace(path)
        _sync(path.parent)
        return key


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / _LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise SyncTrouble(
                Code.RUNNING, "The key is being changed already.", "Wait for that to end."
            ) from problem
        yield
