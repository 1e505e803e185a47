"""A core for the screens: the real rules and the real link, a shop in memory, no devices.

`Desk` answers at once in the same thread, for pages without a terminal;
`CoreTwin` stands behind a real Unix socket in a thread, for the application and
for whole processes on a pty.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from central_sync.retail.customer import Customer, asked, has_parts, identity_words
from pos_client.checkout.telling import message_of
from pos_client.link.server import LinkServer
from pos_client.register.commands import Command, ScanCode
from pos_client.register.desk_orders import DeskOrder
from pos_client.register.queries import (
    Answer,
    ClaimRefund,
    CustomerFile,
    FindCustomers,
    FindLikely,
    FindOrders,
    FindReceipt,
    FoundCustomer,
    FoundCustomers,
    FoundItem,
    FoundItems,
    FoundOrders,
    LabelAnswer,
    ListReceipts,
    LookUpCustomer,
    Paper,
    PrintLabel,
    Query,
    ReceiptLineView,
    ReceiptList,
    ReceiptView,
    RefundAnswer,
    Search,
    TendDevice,
    Tended,
)
from pos_client.register.refusal import Refused
from pos_client.register.show import Around, show
from pos_client.register.stock_queries import AskStock, ChainStock, LookUpModel, Model, ModelItem
from pos_client.register.view import (
    DeviceView,
    Level,
    Message,
    QuestionView,
    Setup,
    StatusView,
    View,
)
from pos_client.screens.core_port import Scan
from pos_client.screens.frame import compose
from pos_client.screens.keys import ENTER, ESCAPE, Key
from pos_client.screens.pages import every_page
from pos_client.screens.router import Scanned, Typed
from pos_client.screens.rows import text_of
from pos_client.screens.till import Till
from tests.builders import RegisterDriver, an_open_register

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
READY = DeviceView("ready")
CALM = StatusView(
    is_online=True,
    price_age_seconds=120,
    printer=READY,
    scanner=READY,
    fiscal_unit=READY,
)
SETUP = Setup(
    store_name="Två Par Göteborg",
    store_id="s01",
    workstation="1",
    version="0.1.0",
    price_reasons=("price_match", "wrong_label", "damaged", "other"),
    weight_reasons=("scale_broken", "other"),
    discount_reasons=("damaged", "staff", "campaign", "goodwill", "other"),
    return_reasons=("regret", "wrong_item", "faulty", "other"),
    drawer_reasons=("change", "check", "other"),
    loan_reasons=("safe", "bank", "other"),
    pickup_reasons=("safe", "expense", "other"),
    reject_reasons=("no_time", "not_found", "other"),
    missing_reasons=("not_found", "damaged", "other"),
    stock_reasons=("broken", "stolen", "found", "own_use", "other"),
)
DELETE = Key("delete")


def on_hand_of(sku: str) -> int:
    """None of size 43 on the shelf, two of all the others."""
    return 0 if "43" in sku else 2


def f(number: int) -> Key:
    return Key(f"f{number}")


@dataclass
class Register:
    """The register behind a screen; fulfils link.server.Handler."""

    driver: RegisterDriver = field(default_factory=an_open_register)
    around: Around = field(default_factory=lambda: Around(setup=SETUP, status=CALM))
    done: list[Command] = field(default_factory=list)
    refused_scans: list[int] = field(default_factory=list)
    taken_scans: list[int] = field(default_factory=list)
    label_problem: str = ""
    tended: list[TendDevice] = field(default_factory=list)
    tending: Tended | None = None
    chain_stock: ChainStock = field(default_factory=ChainStock)
    asked: tuple[str, ...] = ()
    files: dict[str, CustomerFile] = field(default_factory=dict)
    is_central_here: bool = True
    customers_age_seconds: int | None = None

    @property
    def view(self) -> View:
        shop = self.driver.shop
        now = self.driver.now.isoformat().replace("+00:00", ".000Z")
        open_tasks = [task for key in shop.told if (task := shop.task(key)) and task.is_open]
        around = replace(
            self.around,
            tasks=tuple(open_tasks),
            suspended=tuple(shop.suspended()),
            now=now,
            on_hand=7,
        )
        return show(self.driver.state, shop, replace(around, stock_age_seconds=180))

    def do(self, command: Command) -> None:
        self.done.append(command)
        before = len(self.driver.happened)
        message: Message | None
        try:
            self.driver.do(command)
        except Refused as refusal:
            message = Message(refusal.key, Level.REFUSAL, refusal.values or None, refusal.beeps)
        else:
            message = message_of(self.driver.happened[before:], self.driver.state)
        self.around = replace(self.around, message=message)

    def ask(self, query: Query, answer: Callable[[Answer | None], None]) -> None:
        answer(self._answer(query))

    def orders(self, text: str) -> list[DeskOrder]:
        """As central would: by id, number or name."""
        known = self.driver.shop.orders.values()
        acts = {act.order_id for act in self.driver.shop.acts}
        return [
            replace(one, unconfirmed=int(one.order_id in acts))
            for one in known
            if text in (one.order_id, one.number, *one.who)
        ]

    def scan_refused(self, scan_id: int) -> None:
        self.refused_scans.append(scan_id)

    def scan_taken(self, scan_id: int) -> None:
        self.taken_scans.append(scan_id)

    @property
    def scanned(self) -> list[str]:
        return [command.data for command in self.done if isinstance(command, ScanCode)]

    def has_label_printer(self) -> None:
        setup = replace(self.around.setup, has_label_printer=True)
        self.around = replace(self.around, setup=setup)

    def asks_about_print(self) -> None:
        self.around = replace(self.around, question=QuestionView(7, "1-1-1", 89_900))

    def _answer(self, query: Query) -> Answer | None:
        match query:
            case Search(text, limit):
                return self._found(text.casefold(), limit)
            case FindReceipt(number):
                return next((r for r in self._receipts() if r.receipt_number == number), None)
            case ListReceipts():
                return ReceiptList(tuple(self._receipts()))
            case TendDevice():
                self.tended.append(query)
                return self.tending or Tended(query.device, query.fix)
            case LookUpModel(code):
                return self._model(code)
            case FindOrders(text):
                return FoundOrders(tuple(self.orders(text)), is_live=self.is_central_here)
            case ClaimRefund(_, refund_key):
                return RefundAnswer(refund_key, "" if self.is_central_here else "away")
            case FindCustomers(text):
                return self._customers(text)
            case FindLikely(phone, email, member_number):
                wanted = Customer("", "", phone, email, member_number)
                return self._who(self.driver.shop.likely_customers(wanted))
            case LookUpCustomer(customer_id):
                return self.files.get(customer_id)
            case AskStock(skus):
                self.asked += skus
                return self.chain_stock
            case PrintLabel(code):
                item = self.driver.shop.find(code)
                return LabelAnswer(item.name if item else code, 1, self.label_problem)
            case _:
                return Paper(("X-DAGRAPPORT", *(f"rad {at}" for at in range(1, 31))))

    def _model(self, code: str) -> Model | None:
        found = self.driver.shop.find(code)
        if found is None:
            return None
        sisters = [i for i in self.driver.shop.items.values() if i.model and i.model == found.model]
        items = [found, *(i for i in sisters if i is not found)]
        return Model(tuple(
            ModelItem(i.sku, i.name, i.colour, i.size, i.price_minor, on_hand_of(i.sku))
            for i in items
        ))  # fmt: skip

    def _customers(self, text: str) -> FoundCustomers:
        wanted = asked(text)
        return self._who(
            each
            for each in self.driver.shop.customers.values()
            if set(wanted.exact) & set(identity_words(each))
            or (wanted.parts and has_parts(each, wanted.parts))
        )

    def _who(self, customers: Iterable[Customer]) -> FoundCustomers:
        fits = tuple(
            FoundCustomer(
                c.customer_id, c.name, c.phone, c.email, c.member_number, c.postcode, c.town,
                c.address,
            )
            for c in customers
        )  # fmt: skip
        return FoundCustomers(fits, self.is_central_here, age_seconds=self.customers_age_seconds)

    def _found(self, text: str, limit: int) -> FoundItems:
        items = [
            FoundItem(i.sku, i.name, i.gtin, i.price_minor, 7, i.open_price)
            for i in self.driver.shop.items.values()
            if text in f"{i.name} {i.sku} {i.gtin}".casefold()
        ]
        return FoundItems(tuple(items[:limit]), len(items) > limit)

    def _receipts(self) -> Iterator[ReceiptView]:
        shop = self.driver.shop
        for receipt in reversed(shop.receipts):
            returned = shop.returned(receipt.receipt_id)
            lines = tuple(
                ReceiptLineView(
                    line.line, line.sku, line.name, line.quantity,
                    line.quantity - returned.get(line.line, 0), line.gross_minor,
                )
                for line in receipt.live_lines
            )  # fmt: skip
            payments = ", ".join(payment.name for payment in receipt.payments)
            yield ReceiptView(
                receipt.receipt_number, receipt.at, receipt.kind.value, receipt.total_minor,
                payments, shop.is_copied(receipt.receipt_id), lines, ("TVÅ PAR", "KVITTO"),
            )  # fmt: skip


class Desk:
    """A till and its register in one thread: type, scan, and read the picture.

    Fulfils screens.core_port.Core.
    """

    def __init__(self, register: Register | None = None) -> None:
        self.register = register or Register()
        self.bells = 0
        self.left = False
        self.seconds = 100.0
        self.till = Till(
            core=self,
            now=lambda: NOON,
            monotonic=lambda: self.seconds,
            bell=self._bell,
            leave=self._leave,
        )
        self.till.pages = every_page(self.till)
        self.till.connected(self.register.view, True)

    def do(self, command: Command, done: Callable[[], None]) -> None:
        self.register.do(command)
        self.till.see(self.register.view)
        done()

    def ask(self, query: Query, done: Callable[[Answer | None], None]) -> None:
        self.register.ask(query, done)

    def accept_scan(self, scan_id: int) -> None:
        self.register.scan_taken(scan_id)

    def refuse_scan(self, scan_id: int) -> None:
        self.register.scan_refused(scan_id)

    def take_lease(self, done: Callable[[bool], None]) -> None:
        done(True)

    def keys(self, *keys: str | Key) -> Desk:
        """Strings are typed character by character; keys are pressed."""
        for key in keys:
            presses = [key] if isinstance(key, Key) else [Key(c, c) for c in key]
            for press in presses:
                self.till.take(Typed(press))
        return self

    def enters(self, *texts: str) -> Desk:
        for text in texts:
            self.keys(text, ENTER)
        return self

    def escapes(self) -> Desk:
        return self.keys(ESCAPE)

    def scans(self, *codes: str, scan_id: int = 0, age_seconds: float = 0.0) -> Desk:
        for code in codes:
            at = self.seconds - age_seconds
            if scan_id:
                self.till.take(Scan(code, "E0", scan_id, at))
            else:
                self.till.take(Scanned(code, "E0", at))
        return self

    def news(self) -> Desk:
        """The core pushes its View."""
        self.till.see(self.register.view)
        return self

    @property
    def view(self) -> View:
        return self.till.view

    @property
    def page(self) -> str:
        return self.till.page.name

    def text(self, width: int = 80, height: int = 24) -> str:
        picture = compose(self.till, width, height)
        return "\n".join(text_of(row) for row in picture.rows)

    def _bell(self) -> None:
        self.bells += 1

    def _leave(self) -> None:
        self.left = True


class CoreTwin:
    """The register on a real socket, served by a thread of its own."""

    def __init__(self, path: Path, register: Register | None = None) -> None:
        self.path = path
        self.register = register or Register()
        self._posted: deque[Callable[[], None]] = deque()
        self._read, self._write = os.pipe()
        self._is_stopping = False
        self._server = LinkServer(path, self.register)
        self._server.watch(self._read, self._run_posted)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def post(self, act: Callable[[], None]) -> None:
        """Run on the core's thread, then tell everybody."""
        self._posted.append(act)
        os.write(self._write, b".")

    def push_scan(self, scan_id: int, data: str) -> None:
        self.post(lambda: self._push(scan_id, data))

    def _push(self, scan_id: int, data: str) -> None:
        self._server.push_scan(scan_id, data, "E0")

    def close(self) -> None:
        self._is_stopping = True
        os.write(self._write, b".")
        self._thread.join(5)
        self._server.close()
        os.close(self._read)
        os.close(self._write)

    def _serve(self) -> None:
        while not self._is_stopping:
            self._server.poll(1.0)

    def _run_posted(self) -> None:
        os.read(self._read, 4096)
        while self._posted:
            self._posted.popleft()()
        self._server.publish()


@contextmanager
def a_core(path: Path, register: Register | None = None) -> Iterator[CoreTwin]:
    twin = CoreTwin(path, register)
    try:
        yield twin
    finally:
        twin.close()
