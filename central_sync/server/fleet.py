"""The fleet: how every workstation stands, and what somebody should look at.

Judged from what a till said last, so a till that says nothing is judged by its silence. A
newcomer would alarm on every outbox: what waits for a minute is a sale, what has waited while
the till was heard from is trouble.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, select

from central_sync.database import tables as t

# A till asks twice a minute while it listens; tills of a closed shop are silent by right.
SILENT_AFTER = timedelta(minutes=15)
LOST_AFTER = timedelta(days=2)
STUCK_AFTER = timedelta(minutes=15)
# Above this a till warns its cashier as well (reference: clocks).
DRIFT_SECONDS = 120
# A code is good for some days at most; then the till still is not there.
WAITING_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Concern:
    """`says` is a sentence, `do` what to do about it; `key` is stable for scripts."""

    key: str
    says: str
    do: str


@dataclass(frozen=True, slots=True)
class Member:
    """A workstation as it was heard last; times ISO UTC, "" never."""

    workstation_id: str
    store_id: str
    label: str
    status: str
    version: str
    last_contact_at: str
    outbox: int
    oldest_unsent_at: str
    clock_skew_seconds: int
    open_forks: int = 0
    concerns: tuple[Concern, ...] = ()


def fleet(
    connection: Connection,
    now: datetime,
    version: str,
    *,
    store_id: str = "",
    silent_after: timedelta = SILENT_AFTER,
) -> list[Member]:
    """Every workstation with its concerns, the most troubled first; "" asks for all stores."""
    c = t.workstation.c
    is_open = (t.fork.c.workstation_id == c.workstation_id) & (t.fork.c.settled_at == "")
    forks = select(func.count()).select_from(t.fork).where(is_open).scalar_subquery()
    query = select(t.workstation, forks.label("open_forks")).order_by(c.store_id, c.label)
    if store_id:
        query = query.where(c.store_id == store_id)
    members = [
        _judged(row, now, version, silent_after) for row in connection.execute(query).mappings()
    ]
    return sorted(members, key=lambda member: -len(member.concerns))


def _judged(row: RowMapping, now: datetime, version: str, silent_after: timedelta) -> Member:
    member = Member(
        workstation_id=row["workstation_id"],
        store_id=row["store_id"],
        label=row["label"],
        status=row["status"],
        version=row["version"],
        last_contact_at=row["last_contact_at"],
        outbox=row["outbox"],
        oldest_unsent_at=row["oldest_unsent_at"],
        clock_skew_seconds=row["clock_skew_seconds"],
        open_forks=row["open_forks"],
    )
    made_at, limit = row["created_at"], silent_after
    return replace(
        member, concerns=concerns(member, now, version, made_at=made_at, silent_after=limit)
    )


def concerns(
    member: Member,
    now: datetime,
    version: str,
    *,
    made_at: str = "",
    silent_after: timedelta = SILENT_AFTER,
) -> tuple[Concern, ...]:
    """What is wrong with one workstation; pure. A revoked one concerns nobody."""
    if member.status == "waiting":
        return _of_waiting(_age(made_at, now))
    if member.status != "active":
        return ()
    silence = _age(member.last_contact_at or made_at, now)  # enrolled, and not a word since
    found = [*_of_silence(silence, silent_after, member.outbox)]
    unsent = _age(member.oldest_unsent_at, now)
    if member.outbox and unsent is not None and unsent > STUCK_AFTER and not found:
        found.append(
            Concern(
                "outbox",
                f"{member.outbox} entries wait at it, the oldest for {told(unsent)}",
                "run there: spindel sync status; what central parks does not hold others up",
            )
        )
    if member.open_forks:
        says = "its disk was copied or restored, and nobody has settled it"
        found.append(Concern("fork", says, "see who spoke: spindel central forks list"))
    if abs(member.clock_skew_seconds) > DRIFT_SECONDS:
        side = "ahead" if member.clock_skew_seconds > 0 else "behind"
        off = told(timedelta(seconds=abs(member.clock_skew_seconds)))
        says = f"its clock is {off} {side}"
        found.append(
            Concern("clock", says, "turn time synchronisation on there (spindel sync doctor)")
        )
    if _minor(member.version) and abs(_distance(member.version, version)) > 1:
        says = f"it runs {member.version}, central {version}"
        found.append(Concern("version", says, "bring the older to within one minor version"))
    return tuple(found)


def _of_waiting(age: timedelta | None) -> tuple[Concern, ...]:
    if age is None or age <= WAITING_AFTER:
        return ()
    says = f"it was made {told(age)} ago and has never been enrolled"
    return (Concern("waiting", says, "enrol it with a new code, or revoke it"),)


def _of_silence(
    silence: timedelta | None, silent_after: timedelta, outbox: int
) -> tuple[Concern, ...]:
    if silence is None or silence <= silent_after:
        return ()
    held = f"; {outbox} entries were waiting there" if outbox else ""
    key = "lost" if silence > LOST_AFTER else "silent"
    do = "see that it is switched on and on the network, then there: spindel sync doctor"
    return (Concern(key, f"it has not been heard of for {told(silence)}{held}", do),)


def told(span: timedelta) -> str:
    """A span as a person says it: 40 s, 12 min, 5 h, 3 days."""
    seconds = int(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7_200:
        return f"{seconds // 60} min"
    if seconds < 172_800:
        return f"{seconds // 3_600} h"
    return f"{seconds // 86_400} days"


def _age(at: str, now: datetime) -> timedelta | None:
    """None for never, or for what cannot be read: tills send their own times."""
    try:
        return now - datetime.fromisoformat(at)
    except (ValueError, TypeError):
        return None


def _minor(version: str) -> tuple[int, int] | None:
    parts = version.split(".")
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return None
    return int(parts[0]), int(parts[1])


def _distance(one: str, other: str) -> int:
    """Minor versions between the two; another major is far away."""
    a, b = _minor(one), _minor(other)
    if a is None or b is None:
        return 0
    return a[1] - b[1] if a[0] == b[0] else 99
