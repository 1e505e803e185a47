"""What keeping a till safe asks of the register, which alone knows what its database holds.

A port that pos_client fulfils, found by entry point: the engine knows no table of receipts.db.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from central_sync.engine.safety.trouble import SafetyTrouble

ENTRY_POINTS = "spindel.register"


class Register(Protocol):
    def after_restore(self, home: Path) -> None:
        """Bring receipts.db to this program's version and settle what time has passed over.

        Raises JournalUnreadable.
        """
        ...


def the_register() -> Register:
    """The register of this installation; raises SafetyTrouble without one."""
    for found in entry_points(group=ENTRY_POINTS, name="safety"):
        made = cast("Callable[[], Register]", found.load())
        return made()
    raise SafetyTrouble("This installation has no register; install it (pip install spindel).")
