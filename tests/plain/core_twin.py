"""A core in memory behind the real socket: the register's own mind, no disk, no devices.

Decides, folds and shows with the production functions; what the checkout would
do (write, seal, print) is a line or two here. The thing to get wrong: touching
its state from the test's thread; `later` runs a call on the core's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from central_sync.countries.country import Country
from central_sync.countries.se import SWEDEN
from central_sync.retail.customer import Customer
from central_sync.retail.item import Item, code_key
from central_sync.retail.operator import Operator, Role
from central_sync.retail.tax import TaxRate
from central_sync.retail.tender import Tender, TenderKind
from central_sync.retail.transaction import RetailTransaction, Seller
from hardware.printers.text import to_lines
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.telling import done, message_of
from pos_client.link.server import LinkServer
from pos_client.receipts.layout import receipt_document
from pos_client.register import events as happened
from pos_client.register.closing import close_basket, completed
from pos_client.register.commands import Command
from pos_client.register.decide import decide
from pos_client.register.desk_orders import OrderedPieces
from pos_client.register.events import Event
from pos_client.register.evolve import evolve
from pos_client.register.queries import (
    Answer,
    CustomerFile,
    CustomersOrderView,
    FindCustomers,
    FindLikely,
    FindReceipt,
    FoundCustomer,
    FoundCustomers,
    FoundItem,
    FoundItems,
    ListReceipts,
    LookUpCustomer,
    OrderedLine,
    Paper,
    PurchaseView,
    Query,
    ReceiptLineView,
    ReceiptList,
    ReceiptView,
    Search,
)
from pos_client.register.refusal import Refused
from pos_client.register.shop import Facts, PrintQuestion, SuspendedBasket
from pos_client.register.show import Around, show
from pos_client.register.state import Register
from pos_client.register.view import Level, Message, Setup, View
from tests.retail.trade import SELLER

ITEMS = (
    Item("SKO-42", "Löparsko Vind 42", 119_900, "standard", gtin="7310865004703"),
    Item("SOCKA", "Sockor 3-pack Åre", 9_900, "standard", gtin="9521234567897"),
    Item("BOK", "Löpboken", 24_950, "print"),
    Item("OPEN-25", "Övrig vara", 0, "standard", open_price=True),
)
PEOPLE = {
    "1001": (Operator("1001", "Anna Berg", Role.CASHIER), "1234"),
    "1009": (Operator("1009", "Maria Lund", Role.MANAGER), "9876"),
}
TENDERS = (
    Tender("cash", "Kontant", TenderKind.CASH, opens_drawer=True),
    Tender("card", "Kort", TenderKind.CARD),
    Tender("swish", "Swish", TenderKind.MOBILE),
)
SETUP = Setup(
    store_name="Två Par Göteborg",
    workstation="1",
    price_reasons=("price_match", "damaged", "other"),
    discount_reasons=("damaged", "staff", "other"),
    return_reasons=("regret", "faulty", "other"),
    drawer_reasons=("change", "other"),
    loan_reasons=("safe", "other"),
    pickup_reasons=("safe", "expense", "other"),
)


@dataclass
class MemoryShop:
    """register.shop.Shop over dictionaries."""

    receipts: dict[str, RetailTransaction] = field(default_factory=dict)
    parked: dict[str, SuspendedBasket] = field(default_factory=dict)
    copied: set[str] = field(default_factory=set)
    country: Country = SWEDEN
    seller: Seller = SELLER
    workstation: str = "1"
    workstation_id: str = "1"
    epoch: int = 1
    tax_rates: Sequence[TaxRate] = SWEDEN.tax_rates
    tenders: Sequence[Tender] = TENDERS
    has_card_terminal: bool = False
    asked: PrintQuestion | None = None

    def find(self, code: str) -> Item | None:
        key = code_key(code)
        return next((i for i in ITEMS if key in (i.sku, i.gtin and code_key(i.gtin))), None)

    def operator(self, number: str) -> Operator | None:
        return PEOPLE[number][0] if number in PEOPLE else None

    def pin_matches(self, number: str, pin: str) -> bool:
        return number in PEOPLE and PEOPLE[number][1] == pin

    def receipt(self, receipt_number: str) -> RetailTransaction | None:
        return self.receipts.get(receipt_number)

    def returned(self, receipt_id: str) -> Mapping[int, int]:
        back: dict[int, int] = {}
        for receipt in self.receipts.values():
            for line in receipt.live_lines:
                if line.original_receipt_id == receipt_id:
                    back[line.original_line] = back.get(line.original_line, 0) - line.quantity
        return back

    def unheard(self, receipt_id: str) -> None:
        """Central is there."""

    def is_copied(self, receipt_id: str) -> bool:
        return receipt_id in self.copied

    can_seal = True

    customers: dict[str, Customer] = field(default_factory=dict)

    def customer(self, customer_id: str) -> Customer | None:
        return self.customers.get(customer_id)

    def likely_customers(self, customer: Customer) -> Sequence[Customer]:
        return [each for each in self.customers.values() if each.phone == customer.phone]

    def suspended(self) -> Sequence[SuspendedBasket]:
        return tuple(self.parked.values())

    def print_question(self) -> PrintQuestion | None:
        return self.asked

    @property
    def deposit_shop(self) -> str:
        return ""

    @property
    def drawer_cash_minor(self) -> int:
        return 100_000_000

    def is_deposit_used(self, number: str) -> bool:
        return False

    def on_hand(self, sku: str) -> int | None:
        return None

    def goods_task(self, task_id: str) -> None:
        return None

    def task(self, task_id: str) -> None:
        return None

    def parcel(self, code: str) -> None:
        return None

    def any_receipt(self, receipt_number: str) -> RetailTransaction | None:
        return self.receipts.get(receipt_number)

    def order(self, order_id: str) -> None:
        return None

    def refund_right(self, refund_key: str) -> None:
        return None

    def is_refunded(self, refund_key: str) -> bool:
        return False

    def ordered(self, receipt_id: str) -> dict[int, OrderedPieces]:
        return {}

    def code_matches(self, task: object, code: str) -> bool:
        return False

    def delivery(self, reference: str) -> None:
        return None

    def last_at(self) -> str:
        return ""

    def fiscal_problem(self) -> str:
        return ""

    def printer_problem(self) -> str:
        return ""

    def storage_problem(self) -> str:
        return ""


class CoreTwin:
    """`seals` says what the control unit does: at once, late, or never."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seals = "at once"
        self.commands: list[Command] = []
        self.refused_scans: list[int] = []
        self.reports = 0
        self._shop = MemoryShop()
        self._state = Register()
        self._message: Message | None = None
        self._around = Around(setup=SETUP)
        self._count = 0
        self._mailbox = Mailbox()
        self._is_stopping = False
        self.view = self._show()
        self._link = LinkServer(path, self)
        self._link.watch(self._mailbox.fileno(), self._deliver)
        self._thread = threading.Thread(target=self._run, name="core-twin", daemon=True)

    def __enter__(self) -> CoreTwin:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        if not self._is_stopping:
            self._mailbox.post(self._stop)
            self._thread.join(5)
            self._mailbox.close()

    # What a test makes happen around the register.

    def change(self, **around: object) -> None:
        """New facts around it: status, question, message …"""
        self._mailbox.call(lambda: self._changed(around))

    def scan(self, data: str, scan_id: int = 1, symbology: str = "E0") -> None:
        self._mailbox.call(lambda: self._link.push_scan(scan_id, data, symbology))

    def tell(self, message: Message) -> None:
        self._mailbox.call(lambda: self._tell(message))

    # link.server.Handler

    def do(self, command: Command) -> None:
        self.commands.append(command)
        self._count += 1
        facts = Facts(
            at=f"2026-11-22T13:32:{self._count % 60:02d}.000Z",
            local_time="2026-11-22 14:32:07",
            today="2026-11-22",
            new_id=f"018bcfe5-687b-7000-8000-{self._count:012d}",
        )
        self._message = None
        try:
            events = decide(self._state, command, self._shop, facts)
        except Refused as no:
            self._message = Message(no.key, Level.REFUSAL, no.values or None, no.beeps)
        else:
            for event in events:
                self._happen(event)
            self._message = self._message or message_of(events, self._state)
        self.view = self._show()

    def ask(self, query: Query, answer: Callable[[Answer | None], None]) -> None:
        answer(self._answer(query))

    def scan_refused(self, scan_id: int) -> None:
        self.refused_scans.append(scan_id)

    def scan_taken(self, scan_id: int) -> None:
        """Nothing here beeps."""

    # Inside.

    def _run(self) -> None:
        while not self._is_stopping:
            self._link.poll(1.0)
        self._link.close()

    def _stop(self) -> None:
        self._is_stopping = True

    def _deliver(self) -> None:
        self._mailbox.deliver()

    def _changed(self, around: dict[str, object]) -> None:
        self._around = replace(self._around, **around)  # type: ignore[arg-type]
        asked = self._around.question
        if asked is not None:
            self._shop.asked = PrintQuestion(
                asked.job_id, asked.kind, asked.receipt_number, asked.total_minor, attempt=1
            )
        self._news()

    def _tell(self, message: Message) -> None:
        self._message = message
        self._news()

    def _news(self) -> None:
        self.view = self._show()
        self._link.publish()

    def _show(self) -> View:
        around = replace(
            self._around, message=self._message, suspended=tuple(self._shop.suspended()), on_hand=7
        )
        return show(self._state, self._shop, around)

    def _happen(self, event: Event) -> None:
        self._state = evolve(self._state, event)
        match event:
            case happened.CompletionAsked():
                self._complete()
            case happened.BasketSuspended(basket):
                name = self._state.operator.name if self._state.operator else ""
                parked = SuspendedBasket("2026-11-22T13:32:00.000Z", name, basket)
                self._shop.parked[basket.basket_id] = parked
            case happened.BasketResumed(basket):
                del self._shop.parked[basket.basket_id]
            case happened.ReceiptCopied(receipt_id):
                self._shop.copied.add(receipt_id)
            case happened.XReportMade() | happened.DayClosed():
                self.reports += 1

    def _complete(self) -> None:
        if self.seals == "never":
            self._state = evolve(self._state, happened.SealMissed("fiscal.not_answering"))
            self._message = Message("fiscal.not_answering", Level.TROUBLE, beeps=2)
        elif self.seals == "late":
            self._message = Message("completing.wait")
            threading.Timer(0.05, lambda: self._mailbox.post(self._seal_late)).start()
        else:
            self._message = self._finish()

    def _seal_late(self) -> None:
        self._tell(self._finish())

    def _finish(self) -> Message:
        transaction = close_basket(self._state, self._shop)
        self._shop.receipts[transaction.receipt_number] = transaction
        self._state = evolve(self._state, happened.ReceiptCompleted(completed(transaction)))
        return done(completed(transaction))

    def _answer(self, query: Query) -> Answer | None:
        match query:
            case Search(text, limit):
                words = text.casefold().split()
                found = [i for i in ITEMS if all(w in i.name.casefold() for w in words)]
                return FoundItems(tuple(_found(item) for item in found[:limit]))
            case FindReceipt(number):
                receipt = self._shop.receipt(number)
                return self._receipt(receipt) if receipt else None
            case ListReceipts():
                newest = reversed(self._shop.receipts.values())
                return ReceiptList(tuple(self._receipt(each) for each in newest))
            case FindCustomers(text):
                return self._who(c for c in self._shop.customers.values() if text in c.name.lower())
            case FindLikely(phone):
                return self._who(self._shop.likely_customers(Customer("", "", phone)))
            case LookUpCustomer(customer_id):
                return self._file(self._shop.customers[customer_id])
            case _:
                return Paper(("X-dagrapport",))

    @staticmethod
    def _who(customers: Iterable[Customer]) -> FoundCustomers:
        found = (FoundCustomer(c.customer_id, c.name, c.phone) for c in customers)
        return FoundCustomers(tuple(found), age_seconds=7_200)

    def _file(self, customer: Customer) -> CustomerFile:
        line = OrderedLine("Löpboken", 1, "ship", "packed")
        placed = "2026-11-20T10:00:00.000Z"
        order = CustomersOrderView(
            "o", "W-1", "open", placed, 24_950, store="Webben", lines=(line,)
        )
        bought = PurchaseView("1-1-1", placed, "sale", 9_900, "Göteborg")
        who = FoundCustomer(customer.customer_id, customer.name, customer.phone)
        return CustomerFile(who, (order,), (bought,), is_live=True)

    def knows(self, *customers: Customer) -> None:
        """These were made before."""
        self._shop.customers.update({each.customer_id: each for each in customers})

    def _receipt(self, receipt: RetailTransaction) -> ReceiptView:
        back = self._shop.returned(receipt.receipt_id)
        return ReceiptView(
            receipt_number=receipt.receipt_number,
            at=receipt.local_time,
            kind=receipt.kind.value,
            total_minor=receipt.total_minor,
            payments=", ".join(payment.name for payment in receipt.payments),
            is_copied=self._shop.is_copied(receipt.receipt_id),
            lines=tuple(
                ReceiptLineView(
                    line.line,
                    line.sku,
                    line.name,
                    line.quantity,
                    line.quantity - back.get(line.line, 0),
                    line.gross_minor,
                )
                for line in receipt.live_lines
            ),
            paper=tuple(to_lines(receipt_document(receipt, SWEDEN))),
        )


def _found(item: Item) -> FoundItem:
    return FoundItem(item.sku, item.name, item.gtin, item.price_minor, 7, item.open_price)
