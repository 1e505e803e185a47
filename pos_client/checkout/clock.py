"""The one clock and the one source of ids of the core process.

Everything below gets its time and ids as values (`Facts`), so that the core can
be replayed and simulated. UTC inside; the shop's zone only for what people read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from central_sync.retail.identity import uuid7
from pos_client.register.shop import Facts


@dataclass(frozen=True, slots=True)
class Clock:
    zone: ZoneInfo

    def facts(self) -> Facts:
        now = datetime.now(UTC)
        local = now.astimezone(self.zone)
        return Facts(
            at=iso(now),
            local_time=local.strftime("%Y-%m-%d %H:%M:%S"),
            today=local.date().isoformat(),
            new_id=uuid7(int(now.timestamp() * 1000), os.urandom(10)),
        )

    def now(self) -> str:
        return iso(datetime.now(UTC))

    def new_id(self) -> str:
        return uuid7(int(datetime.now(UTC).timestamp() * 1000), os.urandom(10))


def iso(moment: datetime) -> str:
    """ISO 8601 UTC with milliseconds and Z; sorts as text."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def age_seconds(at: str, now: str) -> int | None:
    """Whole seconds from one ISO time to another, None when there is no first one."""
    if not at:
        return None
    return max(0, int((datetime.fromisoformat(now) - datetime.fromisoformat(at)).total_seconds()))
