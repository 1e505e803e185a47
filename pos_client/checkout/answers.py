"""Answers queries in a thread of its own, with connections of its own.

A search over a million items must never make a scan wait. The newest search
wins: an older one is interrupted and answered with None. Receipts and reports
are small and answered here too, in order.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from central_sync.countries.country import Country
from central_sync.engine.home_keys import KeysAway, store_keys
from central_sync.masterfile.check import open_reader as open_master
from central_sync.masterfile.search import search
from central_sync.masterfile.swap import Generation, generation
from central_sync.masterfile.variants import variants
from central_sync.retail.customer import Customer
from central_sync.retail.till import DayReport
from central_sync.retail.transaction import LineItem, RetailTransaction
from central_sync.wire.sealing import KeySet
from central_sync.wire.tasks import OrderSummary, Private
from hardware.printers.text import to_lines
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.order_views import order_from
from pos_client.receipts.layout import receipt_document
from pos_client.receipts.reports import report_document
from pos_client.register.queries import (
    Answer,
    CustomerFile,
    CustomersOrderView,
    DeliveryList,
    FindCustomers,
    FindLikely,
    FindOrders,
    FindReceipt,
    FoundCustomer,
    FoundCustomers,
    FoundItem,
    FoundItems,
    FoundOrders,
    ListDeliveries,
    ListReceipts,
    LookUpCustomer,
    OrderedLine,
    Paper,
    PreviewReport,
    PurchaseView,
    Reading,
    ReceiptLineView,
    ReceiptList,
    ReceiptView,
    Search,
)
from pos_client.register.stock_queries import LookUpModel, Model, ModelItem
from pos_client.storage.database import open_reader
from pos_client.storage.goods import Deliveries
from pos_client.storage.known_orders import found_orders, orders_of
from pos_client.storage.people import People
from pos_client.storage.receipts import Receipts

COLUMNS = 42
MOST_FOUND = 100
MOST_VARIANTS = 100
SHOWN_OF_A_CUSTOMER = 20
MOST_ORDERS = 20

Reply = Callable[[Answer | None], None]


class Answers:
    """`preview` makes an X or Z report as of now; it runs on the core's thread. `people` are
    this thread's alone."""

    def __init__(
        self,
        home: Path,
        mailbox: Mailbox,
        country: Callable[[], Country],
        preview: Callable[[str], DayReport],
        people: People | None = None,
    ) -> None:
        self._people = people
        self._home = home
        self._mailbox = mailbox
        self._country = country
        self._preview = preview
        self._queue: SimpleQueue[tuple[Reading, Reply] | None] = SimpleQueue()
        self._newest_search: Search | None = None
        self._master: sqlite3.Connection | None = None
        self._generation: Generation | None = None
        self._thread = threading.Thread(target=self._run, name="answers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, query: Reading, reply: Reply) -> None:
        """On the core's thread; the reply comes there too."""
        if isinstance(query, Search):
            self._newest_search = query
            self._interrupt()
        self._queue.put((query, reply))

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self._queue.put(None)
        self._interrupt()
        self._thread.join(timeout=2.0)

    def _interrupt(self) -> None:
        """End the search under way; its thread may be closing the file just now."""
        master = self._master
        if master is not None:
            with contextlib.suppress(sqlite3.ProgrammingError):
                master.interrupt()

    def _run(self) -> None:
        database = open_reader(self._home / "receipts.db")
        receipts, deliveries = Receipts(database), Deliveries(database)
        while (asked := self._queue.get()) is not None:
            query, reply = asked
            self._deliver(reply, self._answer(query, receipts, deliveries))

    def _deliver(self, reply: Reply, answer: Answer | None) -> None:
        self._mailbox.post(lambda: reply(answer))

    def _answer(self, query: Reading, receipts: Receipts, deliveries: Deliveries) -> Answer | None:
        match query:
            case Search():
                return self._search(query)
            case LookUpModel(code):
                return self._model(code)
            case FindCustomers(text, limit):
                return self._customers(text, limit)
            case FindLikely():
                return self._likely(query)
            case LookUpCustomer(customer_id):
                return self._customer_file(customer_id, receipts)
            case FindOrders(text):
                return self._orders(text)
            case FindReceipt(number):
                found = receipts.find(number)
                return self._receipt(found, receipts, with_paper=True) if found else None
            case ListReceipts(limit):
                newest = receipts.newest(max(1, min(limit, MOST_FOUND)))
                return ReceiptList(
                    tuple(self._receipt(each, receipts, with_paper=False) for each in newest)
                )
            case ListDeliveries(limit):
                return DeliveryList(tuple(deliveries.newest(limit)))
            case PreviewReport(kind):
                report = self._mailbox.call(lambda: self._preview(kind))
                return Paper(tuple(to_lines(report_document(report, self._country()), COLUMNS)))

    def _customers(self, text: str, limit: int) -> FoundCustomers:
        if self._people is None:
            return FoundCustomers(())
        limit = max(1, min(limit, MOST_FOUND))
        found = self._people.find(text, limit + 1)
        shown = tuple(found_customer(each) for each in found[:limit])
        return FoundCustomers(shown, is_more=len(found) > limit)

    def _likely(self, query: FindLikely) -> FoundCustomers:
        if self._people is None:
            return FoundCustomers(())
        wanted = Customer("", "", query.phone, query.email, query.member_number)
        found = self._people.likely_same(wanted)
        return FoundCustomers(tuple(found_customer(each) for each in found))

    def _customer_file(self, customer_id: str, receipts: Receipts) -> CustomerFile:
        """What is known here; the name is "" where only central knows who it is."""
        known = self._people.customer(customer_id) if self._people else None
        likely = self._people.likely_same(known) if self._people and known else []
        master = self._open_master()
        orders = orders_of(master, customer_id, SHOWN_OF_A_CUSTOMER) if master else []
        bought = receipts.of_customer(customer_id, SHOWN_OF_A_CUSTOMER)
        return CustomerFile(
            found_customer(known or Customer(customer_id, "")),
            tuple(known_order(state, body) for state, body in orders),
            tuple(purchase(each) for each in bought),
            tuple(found_customer(each) for each in likely),
        )

    def _search(self, query: Search) -> FoundItems | None:
        if query is not self._newest_search:
            return None
        connection = self._open_master()
        if connection is None:
            return FoundItems(())
        limit = max(1, min(query.limit, MOST_FOUND))
        try:
            found = search(connection, query.text[:100], limit + 1)
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        items = tuple(
            FoundItem(
                item.sku, item.name, item.gtin, item.price_minor, item.on_hand, item.is_open_price
            )
            for item in found[:limit]
        )
        return FoundItems(items, is_more=len(found) > limit)

    def _model(self, code: str) -> Model | None:
        connection = self._open_master()
        found = variants(connection, code[:100], MOST_VARIANTS) if connection else []
        items = (
            ModelItem(each.sku, each.name, each.colour, each.size, each.price_minor, each.on_hand)
            for each in found
        )
        return Model(tuple(items)) if found else None

    def _open_master(self) -> sqlite3.Connection | None:
        path = self._home / "master.db"
        now = generation(path)
        if now != self._generation:
            before, self._master = self._master, open_master(path) if now else None
            self._generation = now
            if before is not None:
                before.close()
        return self._master

    def _receipt(
        self, transaction: RetailTransaction, receipts: Receipts, *, with_paper: bool
    ) -> ReceiptView:
        returned = receipts.returned(transaction.receipt_id)
        return receipt_view(
            transaction,
            lambda line: (
                0 if line.line in transaction.ordered else _left(line, returned.get(line.line, 0))
            ),
            self._country(),
            is_copied=receipts.is_copied(transaction.receipt_id),
            with_paper=with_paper,
        )

    def _orders(self, text: str) -> FoundOrders:
        """What this store sold or hands out, as it was told."""
        connection = self._open_master()
        if connection is None:
            return FoundOrders(())
        keys, country = self._store_keys(), self._country().code
        found = found_orders(connection, text, keys, country, MOST_ORDERS + 1)
        shown = []
        for state, body, who in found[:MOST_ORDERS]:
            with contextlib.suppress(ValueError):  # of a newer central that this till cannot read
                summary = OrderSummary.model_validate(body)
                shown.append(order_from(summary, state, Private.model_validate(who)))
        return FoundOrders(tuple(shown), len(found) > MOST_ORDERS)

    def _store_keys(self) -> KeySet | None:
        try:
            return store_keys(self._home)
        except (KeysAway, OSError):
            return None


def receipt_view(
    transaction: RetailTransaction,
    left: Callable[[LineItem], int],
    country: Country,
    *,
    is_copied: bool,
    with_paper: bool = True,
    lines: Sequence[LineItem] = (),
) -> ReceiptView:
    """`left` says what of a line may still be taken back; `lines` when others than its own."""
    paper: tuple[str, ...] = ()
    if with_paper:
        paper = tuple(to_lines(receipt_document(transaction, country), COLUMNS))
    return ReceiptView(
        receipt_number=transaction.receipt_number,
        at=transaction.local_time,
        kind=transaction.kind.value,
        total_minor=transaction.total_minor,
        payments=", ".join(dict.fromkeys(p.name for p in transaction.payments)),
        is_copied=is_copied,
        lines=tuple(
            ReceiptLineView(
                line.line, line.sku, line.name, line.quantity, left(line), line.gross_minor
            )
            for line in lines or transaction.live_lines
        ),
        paper=paper,
    )


def found_customer(customer: Customer) -> FoundCustomer:
    return FoundCustomer(
        customer_id=customer.customer_id,
        name=customer.name,
        phone=customer.phone,
        email=customer.email,
        member_number=customer.member_number,
        postcode=customer.postcode,
        town=customer.town,
        address=customer.address,
    )


def known_order(state: str, body: Mapping[str, Any]) -> CustomersOrderView:
    """An order of the feed (wire.tasks.OrderSummary); what an older central left out is empty."""
    lines = (
        OrderedLine(
            each["name"],
            each["quantity"],
            each["mode"],
            each["state"],
            each.get("promised_by", ""),
            each.get("gross_minor", 0),
        )
        for each in body.get("lines", ())
    )
    return CustomersOrderView(
        body["order_id"],
        body["number"],
        state,
        body["placed_at"],
        body["total_minor"],
        body.get("unpaid_minor", 0),
        body.get("store_id", ""),
        tuple(lines),
    )


def purchase(sold: RetailTransaction) -> PurchaseView:
    return PurchaseView(
        sold.receipt_number,
        sold.local_time,
        sold.kind.value,
        sold.total_minor,
        sold.seller.store_id,
    )


def _left(line: LineItem, taken_back: int) -> int:
    """Pieces that may still be taken back; a weighed line is one piece while any is left."""
    left = max(0, line.returnable - taken_back)
    if line.deposit_slip:
        return 0
    return min(left, 1) if line.weight_grams else left
