"""The status line's facts: online, outbox, price age, devices. Looked at once a second.

Ages are coarse on purpose: a View is pushed only when something changed, and an
age that ticks every second would wake every screen every second.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from central_sync.engine.epochs import unsent
from central_sync.engine.state import StateReader, SyncState
from central_sync.engine.trouble import Code
from hardware.ports import DeviceState
from pos_client.checkout.clock import Clock, age_seconds
from pos_client.register.view import DeviceLine, DeviceView, StatusView
from pos_client.storage.journal import JournalReader

NO_DEVICE = DeviceView("disabled", "not_configured")


@dataclass(frozen=True, slots=True)
class Printers:
    """How the receipt printers are, the till's own first, and which of them prints (0: none)."""

    states: tuple[DeviceState, ...] = ()
    prints_on: int = 0


@dataclass
class StatusWatch:
    """Device states are read from memory."""

    home: Path
    clock: Clock
    sync: StateReader
    journal: JournalReader
    printers: Callable[[], Printers]
    scanner: Callable[[], DeviceState | None]
    fiscal_unit: Callable[[], DeviceState | None]
    waiting_prints: Callable[[], int]
    devices: Callable[[], tuple[DeviceLine, ...]] = lambda: ()

    def look(self) -> StatusView:
        state = self.sync.read()
        now = self.clock.now()
        outbox, oldest = self._outbox(state)
        printers = self.printers()
        first, second, *_ = (*printers.states, None, None)
        online = state.is_online(datetime.fromisoformat(now))
        return StatusView(
            is_online=online,
            is_enrolled=state.identity is not None,
            offline_since="" if online else state.last_contact_at,
            sync_problem=_for_a_person(state),
            outbox=outbox,
            oldest_unsent_seconds=_coarse(age_seconds(oldest, now)) if outbox else None,
            price_age_seconds=_coarse(age_seconds(state.feed_checked_at, now)),
            printer=_device(first),
            second_printer=_device(second),
            prints_on=printers.prints_on,
            scanner=_device(self.scanner()),
            fiscal_unit=_device(self.fiscal_unit()),
            devices=self.devices(),
            waiting_prints=self.waiting_prints(),
            disk_free_mb=_coarse_disk(self.free_bytes()),
        )

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.home).free

    def _outbox(self, state: SyncState) -> tuple[int, str]:
        """What central has not confirmed, of every epoch, and when the oldest was made."""
        return unsent(state, self.journal, state.epochs)


FOR_A_PERSON = frozenset(
    {
        Code.ADDRESS,
        Code.AHEAD,
        Code.CERTIFICATE,
        Code.CLOCK,
        Code.DISK,
        Code.FEED_UNFIT,
        Code.FORK,
        Code.HELD,
        Code.JOURNAL,
        Code.KEY,
        Code.PROTOCOL,
        Code.REVOKED,
        Code.SETTINGS,
        Code.SNAPSHOT_UNSIGNED,
        Code.UNAUTHENTICATED,
    }
)
"""Waiting does not mend these. Everything else is the network: OFFLINE, and it passes."""


def _for_a_person(state: SyncState) -> str:
    """The text key of what somebody has to do about the sync, or ""."""
    code = Code.HELD if state.held else state.last_error_code
    return f"sync.{code}" if code in FOR_A_PERSON else ""


def _device(state: DeviceState | None) -> DeviceView:
    if state is None:
        return NO_DEVICE
    return DeviceView(state.health.value, state.reason.value)


def _coarse(seconds: int | None) -> int | None:
    """Steps of 20 seconds below a minute, whole minutes above, so that views stay equal."""
    if seconds is None:
        return None
    return seconds // 20 * 20 if seconds < 60 else seconds // 60 * 60


def _coarse_disk(free_bytes: int) -> int:
    """Whole gigabytes while there are many, megabytes in steps of 50 below."""
    megabytes = free_bytes // 1_000_000
    return megabytes // 1000 * 1000 if megabytes >= 2000 else megabytes // 50 * 50
