"""Another address for an order that was paid long ago: the same fields, said to central."""

from __future__ import annotations

from collections.abc import Callable

from pos_client.register.desk_commands import MoveOrder
from pos_client.register.view import View
from pos_client.screens.pages.delivery import DeliveryPage
from pos_client.screens.till import Till


class OrderAddressPage(DeliveryPage):
    """Another address for an order that was paid long ago."""

    name = "order_address"
    shows_total = False
    order_id = ""

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.after: Callable[[], None] = lambda: None

    @property
    def fields(self) -> tuple[str, ...]:
        return ("name", "street", "postcode", "town", "phone", "email")

    def seen(self, before: View) -> None:
        """The basket has nothing to do with it."""

    def _send(self) -> None:
        words = {field: self.values.get(field, "") for field in self.fields}
        self._go(self.at)
        self.till.do(MoveOrder(self.order_id, **words), self._kept)

    def _kept(self) -> None:
        """Back to the order, unless the register refused."""
        message = self.till.view.message
        if message is not None and message.key == "desk.moved":
            self.till.back()
            self.after()
        elif message is not None:
            self._go_where_it_fails(message.key)


def ask_order_address(till: Till, order_id: str, after: Callable[[], None]) -> None:
    """`after` is called when the address was said."""
    page = till.pages[OrderAddressPage.name]
    assert isinstance(page, OrderAddressPage)
    page.order_id, page.after = order_id, after
    till.go(OrderAddressPage.name)
