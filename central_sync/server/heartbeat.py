"""The heartbeat: who is there, what it holds, and what central holds of it.

It answers the heads of all epochs that central knows, so that a restored till, a clone
and a restored central are found at the first contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import version
from operator import itemgetter

from sqlalchemy import Connection, bindparam, case, select, update

from central_sync.database import tables as t
from central_sync.database.trip import ask, write
from central_sync.server import feed, forks
from central_sync.server.intake import Sender
from central_sync.server.numbers import numbers
from central_sync.server.safe_heads import safe_heads
from central_sync.server.storable import storable
from central_sync.server.timestamps import iso
from central_sync.wire.messages import REVISION, Head, HeartbeatReply, HeartbeatRequest

# A clock further off than this is told as this: the column holds seconds, not centuries.
_LARGEST_SKEW_SECONDS = 10**9

# Made once: to build a statement costs as much as to run it.
_HERE = t.workstation.c.workstation_id == bindparam("who")
_BOOT = select(t.workstation.c.boot_id).where(_HERE).with_for_update()
_TOLD = (
    *("last_contact_at", "boot_id", "version", "outbox"),
    *("oldest_unsent_at", "clock_skew_seconds"),
)
_HEARD = (
    update(t.workstation).where(_HERE).values({name: bindparam(f"new_{name}") for name in _TOLD})
)
_LEFT = t.workstation.c.outbox - bindparam("accepted")
_UPLOADED = (
    update(t.workstation)
    .where(_HERE)
    .values(last_contact_at=bindparam("at"), outbox=case((_LEFT > 0, _LEFT), else_=0))
)
_HASH = select(t.journal_entry.c.hash).where(
    t.journal_entry.c.workstation_id == bindparam("who"),
    t.journal_entry.c.epoch == bindparam("of_epoch"),
    t.journal_entry.c.sequence == bindparam("at"),
)
_HEADS = (
    select(t.epoch.c.epoch, t.epoch.c.head_sequence, t.epoch.c.head_hash)
    .where(t.epoch.c.workstation_id == bindparam("who"))
    .order_by(t.epoch.c.epoch)
)


def heartbeat(
    connection: Connection, sender: Sender, request: HeartbeatRequest, now: datetime
) -> HeartbeatReply:
    """Note the workstation's state and answer with central's."""
    before = _boot_before(connection, sender)
    boot_id = storable(request.boot.boot_id) or before
    ask(
        connection,
        _HEARD,
        who=sender.workstation_id,
        new_last_contact_at=iso(now),
        new_boot_id=boot_id,
        new_version=storable(request.version),
        new_outbox=min(request.outbox, 2**53),
        new_oldest_unsent_at=storable(request.oldest_unsent_at),
        new_clock_skew_seconds=_skew_seconds(request.clock, now),
    )
    forks.hear(connection, sender, request.boot, before, iso(now))
    scopes = [feed.CHAIN, feed.store_scope(sender.store_id)]
    held = heads(connection, sender.workstation_id)
    newest = {scope: at.newest for scope, at in feed.places(connection, scopes).items()}
    safe, backup_at = safe_heads(connection, sender.workstation_id)
    return HeartbeatReply(
        heads=held,
        common=common(connection, sender.workstation_id, request.heads, held),
        numbers=numbers(connection, sender.workstation_id),
        revision=REVISION,
        clock=iso(now),
        version=_version(),
        positions={scope: place.position for scope, place in newest.items()},
        hashes={scope: place.fh.hex() for scope, place in newest.items() if place.fh},
        safe=safe,
        backup_at=backup_at,
    )


def heard_all(connection: Connection, uploads: Sequence[tuple[Sender, int]], at: str) -> None:
    """Between heartbeats an upload says as much: it is here, and that many fewer wait.

    `uploads` are senders, each with how many of its entries are held.
    """
    told = [{"who": sender.workstation_id, "at": at, "accepted": n} for sender, n in uploads]
    if told:
        # In one order, so that nobody waits in a ring.
        write(connection, _UPLOADED, sorted(told, key=itemgetter("who")))


def heads(connection: Connection, workstation_id: str) -> list[Head]:
    """The newest entry held of every epoch, oldest epoch first."""
    rows = ask(connection, _HEADS, who=workstation_id).rows
    return [Head(epoch=row[0], sequence=row[1], hash=row[2]) for row in rows]


def common(
    connection: Connection, workstation_id: str, named: Sequence[Head], held: Sequence[Head]
) -> list[Head]:
    """Those of the heads that a till named which central holds just so."""
    newest = {head.epoch: head for head in held}
    return [
        head
        for head in named
        if 0 < head.sequence <= (newest[head.epoch].sequence if head.epoch in newest else 0)
        and (head == newest[head.epoch] or _is_held(connection, workstation_id, head))
    ]


def _is_held(connection: Connection, workstation_id: str, head: Head) -> bool:
    asked = {"of_epoch": head.epoch, "at": head.sequence}
    rows = ask(connection, _HASH, who=workstation_id, **asked).rows
    return bool(rows) and bytes(rows[0].hash) == head.hash


def _boot_before(connection: Connection, sender: Sender) -> str:
    """The computer that spoke last as this workstation, held until the commit."""
    return str(ask(connection, _BOOT, who=sender.workstation_id).rows[0].boot_id)


@cache
def _version() -> str:
    """Looked up once: it is read from the disk."""
    return version("spindel")


def _skew_seconds(clock: str, now: datetime) -> int:
    """The workstation's clock less central's; 0 when it cannot be read."""
    try:
        skew = round((datetime.fromisoformat(clock) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0
    return max(-_LARGEST_SKEW_SECONDS, min(skew, _LARGEST_SKEW_SECONDS))
