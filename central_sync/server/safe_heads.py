"""How far each journal lies in a backup of central's that was proven: what tills may call safe.

Set down only after the backup was restored aside and compared, from what was restored and not
from what serves meanwhile. The thing to get wrong: keeping a higher head from an older backup
when a newer one holds less; the older file may be gone, so the newest alone counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, inspect, select

from central_sync.database import tables as t
from central_sync.database.trip import ask
from central_sync.database.write import Row, chunks, upsert
from central_sync.server.fleet import Concern, told
from central_sync.wire.messages import Head

# Backups are made nightly; two nights without one is a fault and not a late night.
STALE_AFTER = timedelta(hours=50)
# Made once: to build a statement costs as much as to run it.
_SAFE = (
    select(*(t.safe_head.c[name] for name in ("epoch", "sequence", "hash", "backup_at")))
    .where(t.safe_head.c.workstation_id == bindparam("who"))
    .order_by(t.safe_head.c.epoch)
)
_DO = "every night: spindel central backup --to FOLDER --passphrase-file FILE"


def heads_in(connection: Connection) -> list[Row]:
    """The newest entry of every epoch that a database holds, as rows to note."""
    row = t.epoch.c
    query = select(row.workstation_id, row.epoch, row.head_sequence, row.head_hash)
    return [
        {"workstation_id": who, "epoch": epoch, "sequence": sequence, "hash": hash_}
        for who, epoch, sequence, hash_ in connection.execute(query.where(row.head_sequence > 0))
    ]


def can_note(connection: Connection) -> bool:
    """False for a database that waits for its migration: it is backed up all the same."""
    return inspect(connection).has_table(t.safe_head.name)


def note_backup(
    connection: Connection,
    heads: Iterable[Row],
    *,
    made_at: str,
    proven_at: str,
    file: str,
    size_bytes: int,
) -> None:
    """Set down what a proven backup holds; what it does not hold is safe no longer."""
    upsert(
        connection,
        t.central_backup,
        [{"made_at": made_at, "proven_at": proven_at, "file": file, "size_bytes": size_bytes}],
    )
    if newest_backup(connection) != made_at:
        return  # two at once, and the later one was proven first
    connection.execute(delete(t.safe_head))
    for part in chunks({**head, "backup_at": made_at} for head in heads):
        connection.execute(insert(t.safe_head), part)


def safe_heads(connection: Connection, workstation_id: str) -> tuple[list[Head], str]:
    """What of a workstation's journal is in the newest proven backup, and when that was made."""
    found = ask(connection, _SAFE, who=workstation_id).rows
    heads = [Head(epoch=each[0], sequence=each[1], hash=each[2]) for each in found]
    return heads, max((each[3] for each in found), default="")


def newest_backup(connection: Connection) -> str:
    """The moment that the newest proven backup is of, "" for none."""
    return connection.execute(select(func.max(t.central_backup.c.made_at))).scalar_one() or ""


def backup_concern(connection: Connection, now: datetime) -> Concern | None:
    """What is wrong when nobody backs central up; None while there is nothing to lose."""
    newest = newest_backup(connection)
    since = newest or _first_enrolled(connection)
    if not since or now - datetime.fromisoformat(since) <= STALE_AFTER:
        return None
    age = told(now - datetime.fromisoformat(since))
    if newest:
        return Concern("backup", f"central was last backed up {age} ago", _DO)
    return Concern("backup", f"central has never been backed up, and it serves for {age}", _DO)


def _first_enrolled(connection: Connection) -> str:
    at = t.workstation.c.enrolled_at
    return connection.execute(select(func.min(at)).where(at != "")).scalar_one() or ""
