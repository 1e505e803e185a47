"""What can stand between a till and central: one code, one sentence, one thing to do.

A trouble never stops a sale. `again` tells the loop whether trying later may help by
itself; where it does not, a person has to act, and the register goes on selling.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable names: stored in sync.db, worded by the register's own texts."""

    NOT_ENROLLED = "not_enrolled"
    ALREADY_ENROLLED = "already_enrolled"
    SETTINGS = "settings"
    KEY = "key"
    ADDRESS = "address"
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    CUT = "cut"
    CERTIFICATE = "certificate"
    NOT_CENTRAL = "not_central"
    PROTOCOL = "protocol"
    CLOCK = "clock"
    UNAUTHENTICATED = "unauthenticated"
    REVOKED = "revoked"
    WRONG_CODE = "wrong_code"
    BUSY = "busy"
    SERVER = "server"
    REFUSED = "refused"
    SNAPSHOT_BUILDING = "snapshot_building"
    SNAPSHOT_DAMAGED = "snapshot_damaged"
    SNAPSHOT_UNSIGNED = "snapshot_unsigned"
    FEED_DAMAGED = "feed_damaged"
    FEED_UNFIT = "feed_unfit"
    HELD = "held"
    FORK = "fork"
    AHEAD = "ahead"
    JOURNAL = "journal"
    BODY_TOO_LARGE = "body_too_large"
    DISK = "disk"
    RUNNING = "running"


# Central itself was reached; a person has to act, and trying faster helps nobody.
FOR_A_PERSON = frozenset({Code.HELD, Code.FORK, Code.AHEAD})


@dataclass(eq=False)
class SyncTrouble(Exception):
    """`sentence` says what is wrong, `remedy` what to do.

    `retry_after_seconds` is central's wish (Retry-After), None when it has none.
    """

    code: Code
    sentence: str
    remedy: str
    again: bool = False
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}"


def journal_trouble(problem: Exception) -> SyncTrouble:
    return SyncTrouble(
        Code.JOURNAL,
        f"The journal of this register cannot be read: {problem}.",
        "Run `spindel sync doctor` and call store IT.",
        again=True,
    )


def disk_trouble(problem: Exception) -> SyncTrouble:
    return SyncTrouble(
        Code.DISK,
        f"The disk of this computer refused: {problem}.",
        "Run `spindel sync doctor`; make room on the disk or replace it.",
        again=True,
    )
