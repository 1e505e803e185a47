"""The one place where the till's parts meet: builds a core from a home folder.

Read top-down it is the till's anatomy. The thing to get wrong: order. What is
opened first is closed last, and the journal's last entry is written before its
database closes.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from central_sync.countries import COUNTRIES
from central_sync.engine.state import Identity, StateReader
from pos_client.bootstrap.desk import customer_line, desk_line, order_line
from pos_client.bootstrap.devices import (
    Devices,
    list_equipment,
    open_devices,
    open_labels,
    open_paper_and_drawer,
    open_weigher,
)
from pos_client.bootstrap.equipment import Equipment
from pos_client.bootstrap.files import known_of, records_of, settings_of
from pos_client.bootstrap.people import erase_old_notes, people_of
from pos_client.bootstrap.process import take_last_fault
from pos_client.bootstrap.setup import setup_of
from pos_client.bootstrap.who import identity_of
from pos_client.checkout.answers import Answers
from pos_client.checkout.cash_desk import CashDesk
from pos_client.checkout.clock import Clock
from pos_client.checkout.core import Core, fault_message
from pos_client.checkout.device_desk import DeviceDesk
from pos_client.checkout.epoch_watch import EpochWatch
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.paper_watch import PaperWatch
from pos_client.checkout.parcel_labels import ParcelLabeller
from pos_client.checkout.shop import StoreShop
from pos_client.checkout.status import StatusWatch
from pos_client.config import Settings
from pos_client.link.server import LinkServer
from pos_client.register.view import Setup
from pos_client.storage.master import MasterData
from pos_client.storage.prints import PrintSpool
from pos_client.storage.receipts import Receipts
from pos_client.storage.records import Records

SOCKET = "core.sock"


def build(home: Path, open_things: ExitStack) -> tuple[Core, LinkServer]:
    """A core that is ready to run, and its socket; raises CannotStart."""
    files = _files(home, open_things)
    mailbox = Mailbox()
    devices = open_devices(home, files.settings, mailbox, open_things)
    equipment = Equipment(files.settings.devices)
    till = _till(files, devices, equipment, open_things)
    core = _core(files, devices, equipment, till, open_things)
    equipment.open_board(home)
    _begin_the_day(home, till, open_things)
    core.news()
    link = LinkServer(home / SOCKET, core)
    open_things.callback(link.close)
    if devices.drawer is not None:
        devices.drawer.start()
    if devices.printing is not None:
        devices.printing.start()
    return core, link


@dataclass(frozen=True, slots=True)
class _Files:
    """What the home folder holds, open."""

    home: Path
    settings: Settings
    identity: Identity
    sync: StateReader
    records: Records
    master: MasterData


def _files(home: Path, open_things: ExitStack) -> _Files:
    settings = settings_of(home)
    sync = StateReader(home)
    open_things.callback(sync.close)
    known = known_of(home, sync)
    identity = identity_of(home, known)
    records = records_of(home, known)
    open_things.callback(records.close)
    erase_old_notes(home, records)
    master = MasterData(home / "master.db")
    open_things.callback(master.close)
    return _Files(home, settings, identity, sync, records, master)


@dataclass(frozen=True, slots=True)
class _Till:
    """What sells: the shop it knows, the desk that decides, the watch over both."""

    shop: StoreShop
    desk: CashDesk
    status: StatusWatch
    spool: PrintSpool
    epochs: EpochWatch
    setup: Setup


def _till(files: _Files, devices: Devices, equipment: Equipment, open_things: ExitStack) -> _Till:
    records, settings = files.records, files.settings
    clock = Clock(ZoneInfo(COUNTRIES[files.identity.country].time_zone))
    spool = PrintSpool(records.database)
    spool.after_restart(2 if settings.devices.second_printer else 1)
    status = StatusWatch(
        home=files.home,
        clock=clock,
        sync=files.sync,
        journal=records.journal,
        printers=devices.printers,
        scanner=lambda: devices.scanner.state() if devices.scanner else None,
        fiscal_unit=lambda: devices.sealer.state() if devices.sealer else None,
        waiting_prints=spool.waiting,
        devices=equipment.lines,
    )
    shop = StoreShop(
        master=files.master,
        records=records,
        receipts=Receipts(records.database),
        workstation=files.identity.label,
        workstation_id=files.identity.workstation_id,
        epoch=records.head.epoch,
        fiscal_state=status.fiscal_unit,
        free_bytes=status.free_bytes,
        has_printer=bool(settings.devices.printer),
        has_card_terminal=devices.cards is not None,
        deposit_shop=settings.workstation.deposit_shop,
        people=people_of(files.home, records, open_things),
        home=files.home,
    )
    desk = CashDesk(Ledger(records, shop, clock), devices.sealer, devices, devices.cards)
    epochs = EpochWatch(desk.ledger, records.journal, files.sync.read)
    return _Till(shop, desk, status, spool, epochs, setup_of(files.identity, settings, shop))


def _core(
    files: _Files, devices: Devices, equipment: Equipment, till: _Till, open_things: ExitStack
) -> Core:
    """The core with everything that speaks to it; devices answer it from here on."""
    home, settings, identity = files.home, files.settings, files.identity
    mailbox, shop = devices.mailbox, till.shop
    answers = Answers(
        home,
        mailbox,
        lambda: shop.country,
        lambda kind: core.preview(kind),
        people_of(home, None, open_things),
    )
    open_things.callback(answers.stop)
    paper = PaperWatch(
        shop,
        till.spool,
        till.desk.copies,
        can_print=lambda: devices.printers().prints_on > 0,
        tell=lambda message: core.tell(message),
    )
    labels = open_labels(settings, shop, mailbox)
    open_things.callback(labels.stop)
    devices.held_by = desk_line(home, identity, mailbox, open_things)
    core = Core(
        till.desk,
        paper,
        till.status,
        answers,
        mailbox,
        devices.scanner,
        till.setup,
        files.master.refresh,
        devices.customer,
        labels,
        DeviceDesk(equipment.actions, mailbox),
        devices.held_by,
        ParcelLabeller(till.desk.ledger, labels, devices.paper_waits),
        customer_line(home, identity, mailbox, open_things),
        order_line(home, identity, mailbox, open_things),
        till.epochs,
    )
    columns = open_paper_and_drawer(settings, devices, till.spool, core, shop, open_things)
    devices.weighed = core.weighed
    devices.quoted = core.quoted
    open_weigher(settings, devices, core, open_things)
    list_equipment(equipment, devices, columns, labels, open_things)
    return core


def _begin_the_day(home: Path, till: _Till, open_things: ExitStack) -> None:
    """The start and the stop are journal entries; a fault since then is told once."""
    news = till.epochs.look()
    till.desk.started(till.setup.version)
    till.desk.message = news or till.desk.message
    open_things.callback(till.desk.stopped)
    reference = take_last_fault(home)
    if reference:
        till.desk.message = fault_message(reference)
