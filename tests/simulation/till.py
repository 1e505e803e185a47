"""A till of the simulation: one disk, a core process and a sync process, in one thread.

Both are put together from the product's own parts, as `pos_client.bootstrap` and
`engine.workstation` do it, with a clock, a fiscal unit and hands that do not hurry. The
thing to get wrong: going on with a part of a process that has died; `settle` is called after
everything that may have killed one.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from central_sync.engine.catalogue import Catalogue
from central_sync.engine.epochs import Order
from central_sync.engine.journal import NoJournal
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.workstation import Workstation, iso
from central_sync.wire.messages import Boot
from hardware.memory import MemoryFiscalUnit
from pos_client.storage.errors import StorageDamaged, StorageTrouble
from pos_client.storage.journal import open_for_sync
from pos_client.storage.unattended import carry_on
from tests.simulation.chance import STOCKHOLM, Chance, PretendClock
from tests.simulation.core import Core
from tests.simulation.disk import Disk, Life
from tests.simulation.network import Line
from tests.simulation.vfs import SimulatedFiles


class Till:
    """A till at a place of a store; `number` is the place, and a copied till has its original's.

    `skew_seconds` is how far its clock is off; `is_forked`: its disk was restored or copied;
    `is_damaged`: the register said so of its journal; `is_rotten`: so it is. `has_old_basket`:
    a disk that lied may have brought one back that was sealed already, perhaps with more in it.
    """

    def __init__(
        self,
        number: int,
        identity: Identity,
        disk: Disk,
        files: SimulatedFiles,
        chance: Chance,
        *,
        name: str = "",
    ) -> None:
        self.number, self.identity, self.disk = number, identity, disk
        self.name = name or f"till{number}"
        self.boots = 0
        self.is_forked = False
        self.unit = MemoryFiscalUnit()
        self.skew_seconds = 0.0
        self.core: Core | None = None
        self.sync: Workstation | None = None
        self.sync_is_busy = False
        self.core_is_busy = False
        self.on_body: Callable[[Any], Any] | None = None
        self.is_damaged = self.is_rotten = False
        self.has_old_basket = False
        self._files, self._chance = files, chance
        self._core_life: Life | None = None
        self._sync_life: Life | None = None

    @property
    def home(self) -> Path:
        return self.disk.folder

    def clock(self) -> datetime:
        return self._chance.now + timedelta(seconds=self.skew_seconds)

    @property
    def is_core_dead(self) -> bool:
        return self._core_life is None or self._core_life.is_dead

    @property
    def is_sync_dead(self) -> bool:
        return self._sync_life is None or self._sync_life.is_dead

    @contextmanager
    def as_core(self) -> Iterator[None]:
        """The core's process runs: what it opens and writes is its own."""
        before, self._files.current = self._files.current, self._core_life
        busy, self.core_is_busy = self.core_is_busy, True
        try:
            yield
        finally:
            self._files.current, self.core_is_busy = before, busy

    @contextmanager
    def as_sync(self) -> Iterator[None]:
        before, self._files.current = self._files.current, self._sync_life
        self.sync_is_busy = True
        try:
            yield
        finally:
            self._files.current, self.sync_is_busy = before, False

    def start_core(self) -> bool:
        """False when the disk did not let it; it is tried again."""
        self._core_life = self.disk.life(f"{self.name} core")
        clock = PretendClock(STOCKHOLM, self.clock, self._chance.rng)
        with self.as_core():
            try:
                self.core = Core(self.home, self.identity, self.unit, clock)
                self.mark_bodies()
            except (StorageTrouble, StorageDamaged, sqlite3.Error, OSError) as problem:
                self._chance.trace(self.name, "core does not start", type(problem).__name__)
                if isinstance(problem, StorageDamaged) and not self.is_core_dead:
                    self.is_damaged = True
                self.kill_core()
        return self.core is not None

    def mark_bodies(self) -> None:
        """A core of another version writes other bodies."""
        if self.on_body is not None and self.core is not None:
            plain, change = self.core.ledger.body, self.on_body
            vars(self.core.ledger)["body"] = lambda *a, **k: change(plain(*a, **k))

    def start_sync(self, line: Line) -> bool:
        self._sync_life = self.disk.life(f"{self.name} sync")
        with self.as_sync():
            store: SyncStore | None = None
            try:
                store = SyncStore(self.home)
                state = store.state()
                catalogue = Catalogue(
                    self.home,
                    store_id=self.identity.store_id,
                    vital_counts=state.vital_counts,
                )
                has_journal = (self.home / "receipts.db").exists()
                journal = open_for_sync(self.home) if has_journal else NoJournal()
                self.sync = Workstation(
                    *(self.home, self.identity, line.key, store, journal, catalogue, line),
                    now=self.clock,
                    boot=Boot(boot_id=f"{self.name}-{self.boots}"),
                    make_nonce=lambda: f"nonce-{self._chance.rng.getrandbits(96):024x}",
                    carry_on=self._carry_on,
                )
                catalogue.remember_size()
            except (StorageTrouble, StorageDamaged, sqlite3.Error, OSError) as problem:
                self._chance.trace(self.name, "sync does not start", type(problem).__name__)
                if store is not None and self.sync is None:
                    store.close()
                self.kill_sync()
        return self.sync is not None

    def enrolled(self, epoch: int) -> bool:
        """What enrolment writes on this disk; False when it did not let it."""
        self._sync_life = self.disk.life(f"{self.name} enrolment")
        with self.as_sync():
            try:
                store = SyncStore(self.home)
            except sqlite3.Error:
                return False
            try:
                store.enrolled(self.identity, epoch, iso(self.clock()))
                return not self.is_sync_dead
            except sqlite3.Error:
                return False
            finally:
                store.close()
                self.kill_sync()

    def _carry_on(self, home: Path, order: Order, at: str, boot: Boot) -> bool:
        """Sync enters an epoch by itself where no register runs, which its lock would tell it."""
        if self.core is not None or self.core_is_busy:
            return False
        self._chance.note("sync entered an epoch for a register that was off")
        return carry_on(home, order, at, boot)

    def kill_core(self) -> None:
        if self._core_life is None:
            return
        self.disk.end(self._core_life)
        with self.as_core():
            if self.core is not None:
                self.core.close()
            self.core = None
        _all_closed(self._core_life)
        self._core_life = None

    def kill_sync(self) -> None:
        if self._sync_life is None:
            return
        self.disk.end(self._sync_life)
        with self.as_sync():
            if self.sync is not None:
                with suppress(sqlite3.Error):
                    self.sync.catalogue.close()
                self.sync.journal.close()
                self.sync.store.close()
            self.sync = None
        _all_closed(self._sync_life)
        self._sync_life = None

    def settle(self) -> None:
        """Bury what has died. A process that still has frames on the stack is left for later."""
        if self._core_life is not None and self._core_life.is_dead and not self.core_is_busy:
            self.kill_core()
        if self._sync_life is not None and self._sync_life.is_dead and not self.sync_is_busy:
            self.kill_sync()

    @property
    def is_off(self) -> bool:
        """No process runs, and none has anything open."""
        return self._core_life is None and self._sync_life is None


def _all_closed(life: Life) -> None:
    """Whatever an exception still holds is let go of now, or it would meet its successor."""
    if life.files_open:
        gc.collect()
    assert life.files_open == 0, f"{life.name} left {life.files_open} files open"


def newer(body: Any) -> Any:
    """As a later version would write it: with a schema that central does not know yet."""
    return replace(body, schema=body.schema + 1)
