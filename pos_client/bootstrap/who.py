"""Who this till is, and whether it may sell under its series of receipt numbers."""

from __future__ import annotations

from pathlib import Path

from central_sync.engine.state import Identity, SyncState
from pos_client.errors import CannotStart


def identity_of(home: Path, known: SyncState) -> Identity:
    """Raises CannotStart for a till that is not enrolled, or restored and without a new epoch."""
    if known.identity is None or not known.newest_epoch:
        raise CannotStart(
            f"{home} is not enrolled yet. Ask head office for a code and run: "
            "spindel sync enrol CODE --central URL"
        )
    if known.awaits_new_epoch:
        raise CannotStart(
            f"This till was restored from a backup of {known.restored_from}, and receipts may have"
            " been printed since. It needs a new series of numbers before it sells. Run: spindel"
            " sync now; or with a code from head office: spindel sync enrol CODE --again"
        )
    return known.identity
