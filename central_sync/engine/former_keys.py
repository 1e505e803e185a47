"""Public keys that this place has signed with before: a till's entries outlive its key.

A till that was replaced, rescued or given a new key keeps the signatures of before; this file
says by whose key they are. It proves nothing by itself: central holds the same entries.
"""

from __future__ import annotations

from pathlib import Path

from central_sync.wire.key_files import write_private

FILE = "keys/former.pub"


def former_keys(home: Path) -> tuple[str, ...]:
    """Public keys in base64url, oldest first; raises OSError."""
    try:
        return tuple((home / FILE).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return ()


def remember_former(home: Path, *public: str) -> None:
    """Add keys that are not known yet; raises OSError."""
    known = former_keys(home)
    new = [key for key in dict.fromkeys(public) if key and key not in known]
    if new:
        write_private(home / FILE, "\n".join((*known, *new)) + "\n")
