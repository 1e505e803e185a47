"""What a running sync answers to `spindel sync now`: how the contact went that it was asked for.

One small file beside sync.db, which only that process writes and whoever asked reads. The thing
to get wrong: taking the answer to somebody before for one's own. An answer says when its contact
began, and only one that began after asking counts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from central_sync.engine.report import RoundReport
from central_sync.engine.trouble import Code, SyncTrouble

FILE = "sync.answer"
LOOK_SECONDS = 0.05


def write_answer(home: Path, report: RoundReport, begun_at: datetime) -> None:
    """Replace the file in one step. Raises OSError.

    Lost with the machine's power, as whoever waits for it is.
    """
    path = home / FILE
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(_plain(report, begun_at)), encoding="utf-8")
    os.replace(beside, path)


def await_answer(
    home: Path, asked_at: datetime, is_running: Callable[[], bool], seconds: float
) -> RoundReport | None:
    """The report of a contact that began after `asked_at`.

    None when so many seconds passed, or the process ended, without one.
    """
    until = time.monotonic() + seconds
    while (found := _read(home, asked_at)) is None:
        if time.monotonic() >= until or not is_running():
            return None
        time.sleep(LOOK_SECONDS)
    return found


def _plain(report: RoundReport, begun_at: datetime) -> dict[str, object]:
    return {
        "begun_at": begun_at.isoformat(),
        "receipts": report.receipts,
        "changes": report.changes,
        "is_snapshot_taken": report.is_snapshot_taken,
        "new_epoch": report.new_epoch,
        "troubles": [[each.code, each.sentence, each.remedy] for each in report.troubles],
    }


def _read(home: Path, asked_at: datetime) -> RoundReport | None:
    try:
        said = json.loads((home / FILE).read_text(encoding="utf-8"))
        if datetime.fromisoformat(said["begun_at"]) < asked_at:
            return None
        return RoundReport(
            receipts=said["receipts"],
            changes=said["changes"],
            is_snapshot_taken=said["is_snapshot_taken"],
            new_epoch=said["new_epoch"],
            troubles=[SyncTrouble(Code(code), what, todo) for code, what, todo in said["troubles"]],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # there is none yet, or one of another version
