"""Secret keys in files that their owner alone may read, written whole or not at all.

The thing to get wrong: keeping a key in memory that a person may change (`spindel sync
rotate-key`); a process that lives for days holds a KeyOnDisk.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_sync.wire.keys import SigningKey
from central_sync.wire.sealing import KeySet


class KeyOnDisk:
    """The key that a file holds now, for a process that outlives a change of it.

    A look at the file's age costs a microsecond a use. While it cannot be read the key before
    goes on: central trusts it for a day more, and no sale waits for it.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError, or ValueError when it is no Ed25519 key."""
        self._path, self._read_at = path, _written_at(path)
        self._key = SigningKey.load(path)

    @property
    def private(self) -> Ed25519PrivateKey:
        return self._now().private

    @property
    def public(self) -> str:
        return self._now().public

    def sign(self, message: bytes) -> bytes:
        return self._now().sign(message)

    def _now(self) -> SigningKey:
        written_at = _written_at(self._path)
        if written_at != self._read_at:
            try:
                self._key = SigningKey.load(self._path)
            except (OSError, ValueError):
                return self._key  # being replaced just now, or gone: the next use looks again
            self._read_at = written_at
        return self._key


def _written_at(path: Path) -> tuple[int, int]:
    """Tells one writing of a file from another; zeros when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


def load_keys(path: Path) -> KeySet:
    """Raises OSError, or ValueError when it holds no keys."""
    return KeySet.from_text(path.read_text(encoding="ascii"))


def save_keys(path: Path, keys: KeySet) -> None:
    """Mode 0600, durable; what was there is replaced in one step."""
    write_private(path, keys.to_text())


def write_private(path: Path, text: str) -> None:
    """A file of mode 0600 in a folder of mode 0700, on the disk when it returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
