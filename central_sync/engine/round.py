"""One contact with central: say what is here, hear what is there, plan, then act.

Acting on one thing never waits for another: a fork in one epoch is told, and the other
epochs, the prices and the stock go on. What went wrong comes back in the report and is
written where the register and `spindel sync status` read it.
"""

from __future__ import annotations

from collections.abc import Sequence

from central_sync.engine.central import Told
from central_sync.engine.download import CursorGone, follow, pull_feed, take_snapshot
from central_sync.engine.having import have_now, is_held
from central_sync.engine.healing import heal
from central_sync.engine.heartbeat import heartbeat, said_in, trusted_heartbeat
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
    marks_after,
    plan,
    scopes,
    uploads,
)
from central_sync.engine.report import RoundReport, collecting, note_outcome
from central_sync.engine.sending_notes import fetch_store_keys, send_notes
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.upload import fork_trouble, offer_aside, upload
from central_sync.engine.workstation import Progress, Workstation, no_progress


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
    with collecting(report):
        reply = heartbeat(workstation) if dry_run else trusted_heartbeat(workstation)
        said = said_in(reply)
        have, agreed = _agree(workstation, said, accept=accept, dry_run=dry_run)
        if not said.can_heal:
            report.troubles += [_disagreement_trouble(each) for each in agreed.disagreements]
        elif not dry_run:
            with collecting(report):
                if heal(workstation, have, said, agreed.disagreements):
                    have, agreed = _agree(workstation, said, accept=accept, dry_run=False)
                    report.new_epoch = have.writing
        report.actions = plan(have, said, agreed)
        if not dry_run:
            with collecting(report):
                fetch_store_keys(workstation, reply.store_key_id)
            with collecting(report):
                send_notes(workstation)
            if accept:
                workstation.store.note(held="", held_at="")
            for action in report.actions:
                with collecting(report):
                    _act(workstation, action, report, accept, progress)
            report.is_checked = not have.is_held
    if not dry_run:
        if any(trouble.code is Code.REVOKED for trouble in report.troubles):
            with collecting(report):
                have = have_now(workstation)
                offer_aside(workstation, uploads(have, Marks(have.marks)))
        note_outcome(workstation, report)
    return report


def send_receipts(workstation: Workstation, progress: Progress = no_progress) -> RoundReport:
    """Only what is newer than the marks, without asking first; for receipts just made."""
    report = RoundReport()
    with collecting(report):
        have = have_now(workstation)
        sendings = uploads(have, Marks(have.marks))
        report.actions = sendings
        for sending in sendings:
            with collecting(report):
                report.receipts += upload(workstation, sending, progress)
    note_outcome(workstation, report)
    return report


def poll_feed(workstation: Workstation) -> RoundReport:
    """Only the changes since the cursors, without a heartbeat; for every other second."""
    report = RoundReport()
    with collecting(report):
        have = have_now(workstation)
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
    with collecting(report):
        if not is_held(workstation.store.state(), workstation.now()):
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


def _agree(
    workstation: Workstation, said: Said, *, accept: bool, dry_run: bool
) -> tuple[Have, Marks]:
    have = have_now(workstation, accept=accept)
    own = ((head, workstation.journal.entry(head.epoch, head.sequence)) for head in said.heads)
    hashes = {(head.epoch, head.sequence): entry.hash for head, entry in own if entry}
    agreed = marks_after(have, said.heads, hashes, said.common)
    changed = {epoch: mark for epoch, mark in agreed.marks.items() if mark != have.marks.get(epoch)}
    if changed and not dry_run:
        if any(mark.sequence < have.marks.get(e, Mark(e)).sequence for e, mark in changed.items()):
            workstation.store.send_notes_again()  # a central from a backup lacks them too
        workstation.store.set_marks(changed)
    return have, agreed


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
