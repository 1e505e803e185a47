"""A real home folder and the cash desk on it: real files, devices in memory, nobody hurries.

`a_home` makes what enrolment and the first snapshot leave behind. `Desk` is the cash
desk as the core builds it, but with hands for threads: a seal that comes late and the
calls of devices are delivered when the test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from central_sync.engine.home_keys import data_keys
from central_sync.engine.state import Identity, SyncStore
from central_sync.masterfile.build import build_master
from central_sync.retail.plain import from_plain
from central_sync.retail.till import DayReport
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryBody, EntryKind
from central_sync.wire.keys import SigningKey
from hardware.memory import MemoryFiscalUnit
from hardware.ports import FiscalUnit, PaymentTerminal
from pos_client.checkout.card_calls import TerminalCalls
from pos_client.checkout.cash_desk import CashDesk
from pos_client.checkout.clock import Clock
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.quoting import QuoteWish
from pos_client.checkout.sealing import Sealer
from pos_client.checkout.shop import StoreShop
from pos_client.register.card import CardState
from pos_client.register.commands import Command
from pos_client.register.order_commands import Quoted, QuotedPieces
from pos_client.register.state import PendingWeighing, Register
from pos_client.storage.database import open_receipts
from pos_client.storage.master import MasterData
from pos_client.storage.notes import NoteReader
from pos_client.storage.people import People
from pos_client.storage.prints import PrintJob, PrintSpool
from pos_client.storage.receipts import Receipts
from pos_client.storage.records import Records
from tests.builders import Cashier, MemoryShop, a_shoe_shop, master_rows

PLENTY = 1 << 40
WORKSTATION_ID = "s01-1"
GRANTED = "2026-11-22T07:00:00.000Z"


def a_home(home: Path, shop: MemoryShop | None = None, *, settings: str = "") -> Path:
    """An enrolled workstation "1" of store s01 with its catalogue; `settings` is TOML."""
    home.mkdir(parents=True, exist_ok=True)
    rows = master_rows(shop if shop is not None else a_shoe_shop())
    build_master(home / "master.db", rows, positions={"chain": 1}, store_id="s01")
    SigningKey.generate().save(home / "keys" / "workstation.key")
    grant(home, epoch=1)
    (home / "workstation.toml").write_text(settings, encoding="utf-8")
    return home


def grant(home: Path, *, epoch: int) -> None:
    """What enrolment writes: who this workstation is, and an epoch."""
    identity = Identity(WORKSTATION_ID, "1", "s01", "Två Par Göteborg", "Två Par AB", "SE", "key")
    store = SyncStore(home)
    store.enrolled(identity, epoch, GRANTED)
    store.close()


class Hands:
    """Fulfils checkout.completion.Peripherals; `deliver` runs what came from other threads."""

    def __init__(self) -> None:
        self.pulses = 0
        self.wakes = 0
        self.wishes: list[QuoteWish] = []
        self.released: list[str] = []
        self.weighings: list[PendingWeighing] = []
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def open_drawer(self) -> None:
        self.pulses += 1

    def weigh(self, pending: PendingWeighing) -> None:
        self.weighings.append(pending)

    def hold(self, wish: QuoteWish) -> None:
        self.wishes.append(wish)

    def release(self, quote_id: str) -> None:
        self.released.append(quote_id)

    def paper_waits(self) -> None:
        self.wakes += 1

    def later(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def deliver(self, timeout_seconds: float = 5.0) -> None:
        """Run the next call; raises Empty when none comes in time."""
        self._calls.get(timeout=timeout_seconds)()

    @property
    def is_idle(self) -> bool:
        return self._calls.empty()


class Desk(Cashier):
    """Opening it is a start of the register; leaving the `with` is its end, not a stop."""

    def __init__(
        self,
        home: Path,
        unit: FiscalUnit | None = None,
        *,
        has_unit: bool = True,
        epoch: int = 1,
        free_bytes: int = PLENTY,
        on_statement: Callable[[str], None] | None = None,
        terminal: PaymentTerminal | None = None,
    ) -> None:
        self.home = home
        self.unit = unit if unit is not None else MemoryFiscalUnit()
        self.hands = Hands()
        self.free_bytes = free_bytes
        key = SigningKey.load(home / "keys" / "workstation.key")
        path = home / "receipts.db"
        self.data_keys = data_keys(home)
        self.records = Records(
            open_receipts(path), path, epoch=epoch, sign=key.sign, data_keys=self.data_keys
        )
        notes = NoteReader(self.records.database, lambda: self.data_keys)
        self.records.database.conn.set_trace_callback(on_statement)
        self.spool = PrintSpool(self.records.database)
        self.spool.after_restart()
        self.receipts = Receipts(self.records.database)
        self.sealer = Sealer(self.unit) if has_unit else None
        sealer = self.sealer
        self.shop = StoreShop(
            master=MasterData(home / "master.db"),
            records=self.records,
            receipts=self.receipts,
            workstation="1",
            workstation_id=WORKSTATION_ID,
            epoch=epoch,
            fiscal_state=lambda: sealer.state() if sealer else None,
            free_bytes=lambda: self.free_bytes,
            has_card_terminal=terminal is not None,
            people=People(home, notes.customers),
        )
        self.calls = TerminalCalls(terminal, self.hands.later) if terminal else None
        ledger = Ledger(self.records, self.shop, Clock(ZoneInfo("Europe/Stockholm")))
        self.desk = CashDesk(ledger, sealer, self.hands, self.calls, 0.0)
        self.desk.started("test")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.sealer is not None:
            self.sealer.stop()
        if self.calls is not None:
            self.calls.stop()
        if self.shop.people is not None:
            self.shop.people.close()
        self.shop.master.close()
        self.records.close()

    def do(self, command: Command) -> Self:
        self.desk.handle(command)
        return self

    def hears_from_the_unit(self) -> Self:
        """What the fiscal unit said late has come."""
        self.hands.deliver()
        return self

    def hears_from_the_terminal(self) -> Self:
        """Until the card payment under way is over, or the cashier is asked something."""
        while (card := self.state.card) is not None and card.state is not CardState.SIGNING:
            self.hands.deliver()
        return self

    def hears_from_central(self) -> Self:
        """Central holds everything that the basket wishes, for as long as anybody likes."""
        while self.hands.wishes:
            wish = self.hands.wishes.pop(0)
            pieces = tuple(
                QuotedPieces(line.line, line.quantity, "2026-11-25") for line in wish.lines
            )
            until = "2099-01-01T00:00:00.000Z"
            self.do(Quoted(wish.ask_id, "q-1", until, pieces, "Frakt", 4_900, 2_500))
        return self

    def hears_until(self, is_so: Callable[[Self], bool]) -> Self:
        while not is_so(self):
            self.hands.deliver()
        return self

    @property
    def state(self) -> Register:
        return self.desk.ledger.state

    @property
    def said(self) -> str:
        """The key of the message shown, or ""."""
        return self.desk.message.key if self.desk.message else ""

    @property
    def values(self) -> dict[str, Any]:
        assert self.desk.message is not None
        return dict(self.desk.message.values or {})

    def bodies(self) -> list[EntryBody]:
        """The whole journal, as it was written."""
        entries = self.records.journal.entries_after(self.records.head.epoch, 0, 10_000, 1 << 30)
        return [EntryBody.from_bytes(entry.body) for entry in entries]

    def kinds(self) -> list[str]:
        return [body.kind for body in self.bodies()]

    def sold(self) -> list[RetailTransaction]:
        """Every sale and return in the journal, oldest first."""
        found = (body for body in self.bodies() if body.kind == EntryKind.RECEIPT)
        return [from_plain(RetailTransaction, body.payload) for body in found]

    def reports(self, kind: EntryKind) -> list[DayReport]:
        found = (body for body in self.bodies() if body.kind == kind)
        return [from_plain(DayReport, body.payload) for body in found]

    def paper(self) -> list[PrintJob]:
        """The jobs that wait, oldest first; looking leaves them begun."""
        jobs = []
        while (job := self.spool.next_queued()) is not None:
            self.spool.began(job.job_id)
            jobs.append(job)
        return jobs


def nothing_came(desk: Desk) -> bool:
    """True when no device has called in the last moment."""
    try:
        desk.hands.deliver(timeout_seconds=0.05)
    except Empty:
        return True
    return False
