"""The emulated unit's memory on a disk: one line a receipt, synced before it answers.

It outlives the emulator, so a till can be killed, and the unit too, and both be judged by
this file alone.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from hardware.emulators.fiscal import Stored


class FileBook:
    """See `fiscal.Book`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Stored]:
        """Raises OSError; a last line that a power cut left without its end is cut off."""
        if not self._path.exists():
            return []
        kept = self._path.read_bytes()
        whole = kept[: kept.rfind(b"\n") + 1]
        if whole != kept:
            os.truncate(self._path, len(whole))
        return [Stored(**json.loads(line)) for line in whole.decode().splitlines()]

    def append(self, stored: Stored) -> None:
        """Raises OSError."""
        number = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(number, (json.dumps(asdict(stored)) + "\n").encode())
            os.fsync(number)
        finally:
            os.close(number)
