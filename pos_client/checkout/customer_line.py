"""Central asked live about customers: one answer within 300 ms, or none.

It has threads and a line of its own, so that stock look-ups and holds never make a customer
wait. The thing to get wrong: keeping a late answer. It is personal data that nobody looks at
any more; the next question asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.patient_line import LOOK_UP_SECONDS, PatientLine
from pos_client.register.queries import (
    AboutCustomers,
    CustomerFile,
    CustomersOrderView,
    FindCustomers,
    FindLikely,
    FoundCustomer,
    FoundCustomers,
    LookUpCustomer,
    OrderedLine,
    PurchaseView,
)

if TYPE_CHECKING:
    from central_sync.engine.desk import CustomerDesk
    from central_sync.wire.people import CustomerCard, CustomersOrder, Purchase
    from central_sync.wire.people import CustomerFile as ToldFile

Told = FoundCustomers | CustomerFile


class CustomerLine:
    """`open_desk` opens one line to central; it is called on the thread that uses it."""

    def __init__(
        self,
        open_desk: Callable[[], CustomerDesk],
        mailbox: Mailbox,
        *,
        patience_seconds: float = LOOK_UP_SECONDS,
    ) -> None:
        self._line = PatientLine(open_desk, mailbox, "customer")
        self._patience_seconds = patience_seconds

    def ask(self, query: AboutCustomers, why: str, then: Callable[[Told | None], None]) -> None:
        """On the core's thread; `then` is called there too, with None when central is late or
        away. `why` is written down at central beside who was shown."""
        self._line.submit(lambda desk: _ask(desk, query, why), self._patience_seconds, then)

    def stop(self) -> None:
        self._line.stop()


def _ask(desk: CustomerDesk, query: AboutCustomers, why: str) -> Told:
    match query:
        case FindCustomers(text, limit):
            page = desk.customers(text, why)
            shown = tuple(_customer(each) for each in page.customers[:limit])
            return FoundCustomers(shown, True, page.is_more or len(page.customers) > limit)
        case FindLikely():
            return FoundCustomers(tuple(_likely(desk, query, why)), is_live=True)
        case LookUpCustomer(customer_id):
            return _file(desk.customer(customer_id, why))


def _likely(desk: CustomerDesk, query: FindLikely, why: str) -> Iterable[FoundCustomer]:
    """Each person once, whatever they share."""
    found: dict[str, FoundCustomer] = {}
    for text in filter(None, (query.phone, query.email, query.member_number)):
        for card in desk.customers(text, why).customers:
            found.setdefault(card.customer_id, _customer(card))
    return found.values()


def _customer(card: CustomerCard) -> FoundCustomer:
    return FoundCustomer(
        card.customer_id,
        card.name,
        card.phone,
        card.email,
        card.member_number,
        card.postcode,
        card.town,
        card.address,
    )


def _file(told: ToldFile) -> CustomerFile:
    return CustomerFile(
        _customer(told.customer),
        tuple(_order(each) for each in told.orders),
        tuple(_purchase(each) for each in told.purchases),
        tuple(_customer(each) for each in told.likely),
        is_live=True,
    )


def _purchase(told: Purchase) -> PurchaseView:
    return PurchaseView(told.receipt_number, told.at, told.kind, told.total_minor, told.store_id)


def _order(told: CustomersOrder) -> CustomersOrderView:
    lines = (
        OrderedLine(
            each.name, each.quantity, each.mode, each.state, each.promised_by, each.gross_minor
        )
        for each in told.lines
    )
    return CustomersOrderView(
        told.order_id,
        told.number,
        told.state,
        told.placed_at,
        told.total_minor,
        told.unpaid_minor,
        told.store_id,
        tuple(lines),
    )
