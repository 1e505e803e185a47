"""One contact with central: say what is here, hear what is there, plan, then act.

Acting on one thing never waits for another: a fork in one epoch is told, and the other
epochs, the prices and the stock go on. What went wrong comes back in the report and is
written where the register and `spindel sync status` read it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import version

from central_sync.engine import epochs
from central_sync.engine.central import Told
from central_sync.engine.download import CursorGone, follow, pull_feed, take_snapshot
from central_sync.engine.healing import heal
from central_sync.engine.journal import Journal, JournalUnreadable
from central_sync.engine.plan import (
    Action,
    Disagreement,
    Have,
    Heal,
    Mark,
    Marks,
    PullFeed,
    Said,
    TakeSnapshot,
    Upload,
    heads_to_name,
    marks_after,
    plan,
    scopes,
    uploads,
)
from central_sync.engine.rotating import forget_former, with_former_key
from central_sync.engine.sending_notes import fetch_store_keys, send_notes
from central_sync.engine.stages import safe_news
from central_sync.engine.state import CONTACT_NOTE_SECONDS, SyncState
from central_sync.engine.sync_state import age_seconds
from central_sync.engine.trouble import (
    FOR_A_PERSON,
    Code,
    SyncTrouble,
    disk_trouble,
    journal_trouble,
)
from central_sync.engine.upload import fork_trouble, offer_aside, upload
from central_sync.engine.workstation import Progress, Workstation, iso, no_progress
from central_sync.wire.messages import REVISION, Head, HeartbeatReply, HeartbeatRequest

HELD_RETRY_SECONDS = 300
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


def contact(
    workstation: Workstation,
    *,
    dry_run: bool = False,
    accept: bool = False,
    progress: Progress = no_progress,
) -> RoundReport:
    """Heartbeat, plan, and unless `dry_run` all that is planned; never raises SyncTrouble.

    `accept`: a person looked at a shrunken catalogue and wants it.
    """
    report = RoundReport()
    with _collecting(report):
        reply = heartbeat(workstation) if dry_run else _trusted_heartbeat(workstation)
        said = _said(reply)
        have, agreed = _agree(workstation, said, accept=accept, dry_run=dry_run)
        if not said.can_heal:
            report.troubles += [_disagreement_trouble(each) for each in agreed.disagreements]
        elif not dry_run:
            with _collecting(report):
                if heal(workstation, have, said, agreed.disagreements):
                    have, agreed = _agree(workstation, said, accept=accept, dry_run=False)
                    report.new_epoch = have.writing
        report.actions = plan(have, said, agreed)
        if not dry_run:
            with _collecting(report):
                fetch_store_keys(workstation, reply.store_key_id)
            with _collecting(report):
                send_notes(workstation)
            if accept:
                workstation.store.note(held="", held_at="")
            for action in report.actions:
                with _collecting(report):
                    _act(workstation, action, report, accept, progress)
            report.is_checked = not have.is_held
    if not dry_run:
        if any(trouble.code is Code.REVOKED for trouble in report.troubles):
            with _collecting(report):
                offer_aside(
                    workstation, uploads(_have(workstation), Marks(workstation.store.state().marks))
                )
        note_outcome(workstation, report)
    return report


def send_receipts(workstation: Workstation, progress: Progress = no_progress) -> RoundReport:
    """Only what is newer than the marks, without asking first; for receipts just made."""
    report = RoundReport()
    with _collecting(report):
        have = _have(workstation)
        sendings = uploads(have, Marks(have.marks))
        report.actions = sendings
        for sending in sendings:
            with _collecting(report):
                report.receipts += upload(workstation, sending, progress)
    note_outcome(workstation, report)
    return report


def poll_feed(workstation: Workstation) -> RoundReport:
    """Only the changes since the cursors, without a heartbeat; for every other second."""
    report = RoundReport()
    with _collecting(report):
        have = _have(workstation)
        if have.positions is not None and not have.is_held:
            for scope in scopes(have.store_id):
                after = have.positions.get(scope, 0)
                action = PullFeed(scope, after, after)
                _act(workstation, action, report, False, no_progress)
            report.is_checked = True
    note_outcome(workstation, report)
    return report


def take_told(workstation: Workstation, told: Sequence[Told]) -> RoundReport:
    """Pages that central sent by itself; `is_behind` when the feed has to be fetched."""
    report = RoundReport()
    with _collecting(report):
        if not _is_held(workstation.store.state(), workstation.now()):
            own = [each for each in told if each.received.page.scope in _scopes(workstation)]
            for each in own:
                rows = _follow(workstation, each)
                report.changes += rows or 0
                report.is_behind |= rows is None
            report.is_checked = True
    note_outcome(workstation, report)
    return report


def _follow(workstation: Workstation, told: Told) -> int | None:
    try:
        return follow(workstation, told)
    except SyncTrouble as trouble:
        if trouble.code is not Code.FEED_UNFIT:
            raise
        return None  # found again when it is fetched, and mended there


def _scopes(workstation: Workstation) -> Sequence[str]:
    return scopes(workstation.identity.store_id)


def note_outcome(workstation: Workstation, report: RoundReport) -> None:
    """Write down how it went, but no more often than a flash disk likes.

    A disk that refuses even that is one trouble more: receipts go up all the same.
    """
    with _collecting(report):
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


def heartbeat(workstation: Workstation) -> HeartbeatReply:
    """Tell central what is here and hear what is there; raises SyncTrouble, JournalUnreadable."""
    have = _have(workstation)
    state = workstation.store.state()
    heads = [head.epoch for head in have.heads]
    outbox, oldest = epochs.unsent(state, workstation.journal, heads)
    reply = workstation.central.heartbeat(
        HeartbeatRequest(
            heads=[
                Head(epoch=h.epoch, sequence=h.sequence, hash=h.hash) for h in heads_to_name(have)
            ],
            version=_version(),
            clock=workstation.timestamp(),
            outbox=outbox,
            oldest_unsent_at=oldest,
            boot=workstation.boot,
            revision=REVISION,
        )
    )
    skew = _skew_seconds(workstation.now(), reply.clock)
    news = safe_news(workstation, reply, have.limits, state)
    # A second more or less is the journey, and not worth a write.
    if abs(skew - state.clock_skew_seconds) > 1 or reply.version != state.central_version:
        news |= {"clock_skew_seconds": skew, "central_version": reply.version}
    if reply.positions != state.central_positions:
        news["central_positions"] = json.dumps(dict(reply.positions))
    if reply.numbers != state.central_numbers:
        news["central_numbers"] = json.dumps({str(epoch): n for epoch, n in reply.numbers.items()})
    if news:
        workstation.store.note(**news)  # all at once: each write wears a flash disk
    return reply


def _trusted_heartbeat(workstation: Workstation) -> HeartbeatReply:
    """The heartbeat; a central that came back from before a change of key is told of that."""
    home, who = workstation.home, workstation.identity.workstation_id
    reply = with_former_key(home, who, lambda: heartbeat(workstation))
    forget_former(home, reply.backup_at, workstation.now())
    return reply


def _said(reply: HeartbeatReply) -> Said:
    return Said(
        reply.heads,
        reply.positions,
        reply.common,
        reply.numbers,
        can_heal=reply.revision >= 1,
        hashes=reply.hashes,
    )


@cache
def _version() -> str:
    """Looked up once: it is read from the disk."""
    return version("spindel")


def _agree(
    workstation: Workstation, said: Said, *, accept: bool, dry_run: bool
) -> tuple[Have, Marks]:
    have = _have(workstation, accept=accept)
    own = ((head, workstation.journal.entry(head.epoch, head.sequence)) for head in said.heads)
    hashes = {(head.epoch, head.sequence): entry.hash for head, entry in own if entry}
    agreed = marks_after(have, said.heads, hashes, said.common)
    changed = {epoch: mark for epoch, mark in agreed.marks.items() if mark != have.marks.get(epoch)}
    if changed and not dry_run:
        if any(mark.sequence < have.marks.get(e, Mark(e)).sequence for e, mark in changed.items()):
            workstation.store.send_notes_again()  # a central from a backup lacks them too
        workstation.store.set_marks(changed)
    return have, agreed


def _have(workstation: Workstation, *, accept: bool = False) -> Have:
    state = workstation.store.state()
    places = workstation.catalogue.places()
    journal = workstation.journal
    heads = journal.heads()
    writing = epochs.writing_epoch(state, {head.epoch for head in heads})
    return Have(
        heads=heads,
        marks=state.marks,
        store_id=workstation.identity.store_id,
        positions=places[0] if places else None,
        is_held=_is_held(state, workstation.now()) and not accept,
        limits=epochs.limits(state, _carried(journal)),
        writing=writing,
        numbers={writing: journal.highest_number(writing)} if writing else {},
        hashes=_hex(*places) if places else {},
    )


def _hex(positions: Mapping[str, int], hashes: Mapping[str, bytes]) -> dict[str, str]:
    return {scope: hashes.get(scope, b"").hex() for scope in positions}


def _is_held(state: SyncState, now: datetime) -> bool:
    """A person has to look first; asked again only now and then."""
    return bool(state.held) and age_seconds(state.held_at, now) < HELD_RETRY_SECONDS


def _carried(journal: Journal) -> dict[int, Mark]:
    """The newest entry of each forked epoch that central holds too, as the journal knows it."""
    marks = {}
    for epoch, above in journal.carried().items():
        entry = journal.entry(epoch, above) if above else None
        marks[epoch] = Mark(epoch, above, entry.hash) if entry else Mark(epoch)
    return marks


def _act(
    workstation: Workstation,
    action: Action,
    report: RoundReport,
    accept: bool,
    progress: Progress,
) -> None:
    if isinstance(action, Upload):
        report.receipts += upload(workstation, action, progress)
    elif isinstance(action, Heal):
        return  # done before the rest, or by the register as soon as it may
    elif isinstance(action, TakeSnapshot):
        _snapshot(workstation, report, accept, progress)
    else:
        try:
            report.changes += pull_feed(workstation, action, accept=accept, progress=progress)
        except CursorGone:
            _snapshot(workstation, report, accept, progress)
        except SyncTrouble as trouble:
            if trouble.code is not Code.FEED_UNFIT:
                raise
            _snapshot(workstation, report, accept, progress)
        if accept:
            workstation.catalogue.accept_size()
            workstation.store.set_vital_counts(workstation.catalogue.vital_counts)


def _snapshot(
    workstation: Workstation, report: RoundReport, accept: bool, progress: Progress
) -> None:
    workstation.store.send_notes_again()  # as after a restore: another history, perhaps an older
    take_snapshot(workstation, accept=accept, progress=progress)
    report.is_snapshot_taken = True


def _checked(state: SyncState, report: RoundReport, now: datetime) -> dict[str, str]:
    """The catalogue is as new as central's: nothing of it was left out or went wrong."""
    has_come = report.is_snapshot_taken or report.changes > 0
    facts = {"held": "", "held_at": ""} if state.held and has_come else {}
    is_old = age_seconds(state.feed_checked_at, now) >= CONTACT_NOTE_SECONDS
    if not any(t.code not in FOR_A_PERSON for t in report.troubles) and (is_old or has_come):
        facts["feed_checked_at"] = iso(now)
    return facts


def _disagreement_trouble(disagreement: Disagreement) -> SyncTrouble:
    if disagreement.kind == "fork":
        return fork_trouble(disagreement.epoch, disagreement.sequence)
    return SyncTrouble(
        Code.AHEAD,
        f"Central has journal entries up to {disagreement.epoch}:{disagreement.sequence}"
        " that this register has not (its disk was restored from an older copy).",
        "Call head office, which has to settle it; receipts are kept here meanwhile.",
        again=True,
    )


@contextmanager
def _collecting(report: RoundReport) -> Iterator[None]:
    """Turn what can go wrong into troubles of the report."""
    try:
        yield
    except SyncTrouble as trouble:
        report.troubles.append(trouble)
    except JournalUnreadable as problem:
        report.troubles.append(journal_trouble(problem))
    except (OSError, sqlite3.Error) as problem:
        report.troubles.append(disk_trouble(problem))


def _skew_seconds(now: datetime, theirs: str) -> int:
    try:
        return round((now - datetime.fromisoformat(theirs)).total_seconds())
    except (ValueError, TypeError):
        return 0
