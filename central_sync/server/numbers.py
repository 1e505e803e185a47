"""The highest receipt number of each epoch: what a new epoch has to begin above.

A printed number names the epoch that it was printed in, label-epoch-number; after a fork it
may come in the journal of another. Only the printed one counts here.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select, update

from central_sync.database import tables as t
from central_sync.database.trip import ask

# Made once: to build a statement costs as much as to run it.
_RAISE = (
    update(t.epoch)
    .where(
        t.epoch.c.workstation_id == bindparam("who"),
        t.epoch.c.epoch == bindparam("of_epoch"),
        t.epoch.c.highest_number < bindparam("number"),
    )
    .values(highest_number=bindparam("number"))
)
_NUMBERS = select(t.epoch.c.epoch, t.epoch.c.highest_number).where(
    t.epoch.c.workstation_id == bindparam("who"), t.epoch.c.highest_number > 0
)


def note_numbers(
    connection: Connection, workstation_id: str, receipt_numbers: Iterable[str]
) -> None:
    """Remember the highest of each epoch that these receipts name."""
    highest: dict[int, int] = {}
    for epoch, number in filter(None, map(parted, receipt_numbers)):
        highest[epoch] = max(highest.get(epoch, 0), number)
    for epoch, number in sorted(highest.items()):
        ask(connection, _RAISE, who=workstation_id, of_epoch=epoch, number=number)


def numbers(connection: Connection, workstation_id: str) -> dict[int, int]:
    """Per epoch the highest receipt number that central has seen."""
    rows = ask(connection, _NUMBERS, who=workstation_id).rows
    return {row.epoch: row.highest_number for row in rows}


def parted(receipt_number: str) -> tuple[int, int] | None:
    """Epoch and number of a printed receipt number; None for what is none."""
    parts = receipt_number.rsplit("-", 2)
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 12 for p in parts[1:]):
        return None
    return int(parts[1]), int(parts[2])
