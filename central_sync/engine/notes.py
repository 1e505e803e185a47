"""The register's sealed notes as sync sees them: a port that pos_client.storage fulfils.

A note says who a customer is, or where to; journal entries name its subject by id alone.
The register writes and erases, sync only reads: what was sent is set down in sync.db.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal, Protocol, cast

ENTRY_POINTS = "spindel.notes"


@dataclass(frozen=True, slots=True)
class Note:
    """`subject_id` is the customer_id or address_id; `content` its fields in clear."""

    note_id: str
    kind: Literal["customer", "address"]
    subject_id: str
    at: str
    content: Mapping[str, str]
    customer_id: str = ""


class Notes(Protocol):
    def waiting(self, sent: Collection[str]) -> Sequence[Note]:
        """Those not in `sent`, oldest first. Raises JournalUnreadable, KeysAway, OSError."""
        ...

    def close(self) -> None: ...


class NoNotes:
    """A workstation that has written down nobody."""

    def waiting(self, sent: Collection[str]) -> Sequence[Note]:
        return ()

    def close(self) -> None:
        return None


def open_notes(home: Path) -> Notes:
    """The notes of a home folder; NoNotes until the core has made the file."""
    path = home / "receipts.db"
    if not path.exists() or path.stat().st_size == 0:
        return NoNotes()
    for found in entry_points(group=ENTRY_POINTS, name="sqlite"):
        opener = cast("Callable[[Path], Notes]", found.load())
        return opener(home)
    return NoNotes()
