"""Epochs: who may write on under which number, after a disk was restored or copied.

An epoch is granted once and for one nonce, so that a repeated request gets its first answer.
The thing to get wrong: an epoch that a place ever had. A receipt's printed number is
label-epoch-number, and must never come twice in a store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from central_sync.database import tables as t
from central_sync.retail.journal import GENESIS
from central_sync.server import forks
from central_sync.server.intake import Sender
from central_sync.server.numbers import numbers
from central_sync.server.refused import Refused
from central_sync.server.storable import storable
from central_sync.server.timestamps import iso
from central_sync.wire.entries import EntryKind
from central_sync.wire.identity import EpochReply, EpochRequest, HashesReply, HashesRequest
from central_sync.wire.messages import Head

# A till that asks for more is in a loop, and its numbers would run away.
MOST_A_DAY = 60
_READ_BACK_ROWS = 200
_Z_REPORT = EntryKind.Z_REPORT.value.encode()


def grant(
    connection: Connection, sender: Sender, request: EpochRequest, now: datetime
) -> EpochReply:
    """Give a till the epoch that it asks for, and note for a person why; raises Refused.

    Holds the workstation until the commit, so that two who ask get two epochs.
    """
    row = connection.execute(
        select(t.workstation)
        .where(t.workstation.c.workstation_id == sender.workstation_id)
        .with_for_update()
    ).one()
    nonce = storable(request.nonce)
    known = connection.execute(
        select(t.epoch.c.epoch, t.epoch.c.head_sequence).where(
            t.epoch.c.workstation_id == sender.workstation_id, t.epoch.c.nonce == nonce
        )
    ).first()
    if known is not None:
        return _reply(connection, sender, known.epoch, request, is_used=known.head_sequence > 0)
    _check_haste(connection, sender.workstation_id, now)
    epoch = max(next_epoch(connection, row), request.newest_epoch + 1)
    add_epoch(connection, sender.workstation_id, epoch, iso(now), nonce)
    forks.found(
        connection,
        sender,
        why=request.why,
        epoch=request.epoch,
        common_sequence=request.common_sequence,
        new_epoch=epoch,
        boot=request.boot,
        at=iso(now),
    )
    return _reply(connection, sender, epoch, request)


def add_epoch(
    connection: Connection, workstation_id: str, epoch: int, at: str, nonce: str = ""
) -> None:
    row = {"workstation_id": workstation_id, "epoch": epoch, "granted_at": at}
    connection.execute(insert(t.epoch).values(row | {"head_hash": GENESIS, "nonce": nonce}))


def next_epoch(connection: Connection, workstation: Any) -> int:
    """Above every epoch of this place, its former workstations' too; takes the place's row."""
    newest = connection.execute(
        select(func.max(t.epoch.c.epoch))
        .join(t.workstation, t.workstation.c.workstation_id == t.epoch.c.workstation_id)
        .where(
            t.workstation.c.store_id == workstation.store_id,
            t.workstation.c.label == workstation.label,
        )
    ).scalar()
    return max(int(newest or 0), int(workstation.epoch_floor)) + 1


def skip_epochs(connection: Connection, count: int = 10) -> None:
    """After central was restored: so many epochs may have been granted since the backup."""
    newest = (
        select(func.coalesce(func.max(t.epoch.c.epoch), 0))
        .where(t.epoch.c.workstation_id == t.workstation.c.workstation_id)
        .scalar_subquery()
    )
    connection.execute(update(t.workstation).values(epoch_floor=newest + count))


def hashes(connection: Connection, sender: Sender, request: HashesRequest) -> HashesReply:
    """The hashes that central holds of a workstation's own entries."""
    entry = t.journal_entry.c
    rows = connection.execute(
        select(entry.sequence, entry.hash)
        .where(
            entry.workstation_id == sender.workstation_id,
            entry.epoch == request.epoch,
            entry.sequence.in_(sorted(set(request.sequences))),
        )
        .order_by(entry.sequence)
    )
    heads = [Head(epoch=request.epoch, sequence=row.sequence, hash=row.hash) for row in rows]
    return HashesReply(hashes=heads)


def highest_z(connection: Connection, workstation_id: str) -> int:
    """The number of the newest Z report that central has of a workstation; 0 for none."""
    entry = t.journal_entry.c
    for epoch in connection.execute(
        select(t.epoch.c.epoch)
        .where(t.epoch.c.workstation_id == workstation_id)
        .order_by(t.epoch.c.epoch.desc())
    ).scalars():
        query = select(entry.sequence, entry.body).where(
            entry.workstation_id == workstation_id, entry.epoch == epoch
        )
        for body in _backwards(connection, query, entry.sequence):
            number = _z_number(body)
            if number:
                return number
    return 0


def _backwards(connection: Connection, query: Any, sequence: Any) -> Iterator[bytes]:
    """Bodies from the newest back, some at a time: a Z is rarely more than a day away."""
    before: int | None = None
    while True:
        part = query if before is None else query.where(sequence < before)
        rows = connection.execute(part.order_by(sequence.desc()).limit(_READ_BACK_ROWS)).all()
        if not rows:
            return
        for row in rows:
            yield row.body
        before = rows[-1].sequence


def _z_number(body: bytes) -> int:
    if _Z_REPORT not in body:
        return 0
    try:
        plain = json.loads(body)
        is_z = plain["kind"] == EntryKind.Z_REPORT
        return int(plain["payload"]["number"]) if is_z else 0
    except (ValueError, KeyError, TypeError):
        return 0


def _reply(
    connection: Connection,
    sender: Sender,
    epoch: int,
    request: EpochRequest,
    *,
    is_used: bool = False,
) -> EpochReply:
    seen = numbers(connection, sender.workstation_id)
    return EpochReply(
        epoch=epoch,
        first_number=max([request.highest_number, *seen.values()]) + 1,
        next_z_number=highest_z(connection, sender.workstation_id) + 1,
        is_used=is_used,
    )


def _check_haste(connection: Connection, workstation_id: str, now: datetime) -> None:
    since = iso(now - timedelta(days=1))
    count = connection.execute(
        select(func.count())
        .select_from(t.epoch)
        .where(
            t.epoch.c.workstation_id == workstation_id,
            t.epoch.c.nonce != "",
            t.epoch.c.granted_at > since,
        )
    ).scalar_one()
    if count >= MOST_A_DAY:
        raise Refused(
            429,
            "too_many_epochs",
            f"this workstation got {count} epochs within a day; a person has to look at it",
            again=True,
            retry_after_seconds=600,
        )
