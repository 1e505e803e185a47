"""Which start of which computer this is, so that central can tell a copied disk from a restart.

Nothing of it lies on the disk that may be copied: the kernel makes the boot's id, and the
hardware is told by a short hash of the network card's address, which names nobody.
"""

from __future__ import annotations

import hashlib
import platform
import uuid
from pathlib import Path

from central_sync.wire.messages import Boot

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def this_boot() -> Boot:
    """Empty where the system does not say; then two computers cannot be told apart."""
    return Boot(boot_id=_boot_id(), hostname=platform.node()[:200], hardware=_hardware())


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()[:64]
    except (OSError, UnicodeDecodeError):
        return ""


def _hardware() -> str:
    return hashlib.sha256(f"spindel {uuid.getnode():012x}".encode()).hexdigest()[:12]
