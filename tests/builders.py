"""Builders that read like a shop floor: a shop, its goods and people, and a register in it.

The register here is the pure one: `decide` and `evolve` with a shop in memory and a
clock that moves a second a command. What a newcomer would get wrong: the driver seals
and completes at once, as the core process does on a good day; give the shop a
`silent_unit()` to see what happens on a bad one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from central_sync.countries import COUNTRIES
from central_sync.countries.country import Country
from central_sync.retail.customer import Customer, identity_words
from central_sync.retail.item import Item, ItemKind, check_digit, code_key
from central_sync.retail.operator import Operator, Role
from central_sync.retail.plain import from_plain, tagged, to_plain
from central_sync.retail.proof import Proof
from central_sync.retail.tax import TaxRate
from central_sync.retail.tender import Tender, TenderKind
from central_sync.retail.transaction import ReceiptKind, RetailTransaction, Seller
from central_sync.wire.pins import hash_pin
from pos_client.register import commands
from pos_client.register import events as happened
from pos_client.register.closing import close_basket, completed
from pos_client.register.commands import Command
from pos_client.register.decide import decide
from pos_client.register.desk_orders import DeskOrder, OrderedPieces, RefundRight
from pos_client.register.events import Event, read_event
from pos_client.register.evolve import evolve
from pos_client.register.goods_list import Delivery, GoodsKind, GoodsMovement
from pos_client.register.refusal import Refused
from pos_client.register.shop import Facts, PrintQuestion, SuspendedBasket
from pos_client.register.state import Register
from pos_client.register.tasks import Task, TaskAct, with_acts

CASH = Tender("cash", "Kontant", TenderKind.CASH, opens_drawer=True)
CARD = Tender("card", "Kort", TenderKind.CARD)
SWISH = Tender("swish", "Swish", TenderKind.MOBILE)

ANNA, OLLE, MARIA = "1001", "1002", "1009"
IDA = "1050"
PINS = {ANNA: "1234", OLLE: "2345", MARIA: "9876", IDA: "5555"}

SELLER = Seller(
    company="Två Par AB",
    organisation_number="556000-0000",
    store_id="s01",
    store_name="Två Par Göteborg",
    address="Kungsgatan 12",
    postcode="411 19",
    town="Göteborg",
)


def kr(text: str) -> int:
    """Kronor as a person writes them, in öre: kr("1 199,50") is 119950."""
    whole, _, rest = text.replace(" ", "").replace("\u00a0", "").partition(",")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(rest.ljust(2, "0") or "0"))


def gtin(number: int) -> str:
    """A valid GTIN-13 in GS1's demonstration range."""
    digits = f"952{number:09}"
    return digits + check_digit(digits)


def an_item(name: str, price: str = "199,00", **changes: Any) -> Item:
    """An item at a price; its SKU comes from the name unless it is given."""
    values: dict[str, Any] = {
        "sku": name.upper().replace(" ", "-"),
        "name": name,
        "price_minor": kr(price),
        "tax_group": "standard",
    }
    return Item(**{**values, **changes})


@cache
def pin_hash_of(pin: str) -> str:
    return hash_pin(pin)


def people() -> dict[str, Operator]:
    """A cashier, a senior, a manager and store IT, as every test shop has them."""
    who = (
        Operator(ANNA, "Anna Berg", Role.CASHIER),
        Operator(OLLE, "Olle Ek", Role.SENIOR),
        Operator(MARIA, "Maria Lund", Role.MANAGER),
        Operator(IDA, "Ida It", Role.IT),
    )
    return {person.number: person for person in who}


@dataclass
class MemoryShop:
    """Fulfils register.shop.Shop from memory; `file` and friends are what the shell would do."""

    country: Country = COUNTRIES["SE"]
    seller: Seller = SELLER
    workstation: str = "1"
    workstation_id: str = "1"
    epoch: int = 1
    tax_rates: Sequence[TaxRate] = COUNTRIES["SE"].tax_rates
    tenders: Sequence[Tender] = (CASH, CARD, SWISH)
    items: dict[str, Item] = field(default_factory=dict)
    operators: dict[str, Operator] = field(default_factory=people)
    receipts: list[RetailTransaction] = field(default_factory=list)
    copied: set[str] = field(default_factory=set)
    parked: list[SuspendedBasket] = field(default_factory=list)
    fiscal: str = ""
    printer: str = ""
    has_card_terminal: bool = False
    storage: str = ""
    newest_at: str = ""
    asked: PrintQuestion | None = None
    seals_at_once: bool = True
    deposit_shop: str = "012345"
    stock: dict[str, int] = field(default_factory=dict)
    goods_tasks: dict[str, tuple[str, list[tuple[str, str, int]]]] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    customers: dict[str, Customer] = field(default_factory=dict)
    can_seal: bool = True
    told: dict[str, Task] = field(default_factory=dict)
    acts: list[TaskAct] = field(default_factory=list)
    orders: dict[str, DeskOrder] = field(default_factory=dict)
    rights: dict[str, RefundRight] = field(default_factory=dict)
    pieces: dict[str, dict[int, OrderedPieces]] = field(default_factory=dict)
    proofs: dict[str, Proof] = field(default_factory=dict)
    drawer_cash_minor: int = 100_000_000

    def with_item(self, name: str, price: str = "199,00", **changes: Any) -> MemoryShop:
        item = an_item(name, price, **changes)
        self.items[item.sku] = item
        return self

    def silent_unit(self) -> MemoryShop:
        """The fiscal unit takes requests and does not answer."""
        self.seals_at_once = False
        return self

    def find(self, code: str) -> Item | None:
        key = code_key(code)
        for item in self.items.values():
            if item.gtin and code_key(item.gtin) == key:
                return item
        return self.items.get(code) or self.items.get(code.upper())

    def operator(self, number: str) -> Operator | None:
        return self.operators.get(number)

    def pin_matches(self, number: str, pin: str) -> bool:
        return PINS.get(number) == pin

    def receipt(self, receipt_number: str) -> RetailTransaction | None:
        for receipt in self.receipts:
            if receipt_number in (receipt.receipt_number, str(receipt.number)):
                return receipt
        return None

    def returned(self, receipt_id: str) -> Mapping[int, int]:
        pieces: dict[int, int] = {}
        for receipt in self.receipts:
            for line in receipt.live_lines:
                if line.original_receipt_id == receipt_id:
                    before = pieces.get(line.original_line, 0)
                    pieces[line.original_line] = before - line.returnable
        return pieces

    def unheard(self, receipt_id: str) -> Proof | None:
        return self.proofs.get(receipt_id)

    def is_copied(self, receipt_id: str) -> bool:
        return receipt_id in self.copied

    def customer(self, customer_id: str) -> Customer | None:
        return self.customers.get(customer_id)

    def likely_customers(self, customer: Customer) -> Sequence[Customer]:
        words = set(identity_words(customer))
        return [each for each in self.customers.values() if words & set(identity_words(each))]

    def suspended(self) -> Sequence[SuspendedBasket]:
        return tuple(self.parked)

    def print_question(self) -> PrintQuestion | None:
        return self.asked

    def is_deposit_used(self, number: str) -> bool:
        lines = (line for receipt in self.receipts for line in receipt.live_lines)
        return any(line.deposit_slip == number for line in lines)

    def on_hand(self, sku: str) -> int | None:
        return self.stock.get(sku)

    def goods_task(self, task_id: str) -> tuple[str, list[tuple[str, str, int]]] | None:
        return self.goods_tasks.get(task_id)

    def delivery(self, reference: str) -> Delivery | None:
        found = [each for each in self.deliveries if each.reference == reference]
        return found[-1] if found else None

    def task(self, task_id: str) -> Task | None:
        task = self.told.get(task_id)
        return with_acts(task, [a for a in self.acts if a.task_id == task_id]) if task else None

    def parcel(self, code: str) -> Task | None:
        ids = (
            task_id for task_id, told in self.told.items() if code in (told.tracking, told.number)
        )
        return self.task(next(ids, ""))

    def any_receipt(self, receipt_number: str) -> RetailTransaction | None:
        return self.receipt(receipt_number)

    def order(self, order_id: str) -> DeskOrder | None:
        return self.orders.get(order_id)

    def refund_right(self, refund_key: str) -> RefundRight | None:
        return self.rights.get(refund_key)

    def is_refunded(self, refund_key: str) -> bool:
        lines = (line for receipt in self.receipts for line in receipt.live_lines)
        return any(line.refund_key == refund_key for line in lines)

    def ordered(self, receipt_id: str) -> dict[int, OrderedPieces]:
        return self.pieces.get(receipt_id, {})

    def code_matches(self, task: Task, code: str) -> bool:
        return task.code_hash == code

    def moved(self, movement: GoodsMovement, at: str) -> None:
        """What the shell does about goods that moved."""
        for sku, delta in movement.lines:
            self.stock[sku] = self.stock.get(sku, 0) + delta
        if movement.kind is GoodsKind.RECEIVE:
            received = Delivery(movement.movement_id, movement.reference, at, movement.lines)
            self.deliveries.append(received)

    def last_at(self) -> str:
        return self.newest_at

    def fiscal_problem(self) -> str:
        return self.fiscal

    def printer_problem(self) -> str:
        return self.printer

    def storage_problem(self) -> str:
        return self.storage


def a_shop() -> MemoryShop:
    """An empty shop with its people; fill it with `with_item`."""
    return MemoryShop()


SHOES = gtin(1)
SOCKS = gtin(2)
MAGAZINE = gtin(3)
OPEN = "OPEN-25"


def a_shoe_shop() -> MemoryShop:
    """Shoes at 899, socks at 49,90, a magazine at 6 % VAT, and goods without a code."""
    return (
        a_shop()
        .with_item("Löparsko Fjäll 42", "899,00", sku="SKO-42", gtin=SHOES)
        .with_item("Strumpa Sjö", "49,90", sku="STRUMPA", gtin=SOCKS)
        .with_item("Löpartidning", "79,50", sku="TIDNING", gtin=MAGAZINE, tax_group="print")
        .with_item("Övrig vara", "0", sku=OPEN, open_price=True)
        .with_item("Skoputs", "89,00", sku="PUTS", kind=ItemKind.SERVICE)
    )


class Cashier:
    """The verbs of a working day, for whatever takes commands; each returns itself."""

    def do(self, command: Command) -> Self:
        raise NotImplementedError

    def signs_on(self, number: str = ANNA, pin: str = "") -> Self:
        return self.do(commands.SignOn(number, pin or PINS.get(number, "0000")))

    def opens(self, cash: str = "1000") -> Self:
        return self.do(commands.OpenDay(kr(cash)))

    def scans(self, *codes: str) -> Self:
        for code in codes:
            self.do(commands.ScanCode(code))
        return self

    def pays_cash(self, amount: str | None = None) -> Self:
        return self.pays("cash", amount)

    def pays_card(self, amount: str | None = None) -> Self:
        return self.pays("card", amount)

    def pays(self, tender: str, amount: str | None) -> Self:
        return self.do(commands.Pay(tender, None if amount is None else kr(amount)))

    def takes_back(self, number: str, line: int = 1, quantity: int = 1) -> Self:
        return self.do(commands.ReturnLine(number, line, quantity, "regret"))

    def approves(self, number: str = MARIA, pin: str = "") -> Self:
        return self.do(commands.Approve(number, pin or PINS[number]))

    def closes(self, **counted: str) -> Self:
        sums = tuple((tender, kr(amount)) for tender, amount in counted.items())
        return self.do(commands.CloseDay(sums))


@dataclass
class RegisterDriver(Cashier):
    """Does commands one after another; every verb returns the driver, so they chain."""

    shop: MemoryShop
    state: Register = field(default_factory=Register)
    now: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    happened: list[Event] = field(default_factory=list)
    ids: int = 0

    def do(self, command: Command) -> Self:
        """Decide, fold, and do at once what the shell would do about it."""
        self.apply(decide(self.state, command, self.shop, self._facts()))
        return self

    def apply(self, events: Sequence[Event]) -> None:
        for event in events:
            # Every event goes through its written form, as it does in the core.
            assert read_event(tagged(event)) == event
            self.happened.append(event)
            self._file(event)
            self.state = evolve(self.state, event)
        assert from_plain(Register, to_plain(self.state)) == self.state
        if self.state.completing is not None and self.shop.seals_at_once:
            self.seal_arrives()

    def refuses(self, command: Command) -> Refused:
        """The refusal of a command that is expected to be refused."""
        before = self.state
        try:
            events = decide(before, command, self.shop, self._facts())
        except Refused as refusal:
            assert self.state is before
            return refusal
        raise AssertionError(f"{command} was not refused but led to {events}")

    def wait(self, **span: float) -> RegisterDriver:
        self.now += timedelta(**span)
        return self

    def seal_arrives(self) -> RegisterDriver:
        """The unit has answered: the receipt is filed and the basket is gone."""
        transaction = close_basket(self.state, self.shop)
        self.shop.receipts.append(transaction)
        event = happened.ReceiptCompleted(completed(transaction))
        self.happened.append(event)
        self.state = evolve(self.state, event)
        return self

    def seal_is_missed(self, problem: str = "fiscal.not_answering") -> RegisterDriver:
        self.apply([happened.SealMissed(problem)])
        return self

    @property
    def receipt(self) -> RetailTransaction:
        """The newest one."""
        return self.shop.receipts[-1]

    @property
    def total_minor(self) -> int:
        return self.state.basket.total_minor

    def _facts(self) -> Facts:
        self.now += timedelta(seconds=1)
        self.ids += 1
        return Facts(
            at=self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            local_time=(self.now + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S"),
            today=self.now.date().isoformat(),
            new_id=f"018bcfe5-687b-7000-8000-{self.ids:012d}",
        )

    def _file(self, event: Event) -> None:
        match event:
            case happened.BasketSuspended(basket):
                name = self.state.operator.name if self.state.operator else ""
                self.shop.parked.append(SuspendedBasket(self._facts().at, name, basket))
            case happened.BasketResumed(basket):
                self.shop.parked = [p for p in self.shop.parked if p.basket != basket]
            case happened.TaskActed(act, is_told=True):
                self.shop.acts.append(act)
            case happened.GoodsMoved(movement):
                self.shop.moved(movement, self._facts().at)
            case happened.ReceiptCopied(receipt_id, _):
                self.shop.copied.add(receipt_id)


def a_register(shop: MemoryShop | None = None) -> RegisterDriver:
    """A register where nobody is signed on and the day is not open."""
    return RegisterDriver(shop if shop is not None else a_shoe_shop())


def an_open_register(shop: MemoryShop | None = None, *, operator: str = ANNA) -> RegisterDriver:
    """Signed on (the cashier, if nobody else is named), day open with 1000 kr."""
    return a_register(shop).signs_on(operator).opens()


def master_rows(shop: MemoryShop) -> dict[str, list[tuple[Any, ...]]]:
    """The same shop as rows of a master file (masterfile/schema.sql)."""
    items = list(shop.items.values())
    return {
        "item": [
            (rank, i.sku, i.name, i.gtin, i.tax_group, i.kind.value, int(i.open_price),
             int(i.blocked), i.model, i.colour, i.size, i.sold_by.value, i.tare_grams)
            for rank, i in enumerate(items, start=1)
        ],
        "barcode": sorted((code_key(i.gtin), i.sku) for i in items if i.gtin),
        "price": sorted((i.sku, i.price_minor) for i in items if not i.open_price),
        "stock": sorted((i.sku, 10, "{}") for i in items if not i.open_price),
        "operator": sorted(
            (p.number, p.name, p.role.value, pin_hash_of(PINS[p.number]), p.language)
            for p in shop.operators.values()
        ),
        "tax_rate": sorted((r.group, r.valid_from, r.rate_basis_points) for r in shop.tax_rates),
        "tender": sorted(
            (t.tender_id, t.name, t.kind.value, int(t.is_recorded), int(t.opens_drawer), rank)
            for rank, t in enumerate(shop.tenders)
        ),
        "store": [
            (shop.seller.store_id, shop.seller.store_name, shop.seller.company,
             shop.seller.organisation_number, shop.seller.address, shop.seller.postcode,
             shop.seller.town, shop.country.code, shop.seller.phone, shop.seller.footer)
        ],
    }  # fmt: skip


def cashed(receipt: RetailTransaction) -> int:
    """What the customer really parted with: payments less change."""
    return sum(payment.amount_minor for payment in receipt.payments) - receipt.change_minor


def is_return(receipt: RetailTransaction) -> bool:
    return receipt.kind is ReceiptKind.RETURN


def with_role(shop: MemoryShop, number: str, role: Role) -> MemoryShop:
    """The same shop where one person has another role."""
    shop.operators[number] = replace(shop.operators[number], role=role)
    return shop
