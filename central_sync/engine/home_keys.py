"""The keys of a till's home that personal data is sealed under: its own, and its store's.

A key lies in the operating system's keyring where there is one that can be used, else in a
file of mode 0600; the file keys/<name>.key is there either way and says which. The thing to
get wrong: making a new key because the old one cannot be read just now. What it sealed would
be lost; so a key is made only where there has been none, and by one process: the register and
the sync of a new till start at the same moment, and each would make its own.
"""

from __future__ import annotations

import fcntl
import importlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from central_sync.wire.key_files import write_private
from central_sync.wire.people import StoreKey
from central_sync.wire.sealing import KeySet, SecretKey

DATA_KEY = "data"
STORE_KEY = "store"
KEY_FOLDER = "keys"
SERVICE = "spindel"
IN_KEYRING = "keyring\n"
# "off" keeps keys in files, also where there is a keyring.
KEYRING_VARIABLE = "SPINDEL_KEYRING"
_LEAST_PRIORITY = 1


class KeysAway(Exception):
    """The keys are there and cannot be read now; one sentence that says what to do."""


class KeyringAway(Exception):
    """The keyring is locked, or does not do what it is asked."""


class Keyring(Protocol):
    """What is used of a keyring. Both raise KeyringAway."""

    def get_password(self, service_name: str, username: str, /) -> str | None: ...

    def set_password(self, service_name: str, username: str, password: str, /) -> None: ...


class _SystemKeyring:
    """The `keyring` library, which is loaded late and need not be there."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def get_password(self, service_name: str, username: str, /) -> str | None:
        with self._telling():
            found: str | None = self._library.get_password(service_name, username)
            return found

    def set_password(self, service_name: str, username: str, password: str, /) -> None:
        with self._telling():
            self._library.set_password(service_name, username, password)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except self._library.errors.KeyringError as problem:
            raise KeyringAway(str(problem)) from problem


def system_keyring() -> Keyring | None:
    """The operating system's keyring; None where there is none that keeps secrets."""
    if os.environ.get(KEYRING_VARIABLE, "") == "off":
        return None
    try:
        library: Any = importlib.import_module("keyring")
        backend: Any = library.get_keyring()
        is_good = float(backend.priority) >= _LEAST_PRIORITY
    except (ImportError, RuntimeError, AttributeError, TypeError):
        return None
    return _SystemKeyring(library) if is_good else None


def data_keys(home: Path, keyring: Keyring | None = None) -> KeySet:
    """This till's own keys, made when there are none yet; raises KeysAway, OSError."""
    known = _read(home, DATA_KEY, keyring)
    if known is not None:
        return known
    with _alone_with_keys(home):
        known = _read(home, DATA_KEY, keyring)  # as another process may have made them
        if known is None:
            known = KeySet.generate()
            _keep(home, DATA_KEY, known, keyring or system_keyring())
        return known


def store_keys(home: Path, keyring: Keyring | None = None) -> KeySet | None:
    """The store's keys as central gave them; None before it did. Raises KeysAway, OSError."""
    return _read(home, STORE_KEY, keyring)


def keep_store_keys(home: Path, keys: Iterable[StoreKey], keyring: Keyring | None = None) -> None:
    """What central answered, the newest first."""
    given = KeySet(SecretKey(each.key_id, each.secret) for each in keys)
    _keep(home, STORE_KEY, given, keyring or system_keyring())


def kept_keys(home: Path, name: str, keyring: Keyring | None = None) -> KeySet | None:
    """DATA_KEY or STORE_KEY as they are, wherever they lie; None where there are none.

    Raises KeysAway, OSError.
    """
    return _read(home, name, keyring)


def keep_keys(home: Path, name: str, keys: KeySet, keyring: Keyring | None = None) -> None:
    """Put back what `kept_keys` gave, behind none that is there already. Raises KeysAway, OSError.

    A key that has come since seals from now on; the older one still opens what it sealed.
    """
    with _alone_with_keys(home):
        present = _read(home, name, keyring)
        known = present.keys if present else ()
        missing = [key for key in keys.keys if key not in known]
        if missing:
            _keep(home, name, KeySet([*known, *missing]), keyring or system_keyring())


def key_file(home: Path, name: str) -> Path:
    return home / KEY_FOLDER / f"{name}.key"


@contextmanager
def _alone_with_keys(home: Path) -> Iterator[None]:
    """One writer of this home's keys at a time; another one waits, the few milliseconds it takes.

    The system lets go of it with a process that is killed. Raises OSError.
    """
    folder = home / KEY_FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(home: Path, name: str, keyring: Keyring | None) -> KeySet | None:
    path = key_file(home, name)
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as problem:
        raise _damaged(path) from problem
    if text == IN_KEYRING:
        text = _from_keyring(path, keyring or system_keyring())
    try:
        return KeySet.from_text(text)
    except ValueError as problem:
        raise _damaged(path) from problem


def _from_keyring(path: Path, keyring: Keyring | None) -> str:
    if keyring is None:
        raise _keyring_silent(path)
    try:
        found = keyring.get_password(SERVICE, str(path))
    except KeyringAway as problem:
        raise _keyring_silent(path) from problem
    if found is None:
        raise KeysAway(
            f"The keyring has no key for {path}. Unlock the keyring it was made in, or restore it."
        )
    return found


def _keep(home: Path, name: str, keys: KeySet, keyring: Keyring | None) -> None:
    """The keyring first: a file that says so is written only once the key is there."""
    path, text = key_file(home, name), keys.to_text()
    if keyring is not None and _is_kept(keyring, str(path), text):
        text = IN_KEYRING
    write_private(path, text)


def _is_kept(keyring: Keyring, name: str, text: str) -> bool:
    try:
        keyring.set_password(SERVICE, name, text)
        return keyring.get_password(SERVICE, name) == text
    except KeyringAway:
        return False


def _keyring_silent(path: Path) -> KeysAway:
    return KeysAway(
        f"{path} says that the key is in this computer's keyring, which does not answer."
        " Unlock it for this user, then start again."
    )


def _damaged(path: Path) -> KeysAway:
    return KeysAway(f"{path} holds no keys that can be read. Restore it from its backup.")
