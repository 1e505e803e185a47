"""The register's journal as sync sees it: a port that pos_client.storage fulfils.

Sync reads and never writes. The outbox is not a table: it is the journal above the
mark, so nothing has to be put into it and nothing can be left in it by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from central_sync.retail.journal import JournalEntry

ENTRY_POINTS = "spindel.journal"


class JournalUnreadable(Exception):
    """The journal cannot be read now: disk trouble, damage, or not there. A later try may do."""


class HeadLike(Protocol):
    """The newest entry of one epoch."""

    @property
    def epoch(self) -> int: ...
    @property
    def sequence(self) -> int: ...
    @property
    def hash(self) -> bytes: ...


class Journal(Protocol):
    """Entries of this workstation by epoch; every method may raise JournalUnreadable."""

    def heads(self) -> Sequence[HeadLike]:
        """The newest entry of every epoch, oldest epoch first; cheap enough for 3 a second."""
        ...

    def entries_after(
        self, epoch: int, sequence: int, limit: int, max_bytes: int
    ) -> Sequence[JournalEntry]:
        """In order, at least one if there is any, at most `limit` and about `max_bytes`."""
        ...

    def entry(self, epoch: int, sequence: int) -> JournalEntry | None: ...

    def count_after(self, epoch: int, sequence: int) -> tuple[int, str]:
        """How many are newer, and when the oldest of them was made (ISO UTC, "" if none)."""
        ...

    def carried(self) -> Mapping[int, int]:
        """Per forked epoch, above which of its entries all stand in a later epoch."""
        ...

    def highest_number(self, epoch: int) -> int:
        """The highest receipt number printed in an epoch; 0 for none."""
        ...

    def close(self) -> None: ...


class NoJournal:
    """A workstation that has not sold yet: its file is made by the core, never by sync."""

    def heads(self) -> Sequence[HeadLike]:
        return ()

    def entries_after(
        self, epoch: int, sequence: int, limit: int, max_bytes: int
    ) -> Sequence[JournalEntry]:
        return ()

    def entry(self, epoch: int, sequence: int) -> JournalEntry | None:
        return None

    def count_after(self, epoch: int, sequence: int) -> tuple[int, str]:
        return 0, ""

    def carried(self) -> Mapping[int, int]:
        return {}

    def highest_number(self, epoch: int) -> int:
        return 0

    def close(self) -> None:
        return None


def open_journal(home: Path) -> Journal:
    """The journal of a home folder; NoJournal until the core has made one.

    Raises JournalUnreadable.
    """
    path = home / "receipts.db"
    if not path.exists() or path.stat().st_size == 0:
        return NoJournal()
    for found in entry_points(group=ENTRY_POINTS, name="sqlite"):
        opener = cast("Callable[[Path], Journal]", found.load())
        return opener(home)
    raise JournalUnreadable(
        "this installation has no journal reader; install the register (pip install spindel)"
    )
