"""Sends the journal above the mark, and moves the mark by proof alone.

Bodies go out as the bytes that were hashed. Every entry is checked against its own
hash before it leaves, so that damage on this disk is named here and not at central. While
central makes one batch durable, the next one is read and checked here; it leaves only when
the first is proven. The thing to get wrong: a batch that is large for the line. It grows
while answers come quickly, and begins small again after a line that was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from central_sync.engine.journal import JournalUnreadable
from central_sync.engine.plan import Mark, Upload
from central_sync.engine.sending_notes import send_notes
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import Progress, Workstation
from central_sync.retail.journal import JournalEntry, first_broken
from central_sync.wire.batch import LARGEST_BODY_BYTES, MOST_ENTRIES, Batch, signed_batch
from central_sync.wire.messages import JournalReply

FIRST_BATCH_ENTRIES = 200
BATCH_ENTRIES = MOST_ENTRIES
BATCH_BYTES = 4_000_000
# An answer within the one makes the next batch larger, beyond the other smaller.
QUICK_SECONDS = 1.0
SLOW_SECONDS = 5.0


@dataclass(slots=True)
class _Sending:
    """One epoch's way up: how far it is proven, how large a batch may be, what is read ahead."""

    mark: Mark
    limit: int
    ahead: tuple[Mark, Sequence[JournalEntry]] | None = field(default=None)


def upload(workstation: Workstation, action: Upload, progress: Progress) -> int:
    """Send until this epoch's head is proven at central; returns the entries proven.

    Raises SyncTrouble; what was proven before stays marked. A reply that is lost costs
    one repeat: central knows the entries and answers as the first time.
    """
    sending = _Sending(Mark(action.epoch, action.after), min(FIRST_BATCH_ENTRIES, BATCH_ENTRIES))
    proven = 0
    setbacks = 0
    while entries := _next_batch(workstation, sending):
        # After the batch is read: whoever it names has been noted by then.
        send_notes(workstation)
        before = sending.mark
        _send(workstation, sending, entries)
        proven += max(0, sending.mark.sequence - before.sequence)
        setbacks = setbacks + 1 if sending.mark.sequence <= before.sequence else 0
        if setbacks > 2:
            raise _stuck(sending.mark)
        progress("receipts", proven, action.count)
    return proven


def offer_aside(workstation: Workstation, actions: Sequence[Upload]) -> None:
    """Hand what is unsent to a central that has revoked this till: it keeps it for a person.

    Nothing of it is proven, so no mark moves; each entry is offered once. Raises
    SyncTrouble for anything but the refusal that is expected.
    """
    offered = workstation.store.offered()
    for action in actions:
        at = Mark(action.epoch, max(action.after, offered.get(action.epoch, 0)))
        while entries := _batch(workstation, at, BATCH_ENTRIES):
            try:
                workstation.central.journal(_request(workstation, entries))
            except SyncTrouble as trouble:
                if trouble.code is not Code.REVOKED:
                    raise
            at = Mark(action.epoch, entries[-1].sequence)
            offered[action.epoch] = at.sequence
            workstation.store.set_offered(offered)


def fork_trouble(epoch: int, sequence: int) -> SyncTrouble:
    return SyncTrouble(
        Code.FORK,
        f"Central has another entry {epoch}:{sequence} than this register"
        " (a restored or copied disk).",
        "Go on selling, nothing is lost; call head office, which has to settle it.",
        again=True,
    )


def _send(workstation: Workstation, sending: _Sending, entries: Sequence[JournalEntry]) -> None:
    """Send a batch and move the mark by what its answer proves."""
    newest = Mark(sending.mark.epoch, entries[-1].sequence, entries[-1].hash)
    begun = workstation.now()
    reply = workstation.central.journal(
        _request(workstation, entries), lambda: _read_ahead(workstation, sending, newest)
    )
    sending.limit = _next_limit(sending.limit, begun, workstation.now())
    if reply.status == "fork":
        raise fork_trouble(newest.epoch, reply.head.sequence + 1)
    sending.mark = _proven(workstation, reply, newest)
    workstation.store.set_marks({newest.epoch: sending.mark}, **_contact(workstation))


def _contact(workstation: Workstation) -> dict[str, str]:
    """A proof is a contact, written down with the mark: each write wears a flash disk."""
    if workstation.store.state().is_contact_noted(workstation.now()):
        return {}
    at = workstation.timestamp()
    return {"last_contact_at": at, "last_try_at": at}


def _next_limit(limit: int, begun: datetime, ended: datetime) -> int:
    """How many entries the next batch may have, by how long this one took."""
    took_seconds = (ended - begun).total_seconds()
    if took_seconds > SLOW_SECONDS:
        return max(1, limit // 4)
    return min(BATCH_ENTRIES, limit * 4) if took_seconds < QUICK_SECONDS else limit


def _next_batch(workstation: Workstation, sending: _Sending) -> Sequence[JournalEntry]:
    """What follows the mark; of what was read ahead only what was foreseen rightly.

    What was sold since goes with the next look at the journal, a third of a second later.
    """
    ahead, sending.ahead = sending.ahead, None
    if ahead is not None and ahead[0] == sending.mark:
        return ahead[1][: sending.limit]
    return _batch(workstation, sending.mark, sending.limit)


def _read_ahead(workstation: Workstation, sending: _Sending, after: Mark) -> None:
    """What can be done while central is at work. A journal in trouble is told in its turn."""
    try:
        entries = _batch(workstation, after, min(BATCH_ENTRIES, sending.limit * 4))
    except (SyncTrouble, JournalUnreadable):
        return
    sending.ahead = (after, entries)


def _batch(workstation: Workstation, mark: Mark, limit: int) -> Sequence[JournalEntry]:
    """Whole entries above the mark; raises SyncTrouble when the first of them is not whole."""
    entries = workstation.journal.entries_after(mark.epoch, mark.sequence, limit, BATCH_BYTES)
    whole = _whole(entries)
    if entries and not whole:
        raise _damaged(entries[0])
    if whole and len(whole[0].body) > LARGEST_BODY_BYTES:
        raise _too_large(whole[0])
    return whole


def _whole(entries: Sequence[JournalEntry]) -> Sequence[JournalEntry]:
    """Those before the first that this disk has changed: they may go up."""
    if not entries:
        return entries
    first = entries[0]
    broken = first_broken(entries, after=first.previous_hash, sequence=first.sequence - 1)
    whole = entries[: broken.sequence - first.sequence] if broken else entries
    for at, entry in enumerate(whole):
        if not _is_text(entry.body):
            return whole[:at]
    return whole


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _request(workstation: Workstation, entries: Sequence[JournalEntry]) -> Batch:
    return signed_batch(entries, workstation.key, workstation.identity.workstation_id)


def _proven(workstation: Workstation, reply: JournalReply, newest: Mark) -> Mark:
    """The mark that central's head proves, which is mostly that of the `newest` entry sent.

    Raises SyncTrouble when it proves none.
    """
    head, epoch = reply.head, newest.epoch
    if Mark(head.epoch, head.sequence, head.hash) == newest:
        return newest
    if head.epoch != epoch:
        raise _unproven(epoch, head.sequence)
    if head.sequence == 0:
        return Mark(epoch)
    own = workstation.journal.entry(epoch, head.sequence)
    if own is None or own.hash != head.hash:
        raise _unproven(epoch, head.sequence)
    return Mark(epoch, own.sequence, own.hash)


def _unproven(epoch: int, sequence: int) -> SyncTrouble:
    return SyncTrouble(
        Code.FORK,
        f"Central acknowledged {epoch}:{sequence} with a hash that is not this register's.",
        "Go on selling, nothing is taken as sent; call head office.",
        again=True,
    )


def _stuck(mark: Mark) -> SyncTrouble:
    return SyncTrouble(
        Code.SERVER,
        f"Central does not get past journal entry {mark.epoch}:{mark.sequence}.",
        "It is tried again; if it lasts, look at central's log.",
        again=True,
    )


def _too_large(entry: JournalEntry) -> SyncTrouble:
    return SyncTrouble(
        Code.BODY_TOO_LARGE,
        f"Journal entry {entry.epoch}:{entry.sequence} is too large to be sent.",
        "Report this to head office; later receipts wait behind it.",
    )


def _damaged(entry: JournalEntry) -> SyncTrouble:
    return SyncTrouble(
        Code.JOURNAL,
        f"Journal entry {entry.epoch}:{entry.sequence} on this disk has been changed.",
        "Run `spindel sync verify` and call store IT; do not sell on with this disk.",
    )
