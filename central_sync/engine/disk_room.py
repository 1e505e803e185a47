"""Has the disk of a home room to write? Looked at here and now, with no word from the sync.

The thing to get wrong: waiting for the sync to say so. It would have to write it down, on the
very disk that takes nothing any more.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# Less does not let SQLite open a file that was closed: it needs a page or two beside it.
FULL_BYTES = 2_000_000
_OLD = "What is told here of central may be old."


def disk_problem(home: Path) -> str:
    """What is wrong and what to do, "" while the disk takes what is written; raises nothing."""
    try:
        free = shutil.disk_usage(home).free
        is_shut = bool(os.statvfs(home).f_flag & os.ST_RDONLY)
    except OSError as problem:
        return f"The disk of this till does not answer ({problem}). Check it: spindel sync doctor"
    if is_shut:
        return (
            "The disk of this till has become read-only, which a failing disk does to itself."
            f" {_OLD} Look at it: dmesg, then spindel sync doctor"
        )
    if free < FULL_BYTES:
        return (
            f"The disk of this till is full ({free // 1000} kB free). {_OLD} Make room on it;"
            " a full disk has damaged nothing."
        )
    return ""
