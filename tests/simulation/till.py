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
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from central_sync.engine.catalogue import Catalogue
from central_sync.engine.epochs import Order, writing_epoch
from central_sync.engine.journal import NoJournal
from central_sync.engine.state import Identity, StateReader, SyncStore
from central_sync.engine.workstation import Workstation, iso
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.messages import Boot
from hardware.errors import DeviceError
from hardware.memory import MemoryFiscalUnit
from hardware.ports import Seal
from pos_client.checkout.cash_desk import CashDesk
from pos_client.checkout.epoch_watch import EpochWatch
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.quoting import QuoteWish
from pos_client.checkout.sealing import Sealer, seal_request
from pos_client.checkout.shop import StoreShop
from pos_client.register.commands import Command
from pos_client.register.state import PendingWeighing, Register
from pos_client.storage.database import open_receipts
from pos_client.storage.errors import StorageDamaged, StorageTrouble
from pos_client.storage.journal import JournalReader, open_for_sync
from pos_client.storage.master import MasterData
from pos_client.storage.prints import PrintSpool
from pos_client.storage.receipts import Receipts
from pos_client.storage.records import Records
from pos_client.storage.unattended import carry_on
from tests.simulation.chance import STOCKHOLM, Chance, PretendClock, StepFlusher, fixed_key
from tests.simulation.disk import Disk, Life
from tests.simulation.network import Line
from tests.simulation.vfs import SimulatedFiles

PLENTY = 1 << 40


class StepSealer(Sealer):
    """The sealer without its thread: the unit has answered when it returns."""

    def __init__(self, unit: MemoryFiscalUnit) -> None:
        self._unit = unit

    def seal(self, transaction: RetailTransaction) -> Future[Seal]:
        answer: Future[Seal] = Future()
        try:
            answer.set_result(self._unit.seal(seal_request(transaction)))
        except DeviceError as problem:
            answer.set_exception(problem)
        return answer

    def stop(self) -> None:
        """The unit is a box of its own: it stays on."""


class Hands:
    """Fulfils checkout.completion.Peripherals for a lane that has a drawer and no more."""

    def __init__(self) -> None:
        self.pulses = 0

    def open_drawer(self) -> None:
        self.pulses += 1

    def paper_waits(self) -> None: ...

    def weigh(self, pending: PendingWeighing) -> None: ...

    def hold(self, wish: QuoteWish) -> None: ...

    def release(self, quote_id: str) -> None: ...

    def later(self, call: Callable[[], None]) -> None: ...


class Core:
    """The register's process: what `bootstrap.build` makes, less threads and sockets."""

    def __init__(
        self, home: Path, identity: Identity, unit: MemoryFiscalUnit, clock: PretendClock
    ) -> None:
        path = home / "receipts.db"
        self.known = StateReader(home)
        known = self.known.read()
        key = fixed_key(identity.workstation_id)
        self.records: Records | None = None
        self.master: MasterData | None = None
        database = open_receipts(path)
        try:
            in_journal = {head.epoch for head in JournalReader(database).heads()}
            epoch = writing_epoch(known, in_journal)
            self.records = Records(database, path, epoch=epoch, sign=key.sign)
            broken = self.records.journal.first_broken()
            if broken is not None:
                raise StorageDamaged(str(broken))
            self.spool = PrintSpool(database)
            self.spool.after_restart()
            self.master = MasterData(home / "master.db")
            self.shop = StoreShop(
                master=self.master,
                records=self.records,
                receipts=Receipts(database),
                workstation=identity.label,
                workstation_id=identity.workstation_id,
                epoch=epoch,
                fiscal_state=unit.state,
                free_bytes=lambda: PLENTY,
            )
            self.hands = Hands()
            self.ledger = Ledger(self.records, self.shop, clock)
            self.desk = CashDesk(self.ledger, StepSealer(unit), self.hands)
            self.epochs = EpochWatch(self.ledger, self.records.journal, self.known.read)
            self.epochs.look()
            self.desk.started("simulated")
        except BaseException:
            self.close()
            database.close()
            raise

    @property
    def state(self) -> Register:
        return self.ledger.state

    @property
    def flusher(self) -> StepFlusher:
        assert self.records is not None
        flusher = self.records._flusher
        assert isinstance(flusher, StepFlusher)
        return flusher

    def do(self, command: Command) -> str:
        """Carry out a command; what the register says to it."""
        self.desk.handle(command)
        return self.desk.message.key if self.desk.message else ""

    def close(self) -> None:
        self.known.close()
        if self.master is not None:
            self.master.close()
        if self.records is not None:
            self.records.close()


class Till:
    """A till at a place of a store; `number` is the place, and a copied till has its original's.

    `skew_seconds` is how far its clock is off; `is_forked`: its disk was restored or copied.
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
        self.is_damaged = False
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
