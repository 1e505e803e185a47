"""The one place where the till's parts meet: builds a core from a home folder.

Read top-down it is the till's anatomy. The thing to get wrong: order. What is
opened first is closed last, and the journal's last entry is written before its
database closes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from central_sync.countries import COUNTRIES
from central_sync.engine.epochs import writing_epoch
from central_sync.engine.state import StateReader, SyncState
from central_sync.wire.keys import SigningKey
from hardware.drawers.watch import DrawerWatch
from hardware.drivers import (
    open_display,
    open_drawer,
    open_fiscal_unit,
    open_label_printer,
    open_printer,
    open_scale,
    open_scanner,
    open_terminal,
)
from hardware.errors import DeviceError
from hardware.ports import Scanner
from pos_client.bootstrap.desk import customer_line, desk_line, order_line
from pos_client.bootstrap.equipment import Equipment
from pos_client.bootstrap.people import erase_old_notes, people_of, private_keys
from pos_client.bootstrap.process import take_last_fault
from pos_client.bootstrap.setup import setup_of
from pos_client.bootstrap.who import identity_of
from pos_client.checkout.answers import Answers
from pos_client.checkout.card_calls import TerminalCalls
from pos_client.checkout.cash_desk import CashDesk
from pos_client.checkout.clock import Clock
from pos_client.checkout.core import Core, fault_message
from pos_client.checkout.customer_display import CustomerDisplay
from pos_client.checkout.desk_line import DeskLine
from pos_client.checkout.device_desk import DeviceDesk
from pos_client.checkout.drawers import DrawerKeeper
from pos_client.checkout.epoch_watch import EpochWatch
from pos_client.checkout.labelling import LabelDesk
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.paper_watch import PaperWatch
from pos_client.checkout.parcel_labels import ParcelLabeller
from pos_client.checkout.printing import PrintWorker
from pos_client.checkout.quoting import QuoteWish
from pos_client.checkout.sealing import Sealer
from pos_client.checkout.shop import StoreShop
from pos_client.checkout.status import Printers, StatusWatch
from pos_client.checkout.weighing import Weigher
from pos_client.config import BadConfig, Settings, read_settings
from pos_client.errors import CannotStart
from pos_client.link.server import LinkServer
from pos_client.receipts.checkpoints import void_document
from pos_client.register.commands import Weighed, WeighingFailed
from pos_client.register.order_commands import Quoted, QuoteFailed
from pos_client.register.state import PendingWeighing
from pos_client.storage.database import open_receipts
from pos_client.storage.errors import StorageDamaged, StorageTrouble
from pos_client.storage.journal import JournalReader
from pos_client.storage.master import MasterData
from pos_client.storage.migrating import MigrationRefused
from pos_client.storage.prints import PrintSpool
from pos_client.storage.receipts import Receipts
from pos_client.storage.records import Records
from pos_client.texts import words

SOCKET = "core.sock"

T = TypeVar("T")


@dataclass
class Devices:
    """What hangs on this workstation; fulfils checkout.completion.Peripherals."""

    mailbox: Mailbox
    printing: PrintWorker | None = None
    drawer: DrawerKeeper | None = None
    scanner: Scanner | None = None
    sealer: Sealer | None = None
    cards: TerminalCalls | None = None
    customer: CustomerDisplay | None = None
    weigher: Weigher | None = None
    weighed: Callable[[Weighed | WeighingFailed], None] = lambda answer: None
    held_by: DeskLine = field(init=False)
    quoted: Callable[[Quoted | QuoteFailed], None] = lambda answer: None

    def open_drawer(self) -> None:
        if self.drawer is not None:
            self.drawer.open()

    def paper_waits(self) -> None:
        if self.printing is not None:
            self.printing.wake()

    def printers(self) -> Printers:
        if self.printing is None:
            return Printers()
        return Printers(self.printing.states, self.printing.prints_on)

    def weigh(self, pending: PendingWeighing) -> None:
        if self.weigher is not None:
            self.weigher.weigh(pending)
            return
        missing = WeighingFailed(pending.weighing_id, "not_configured")
        self.mailbox.post(lambda: self.weighed(missing))

    def hold(self, wish: QuoteWish) -> None:
        self.held_by.quote(wish, self.quoted)

    def release(self, quote_id: str) -> None:
        self.held_by.release(quote_id)

    def later(self, call: Callable[[], None]) -> None:
        self.mailbox.post(call)


def build(home: Path, open_things: ExitStack) -> tuple[Core, LinkServer]:
    """A core that is ready to run, and its socket; raises CannotStart."""
    settings = _settings(home)
    sync = StateReader(home)
    open_things.callback(sync.close)
    known = sync.read()
    if sync.problem:
        raise CannotStart(
            f"{home}/sync.db cannot be read ({sync.problem}). "
            "Make room or mend the disk, then start again."
        )
    identity = identity_of(home, known)
    records = _records(home, known)
    open_things.callback(records.close)
    erase_old_notes(home, records)
    mailbox = Mailbox()
    devices = _devices(home, settings, mailbox, open_things)
    equipment = Equipment(settings.devices)
    master = MasterData(home / "master.db")
    open_things.callback(master.close)
    clock = Clock(ZoneInfo(COUNTRIES[identity.country].time_zone))
    spool = PrintSpool(records.database)
    spool.after_restart(2 if settings.devices.second_printer else 1)
    status = StatusWatch(
        home=home,
        clock=clock,
        sync=sync,
        journal=records.journal,
        printers=devices.printers,
        scanner=lambda: devices.scanner.state() if devices.scanner else None,
        fiscal_unit=lambda: devices.sealer.state() if devices.sealer else None,
        waiting_prints=spool.waiting,
        devices=equipment.lines,
    )
    shop = StoreShop(
        master=master,
        records=records,
        receipts=Receipts(records.database),
        workstation=identity.label,
        workstation_id=identity.workstation_id,
        epoch=records.head.epoch,
        fiscal_state=status.fiscal_unit,
        free_bytes=status.free_bytes,
        has_printer=bool(settings.devices.printer),
        has_card_terminal=devices.cards is not None,
        deposit_shop=settings.workstation.deposit_shop,
        people=people_of(home, records, open_things),
        home=home,
    )
    desk = CashDesk(Ledger(records, shop, clock), devices.sealer, devices, devices.cards)
    epochs = EpochWatch(desk.ledger, records.journal, sync.read)
    answers = Answers(
        home,
        mailbox,
        lambda: shop.country,
        lambda kind: core.preview(kind),
        people_of(home, None, open_things),
    )
    open_things.callback(answers.stop)
    setup = setup_of(identity, settings, shop)
    paper = PaperWatch(
        shop,
        spool,
        desk.copies,
        can_print=lambda: devices.printers().prints_on > 0,
        tell=lambda message: core.tell(message),
    )
    labels = _labels(settings, shop, mailbox)
    open_things.callback(labels.stop)
    devices.held_by = desk_line(home, identity, mailbox, open_things)
    core = Core(
        desk,
        paper,
        status,
        answers,
        mailbox,
        devices.scanner,
        setup,
        master.refresh,
        devices.customer,
        labels,
        DeviceDesk(equipment.actions, mailbox),
        devices.held_by,
        ParcelLabeller(desk.ledger, labels, devices.paper_waits),
        customer_line(home, identity, mailbox, open_things),
        order_line(home, identity, mailbox, open_things),
        epochs,
    )
    columns = _paper_and_drawer(settings, devices, spool, core, shop, open_things)
    devices.weighed = core.weighed
    devices.quoted = core.quoted
    if settings.devices.scale:
        scale = _open(open_scale, settings.devices.scale)
        devices.weigher = Weigher(scale, lambda answer: mailbox.post(lambda: core.weighed(answer)))
        open_things.callback(devices.weigher.stop)
    _equip(equipment, devices, columns, labels, open_things)
    equipment.open_board(home)
    news = epochs.look()
    desk.started(setup.version)
    desk.message = news or desk.message
    open_things.callback(desk.stopped)
    reference = take_last_fault(home)
    if reference:
        desk.message = fault_message(reference)
    core.news()
    link = LinkServer(home / SOCKET, core)
    open_things.callback(link.close)
    if devices.drawer is not None:
        devices.drawer.start()
    if devices.printing is not None:
        devices.printing.start()
    return core, link


def _paper_and_drawer(
    settings: Settings,
    devices: Devices,
    spool: PrintSpool,
    core: Core,
    shop: StoreShop,
    open_things: ExitStack,
) -> list[int]:
    """The printers, and the drawer: one of its own, or the one that hangs on the first printer.

    The width of each printer in columns.
    """
    wanted = [each for each in (settings.devices.printer, settings.devices.second_printer) if each]
    printers = [_open(open_printer, address) for address in wanted]
    drawer = printers[0].drawer() if settings.devices.printer else None
    if settings.devices.drawer:
        drawer = _open(open_drawer, settings.devices.drawer)
    if drawer is not None:
        devices.drawer = DrawerKeeper(drawer, devices.mailbox, core, DrawerWatch())
    if printers:
        devices.printing = PrintWorker(
            printers,
            spool,
            devices.mailbox,
            core.news,
            lambda job: void_document(job.receipt_number, shop.country),
            devices.drawer.pulse_wanted if devices.drawer else lambda: None,
        )
        open_things.callback(devices.printing.stop)
    if devices.drawer is not None:
        # Ends before the printer it may hang on.
        open_things.callback(devices.drawer.stop)
    return [printer.columns for printer in printers]


def _equip(
    equipment: Equipment,
    devices: Devices,
    columns: list[int],
    labels: LabelDesk,
    open_things: ExitStack,
) -> None:
    """Tell the device screen what there is."""
    if devices.printing is not None:
        equipment.printing(devices.printing, columns)
    if devices.drawer is not None:
        equipment.drawer(devices.drawer)
    if devices.scanner is not None:
        equipment.scanner(devices.scanner)
    if devices.sealer is not None:
        equipment.fiscal_unit(devices.sealer)
    if devices.cards is not None:
        equipment.payment_terminal(devices.cards, open_things)
    if devices.customer is not None:
        equipment.customer_display(devices.customer)
    if devices.weigher is not None:
        equipment.scale(devices.weigher)
    if labels.printer is not None:
        equipment.label_printer(labels, labels.printer.state)


def _settings(home: Path) -> Settings:
    try:
        return read_settings(home)
    except BadConfig as problem:
        raise CannotStart(str(problem)) from problem


def _records(home: Path, known: SyncState) -> Records:
    """The writer, after its journal has checked itself."""
    path = home / "receipts.db"
    try:
        key = SigningKey.load(home / "keys" / "workstation.key")
        database = open_receipts(path)
        broken = JournalReader(database).first_broken()
    except (OSError, ValueError) as problem:
        raise CannotStart(
            f"The workstation's key cannot be read ({problem}). Restore it or enrol again."
        ) from problem
    except MigrationRefused as problem:
        raise CannotStart(f"{path} is left as it is: {problem}.") from problem
    except StorageTrouble as problem:
        raise CannotStart(
            f"{path} cannot be written ({problem}). Make room or mend the disk, then start again."
        ) from problem
    except StorageDamaged as problem:
        raise CannotStart(
            f"{path} is damaged ({problem}). Do not sell; restore it with store IT."
        ) from problem
    if broken is not None:
        raise CannotStart(
            f"The journal is not whole: entry {broken.epoch}-{broken.sequence} {broken.reason}. "
            "Do not sell; call store IT."
        )
    epoch = writing_epoch(known, {head.epoch for head in JournalReader(database).heads()})
    return Records(database, path, epoch=epoch, sign=key.sign, data_keys=private_keys(home))


def _devices(home: Path, settings: Settings, mailbox: Mailbox, open_things: ExitStack) -> Devices:
    devices = Devices(mailbox)
    if settings.devices.fiscal_unit:
        unit = _open(lambda address: open_fiscal_unit(address, home), settings.devices.fiscal_unit)
        devices.sealer = Sealer(unit)
        open_things.callback(devices.sealer.stop)
    if settings.devices.payment_terminal:
        terminal = _open(open_terminal, settings.devices.payment_terminal)
        devices.cards = TerminalCalls(terminal, mailbox.post)
        open_things.callback(devices.cards.stop)
    if settings.devices.scanner:
        devices.scanner = _open(open_scanner, settings.devices.scanner)
        open_things.callback(devices.scanner.close)
    if settings.devices.customer_display:
        display = _open(open_display, settings.devices.customer_display)
        devices.customer = CustomerDisplay(display, words(settings.workstation.language))
        open_things.callback(devices.customer.stop)
    return devices


def _labels(settings: Settings, shop: StoreShop, mailbox: Mailbox) -> LabelDesk:
    address = settings.devices.label_printer
    printer = _open(open_label_printer, address) if address else None
    return LabelDesk(printer, shop.find, words(settings.workstation.language), mailbox)


def _open(opener: Callable[[str], T], address: str) -> T:
    """A device by its address. That it is not there is a light, not an error; a typo is."""
    try:
        return opener(address)
    except DeviceError as problem:
        raise CannotStart(f"workstation.toml, [devices]: {problem}") from problem
