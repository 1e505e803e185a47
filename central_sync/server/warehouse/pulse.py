"""How busy stores are, counted from journal entries as they are booked, minute by minute.

Counts per store, never per person; kept for ninety days. The thing to get wrong: whose
clock. Entries that come late count in the minute in which they happened, by the till's
clock less its known skew, so a flood after a day without network makes no store busy now.
A silent store is unknown: its pulse keeps the time at which it was last heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, func, select

from central_sync.countries import COUNTRIES
from central_sync.database import tables as t
from central_sync.database.trip import among, ask, write
from central_sync.database.write import chunks, insert_on, upsert
from central_sync.routing.pulse import (
    USUAL_MINUTES,
    Pulse,
    StoreEvents,
    heard,
    slot,
    staff_on_hand,
)
from central_sync.server.timestamps import iso
from central_sync.server.warehouse.figures import heard_at

KEPT_DAYS = 90
NOTHING = StoreEvents()
# Older work has faded to nothing (a sixth of a percent after 64 minutes).
_LOOKS_BACK = timedelta(minutes=64)
_USUAL_DAYS = 7
_QUARTER = timedelta(minutes=15)
_COUNTS = ("receipts", "returns", "inbound_lines", "orders_made", "invoices_checked")

# Made once: to build a statement costs as much as to run it.
_OPEN_TILLS = (
    select(t.till_session.c.store_id, func.count().label("tills"))
    .where(
        t.till_session.c.is_open == 1,
        among(t.till_session.c.store_id, "stores"),
    )
    .group_by(t.till_session.c.store_id)
)
_SKEW = select(t.workstation.c.clock_skew_seconds).where(
    t.workstation.c.workstation_id == bindparam("who")
)


@dataclass(frozen=True, slots=True)
class Happening:
    """What one journal entry says of a store's work; `at` ISO UTC by the till's clock.

    `is_open` is set where somebody signed on (True) or off (False).
    """

    at: str
    events: StoreEvents = NOTHING
    is_open: bool | None = None


def count(
    connection: Connection,
    store_id: str,
    workstation_id: str,
    happenings: Sequence[Happening],
    now: str,
) -> None:
    """Enter what a workstation's entries say, in the transaction that books them."""
    if not happenings:
        return
    skew = _skew(connection, workstation_id)
    signed = [(one.at, one.is_open) for one in happenings if one.is_open is not None]
    if signed:
        _sign(connection, store_id, workstation_id, *max(signed))
    minutes: dict[str, dict[str, int]] = {}
    for one in happenings:
        minute = minutes.setdefault(_minute(one.at, skew, now), dict.fromkeys(_COUNTS, 0))
        for name in _COUNTS:
            minute[name] += getattr(one.events, name)
    staff = _open_tills(connection, [store_id]).get(store_id, 0)
    key = {"store_id": store_id, "staff": staff}
    _add(connection, [key | {"minute": at} | counts for at, counts in sorted(minutes.items())])


def pulses(connection: Connection, now: str) -> dict[str, Pulse]:
    """Every store's pulse as of its last word; a store that was never heard is left out."""
    since = _shown(datetime.fromisoformat(now) - _LOOKS_BACK)
    minutes: dict[str, list[Any]] = {}
    for row in connection.execute(
        select(t.store_pulse)
        .where(t.store_pulse.c.minute >= since)
        .order_by(t.store_pulse.c.store_id, t.store_pulse.c.minute)
    ):
        minutes.setdefault(row.store_id, []).append(row)
    words = {store_id: at for store_id, at in heard_at(connection).items() if at}
    staff = _staff(connection, sorted(words), now)
    return {
        store_id: _folded(minutes.get(store_id, []), staff[store_id], _seconds(at))
        for store_id, at in words.items()
    }


def profiles(connection: Connection) -> dict[str, tuple[float, ...]]:
    """What each store is usually like, per quarter hour of the week from Monday midnight."""
    found: dict[str, tuple[float, ...]] = {}
    rows = connection.execute(
        select(t.store_profile).order_by(t.store_profile.c.store_id, t.store_profile.c.slot)
    )
    learned: dict[str, dict[int, int]] = {}
    for row in rows:
        learned.setdefault(row.store_id, {})[row.slot] = row.busyness_thousandths
    for store_id, slots in learned.items():
        usual = sum(slots.values()) / len(slots)
        found[store_id] = tuple(slots.get(at, usual) / 1000 for at in range(7 * 96))
    return found


def learn_profiles(connection: Connection, now: str) -> None:
    """Once a quarter hour: what the last whole quarter was like goes into the profiles."""
    until = datetime.fromisoformat(now).astimezone(UTC)
    until -= timedelta(
        minutes=until.minute % 15, seconds=until.second, microseconds=until.microsecond
    )
    here = _local(connection, until - _QUARTER)
    at_slot = slot(here.weekday(), here.hour * 60 + here.minute)
    known = {
        row.store_id: row.busyness_thousandths
        for row in connection.execute(
            select(t.store_profile).where(t.store_profile.c.slot == at_slot)
        )
    }
    rows = [
        {
            "store_id": store_id,
            "slot": at_slot,
            "busyness_thousandths": _learned(known.get(store_id), seen),
        }
        for store_id, seen in sorted(_quarter(connection, until - _QUARTER, until).items())
    ]
    upsert(connection, t.store_profile, rows)


def prune(connection: Connection, now: str) -> int:
    """Forget minutes older than ninety days; returns how many."""
    oldest = _shown(datetime.fromisoformat(now) - timedelta(days=KEPT_DAYS))
    found = connection.execute(delete(t.store_pulse).where(t.store_pulse.c.minute < oldest))
    return found.rowcount


def _folded(minutes: Iterable[Any], staff: int, heard_seconds: float) -> Pulse:
    pulse = Pulse(staff=staff)
    for row in minutes:
        at = min(_seconds(row.minute), heard_seconds)
        pulse = heard(pulse, StoreEvents(*(getattr(row, name) for name in _COUNTS)), staff, at)
    return heard(pulse, StoreEvents(), staff, heard_seconds)


def _staff(connection: Connection, store_ids: Sequence[str], now: str) -> dict[str, int]:
    """Tills signed on; where there are none, as many as the last week's busiest minute had."""
    signed_on = _open_tills(connection, store_ids)
    idle = [store_id for store_id in store_ids if not signed_on.get(store_id)]
    since = _shown(datetime.fromisoformat(now) - timedelta(days=_USUAL_DAYS))
    usual: dict[str, int] = {}
    minute = t.store_pulse.c
    for part in chunks(idle):
        rows = connection.execute(
            select(minute.store_id, func.max(minute.staff).label("most"))
            .where(minute.store_id.in_(part), minute.minute >= since)
            .group_by(minute.store_id)
        )
        usual.update((row.store_id, row.most) for row in rows)
    return {
        store_id: staff_on_hand(signed_on.get(store_id, 0), 0, [float(usual.get(store_id, 1))])
        for store_id in store_ids
    }


def _open_tills(connection: Connection, store_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in chunks(store_ids):
        rows = ask(connection, _OPEN_TILLS, stores=part).rows
        found.update((row.store_id, row.tills) for row in rows)
    return found


def _sign(
    connection: Connection, store_id: str, workstation_id: str, at: str, is_open: bool | None
) -> None:
    row: dict[str, Any] = {"workstation_id": workstation_id, "store_id": store_id}
    row |= {"is_open": int(bool(is_open)), "at": at}
    write(connection, _signing(connection.dialect.name), [row])


@cache
def _signing(dialect: str) -> Any:
    statement = insert_on(dialect, t.till_session)
    return statement.on_conflict_do_update(
        index_elements=["workstation_id"],
        set_={name: statement.excluded[name] for name in ("store_id", "is_open", "at")},
        where=t.till_session.c.at <= statement.excluded.at,
    )


def _add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    write(connection, _adding(connection.dialect.name), rows)


@cache
def _adding(dialect: str) -> Any:
    minute = t.store_pulse.c
    statement = insert_on(dialect, t.store_pulse)
    added = {name: minute[name] + statement.excluded[name] for name in _COUNTS}
    return statement.on_conflict_do_update(
        index_elements=["store_id", "minute"],
        set_={**added, "staff": statement.excluded.staff},
    )


def _quarter(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """How busy each store with tills was between these times, in thousandths of its staff."""
    minute = t.store_pulse.c
    rows = connection.execute(
        select(
            minute.store_id,
            *(func.sum(minute[name]).label(name) for name in _COUNTS),
            func.max(minute.staff).label("staff"),
        )
        .where(minute.minute >= _shown(since), minute.minute < _shown(until))
        .group_by(minute.store_id)
    )
    seen = dict.fromkeys((store_id for store_id, at in heard_at(connection).items()
                          if at >= iso(since)), 0)  # fmt: skip
    for row in rows:
        work = USUAL_MINUTES.work(StoreEvents(*(int(getattr(row, name)) for name in _COUNTS)))
        seen[row.store_id] = round(1000 * work / 15 / max(1, row.staff))
    return seen


def _learned(before: int | None, seen: int) -> int:
    """An eighth of each new week's figure, as `routing.pulse.with_observation` does."""
    return seen if before is None else before + (seen - before) // 8


def _local(connection: Connection, at: datetime) -> datetime:
    country = connection.execute(select(t.chain.c.country)).scalar() or "SE"
    return at.astimezone(ZoneInfo(COUNTRIES[country].time_zone))


def _skew(connection: Connection, workstation_id: str) -> timedelta:
    found = ask(connection, _SKEW, who=workstation_id).rows
    return timedelta(seconds=(found[0].clock_skew_seconds if found else None) or 0)


def _minute(at: str, skew: timedelta, now: str) -> str:
    """The minute in which it happened; what cannot be told, and the future, happen now."""
    today = datetime.fromisoformat(now)
    try:
        happened = datetime.fromisoformat(at) - skew
        return _shown(min(happened, today))
    except (ValueError, TypeError, OverflowError):
        return _shown(today)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC).isoformat(timespec='minutes')[:16]}Z"


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
