"""How a contact went: collected while it goes, written down where the register looks.

The register and `spindel sync status` read it from sync.db. The thing to get wrong: writing it
each time. A till looks for news twice a second, and each write wears a flash disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from central_sync.engine.journal import JournalUnreadable
from central_sync.engine.plan import Action
from central_sync.engine.state import CONTACT_NOTE_SECONDS, SyncState
from central_sync.engine.sync_state import age_seconds
from central_sync.engine.trouble import (
    FOR_A_PERSON,
    Code,
    SyncTrouble,
    disk_trouble,
    journal_trouble,
)
from central_sync.engine.workstation import Workstation, iso

_CONTACTS = FOR_A_PERSON | {Code.SNAPSHOT_BUILDING}


@dataclass(slots=True)
class RoundReport:
    """`actions` were planned; `troubles` what went wrong, the gravest first.

    `new_epoch`: what a fork left behind goes on in this one, 0 when there was none.
    `is_checked`: all that central has of the catalogue was asked for.
    """

    actions: Sequence[Action] = ()
    new_epoch: int = 0
    receipts: int = 0
    changes: int = 0
    is_snapshot_taken: bool = False
    is_behind: bool = False
    is_checked: bool = False
    troubles: list[SyncTrouble] = field(default_factory=list)


@contextmanager
def collecting(report: RoundReport) -> Iterator[None]:
    """Turn what can go wrong into troubles of the report."""
    try:
        yield
    except SyncTrouble as trouble:
        report.troubles.append(trouble)
    except JournalUnreadable as problem:
        report.troubles.append(journal_trouble(problem))
    except (OSError, sqlite3.Error) as problem:
        report.troubles.append(disk_trouble(problem))


def note_outcome(workstation: Workstation, report: RoundReport) -> None:
    """Write down how it went, but no more often than a flash disk likes.

    A disk that refuses even that is one trouble more: receipts go up all the same.
    """
    with collecting(report):
        _note_outcome(workstation, report)


def _note_outcome(workstation: Workstation, report: RoundReport) -> None:
    state, now = workstation.store.state(), workstation.now()
    gravest = report.troubles[0] if report.troubles else None
    code, sentence = (gravest.code.value, str(gravest)) if gravest else ("", "")
    # These came from central itself, so central was reached.
    is_contact = gravest is None or gravest.code in _CONTACTS
    is_news = (code, sentence) != (state.last_error_code, state.last_error)
    written_at = state.last_contact_at if is_contact else state.last_try_at
    facts = _checked(state, report, now) if report.is_checked else {}
    if is_news or age_seconds(written_at, now) >= CONTACT_NOTE_SECONDS:
        facts |= {"last_error_code": code, "last_error": sentence}
        facts["last_try_at"] = workstation.timestamp()
        facts |= {"last_contact_at": workstation.timestamp()} if is_contact else {}
    if facts:
        workstation.store.note(**facts)


def _checked(state: SyncState, report: RoundReport, now: datetime) -> dict[str, str]:
    """The catalogue is as new as central's: nothing of it was left out or went wrong."""
    has_come = report.is_snapshot_taken or report.changes > 0
    facts = {"held": "", "held_at": ""} if state.held and has_come else {}
    is_old = age_seconds(state.feed_checked_at, now) >= CONTACT_NOTE_SECONDS
    if not any(t.code not in FOR_A_PERSON for t in report.troubles) and (is_old or has_come):
        facts["feed_checked_at"] = iso(now)
    return facts
