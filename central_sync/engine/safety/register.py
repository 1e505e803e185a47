"""What keeping a till safe asks of the register, which alone knows what its database holds.

A port that pos_client fulfils, found by entry point: the engine knows no table of receipts.db.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from central_sync.engine.safety.replayed import Replayed
from central_sync.engine.safety.rescued import Left, Rebuilt, Salvaged
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.workstation import Progress
from central_sync.retail.journal import JournalEntry

ENTRY_POINTS = "spindel.register"


class Register(Protocol):
    def after_restore(self, home: Path) -> None:
        """Bring receipts.db to this program's version and settle what time has passed over.

        Raises JournalUnreadable.
        """
        ...

    def replay(self, home: Path, to: str, progress: Progress) -> Replayed:
        """Fold the journal again and compare; `to` a receipt number ends the fold there.

        Raises JournalUnreadable, and SafetyTrouble when there is no such receipt.
        """
        ...

    def salvage(self, home: Path) -> Salvaged:
        """What lies in a damaged home; changes nothing there. Raises OSError."""
        ...

    def rebuild(
        self,
        home: Path,
        damaged: Path | None,
        entries: Sequence[JournalEntry],
        loose: Sequence[JournalEntry],
        epoch: int,
        sign: Callable[[bytes], bytes],
        left: Left,
    ) -> Rebuilt:
        """Make receipts.db from entries that follow from one another; raises JournalUnreadable.

        What `loose` ones tell is told again as the first entries of `epoch`; `left` is only held
        against the numbers.
        """
        ...


def the_register() -> Register:
    """The register of this installation; raises SafetyTrouble without one."""
    for found in entry_points(group=ENTRY_POINTS, name="safety"):
        made = cast("Callable[[], Register]", found.load())
        return made()
    raise SafetyTrouble("This installation has no register; install it (pip install spindel).")
