"""Takes in a workstation's journal as it came; `bookkeeping` reads it afterwards.

Plain functions of a connection and a message; no FastAPI. What is proven to come from
the workstation is never refused: a repeat gets its first answer, a gap and a fork are
told apart. The thing to get wrong: answering before the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select, update

from central_sync.database import tables as t
from central_sync.database.write import insert_missing, insert_tuples, upsert
from central_sync.retail.journal import GENESIS, JournalEntry, first_broken
from central_sync.server.refused import Refused, invalid
from central_sync.wire.batch import Batch, statement
from central_sync.wire.keys import verify
from central_sync.wire.messages import Head, JournalReply, JournalRequest

# What came from a till, or from one of before revision 2.
Sent = Batch | JournalRequest

# What a revoked or forked till may fill of central's disk.
LARGEST_ASIDE_ENTRIES = 100_000

# Made once: to build a statement costs as much as to run it.
_HERE = (t.epoch.c.workstation_id == bindparam("who"), t.epoch.c.epoch == bindparam("of_epoch"))
_LOCKED = select(t.epoch.c.head_sequence, t.epoch.c.head_hash).where(*_HERE).with_for_update()
_MOVE_ON = (
    update(t.epoch)
    .where(*_HERE)
    .values(head_sequence=bindparam("upto"), head_hash=bindparam("hash_upto"))
)


@dataclass(frozen=True, slots=True)
class Sender:
    """The workstation that a request is proven to come from."""

    workstation_id: str
    store_id: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a batch is beside what is held: `common` is the last (sequence, hash) of both."""

    status: Literal["accepted", "gap", "fork"]
    common: tuple[int, bytes]
    new: Sequence[JournalEntry] = ()
    forked: Sequence[JournalEntry] = ()


def receive(connection: Connection, sender: Sender, request: Sent, at: str) -> JournalReply:
    """Keep one batch in the caller's transaction; raises Refused for what proves nothing.

    What it says is booked afterwards, by `bookkeeping`.
    """
    entries = proven_entries(sender, request)
    head = _lock_head(connection, sender, request.epoch, at)
    first = entries[0]
    if (first.sequence - 1, first.previous_hash) == head:
        verdict = Verdict("accepted", (entries[-1].sequence, entries[-1].hash), new=entries)
    else:
        verdict = compare(entries, head, _held(connection, sender, request.epoch, entries))
    if verdict.status == "fork":
        keep_aside(connection, sender, verdict.forked, "fork", at)
    _take(connection, sender, request, verdict.new, at)
    sequence, digest = verdict.common
    return JournalReply(
        status=verdict.status,
        head=Head(epoch=request.epoch, sequence=sequence, hash=digest),
        accepted=len(entries) if verdict.status == "accepted" else 0,
    )


def proven_entries(sender: Sender, request: Sent) -> list[JournalEntry]:
    """The batch as entries that follow from one another, signed by the sender; raises Refused."""
    if isinstance(request, JournalRequest):
        return _proven_request(sender, request)
    entries = request.entries()
    last = entries[-1]
    if last.hash != request.hash:
        raise invalid(f"entries up to {last.epoch}:{last.sequence} do not make the hash sent")
    said = statement(
        *(sender.workstation_id, request.epoch, request.first, last.sequence),
        *(request.previous_hash, last.hash),
    )
    if not verify(sender.public_key, request.signature, said):
        raise invalid(_NOT_SIGNED)
    return entries


def _proven_request(sender: Sender, request: JournalRequest) -> list[JournalEntry]:
    entries = [
        JournalEntry(request.epoch, e.sequence, e.previous_hash, e.body.encode(), e.hash)
        for e in request.entries
    ]
    first = entries[0]
    broken = first_broken(entries, after=first.previous_hash, sequence=first.sequence - 1)
    if broken is not None:
        raise invalid(f"entry {broken.epoch}:{broken.sequence} {broken.reason}")
    if not verify(sender.public_key, request.signature, entries[-1].hash):
        raise invalid(_NOT_SIGNED)
    return entries


_NOT_SIGNED = "the batch is not signed by this workstation's key"


def compare(
    entries: Sequence[JournalEntry], head: tuple[int, bytes], held: Mapping[int, bytes]
) -> Verdict:
    """Set a batch beside what is held of its epoch. Pure.

    `head` is the newest (sequence, hash) held, `held` the hashes of the batch's sequences
    and of the two before it.
    """
    first = entries[0]
    if first.sequence > head[0] + 1:
        return Verdict("gap", head)
    if first.previous_hash != held.get(first.sequence - 1, GENESIS):
        # What the sender says stood before is no proof that central holds it.
        below = max(first.sequence - 2, 0)
        return Verdict("fork", (below, held.get(below, GENESIS)), forked=entries)
    common = (first.sequence - 1, first.previous_hash)
    for at, entry in enumerate(entries):
        if entry.sequence not in held:
            return Verdict("accepted", (entries[-1].sequence, entries[-1].hash), new=entries[at:])
        if held[entry.sequence] != entry.hash:
            return Verdict("fork", common, forked=entries[at:])
        common = (entry.sequence, entry.hash)
    return Verdict("accepted", head)


def keep_aside(
    connection: Connection, sender: Sender, entries: Sequence[JournalEntry], why: str, at: str
) -> None:
    """Keep what is not booked for a person to look at; a repeat changes nothing."""
    t_aside = t.aside_entry
    full = connection.execute(
        select(t_aside.c.sequence)
        .where(t_aside.c.workstation_id == sender.workstation_id)
        .offset(LARGEST_ASIDE_ENTRIES)
        .limit(1)
    ).first()
    if full is not None:
        raise Refused(403, "aside_full", "too much of this workstation is kept aside already")
    names = (*_COLUMNS, "why")
    rows = [dict(zip(names, (*_values(sender, e, at), why), strict=True)) for e in entries]
    insert_missing(connection, t_aside, rows)


def _lock_head(connection: Connection, sender: Sender, epoch: int, at: str) -> tuple[int, bytes]:
    """Hold this epoch until the commit, so that two repeats of a batch come one by one."""
    where = {"who": sender.workstation_id, "of_epoch": epoch}
    found = connection.execute(_LOCKED, where).first()
    if found is None:
        # An epoch that is not known was granted before central was restored: it is taken back.
        key = {"workstation_id": sender.workstation_id, "epoch": epoch}
        insert_missing(connection, t.epoch, [key | {"granted_at": at, "head_hash": GENESIS}])
        found = connection.execute(_LOCKED, where).one()
    return found.head_sequence, found.head_hash


def _held(
    connection: Connection, sender: Sender, epoch: int, entries: Sequence[JournalEntry]
) -> dict[int, bytes]:
    """The hashes of what is held of the batch's sequences and of the two before it."""
    t_entry = t.journal_entry
    rows = connection.execute(
        select(t_entry.c.sequence, t_entry.c.hash).where(
            t_entry.c.workstation_id == sender.workstation_id,
            t_entry.c.epoch == epoch,
            t_entry.c.sequence.between(entries[0].sequence - 2, entries[-1].sequence),
        )
    )
    return {row.sequence: row.hash for row in rows}


def _take(
    connection: Connection,
    sender: Sender,
    request: Sent,
    entries: Sequence[JournalEntry],
    at: str,
) -> None:
    """Keep new entries as they came, and move the head."""
    if not entries:
        return
    last = entries[-1]
    insert_tuples(
        connection,
        t.journal_entry,
        (*_COLUMNS, "state"),
        [(*_values(sender, entry, at), "accepted") for entry in entries],
    )
    _sign_batch(connection, sender, request, last)
    where = {"who": sender.workstation_id, "of_epoch": last.epoch}
    connection.execute(_MOVE_ON, where | {"upto": last.sequence, "hash_upto": last.hash})


def _sign_batch(connection: Connection, sender: Sender, request: Sent, last: JournalEntry) -> None:
    row = {
        "workstation_id": sender.workstation_id,
        "epoch": last.epoch,
        "sequence": last.sequence,
        "store_id": sender.store_id,
        "public_key": sender.public_key,
        "signature": request.signature,
        "first_sequence": request.first if isinstance(request, Batch) else 0,
    }
    upsert(connection, t.batch_signature, [row])


_COLUMNS = (
    *("workstation_id", "epoch", "sequence", "store_id"),
    *("hash", "previous_hash", "body", "received_at"),
)


def _values(sender: Sender, entry: JournalEntry, at: str) -> tuple[Any, ...]:
    """A row of an entry, in the order of `_COLUMNS`."""
    return (
        *(sender.workstation_id, entry.epoch, entry.sequence, sender.store_id),
        *(entry.hash, entry.previous_hash, entry.body, at),
    )
