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
from central_sync.database.trip import Trip, among, write
from central_sync.database.write import insert_missing, insert_tuples, upsert
from central_sync.retail.journal import GENESIS, JournalEntry, first_broken
from central_sync.server.refused import Refused, invalid
from central_sync.server.together import Spoiled
from central_sync.wire.batch import Batch, statement
from central_sync.wire.keys import verify
from central_sync.wire.messages import Head, JournalReply, JournalRequest

# What came from a till, or from one of before revision 2.
Sent = Batch | JournalRequest

# What a revoked or forked till may fill of central's disk.
LARGEST_ASIDE_ENTRIES = 100_000

# Made once: to build a statement costs as much as to run it.
_HERE = (t.epoch.c.workstation_id == bindparam("who"), t.epoch.c.epoch == bindparam("of_epoch"))
# All epochs of a workstation, in one order, so that nobody waits in a ring.
_LOCKED = (
    select(*(t.epoch.c[name] for name in ("workstation_id", "epoch", "head_sequence", "head_hash")))
    .where(among(t.epoch.c.workstation_id, "names"))
    .order_by(t.epoch.c.workstation_id, t.epoch.c.epoch)
    .with_for_update()
)
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


@dataclass(frozen=True, slots=True)
class Proven:
    """A batch whose entries are proven to follow from one another and to be the sender's."""

    sender: Sender
    request: Sent
    entries: Sequence[JournalEntry]


def receive(connection: Connection, sender: Sender, request: Sent, at: str) -> JournalReply:
    """Keep one batch in the caller's transaction; raises Refused for what proves nothing.

    What it says is booked afterwards, by `bookkeeping`.
    """
    batch = Proven(sender, request, proven_entries(sender, request))
    try:
        return receive_all(connection, [batch], at)[0]
    except Spoiled as spoiled:
        raise spoiled.problems[0] from spoiled


def receive_all(connection: Connection, batches: Sequence[Proven], at: str) -> list[JournalReply]:
    """Keep batches of many workstations in the caller's transaction; raises Spoiled.

    Each is answered as if it had come alone, in the order in which they came.
    """
    replies: dict[int, JournalReply] = {}
    for places in _one_each(batches):
        wave = [batches[place] for place in places]
        try:
            replies |= zip(places, _receive_wave(connection, wave, at), strict=True)
        except Spoiled as spoiled:
            raise Spoiled({places[p]: why for p, why in spoiled.problems.items()}) from spoiled
    return [replies[place] for place in range(len(batches))]


def _one_each(batches: Sequence[Proven]) -> list[list[int]]:
    """Places of batches in waves, in each of which a workstation has one at most."""
    waves: list[list[int]] = []
    turns: dict[str, int] = {}
    for place, batch in enumerate(batches):
        turn = turns.get(batch.sender.workstation_id, 0)
        turns[batch.sender.workstation_id] = turn + 1
        waves += [[]] if turn == len(waves) else []
        waves[turn].append(place)
    return waves


def _receive_wave(connection: Connection, batches: Sequence[Proven], at: str) -> list[JournalReply]:
    heads = _lock_heads(connection, [_journal(batch) for batch in batches], at)
    verdicts = [_verdict(connection, batch, heads[_journal(batch)]) for batch in batches]
    _keep_forks(connection, batches, verdicts, at)
    new = [(b, v.new) for b, v in zip(batches, verdicts, strict=True) if v.new]
    _take_all(connection, new, at)
    return [_reply(batch, verdict) for batch, verdict in zip(batches, verdicts, strict=True)]


def _verdict(connection: Connection, batch: Proven, head: tuple[int, bytes]) -> Verdict:
    first, last = batch.entries[0], batch.entries[-1]
    if (first.sequence - 1, first.previous_hash) == head:
        return Verdict("accepted", (last.sequence, last.hash), new=batch.entries)
    held = _held(connection, batch.sender, batch.request.epoch, batch.entries)
    return compare(batch.entries, head, held)


def _keep_forks(
    connection: Connection, batches: Sequence[Proven], verdicts: Sequence[Verdict], at: str
) -> None:
    problems: dict[int, Exception] = {}
    for place, (batch, verdict) in enumerate(zip(batches, verdicts, strict=True)):
        if verdict.status == "fork":
            try:
                keep_aside(connection, batch.sender, verdict.forked, "fork", at)
            except Refused as problem:
                problems[place] = problem
    if problems:
        raise Spoiled(problems)


def _reply(batch: Proven, verdict: Verdict) -> JournalReply:
    sequence, digest = verdict.common
    return JournalReply(
        status=verdict.status,
        head=Head(epoch=batch.request.epoch, sequence=sequence, hash=digest),
        accepted=len(batch.entries) if verdict.status == "accepted" else 0,
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


def _journal(batch: Proven) -> tuple[str, int]:
    return batch.sender.workstation_id, batch.request.epoch


def _lock_heads(
    connection: Connection, journals: Sequence[tuple[str, int]], at: str
) -> dict[tuple[str, int], tuple[int, bytes]]:
    """Hold these until the commit, so that two repeats of a batch come one by one."""
    names = [name for name, _ in journals]
    found = _heads(connection, names)
    missing = [journal for journal in journals if journal not in found]
    if missing:
        # An epoch that is not known was granted before central was restored: it is taken back.
        given = {"granted_at": at, "head_hash": GENESIS}
        rows = [{"workstation_id": name, "epoch": epoch} | given for name, epoch in missing]
        insert_missing(connection, t.epoch, rows)
        found = _heads(connection, names)
    return found


def _heads(
    connection: Connection, names: Sequence[str]
) -> dict[tuple[str, int], tuple[int, bytes]]:
    trip = Trip(connection)
    found = trip.ask(_LOCKED, names=list(names))
    trip.go()
    return {(row[0], row[1]): (row[2], bytes(row[3])) for row in found.rows}


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


def _take_all(
    connection: Connection, taken: Sequence[tuple[Proven, Sequence[JournalEntry]]], at: str
) -> None:
    """Keep new entries as they came, and move the heads."""
    if not taken:
        return
    insert_tuples(
        connection,
        t.journal_entry,
        (*_COLUMNS, "state"),
        [
            (*_values(batch.sender, entry, at), "accepted")
            for batch, entries in taken
            for entry in entries
        ],
    )
    upsert(connection, t.batch_signature, [_signature(batch) for batch, _ in taken])
    write(connection, _MOVE_ON, [_new_head(batch) for batch, _ in taken])


def _new_head(batch: Proven) -> dict[str, Any]:
    last = batch.entries[-1]
    who = {"who": batch.sender.workstation_id, "of_epoch": last.epoch}
    return who | {"upto": last.sequence, "hash_upto": last.hash}


def _signature(batch: Proven) -> dict[str, Any]:
    request = batch.request
    return {
        "workstation_id": batch.sender.workstation_id,
        "epoch": request.epoch,
        "sequence": batch.entries[-1].sequence,
        "store_id": batch.sender.store_id,
        "public_key": batch.sender.public_key,
        "signature": request.signature,
        "first_sequence": request.first if isinstance(request, Batch) else 0,
    }


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
