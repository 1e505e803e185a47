"""Whom an order is for and where to: one field after another, Enter goes on.

What is typed here leaves the screen once, with the last field, and is kept sealed. The thing
to get wrong: asking a street of somebody who collects.
"""

from __future__ import annotations

from pos_client.register.customer_commands import AttachCustomer
from pos_client.register.order_commands import GiveAddress
from pos_client.register.queries import (
    Answer,
    CustomerFile,
    FindCustomers,
    FoundCustomer,
    FoundCustomers,
    LookUpCustomer,
)
from pos_client.register.view import Level, View
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, fit, row
from pos_client.screens.till import Till

_COLLECTS = ("phone", "name", "email")
_SHIPS = ("phone", "name", "street", "postcode", "town", "email")
_OPTIONAL = frozenset({"email"})
_MISSES = {
    "order.no_name": ("name",),
    "order.no_contact": ("phone", "email"),
    "order.no_street": ("street", "town"),
    "order.postcode": ("postcode",),
}
"""Which fields a refusal complains of."""


class DeliveryPage(Page):
    name = "delivery"
    shows_total = True
    is_form = True

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.values: dict[str, str] = {}
        self.customer_id = ""
        self.at = 0

    def opened(self) -> None:
        super().opened()
        self.values, self.customer_id, self.at = {}, "", 0
        attached = self.till.view.customer
        if attached is not None and self.name == DeliveryPage.name:
            self.till.look_up(LookUpCustomer(attached.customer_id), self._attached)

    @property
    def fields(self) -> tuple[str, ...]:
        order = self.till.view.order
        return _SHIPS if order is not None and order.ships else _COLLECTS

    def seen(self, before: View) -> None:
        """Nothing comes later any more: there is nobody to ask about."""
        if self.till.view.order is None:
            self.till.home()

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [BLANK]
        for at, field in enumerate(self.fields):
            label = fit(f"   {self.till.say(f'delivery.{field}')}", 20)
            value = self.entry.text if at == self.at else self.values.get(field, "")
            look = Look.STRONG if at == self.at else Look.PLAIN
            rows.append(((label, Look.DIM), (fit(value, max(1, width - 22)), look)))
        return [*rows, BLANK, row(f"   {self.till.say('delivery.kept_sealed')}", Look.DIM)]

    def prompt(self) -> str:
        return self.till.say(f"delivery.{self.fields[self.at]}")

    def hint(self) -> str:
        return self.till.say("delivery.hint")

    def labels(self) -> Labels:
        return {12: "next"}

    # -- keys

    def enter(self) -> None:
        field = self.fields[self.at]
        text = self.entry.text.strip()
        if not text and field not in _OPTIONAL:
            self.till.refuse("delivery.needed", field=self.till.say(f"delivery.{field}"))
            return
        self.values[field] = self.entry.take()
        if field == "phone":
            self.till.look_up(FindCustomers(text, 2), lambda answer: self._known(text, answer))
        if self.at + 1 < len(self.fields):
            self._go(self.at + 1)
        else:
            self._send()

    def function(self, number: int) -> None:
        if number == 12:
            self.values[self.fields[self.at]] = self.entry.take()
            self._send()
        else:
            super().function(number)

    def other(self, name: str) -> None:
        steps = {"up": -1, "down": 1, "tab": 1}
        if name in steps:
            self.values[self.fields[self.at]] = self.entry.take()
            self._go(min(max(self.at + steps[name], 0), len(self.fields) - 1))

    def _attached(self, answer: Answer | None) -> None:
        """Whose the sale is fills in what is known; all of it can be changed."""
        if isinstance(answer, CustomerFile) and not any(self.values.values()):
            self._fill(answer.customer)

    def _known(self, phone: str, answer: Answer | None) -> None:
        """One customer with this number, and only one, fills in what is not typed yet."""
        found = answer.customers if isinstance(answer, FoundCustomers) else ()
        if len(found) != 1 or self.values.get("phone") != phone:
            return
        self._fill(found[0])

    def _fill(self, customer: FoundCustomer) -> None:
        self.customer_id = customer.customer_id
        known = {
            "phone": customer.phone,
            "name": customer.name,
            "street": customer.address,
            "postcode": customer.postcode,
            "town": customer.town,
            "email": customer.email,
        }
        for field, value in known.items():
            self.values[field] = self.values.get(field) or value
        self.entry.put(self.values.get(self.fields[self.at], ""))
        self.till.refusal_read()
        self.till.tell("delivery.known", name=customer.name)

    def _go(self, at: int) -> None:
        self.at = at
        self.entry.put(self.values.get(self.fields[at], ""))

    def _send(self) -> None:
        """A refusal of the register stands in its own words; what was typed stays."""
        words = {field: self.values.get(field, "") for field in _SHIPS}
        self._go(self.at)
        address = GiveAddress(**words)
        attached = self.till.view.customer
        is_attached = attached is not None and attached.customer_id == self.customer_id
        if self.customer_id and not is_attached:
            self.till.do(
                AttachCustomer(self.customer_id), lambda: self.till.do(address, self._kept)
            )
        else:
            self.till.do(address, self._kept)

    def _kept(self) -> None:
        """Back to the same basket, unless the register refused."""
        message = self.till.view.message
        if message is None or message.level is not Level.REFUSAL:
            self.till.home()
        else:
            self._go_where_it_fails(message.key)

    def _go_where_it_fails(self, key: str) -> None:
        """To the first empty field that the refusal names, or the first of them."""
        fields = [field for field in _MISSES.get(key, ()) if field in self.fields]
        empty = [field for field in fields if not self.values.get(field, "").strip()]
        if fields:
            self._go(self.fields.index((empty or fields)[0]))
