"""Customers: found by phone, e-mail, name or member number, shown with orders and purchases.

From central while it answers in time, else as this store knows them, with a word of its age.
Enter takes what is marked: in a list a customer, on a customer's own page the sale, an order
or a purchase. The thing to get wrong: asking at every letter. Each look-up is written down,
so only Enter asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pos_client.register.codes import CodeClass, member_of
from pos_client.register.customer_commands import AttachCustomer, DetachCustomer
from pos_client.register.queries import (
    Answer,
    CustomerFile,
    CustomersOrderView,
    FindCustomers,
    FoundCustomer,
    FoundCustomers,
    LookUpCustomer,
    PurchaseView,
)
from pos_client.screens.core_port import Scan
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.pages.new_customer import show_new_customer
from pos_client.screens.pages.orders import show_order
from pos_client.screens.pages.returns import show_return
from pos_client.screens.rows import BLANK, Look, Row, across, fit, marked, row, unmarked, wrapped
from pos_client.screens.status import age_text
from pos_client.screens.till import Till


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row that can be taken; `section` is the text key of the heading it stands under."""

    section: str
    left: str
    right: str
    act: Callable[[], None]


class CustomersPage(Page):
    name = "customers"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.MEMBER})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._forget()

    def _forget(self) -> None:
        self.found: FoundCustomers | None = None
        self.file: CustomerFile | None = None
        self.asked = ""
        self.cursor = 0

    def opened(self) -> None:
        """Whose the sale is stands here at once."""
        super().opened()
        self._forget()

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        head = self._head_rows(width)
        rows, current = self._entry_rows(width)
        shown = window(current, len(rows), max(1, height - len(head)))
        return [*head, *(rows[at] for at in shown)]

    def _head_rows(self, width: int) -> list[Row]:
        if self.file is not None:
            return [*self._who_rows(self.file.customer, width), self._answer_row(width), BLANK]
        if self.found is not None and self.found.customers:
            return [self._answer_row(width), BLANK]
        key = "explain" if self.found is None else "none"
        lines = wrapped(self.till.say(f"customers.{key}", text=self.asked), width - 6)
        rows: list[Row] = [BLANK, *(row(f"   {line}", Look.DIM) for line in lines)]
        return rows if self.found is None else [*rows, BLANK, self._answer_row(width)]

    def _who_rows(self, who: FoundCustomer, width: int) -> list[Row]:
        member = self._member(who)
        contact = "   ".join(each for each in (who.phone, who.email) if each)
        home = " ".join(each for each in (who.postcode, who.town) if each)
        place = ", ".join(each for each in (who.address, home) if each)
        lines = (each for each in (contact, place) if each)
        return [
            row(across(f" {who.name}", f"{member} ", width), Look.STRONG),
            *(row(fit(f" {line}", width)) for line in lines),
        ]

    def _member(self, who: FoundCustomer) -> str:
        if not who.member_number:
            return ""
        return self.till.say("customers.member", number=who.member_number)

    def _answer_row(self, width: int) -> Row:
        """Live, or how old what stands here is."""
        told = self.file or self.found
        if told is None or told.is_live:
            return row(fit(f" {self.till.say('customers.live')}", width), Look.DIM)
        key, values = "customers.not_told", {}
        if told.age_seconds is not None:
            key, values = "customers.last_known", {"age": age_text(self.till, told.age_seconds)}
        return row(fit(f" ▲ {self.till.say(key, **values)}", width), Look.ATTENTION)

    def _entry_rows(self, width: int) -> tuple[list[Row], int]:
        """All rows, headings among them, and which of them is the current one."""
        rows: list[Row] = []
        section, current = "", 0
        for at, entry in enumerate(self.entries()):
            if entry.section != section:
                section = entry.section
                rows.append(row(f" {self.till.say(f'customers.{section}')}", Look.DIM))
            text = across(f" {entry.left}", f"{entry.right} ", width - 2)
            if at == self.cursor:
                current = len(rows)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        return rows, current

    def entries(self) -> list[_Entry]:
        if self.file is not None:
            return list(self._of_one(self.file))
        found = self.found.customers if self.found else ()
        return [self._person(each, "") for each in found]

    def _of_one(self, file: CustomerFile) -> Iterator[_Entry]:
        is_on = self._is_on_sale(file.customer)
        key = "customers.is_on_sale" if is_on else "customers.take"
        yield _Entry("", self.till.say(key), "", lambda: self._attach(file.customer))
        for order in file.orders:
            yield self._order(order)
        for purchase in file.purchases:
            yield self._purchase(purchase)
        for each in file.likely:
            yield self._person(each, "likely")

    def _person(self, who: FoundCustomer, section: str) -> _Entry:
        at = " · ".join(each for each in (who.phone or who.email, who.town) if each)
        return _Entry(section, f"{who.name}   {at}", self._member(who), lambda: self._show(who))

    def _order(self, order: CustomersOrderView) -> _Entry:
        day = self._day(order.placed_at)
        state = self.till.say(f"customers.order.{order.state}")
        left = f"{day}  {order.number}  {state}  {order.store}"
        amount = self.till.money(order.total_minor)
        return _Entry("orders", left, amount, lambda: show_order(self.till, order.number))

    def _purchase(self, bought: PurchaseView) -> _Entry:
        is_return = f"  {self.till.say('summary.return')}" if bought.kind == "return" else ""
        left = f"{self._day(bought.at)}  {bought.receipt_number}{is_return}  {bought.store}"
        amount = self.till.money(bought.total_minor)
        return _Entry("purchases", left, amount, lambda: self._take_back(bought))

    def _day(self, at: str) -> str:
        return f"{datetime.fromisoformat(at).astimezone(self.till.here().tzinfo):%Y-%m-%d}"

    def prompt(self) -> str:
        return self.till.say("customers.prompt")

    def hint(self) -> str:
        if self.file is not None:
            return self.till.say("customers.hint_one")
        return self.till.say("customers.hint_list" if self.entries() else "hint.enter")

    def labels(self) -> Labels:
        detach = {3: "detach"} if self.till.view.customer else {}
        take = {12: "add"} if self.entries() else {}
        return {**detach, 9: "new_customer", **take}

    # -- keys

    def character(self, character: str) -> None:
        """A plus begins a telephone number here."""
        self.entry.insert(character)

    def enter(self) -> None:
        text, entries = self.entry.take(), self.entries()
        if self.by_scanner:
            self._scanned_text(text)
        elif text:
            self.find(text)
        elif entries:
            entries[self.cursor].act()

    def function(self, number: int) -> None:
        if number == 12 and self.file is not None:
            self._attach(self.file.customer)
        elif number == 12 and self.found is not None and self.found.customers:
            self._attach(self.found.customers[self.cursor])
        elif number == 9:
            show_new_customer(self.till, self.entry.take() or self.asked)
        elif number == 3 and self.till.view.customer is not None:
            self.till.do(DetachCustomer())
        else:
            super().function(number)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.entries()))
        self.cursor = self.cursor if to is None else to

    def escape(self) -> None:
        """From a customer back to the list it was taken from."""
        is_calm = not self.entry.text and self.till.note is None
        if is_calm and self.file is not None and self.found and len(self.found.customers) > 1:
            self.file, self.cursor = None, 0
        else:
            super().escape()

    def scanned(self, scan: Scan) -> None:
        if scan.scan_id:
            self.till.core.accept_scan(scan.scan_id)
        self.find(member_of(scan.data, scan.symbology))

    def _scanned_text(self, text: str) -> None:
        """A wedge scanner's burst: a member's card, or it has no business here."""
        if member_of(text):
            self.find(member_of(text))
        else:
            self.till.refuse("scan.not_here")

    # -- finding

    def find(self, text: str) -> None:
        """One who fits is shown at once."""
        self.till.look_up(FindCustomers(text), lambda answer: self._found(text, answer))

    def _found(self, text: str, answer: Answer | None) -> None:
        if not isinstance(answer, FoundCustomers):
            return
        plain = text[1:].lstrip("-")
        if not answer.customers and member_of(text) and plain != text:
            self.find(plain)  # a card says M-700001 where the register says 700001
            return
        self.found, self.file, self.asked, self.cursor = answer, None, text, 0
        if answer.is_more:
            self.till.tell("customers.more", count=len(answer.customers))
        if len(answer.customers) == 1:
            self._show(answer.customers[0])

    def show(self, customer_id: str) -> None:
        """With orders and purchases."""
        self.till.look_up(LookUpCustomer(customer_id), self._shown)

    def _show(self, who: FoundCustomer) -> None:
        self.show(who.customer_id)

    def _shown(self, answer: Answer | None) -> None:
        if isinstance(answer, CustomerFile):
            self.file, self.cursor = answer, 0
        else:
            self.till.refuse("customers.only_central")

    # -- what is taken

    def _is_on_sale(self, who: FoundCustomer) -> bool:
        attached = self.till.view.customer
        return attached is not None and attached.customer_id == who.customer_id

    def _attach(self, who: FoundCustomer) -> None:
        if self._is_on_sale(who):
            self.till.home()
        else:
            self.till.do(AttachCustomer(who.customer_id), lambda: self._attached(who))

    def _attached(self, who: FoundCustomer) -> None:
        """Back to the same basket, unless the register refused."""
        if self._is_on_sale(who):
            self.till.home()

    def _take_back(self, bought: PurchaseView) -> None:
        if bought.kind == "return":
            self.till.refuse("customers.is_return")
        else:
            show_return(self.till, bought.receipt_number)


def show_customers(till: Till, text: str) -> None:
    """Open the page: on who fits the text, else on whose the sale is."""
    till.go(CustomersPage.name)
    page = till.pages[CustomersPage.name]
    assert isinstance(page, CustomersPage)
    attached = till.view.customer
    if text:
        page.find(text)
    elif attached is not None:
        page.show(attached.customer_id)
