"""A person decides not to book an entry: who, why and when is kept beside it.

Nothing goes out of the journal. The thing to get wrong: forgetting that a parked line of a
document is such an entry too, with its number in the document behind its id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.server.refused import Refused, invalid, not_found
from central_sync.server.storable import storable


@dataclass(frozen=True, slots=True)
class Decided:
    """`by` whom, why (`note`), when (`at`, ISO UTC)."""

    by: str
    note: str
    at: str


@dataclass(frozen=True, slots=True)
class EntryId:
    """WORKSTATION:EPOCH:SEQUENCE, and /LINE behind it for a line of a document."""

    workstation_id: str
    epoch: int
    sequence: int
    line: int = 0

    @staticmethod
    def of(written: str) -> EntryId:
        """Raises Refused 422."""
        place, _, line = storable(written).partition("/")
        parts = place.rsplit(":", 2)
        if len(parts) != 3:
            raise bad_id(written)
        return EntryId(parts[0], *map(whole, (*parts[1:], line or "0")))


def whole(digits: str) -> int:
    """A number of an id; raises Refused 422."""
    plain = digits.removeprefix("-")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 19):
        raise bad_id(digits)
    return int(digits)


def bad_id(written: str) -> Refused:
    return invalid(f"{storable(written)[:80]!r} is no id of an entry; take one from the list")


def settle_parked(connection: Connection, entry_id: str, by: Decided) -> None:
    """Take a parked entry or line off the list; raises Refused 404, 422."""
    wanted = EntryId.of(entry_id)
    check_note(by)
    entry = t.journal_entry.c
    is_it = (
        (entry.workstation_id == wanted.workstation_id)
        & (entry.epoch == wanted.epoch)
        & (entry.sequence == wanted.sequence)
    )
    row = connection.execute(
        select(t.journal_entry.c.hash, entry.state).where(is_it).with_for_update()
    ).first()
    if wanted.line:
        done = _settle_line(connection, wanted)
    else:
        done = connection.execute(
            update(t.journal_entry).where(is_it, entry.state == "parked").values(state="settled")
        ).rowcount
    if not done or row is None:
        raise not_found(f"nothing is parked under {storable(entry_id)[:80]}")
    key = {name: getattr(wanted, name) for name in EntryId.__slots__}
    note(connection, [key | {"hash": row.hash}], "settled", by)


def check_note(by: Decided) -> None:
    if not by.note.strip():
        raise invalid("a note has to say why")


def note(connection: Connection, keys: Iterable[dict[str, Any]], outcome: str, by: Decided) -> None:
    """Keep who decided; `keys` name entries by workstation_id, epoch, sequence, line and hash."""
    words = {
        "outcome": outcome,
        "settled_at": by.at,
        "settled_by": storable(by.by),
        "note": storable(by.note),
    }
    rows = [key | words for key in keys]
    if rows:
        connection.execute(insert(t.settled_entry), rows)


def _settle_line(connection: Connection, wanted: EntryId) -> int:
    document, line = t.stock_document.c, t.stock_document_line.c
    ids = select(document.document_id).where(
        document.workstation_id == wanted.workstation_id,
        document.epoch == wanted.epoch,
        document.sequence == wanted.sequence,
    )
    return connection.execute(
        update(t.stock_document_line)
        .where(line.document_id.in_(ids), line.line == wanted.line, line.state == "parked")
        .values(state="settled")
    ).rowcount
