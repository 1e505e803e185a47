"""Folders that a restore or a rescue leaves in a home, and what each says of itself.

Nothing deletes them; the doctor names them. The thing to get wrong: judging by age alone. What
was not saved out of such a folder is in no other place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ABOUT = "set-aside.json"
REPLACED, DAMAGED = "replaced", "damaged"
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(replaced|damaged)-(\d{8}T\d{6}Z)")


@dataclass(frozen=True, slots=True)
class SetAside:
    """`is_needed`: some of it was saved nowhere else; None when the folder does not say."""

    path: Path
    made_at: datetime
    size_bytes: int
    is_needed: bool | None


def folder_of(home: Path, kind: str, at: datetime) -> Path:
    """Where to move what is in the way; `kind` is REPLACED or DAMAGED."""
    return home / f"{kind}-{at.astimezone(UTC).strftime(_STAMP)}"


def note_aside(folder: Path, *, is_needed: bool) -> None:
    """Write down whether the folder holds what no other place has; raises OSError."""
    (folder / ABOUT).write_text(json.dumps({"is_needed": is_needed}) + "\n", encoding="utf-8")


def set_aside(home: Path) -> Iterator[SetAside]:
    """The home's folders, oldest first; raises OSError."""
    found = (_NAME.fullmatch(each.name) for each in home.iterdir())
    for stamp, name in sorted((each[2], each[0]) for each in found if each):
        path = home / name
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        made_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        yield SetAside(path, made_at, size, _is_needed(path))


def _is_needed(folder: Path) -> bool | None:
    try:
        return bool(json.loads((folder / ABOUT).read_text(encoding="utf-8"))["is_needed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
