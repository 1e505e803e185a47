"""The register's process in the simulation: what `bootstrap.build` makes, less threads and sockets.

The thing to get wrong: leaving a file open where the start fails; the next life of the
machine would meet it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from central_sync.engine.epochs import writing_epoch
from central_sync.engine.state import Identity, StateReader
from central_sync.retail.transaction import RetailTransaction
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
from pos_client.storage.journal import JournalReader
from pos_client.storage.master import MasterData
from pos_client.storage.prints import PrintSpool
from pos_client.storage.receipts import Receipts
from pos_client.storage.records import Records
from tests.simulation.chance import PretendClock, StepFlusher, fixed_key

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
        if self.known.problem:
            self.known.close()
            raise StorageTrouble("storage.cannot_open", self.known.problem)
        key = fixed_key(identity.workstation_id)
        self.records: Records | None = None
        self.master: MasterData | None = None
        try:
            database = open_receipts(path)
        except BaseException:
            self.known.close()
            raise
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
