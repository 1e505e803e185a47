"""What sync.db says, as a value: who this workstation is, what central has, how it went last.

Written by the sync process, read by the register; here is no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from central_sync.engine.plan import Fork, Mark
from central_sync.engine.trouble import FOR_A_PERSON

# A contact is written down at most this often (plan: no wear on a till's flash disk), so a
# reader calls a till online when it was heard within three of these.
CONTACT_NOTE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Identity:
    """Given at enrolment. `label` is the number printed on receipts."""

    workstation_id: str
    label: str
    store_id: str
    store_name: str
    chain: str
    country: str
    central_public_key: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An epoch that central gave to go on in after a fork; what it begins with."""

    epoch: int
    first_number: int = 1
    next_z_number: int = 1


@dataclass(frozen=True, slots=True)
class SyncState:
    """All of sync.db as a value. Times are ISO UTC, "" for never; `held` a sentence or "".

    `forks` and `grants` are by epoch: what central holds otherwise, and where to go on.
    `restored_epoch` is the newest that the restored backup had, `restored_from` when it was made.
    `central_numbers`: per epoch the highest receipt number that central has seen. `safe`: per
    epoch what central's backup, made at `backup_at`, is proven to hold.
    """

    identity: Identity | None = None
    epochs: tuple[int, ...] = ()
    marks: Mapping[int, Mark] = field(default_factory=dict)
    cursors: Mapping[str, int] = field(default_factory=dict)
    last_contact_at: str = ""
    last_try_at: str = ""
    last_error_code: str = ""
    last_error: str = ""
    central_version: str = ""
    clock_skew_seconds: int = 0
    feed_checked_at: str = ""
    snapshot_at: str = ""
    held: str = ""
    held_at: str = ""
    restored_epoch: int = 0
    restored_from: str = ""
    central_positions: Mapping[str, int] = field(default_factory=dict)
    vital_counts: Mapping[str, int] = field(default_factory=dict)
    forks: Mapping[int, Fork] = field(default_factory=dict)
    grants: Mapping[int, Grant] = field(default_factory=dict)
    central_numbers: Mapping[int, int] = field(default_factory=dict)
    safe: Mapping[int, Mark] = field(default_factory=dict)
    backup_at: str = ""

    @property
    def newest_epoch(self) -> int:
        """The newest epoch that central granted; 0 before enrolment.

        The one to write in is `epochs.writing_epoch`: the register may have to finish in it.
        """
        return max(self.epochs, default=0)

    @property
    def awaits_new_epoch(self) -> bool:
        """Restored from a backup, so its series may have gone on elsewhere: sell in a newer one."""
        return 0 < self.newest_epoch <= self.restored_epoch

    def mark(self, epoch: int) -> Mark:
        return self.marks.get(epoch, Mark(epoch))

    def is_contact_noted(self, now: datetime) -> bool:
        """Was a contact written down so lately that the next one need not be? `now` is aware."""
        return age_seconds(self.last_contact_at, now) < CONTACT_NOTE_SECONDS

    def is_online(self, now: datetime) -> bool:
        """Was central reached, and just now? `now` is aware. Disputes do not count as offline."""
        if self.last_error_code and self.last_error_code not in FOR_A_PERSON:
            return False
        return age_seconds(self.last_contact_at, now) < 3 * CONTACT_NOTE_SECONDS


def age_seconds(at: str, now: datetime) -> float:
    """How long ago that was; infinite for never, for what is no time, and for the time of a
    clock since set back.

    A little less than nothing where it was written after `now` was asked for.
    """
    try:
        age = (now - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return float("inf")
    return age if age > -CONTACT_NOTE_SECONDS else float("inf")
