"""Forks for a person: which disk was restored or copied, who spoke, what has become of it.

The tills heal themselves; here stands what they cannot know: which of two computers should
be switched off. A row is settled by a person and never deleted.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from central_sync.database import tables as t
from central_sync.database.trip import ask
from central_sync.database.write import insert_missing
from central_sync.server.aside import is_undecided
from central_sync.server.intake import Sender
from central_sync.server.refused import not_found
from central_sync.server.storable import storable
from central_sync.wire.messages import Boot

# Made once: to build a statement costs as much as to run it.
_SEEN_AGAIN = (
    update(t.workstation_boot)
    .where(
        t.workstation_boot.c.workstation_id == bindparam("who"),
        t.workstation_boot.c.boot_id == bindparam("boot"),
    )
    .values(last_seen_at=bindparam("at"))
)


class BootFact(BaseModel):
    """One start of one computer that spoke as a workstation."""

    boot_id: str
    hostname: str
    hardware: str
    first_seen_at: str
    last_seen_at: str


class ForkFact(BaseModel):
    """`boot` is who told of it, `other_boot` who else has spoken as this workstation.

    Both hold the same of `epoch` up to `common_sequence`; what the teller had beyond stands in
    `new_epoch`. `new_epoch` 0: nothing was written twice yet.
    """

    fork_id: str
    workstation_id: str
    store_id: str
    found_at: str
    why: str
    epoch: int
    common_sequence: int
    new_epoch: int
    boot: BootFact | None
    other_boot: BootFact | None
    aside: int
    settled_at: str
    settled_by: str
    note: str


def hear(connection: Connection, sender: Sender, boot: Boot, before: str, at: str) -> None:
    """A computer speaks as this workstation; `before` is the boot that was heard last.

    A boot never comes back: one that does has been speaking beside another all along.
    """
    boot_id = storable(boot.boot_id)
    if not boot_id:
        return
    key = {"workstation_id": sender.workstation_id, "boot_id": boot_id}
    seen = {"who": sender.workstation_id, "boot": boot_id, "at": at}
    is_known = ask(connection, _SEEN_AGAIN, **seen).count > 0
    if not is_known:
        names = {"hostname": storable(boot.hostname), "hardware": storable(boot.hardware)}
        times = {"first_seen_at": at, "last_seen_at": at}
        insert_missing(connection, t.workstation_boot, [key | names | times])
    if is_known and before not in ("", boot_id) and not _is_told(connection, sender):
        found(
            connection,
            sender,
            why="two_boots",
            epoch=0,
            common_sequence=0,
            new_epoch=0,
            boot=boot,
            at=at,
        )


def found(
    connection: Connection,
    sender: Sender,
    *,
    why: str,
    epoch: int,
    common_sequence: int,
    new_epoch: int,
    boot: Boot,
    at: str,
) -> None:
    """Write down a fork for a person."""
    boot_id = storable(boot.boot_id)
    connection.execute(
        insert(t.fork).values(
            fork_id=f"{sender.workstation_id}-{_count(connection, sender.workstation_id) + 1}",
            workstation_id=sender.workstation_id,
            store_id=sender.store_id,
            found_at=at,
            why=why,
            epoch=epoch,
            common_sequence=common_sequence,
            new_epoch=new_epoch,
            boot_id=boot_id,
            other_boot_id=_other_boot(connection, sender.workstation_id, boot_id),
        )
    )


def listed(connection: Connection, *, is_open: bool = True) -> list[ForkFact]:
    """Forks, oldest first; with `is_open` only those that nobody has settled."""
    query = select(t.fork).order_by(t.fork.c.found_at, t.fork.c.fork_id)
    if is_open:
        query = query.where(t.fork.c.settled_at == "")
    return [_fact(connection, row) for row in connection.execute(query).mappings()]


def settle(connection: Connection, fork_id: str, *, by: str, note: str, at: str) -> ForkFact:
    """A person has looked: what came again in the new epoch is no longer kept aside.

    Raises Refused 404.
    """
    row = connection.execute(
        select(t.fork).where(t.fork.c.fork_id == storable(fork_id)).with_for_update()
    ).first()
    if row is None:
        raise not_found(f"there is no fork {fork_id}")
    if not row.settled_at:
        values = {"settled_at": at, "settled_by": storable(by), "note": storable(note)}
        connection.execute(update(t.fork).where(t.fork.c.fork_id == row.fork_id).values(values))
        _forget_aside(connection, row.workstation_id)
    settled = connection.execute(select(t.fork).where(t.fork.c.fork_id == row.fork_id)).mappings()
    return _fact(connection, settled.one())


def _forget_aside(connection: Connection, workstation_id: str) -> None:
    """Drop from what is kept aside the bodies that stand in another epoch of the journal."""
    aside, entry = t.aside_entry, t.journal_entry
    kept = (
        select(entry.c.sequence)
        .where(
            entry.c.workstation_id == workstation_id,
            entry.c.epoch > aside.c.epoch,
            entry.c.body == aside.c.body,
        )
        .exists()
    )
    connection.execute(
        delete(aside).where(aside.c.workstation_id == workstation_id, aside.c.why == "fork", kept)
    )


def _is_told(connection: Connection, sender: Sender) -> bool:
    """One open row is enough: two computers that take turns would write one a minute."""
    row = connection.execute(
        select(t.fork.c.fork_id)
        .where(t.fork.c.workstation_id == sender.workstation_id, t.fork.c.settled_at == "")
        .limit(1)
    ).first()
    return row is not None


def _count(connection: Connection, workstation_id: str) -> int:
    query = select(func.count()).select_from(t.fork)
    query = query.where(t.fork.c.workstation_id == workstation_id)
    return int(connection.execute(query).scalar_one())


def _other_boot(connection: Connection, workstation_id: str, boot_id: str) -> str:
    """The boot heard last beside this one."""
    boot = t.workstation_boot.c
    row = connection.execute(
        select(boot.boot_id)
        .where(boot.workstation_id == workstation_id, boot.boot_id != boot_id)
        .order_by(boot.last_seen_at.desc(), boot.boot_id)
        .limit(1)
    ).first()
    return row.boot_id if row else ""


def _boot(connection: Connection, workstation_id: str, boot_id: str) -> BootFact | None:
    row = (
        connection.execute(
            select(t.workstation_boot).where(
                t.workstation_boot.c.workstation_id == workstation_id,
                t.workstation_boot.c.boot_id == boot_id,
            )
        )
        .mappings()
        .first()
    )
    return BootFact.model_validate(dict(row)) if row else None


def _fact(connection: Connection, row: Any) -> ForkFact:
    aside = connection.execute(
        select(t.aside_entry.c.sequence).where(
            t.aside_entry.c.workstation_id == row["workstation_id"],
            t.aside_entry.c.why == "fork",
            is_undecided(),
        )
    ).all()
    names = [name for name in ForkFact.model_fields if name in row]
    return ForkFact(
        **{name: row[name] for name in names},
        boot=_boot(connection, row["workstation_id"], row["boot_id"]),
        other_boot=_boot(connection, row["workstation_id"], row["other_boot_id"]),
        aside=len(aside),
    )
