"""The doctor's look at what a restore or a rescue has put aside: how much, how old, how long yet.

The thing to get wrong: calling such a folder waste as soon as the till sells again. It may go
when central's own backup is newer than it and holds all of this till's journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from central_sync.engine.findings import Finding
from central_sync.engine.journal import JournalUnreadable
from central_sync.engine.safety.aside import SetAside, set_aside
from central_sync.engine.status import Status, read_status
from central_sync.engine.trouble import SyncTrouble

_WHEN = "central's backup is newer than it and holds all of this journal (spindel sync status)"


def folders_aside(home: Path, now: datetime) -> Iterator[Finding]:
    """A finding a folder, none where there are none; changes nothing."""
    try:
        folders = list(set_aside(home))
    except OSError:
        return  # told by the look at the home
    status = _status(home, now) if folders else None
    for folder in folders:
        age = max(0, (now - folder.made_at).days)
        size = max(1, round(folder.size_bytes / 1_000_000))
        finding = f"{folder.path.name}: {size} MB, {age} {'day' if age == 1 else 'days'} old"
        yield _judged(folder, finding, status)


def _status(home: Path, now: datetime) -> Status | None:
    try:
        return read_status(home, now)
    except (JournalUnreadable, SyncTrouble, sqlite3.Error, OSError):
        return None


def _judged(folder: SetAside, finding: str, status: Status | None) -> Finding:
    path = folder.path
    if folder.is_needed:
        fix = (
            f"Keep it, and save it into a new home: spindel sync rescue --from {path} --home NEW."
            " Delete it by hand when that is done, or head office has given up what was listed."
        )
        return Finding("set aside", False, f"{finding}; some of it is in no other place", fix)
    if folder.is_needed is None:
        fix = f"Delete it by hand when {_WHEN} and no receipt from before it is missed."
        return Finding("set aside", True, f"{finding}; what only it holds is not known", fix)
    if _is_outlived(folder, status):
        return Finding("set aside", True, finding, f"It may be deleted now: rm -r {path}")
    return Finding("set aside", True, finding, f"Delete it by hand when {_WHEN}.")


def _is_outlived(folder: SetAside, status: Status | None) -> bool:
    if status is None or not status.backup_at or status.stages[-1].lacking:
        return False
    return datetime.fromisoformat(status.backup_at) > folder.made_at
