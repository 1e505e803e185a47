"""Is a core there? The parent asks this before it starts anything, so nothing heavy is loaded here.

A newcomer would ask with a whole client: the View alone takes a tenth of a second to load, before
core and screen have even begun to start.
"""

from __future__ import annotations

import socket
from pathlib import Path


def answers(path: Path, timeout_seconds: float = 5.0) -> bool:
    """Whether a core listens at this socket; after a kill the file alone is there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(timeout_seconds)
        try:
            asking.connect(str(path))
        except OSError:
            return False
    return True
