"""Sends the journal above the mark, and moves the mark by proof alone.

Bodies go out as the bytes that were hashed. Every entry is checked against its own
hash before it leaves, so that damage on this disk is named here and not at central.
"""

from __future__ import annotations

from collections.abc import Sequence

from central_sync.engine.plan import Mark, Upload
from central_sync.engine.sending_notes import send_notes
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import Progress, Workstation
from central_sync.retail.journal import JournalEntry, chain_hash
from central_sync.wire.keys import verify
from central_sync.wire.messages import EntryMessage, JournalReply, JournalRequest

BATCH_ENTRIES = 500
BATCH_BYTES = 2_000_000
LARGEST_BODY_BYTES = 4_000_000


def upload(workstation: Workstation, action: Upload, progress: Progress) -> int:
    """Send until this epoch's head is proven at central; returns the entries proven.

    Raises SyncTrouble; what was proven before stays marked. A reply that is lost costs
    one repeat: central knows the entries and answers as the first time.
    """
    mark = Mark(action.epoch, action.after)
    proven = 0
    setbacks = 0
    while batch := _batch(workstation, mark):
        # After the batch is read: whoever it names has been noted by then.
        send_notes(workstation)
        reply = workstation.central.journal(_request(workstation, action.epoch, batch))
        if reply.status == "fork":
            raise fork_trouble(action.epoch, reply.head.sequence + 1)
        before, mark = mark, _proven(workstation, reply, action.epoch)
        workstation.store.set_marks({mark.epoch: mark})
        proven += max(0, mark.sequence - before.sequence)
        setbacks = setbacks + 1 if mark.sequence <= before.sequence else 0
        if setbacks > 2:
            raise _stuck(mark)
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
        while batch := _batch(workstation, at):
            try:
                workstation.central.journal(_request(workstation, action.epoch, batch))
            except SyncTrouble as trouble:
                if trouble.code is not Code.REVOKED:
                    raise
            at = Mark(action.epoch, batch[-1].sequence)
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


def _batch(workstation: Workstation, mark: Mark) -> Sequence[JournalEntry]:
    return workstation.journal.entries_after(mark.epoch, mark.sequence, BATCH_ENTRIES, BATCH_BYTES)


def _request(workstation: Workstation, epoch: int, batch: Sequence[JournalEntry]) -> JournalRequest:
    newest = batch[-1]
    signature = newest.signature
    # An older key may have signed it, before this workstation was enrolled anew.
    if not verify(workstation.key.public, signature, newest.hash):
        signature = workstation.key.sign(newest.hash)
    entries = [_message(entry) for entry in batch]
    return JournalRequest(epoch=epoch, entries=entries, signature=signature)


def _message(entry: JournalEntry) -> EntryMessage:
    if len(entry.body) > LARGEST_BODY_BYTES:
        raise SyncTrouble(
            Code.BODY_TOO_LARGE,
            f"Journal entry {entry.epoch}:{entry.sequence} is too large to be sent.",
            "Report this to head office; later receipts wait behind it.",
        )
    if chain_hash(entry.previous_hash, entry.body) != entry.hash:
        raise _damaged(entry)
    try:
        body = entry.body.decode()
    except UnicodeDecodeError as problem:
        raise _damaged(entry) from problem
    return EntryMessage(
        sequence=entry.sequence, previous_hash=entry.previous_hash, hash=entry.hash, body=body
    )


def _proven(workstation: Workstation, reply: JournalReply, epoch: int) -> Mark:
    """The mark that central's head proves; raises SyncTrouble when it proves none."""
    head = reply.head
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


def _damaged(entry: JournalEntry) -> SyncTrouble:
    return SyncTrouble(
        Code.JOURNAL,
        f"Journal entry {entry.epoch}:{entry.sequence} on this disk has been changed.",
        "Run `spindel sync verify` and call store IT; do not sell on with this disk.",
    )
