"""What forked, revoked and replaced workstations sent: listed, booked or settled by a person.

Nothing here is booked by itself. The thing to get wrong: giving an entry that is taken its old
place in the journal. Another entry may stand there, and the till counts on from it. It goes
under the epoch made negative, which no till ever names, in the order in which it was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from central_sync.database import tables as t
from central_sync.server.booking import OnShortfall, Read, book, nobody, note_highest
from central_sync.server.bookkeeping import words_of_entries
from central_sync.server.facts import AsideFact, Attended
from central_sync.server.orders import inbox
from central_sync.server.reading import Parked, read_entry
from central_sync.server.refused import not_found
from central_sync.server.settled import Decided, bad_id, check_note, note, whole
from central_sync.server.storable import storable

LARGEST_LIST = 1_000
# Taken in turns of so many, so that a full disk of them is never in memory at once.
TURN_ENTRIES = 500


def is_undecided() -> ColumnElement[bool]:
    """Of rows of aside_entry: nobody took or settled it, and it did not come again as it was."""
    aside, held, settled = t.aside_entry.c, t.journal_entry.c, t.settled_entry.c
    booked = select(held.sequence).where(
        held.workstation_id == aside.workstation_id,
        held.epoch == aside.epoch,
        held.sequence == aside.sequence,
        held.hash == aside.hash,
    )
    decided = select(settled.sequence).where(
        settled.workstation_id == aside.workstation_id,
        settled.epoch == aside.epoch,
        settled.sequence == aside.sequence,
        settled.line == 0,
        settled.hash == aside.hash,
    )
    return ~booked.exists() & ~decided.exists()


def count(connection: Connection) -> int:
    """Entries that wait for a person."""
    query = select(func.count()).select_from(t.aside_entry).where(is_undecided())
    return connection.execute(query).scalar_one()


def listed(connection: Connection) -> list[AsideFact]:
    """What waits, by workstation, epoch and why."""
    aside = t.aside_entry.c
    place = (aside.store_id, aside.workstation_id, aside.epoch, aside.why)
    rows = connection.execute(
        select(
            *place,
            func.count().label("entries"),
            func.min(aside.sequence).label("first_sequence"),
            func.max(aside.sequence).label("last_sequence"),
            func.min(aside.received_at).label("received_at"),
        )
        .where(is_undecided())
        .group_by(*place)
        .order_by(*place)
        .limit(LARGEST_LIST)
    ).mappings()
    return [
        AsideFact(aside_id=f"{row['workstation_id']}:{row['epoch']}:{row['why']}", **row)
        for row in rows
    ]


def settle(connection: Connection, aside_id: str, by: Decided) -> int:
    """Take it off the list unbooked; returns how many entries. Raises Refused 404, 422."""
    check_note(by)
    is_it = _locked(connection, aside_id)
    aside = t.aside_entry.c
    rows = connection.execute(
        select(aside.workstation_id, aside.epoch, aside.sequence, aside.hash).where(is_it)
    ).all()
    if not rows:
        raise _nothing(aside_id)
    note(connection, map(_key, rows), "settled", by)
    return len(rows)


def take(
    connection: Connection, aside_id: str, by: Decided, on_shortfall: OnShortfall = nobody
) -> Attended:
    """Book all of it, a person has looked; raises Refused 404, 422.

    What cannot be read or booked is parked then, where it can be tried again or settled.
    """
    check_note(by)
    is_it = _locked(connection, aside_id)
    aside = t.aside_entry.c
    query = select(t.aside_entry).where(is_it)
    query = query.order_by(aside.store_id, aside.sequence, aside.hash).limit(TURN_ENTRIES)
    states: list[str] = []
    while rows := connection.execute(query).all():
        for store_id in sorted({row.store_id for row in rows}):
            ours = [row for row in rows if row.store_id == store_id]
            states += _book(connection, store_id, ours, by.at, on_shortfall)
        note(connection, map(_key, rows), "taken", by)
    if not states:
        raise _nothing(aside_id)
    names = {"booked": "accepted", "aliases": "alias", "parked": "parked"}
    return Attended(**{name: states.count(state) for name, state in names.items()})


def _book(
    connection: Connection,
    store_id: str,
    rows: Sequence[Row[Any]],
    at: str,
    on_shortfall: OnShortfall,
) -> list[str]:
    """Book rows of one workstation, epoch and store, and keep them; returns their states."""
    workstation_id, epoch = rows[0].workstation_id, -rows[0].epoch
    first = _newest(connection, workstation_id, epoch) + 1
    read = [
        Read(
            epoch,
            number,
            read_entry(row.body, workstation_id=workstation_id, store_id=store_id),
        )
        for number, row in enumerate(rows, first)
    ]
    booked = book(connection, workstation_id, store_id, read, at)
    if booked.broken:
        on_shortfall(connection, booked.broken, at)
    inbox.put_all(connection, words_of_entries(store_id, workstation_id, read, booked.aliases), at)
    kept = [_kept(row, one, booked.aliases, at) for row, one in zip(rows, read, strict=True)]
    connection.execute(insert(t.journal_entry), kept)
    note_highest(connection, workstation_id, read)
    return [row["state"] for row in kept]


def _kept(row: Row[Any], one: Read, aliases: frozenset[int], at: str) -> dict[str, Any]:
    state, reason = "accepted", f"taken from aside ({row.why}), where it was {-one.epoch}:"
    reason += str(row.sequence)
    if isinstance(one.reading, Parked):
        state, reason = "parked", one.reading.reason
    elif one.sequence in aliases:
        state = "alias"
    return {
        "workstation_id": row.workstation_id,
        "epoch": one.epoch,
        "sequence": one.sequence,
        "store_id": row.store_id,
        "hash": row.hash,
        "previous_hash": row.previous_hash,
        "body": row.body,
        "received_at": row.received_at,
        "state": state,
        "reason": reason,
    }


def _newest(connection: Connection, workstation_id: str, epoch: int) -> int:
    entry = t.journal_entry.c
    query = select(func.coalesce(func.max(entry.sequence), 0))
    query = query.where(entry.workstation_id == workstation_id, entry.epoch == epoch)
    return int(connection.execute(query).scalar_one())


def _locked(connection: Connection, aside_id: str) -> ColumnElement[bool]:
    """What an id names and nobody has decided on; two people decide one after the other."""
    parts = storable(aside_id).rsplit(":", 2)
    if len(parts) != 3:
        raise bad_id(aside_id)
    workstation_id, epoch, why = parts[0], whole(parts[1]), parts[2]
    station = t.workstation.c.workstation_id
    connection.execute(select(station).where(station == workstation_id).with_for_update())
    aside = t.aside_entry.c
    is_named = (aside.workstation_id == workstation_id) & (aside.epoch == epoch)
    return is_named & (aside.why == why) & is_undecided()


def _key(row: Any) -> dict[str, Any]:
    place = {name: getattr(row, name) for name in ("workstation_id", "epoch", "sequence", "hash")}
    return place | {"line": 0}


def _nothing(aside_id: str) -> Exception:
    return not_found(f"nothing is kept aside under {storable(aside_id)[:80]}")
