"""The core process: basket, journal, storage and devices behind one socket.

One thread owns everything that is kept; devices, searches and the fiscal unit
have threads that post to its mailbox. The loop waits for keys, scans and news
alike and does nothing else. A bug ends the process (see bootstrap): it comes
back with the basket and a reference, instead of going on wrongly.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from central_sync.retail.till import DayReport
from hardware.ports import Scan, Scanner
from pos_client.checkout.answers import Answers
from pos_client.checkout.cash_desk import CashDesk
from pos_client.checkout.customer_display import CustomerDisplay
from pos_client.checkout.customer_line import CustomerLine
from pos_client.checkout.customer_look_ups import CustomerLookUps
from pos_client.checkout.desk_line import DeskLine
from pos_client.checkout.device_desk import DeviceDesk
from pos_client.checkout.epoch_watch import EpochWatch
from pos_client.checkout.labelling import LabelDesk
from pos_client.checkout.lending import PledgeWatch
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.order_line import OrderLine
from pos_client.checkout.order_look_ups import OrderLookUps
from pos_client.checkout.paper_watch import PaperWatch
from pos_client.checkout.parcel_labels import ParcelLabeller
from pos_client.checkout.renewal import Renewal
from pos_client.checkout.reporting import day_report
from pos_client.checkout.status import StatusWatch
from pos_client.checkout.task_board import lost
from pos_client.link.server import LinkServer
from pos_client.register.commands import (
    AddGoods,
    Command,
    HandOverParcel,
    PickGoods,
    ScanCode,
)
from pos_client.register.events import DrawerForced, DrawerLeftOpen
from pos_client.register.order_commands import RenewQuote
from pos_client.register.queries import (
    AboutCustomers,
    AboutOrders,
    Answer,
    PrintLabel,
    Query,
    TendDevice,
)
from pos_client.register.show import Around, show
from pos_client.register.stock_queries import AskStock, ChainStock
from pos_client.register.view import Level, Message, Mode, QuestionView, Setup, View
from pos_client.storage.errors import StorageTrouble

TICK_SECONDS = 1.0
OLDEST_SCAN_SECONDS = 2.0
DAMAGED_SHOWN = 40
SCANNED = (ScanCode, AddGoods, PickGoods, HandOverParcel)
"""Commands that a scan leads to: what comes of them is the scanner's tone."""

_log = logging.getLogger(__name__)


class Core:
    """Fulfils link.server.Handler and checkout.drawers.DrawerNews."""

    def __init__(
        self,
        desk: CashDesk,
        paper: PaperWatch,
        status: StatusWatch,
        answers: Answers,
        mailbox: Mailbox,
        scanner: Scanner | None,
        setup: Setup,
        refresh: Callable[[], bool],
        customer: CustomerDisplay | None = None,
        labels: LabelDesk | None = None,
        tending: DeviceDesk | None = None,
        line: DeskLine | None = None,
        parcels: ParcelLabeller | None = None,
        customer_line: CustomerLine | None = None,
        order_line: OrderLine | None = None,
        epochs: EpochWatch | None = None,
    ) -> None:
        self._desk = desk
        self._paper = paper
        self._status = status
        self._answers = answers
        self._mailbox = mailbox
        self._scanner = scanner
        self._refresh = refresh
        self._customer = customer
        self._labels = labels
        self._tending = tending
        self._line = line
        self._parcels = parcels
        self._customers = CustomerLookUps(
            desk.ledger, answers, customer_line, lambda: self._around.status.price_age_seconds
        )
        self._orders = OrderLookUps(
            desk.ledger, answers, order_line, lambda: self._around.status.price_age_seconds
        )
        self._epochs = epochs
        self._pledges = PledgeWatch(desk.ledger)
        self._scans: dict[int, Scan] = {}
        self._next_scan_id = 0
        self._next_tick = 0.0
        self._renewal = Renewal()
        self._is_stopping = False
        self._around = Around(setup=setup, status=status.look(), question=self._question())
        self.view: View = self._show()
        self._link: LinkServer | None = None

    def run(self, link: LinkServer) -> None:
        """Serve until `stop` is posted."""
        self._link = link
        link.watch(self._mailbox.fileno(), self._deliver)
        if self._scanner is not None:
            self._scanner.start(self._on_scan, self._on_damaged)
        self._answers.start()
        while not self._is_stopping:
            link.poll(max(0.0, self._next_tick - time.monotonic()))
            if time.monotonic() >= self._next_tick:
                self._tick()
            # Last: who asked has been answered.
            if self._customer is not None:
                self._customer.follow(self.view)

    def stop(self) -> None:
        """From any thread or signal handler."""
        self._mailbox.post(self._stop)

    def _stop(self) -> None:
        self._is_stopping = True

    # What clients ask.

    def do(self, command: Command) -> None:
        if isinstance(command, SCANNED) and not self._is_fresh(command.scan_id):
            self._desk.refuse("scan.too_old", beeps=2)
        else:
            self._desk.handle(command)
        if isinstance(command, SCANNED):
            self._sound(command.scan_id)
        self._look_around()

    def ask(self, query: Query, answer: Callable[[Answer | None], None]) -> None:
        if isinstance(query, AskStock):
            self._ask_line(query, answer)
            return
        if isinstance(query, AboutCustomers):
            self._customers.ask(query, answer)
            return
        if isinstance(query, AboutOrders):
            self._orders.ask(query, answer)
            return
        if isinstance(query, PrintLabel):
            if self._labels is None or self.view.mode is Mode.SIGNED_OFF:
                answer(None)
            else:
                self._labels.ask(query, answer)
            return
        if isinstance(query, TendDevice):
            if self._tending is None or self.view.mode is Mode.SIGNED_OFF:
                answer(None)
            else:
                self._tending.ask(query, answer)
            return
        self._answers.ask(query, answer)

    def _ask_line(self, query: AskStock, answer: Callable[[Answer | None], None]) -> None:
        """Central knows SKUs; people scan and type codes."""
        items = ((code, self._desk.ledger.shop.find(code)) for code in query.skus)
        skus = tuple(item.sku if item else code for code, item in items)
        if self._line is None:
            answer(ChainStock())
        else:
            self._line.ask(AskStock(skus), answer)

    def scan_refused(self, scan_id: int) -> None:
        scan = self._scans.pop(scan_id, None)
        if scan is not None and self._scanner is not None:
            self._scanner.refuse_tone(scan)

    def scan_taken(self, scan_id: int) -> None:
        """The screen used it for something else than a sale: the scanner beeps once."""
        scan = self._scans.pop(scan_id, None)
        if scan is not None and self._scanner is not None:
            self._scanner.accept_tone(scan)

    def preview(self, kind: str) -> DayReport:
        """X or Z as it would be printed now."""
        ledger = self._desk.ledger
        words = ledger.shop.country.words
        is_z = kind == "z"
        return day_report(
            words.z_report if is_z else words.x_report,
            ledger.state,
            ledger.totals,
            ledger.shop,
            ledger.clock.facts(),
            number=ledger.state.next_z_number if is_z else 0,
        )

    # Scans. A serial scan goes to the client that may act; its screen decides.

    def _on_scan(self, scan: Scan) -> None:
        """On the scanner's thread."""
        self._mailbox.post(lambda: self._scanned(scan))

    def _scanned(self, scan: Scan) -> None:
        self._next_scan_id += 1
        self._scans[self._next_scan_id] = scan
        pushed = self._link is not None and self._link.push_scan(
            self._next_scan_id, scan.data, scan.symbology
        )
        if not pushed:
            self.scan_refused(self._next_scan_id)

    def _is_fresh(self, scan_id: int) -> bool:
        scan = self._scans.get(scan_id)
        return scan is None or time.monotonic() - scan.at <= OLDEST_SCAN_SECONDS

    def _sound(self, scan_id: int) -> None:
        scan = self._scans.pop(scan_id, None)
        if scan is None or self._scanner is None:
            return
        message = self._desk.message
        if message is not None and message.beeps:
            self._scanner.refuse_tone(scan)
        else:
            self._scanner.accept_tone(scan)

    def _on_damaged(self, text: str) -> None:
        """On the scanner's thread: half a frame or noise."""
        self._mailbox.post(lambda: self._damaged(text))

    def _damaged(self, text: str) -> None:
        self._desk.refuse("scan.damaged", beeps=2, values={"code": text[:DAMAGED_SHOWN]})
        if self._scanner is not None:
            self._scanner.refuse_tone()
        self.news()

    # What changed around the register.

    def news(self) -> None:
        """A device, the sync or a late seal has something new: show it to everybody."""
        self._look_around()
        if self._link is not None:
            self._link.publish()

    def quoted(self, answer: Command) -> None:
        """Central's answer to what the basket asked."""
        self._desk.hear(answer)
        self.news()

    def weighed(self, answer: Command) -> None:
        """The scale's answer to what the desk asked: it comes by itself, from its thread."""
        self._desk.handle(answer)
        self.news()

    def tell(self, message: Message) -> None:
        self._desk.message = message
        self.news()

    def drawer_stuck(self) -> None:
        """The sale is done; only the drawer has to be opened by hand."""
        self.tell(Message("drawer.stuck", Level.TROUBLE))

    def drawer_forced(self) -> None:
        self._desk.note(DrawerForced())
        self.news()

    def drawer_left_open(self, seconds: int) -> None:
        self._desk.note(DrawerLeftOpen(seconds))
        self.news()

    def _deliver(self) -> None:
        if self._mailbox.deliver():
            self.news()

    def _tick(self) -> None:
        self._next_tick = time.monotonic() + TICK_SECONDS
        self._look_at(self._look_at_catalogue)
        self._look_at(self._pledges.look)
        self._look_at(self._paper.look)
        if self._parcels is not None:
            self._look_at(self._parcels.look)
        if self._epochs is not None:
            epochs = self._epochs
            self._look_at(lambda _seconds: epochs.look())
        self._hold_on()
        self._around = replace(self._around, status=self._status.look())
        self.news()
        self._forget_old_scans()

    def _look_at_catalogue(self, _seconds: float) -> Message | None:
        if self._refresh():
            self._pledges.forget()
            self._look_at_tasks()
        return None

    def _look_at_tasks(self) -> None:
        """Master data has changed: new tasks ring at the screens, a lost one is told here."""
        board = self._desk.ledger.shop.board
        before = board.tasks()
        board.forget()
        for task in lost(before, board.tasks()):
            key = "task.withdrawn" if task.pieces_picked else "task.went_elsewhere"
            values: dict[str, str | int] = {"number": task.number}
            self._desk.message = Message(key, Level.TROUBLE, values, beeps=2)

    def _hold_on(self) -> None:
        """While a basket with an order is open, what is held for it is held on."""
        if self._renewal.is_due(self._desk.ledger.state, time.monotonic()):
            self._desk.hear(RenewQuote())

    def _look_at(self, look: Callable[[float], Message | None]) -> None:
        """What is seen to every second: a disk that refuses is told, and the next second tries."""
        try:
            said = look(time.monotonic())
        except StorageTrouble as trouble:
            said = Message(trouble.key, Level.TROUBLE, beeps=2)
        self._desk.message = said or self._desk.message

    def _forget_old_scans(self) -> None:
        oldest = time.monotonic() - 10 * OLDEST_SCAN_SECONDS
        self._scans = {number: scan for number, scan in self._scans.items() if scan.at > oldest}

    def _look_around(self) -> None:
        self._around = replace(self._around, question=self._question())
        self.view = self._show()

    def _question(self) -> QuestionView | None:
        asked = self._desk.ledger.shop.print_question()
        if asked is None:
            return None
        return QuestionView(
            asked.job_id, asked.receipt_number, asked.total_minor, asked.kind, asked.is_last
        )

    def _show(self) -> View:
        ledger = self._desk.ledger
        check = ledger.state.price_check
        around = replace(
            self._around,
            message=self._desk.message,
            suspended=ledger.shop.suspended(),
            on_hand=ledger.shop.on_hand(check.sku) if check else None,
            stock_age_seconds=self._around.status.price_age_seconds,
            tasks=ledger.shop.board.open_tasks(),
            now=ledger.clock.now() if ledger.state.locked_until else "",
        )
        return show(ledger.state, ledger.shop, around)


def fault_message(reference: str) -> Message:
    """What a cashier reads after the core had to restart because of our bug."""
    return Message("fault.restarted", Level.FAULT, {"reference": reference})
