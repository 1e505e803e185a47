"""What hangs on this workstation: opened by its address, and told to the device screen.

That a device is not there is a light, not an error; a typo in its address stops the start.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

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
from pos_client.bootstrap.equipment import Equipment
from pos_client.checkout.card_calls import TerminalCalls
from pos_client.checkout.core import Core
from pos_client.checkout.customer_display import CustomerDisplay
from pos_client.checkout.desk_line import DeskLine
from pos_client.checkout.drawers import DrawerKeeper
from pos_client.checkout.labelling import LabelDesk
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.printing import PrintWorker
from pos_client.checkout.quoting import QuoteWish
from pos_client.checkout.sealing import Sealer
from pos_client.checkout.shop import StoreShop
from pos_client.checkout.status import Printers
from pos_client.checkout.weighing import Weigher
from pos_client.config import Settings
from pos_client.errors import CannotStart
from pos_client.receipts.checkpoints import void_document
from pos_client.register.commands import Weighed, WeighingFailed
from pos_client.register.order_commands import Quoted, QuoteFailed
from pos_client.register.state import PendingWeighing
from pos_client.storage.prints import PrintSpool
from pos_client.texts import words

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


def open_devices(
    home: Path, settings: Settings, mailbox: Mailbox, open_things: ExitStack
) -> Devices:
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


def open_paper_and_drawer(
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


def open_weigher(settings: Settings, devices: Devices, core: Core, open_things: ExitStack) -> None:
    """The scale, where there is one; what it weighed comes back on the core's thread."""
    if not settings.devices.scale:
        return
    scale = _open(open_scale, settings.devices.scale)
    devices.weigher = Weigher(
        scale, lambda answer: devices.mailbox.post(lambda: core.weighed(answer))
    )
    open_things.callback(devices.weigher.stop)


def open_labels(settings: Settings, shop: StoreShop, mailbox: Mailbox) -> LabelDesk:
    address = settings.devices.label_printer
    printer = _open(open_label_printer, address) if address else None
    return LabelDesk(printer, shop.find, words(settings.workstation.language), mailbox)


def list_equipment(
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


def _open(opener: Callable[[str], T], address: str) -> T:
    """A device by its address. That it is not there is a light, not an error; a typo is."""
    try:
        return opener(address)
    except DeviceError as problem:
        raise CannotStart(f"workstation.toml, [devices]: {problem}") from problem
