"""Secret keys in files that their owner alone may read, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from central_sync.wire.sealing import KeySet


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
