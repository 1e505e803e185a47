"""The shop around the register, read from local files: fulfils register.shop.Shop.

Every answer is a read of a local database or of memory. The thing to get wrong:
asking a device here; its last known state is in memory (`fiscal_state`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from central_sync.countries import COUNTRIES
from central_sync.countries.country import Country
from central_sync.retail.customer import Customer
from central_sync.retail.item import Item
from central_sync.retail.operator import Operator
from central_sync.retail.proof import Proof
from central_sync.retail.tax import TaxRate
from central_sync.retail.tender import Tender
from central_sync.retail.transaction import RetailTransaction, Seller
from central_sync.wire.pins import pin_matches
from hardware.ports import DeviceState
from pos_client.checkout.delivered_lines import with_substitutes
from pos_client.checkout.order_board import OrderBoard
from pos_client.checkout.proving import Prover, receipt_in
from pos_client.checkout.sealing import problem_in
from pos_client.checkout.task_board import OwnMoney, TaskBoard, code_matches
from pos_client.register.desk_orders import DeskOrder, OrderedPieces, RefundRight
from pos_client.register.goods_list import Delivery
from pos_client.register.shop import PrintQuestion, SuspendedBasket
from pos_client.register.tasks import Task
from pos_client.storage.goods import Deliveries
from pos_client.storage.master import MasterData
from pos_client.storage.paid_orders import is_refunded, paid_refunds, paid_rests
from pos_client.storage.people import People
from pos_client.storage.prints import PrintSpool
from pos_client.storage.receipts import Receipts
from pos_client.storage.records import Records, suspended_baskets
from pos_client.storage.tasks import acts_by_task


@dataclass
class StoreShop:
    """`workstation` is the label on receipts, `workstation_id` central's id of it."""

    master: MasterData
    records: Records
    receipts: Receipts
    workstation: str
    workstation_id: str
    epoch: int
    fiscal_state: Callable[[], DeviceState | None]
    free_bytes: Callable[[], int]
    has_printer: bool = True
    has_card_terminal: bool = False
    deposit_shop: str = ""
    people: People | None = None
    home: Path | None = None
    drawer_cash: Callable[[], int] = field(default=lambda: 0, init=False)
    _suspended: tuple[SuspendedBasket, ...] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        database = self.records.database
        self.board = TaskBoard(
            self.master,
            lambda: acts_by_task(database),
            self.home,
            lambda: OwnMoney(paid_rests(database), paid_refunds(database)),
        )
        self.prover = Prover(self.home, self.workstation_id, self.master)
        self.orders = OrderBoard(lambda: acts_by_task(database), lambda: paid_refunds(database))

    @property
    def country(self) -> Country:
        return COUNTRIES[self.master.facts.country]

    @property
    def seller(self) -> Seller:
        return self.master.facts.seller

    @property
    def tax_rates(self) -> Sequence[TaxRate]:
        return self.master.facts.tax_rates or self.country.tax_rates

    @property
    def tenders(self) -> Sequence[Tender]:
        return self.master.facts.tenders

    def store_name(self, store_id: str) -> str:
        """In words; the id where the name is not known here."""
        return self.master.site_name(store_id) or store_id

    @property
    def drawer_cash_minor(self) -> int:
        return self.drawer_cash()

    def find(self, code: str) -> Item | None:
        return self.master.find(code)

    def operator(self, number: str) -> Operator | None:
        return self.master.operator(number)

    def pin_matches(self, number: str, pin: str) -> bool:
        operator = self.master.operator(number)
        return operator is not None and pin_matches(operator.pin_hash, pin)

    def receipt(self, receipt_number: str) -> RetailTransaction | None:
        return self.receipts.find(receipt_number)

    def any_receipt(self, receipt_number: str) -> RetailTransaction | None:
        number = receipt_in(receipt_number)
        found = self.receipts.find(number) or self.orders.receipt(number)
        return with_substitutes(found, self.orders.of_receipt(found.receipt_id)) if found else None

    def unheard(self, receipt_id: str) -> Proof | None:
        return self.orders.unheard(receipt_id)

    def returned(self, receipt_id: str) -> Mapping[int, int]:
        """By this till, or by any as far as central knows: whichever is more."""
        here, central = self.receipts.returned(receipt_id), self.orders.returned(receipt_id)
        return {line: max(here.get(line, 0), central.get(line, 0)) for line in {*here, *central}}

    def ordered(self, receipt_id: str) -> Mapping[int, OrderedPieces]:
        return self.orders.ordered(receipt_id, self.receipts.returned(receipt_id))

    def order(self, order_id: str) -> DeskOrder | None:
        return self.orders.order(order_id)

    def refund_right(self, refund_key: str) -> RefundRight | None:
        return self.orders.right(refund_key)

    def is_refunded(self, refund_key: str) -> bool:
        return is_refunded(self.records.database, refund_key)

    def is_copied(self, receipt_id: str) -> bool:
        return self.receipts.is_copied(receipt_id)

    def is_deposit_used(self, number: str) -> bool:
        return self.receipts.is_deposit_used(number)

    def customer(self, customer_id: str) -> Customer | None:
        return self.people.customer(customer_id) if self.people else None

    def likely_customers(self, customer: Customer) -> Sequence[Customer]:
        return self.people.likely_same(customer) if self.people else ()

    @property
    def can_seal(self) -> bool:
        return self.records.data_keys is not None

    def suspended(self) -> tuple[SuspendedBasket, ...]:
        if self._suspended is None:
            self._suspended = suspended_baskets(self.records.database)
        return self._suspended

    def forget_suspended(self) -> None:
        """The parked baskets changed; read them again when asked."""
        self._suspended = None

    def print_question(self) -> PrintQuestion | None:
        return PrintSpool(self.records.database).question()

    def prints_in_doubt(self) -> tuple[PrintQuestion, ...]:
        """Every print that may be on paper, asked about or not."""
        return PrintSpool(self.records.database).in_doubt()

    def goods_task(self, task_id: str) -> tuple[str, list[tuple[str, str, int]]] | None:
        row = self.master.task(task_id)
        if row is None:
            return None
        body = row.body
        lines = [(one["sku"], one["name"], one["quantity"]) for one in body.get("lines", ())]
        return body.get("number", ""), lines

    def task(self, task_id: str) -> Task | None:
        return self.board.find(task_id)

    def parcel(self, code: str) -> Task | None:
        return self.board.parcel(code)

    def code_matches(self, task: Task, code: str) -> bool:
        return code_matches(task, code)

    def delivery(self, reference: str) -> Delivery | None:
        return Deliveries(self.records.database).find(reference)

    def last_at(self) -> str:
        return self.records.journal.newest_at()

    def fiscal_problem(self) -> str:
        state = self.fiscal_state()
        if state is None:
            return "fiscal.not_configured" if self.country.needs_fiscal_unit else ""
        return problem_in(state)

    def printer_problem(self) -> str:
        is_missing = self.country.needs_printer and not self.has_printer
        return "print.not_configured" if is_missing else ""

    def storage_problem(self) -> str:
        return "storage.full" if self.free_bytes() < LEAST_FREE_BYTES else ""

    def on_hand(self, sku: str) -> int | None:
        """The store's stock less what this workstation sold since central last heard."""
        stock = self.master.stock(sku, self.workstation_id)
        if stock is None:
            return None
        return stock.on_hand + self.receipts.moved_since(sku, *stock.as_of)


LEAST_FREE_BYTES = 20 * 1024 * 1024
"""Below this no sale is begun: a refusal before the goods change hands, never after."""
