"""A new customer: one field after another, Enter goes on, F12 is enough. Works without a network.

Who has the same phone, e-mail or member number already is shown first, and a person chooses.
The thing to get wrong: merging. Nothing is ever put together here, least on a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from central_sync.retail.customer import asked, normal_phone
from pos_client.register.customer_commands import AttachCustomer, CreateCustomer
from pos_client.register.queries import Answer, FindLikely, FoundCustomer, FoundCustomers
from pos_client.register.view import Level
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, fit, row
from pos_client.screens.till import Till

FIELDS = ("name", "phone", "email", "member_number")
MOST_LIKELY = 7


class NewCustomerPage(Page):
    name = "new_customer"
    is_form = True

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.values: dict[str, str] = {}
        self.at = 0

    def begin(self, text: str) -> None:
        """What was searched for goes where it belongs; the first empty field is next."""
        self.values = {field_of(text): text} if text else {}
        self._go(next(at for at, field in enumerate(FIELDS) if field not in self.values))

    def opened(self) -> None:
        super().opened()
        self.begin("")

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [BLANK]
        for at, field in enumerate(FIELDS):
            label = fit(f"   {self.till.say(f'new_customer.{field}')}", 26)
            value = self.entry.text if at == self.at else self.values.get(field, "")
            look = Look.STRONG if at == self.at else Look.PLAIN
            rows.append(((label, Look.DIM), (fit(value, max(1, width - 28)), look)))
        return [*rows, BLANK, row(f"   {self.till.say('delivery.kept_sealed')}", Look.DIM)]

    def prompt(self) -> str:
        return self.till.say(f"new_customer.{FIELDS[self.at]}")

    def hint(self) -> str:
        return self.till.say("delivery.hint")

    def labels(self) -> Labels:
        return {12: "next"}

    # -- keys

    def character(self, character: str) -> None:
        """A plus begins a telephone number here."""
        self.entry.insert(character)

    def enter(self) -> None:
        self._keep()
        if self.at + 1 < len(FIELDS):
            self._go(self.at + 1)
        else:
            self._send()

    def function(self, number: int) -> None:
        if number == 12:
            self._keep()
            self._send()
        else:
            super().function(number)

    def other(self, name: str) -> None:
        steps = {"up": -1, "down": 1, "tab": 1}
        if name in steps:
            self._keep()
            self._go(min(max(self.at + steps[name], 0), len(FIELDS) - 1))

    def _keep(self) -> None:
        self.values[FIELDS[self.at]] = self.entry.text.strip()

    def _go(self, at: int) -> None:
        self.at = at
        self.entry.put(self.values.get(FIELDS[at], ""))

    # -- sending

    def _send(self) -> None:
        name, phone, email, member = (self.values.get(field, "") for field in FIELDS)
        wish = CreateCustomer(name, phone, email, member)
        if not wish.name:
            self._go(0)
            self.till.refuse("new_customer.needs_name")
            return
        self._go(self.at)
        likely = FindLikely(wish.phone, wish.email, wish.member_number)
        self.till.look_up(likely, lambda answer: self._choose(wish, answer))

    def _choose(self, wish: CreateCustomer, answer: Answer | None) -> None:
        likely = answer.customers if isinstance(answer, FoundCustomers) else ()
        if not likely:
            self.till.do(wish, self._made)
            return

        def is_this(who: FoundCustomer) -> tuple[str, Callable[[], None]]:
            told = (who.name, who.phone, who.email, who.town)
            attach = AttachCustomer(who.customer_id)
            return " · ".join(filter(None, told)), lambda: self.till.do(attach, self._made)

        sure = replace(wish, is_sure=True)
        somebody_else = (
            self.till.say("new_customer.somebody_else", name=wish.name),
            lambda: self.till.do(sure, self._made),
        )
        options = numbered([*map(is_this, likely[:MOST_LIKELY]), somebody_else])
        fact = self.till.say("new_customer.likely")
        self.till.choose(Choice(self.till.say("new_customer.who"), options, (fact,)))

    def _made(self) -> None:
        """Back to the same basket, unless the register refused."""
        message = self.till.view.message
        if message is None or message.level is not Level.REFUSAL:
            self.till.home()


def field_of(text: str) -> str:
    """Which field a text that was searched for belongs in."""
    kind = asked(text).kind
    if kind == "number":
        return "phone" if normal_phone(text) else "member_number"
    return kind


def show_new_customer(till: Till, text: str) -> None:
    """Open the page with what is known already."""
    till.go(NewCustomerPage.name)
    page = till.pages[NewCustomerPage.name]
    assert isinstance(page, NewCustomerPage)
    page.begin(text)
