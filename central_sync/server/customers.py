"""What may be done with a customer: make, show, export, erase. Plain functions, no FastAPI.

The thing to get wrong: merging. Two customers with one phone are likely the same, and a
person says so; nothing here ever puts two together.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.retail.customer import Customer, problem_with
from central_sync.server import store_customers
from central_sync.server.orders import ledger
from central_sync.server.orders.summary import summary_of, view_of
from central_sync.server.people import (
    addresses_of,
    country_of,
    customer_of,
    erase_customer,
    likely_same,
    put_customers,
)
from central_sync.server.people_access import accesses
from central_sync.server.refused import Refused, invalid, not_found
from central_sync.server.storable import storable
from central_sync.wire.people import (
    CustomerCard,
    CustomerFile,
    CustomerReply,
    CustomersOrder,
    CustomerWrite,
    Purchase,
)
from central_sync.wire.sealing import KeySet

SHOWN_PURCHASES = 20
SHOWN_ORDERS = 20
DONE = "done"
_ALL = 100_000
_WRONG = {
    "name": "a customer needs a name",
    "phone": "that is not a phone number; write it with its area code",
    "email": "that is not an e-mail address",
}


def card(customer: Customer) -> CustomerCard:
    return CustomerCard(**asdict(customer))


def create(
    connection: Connection, data_keys: KeySet, wish: CustomerWrite, at: str, *, store_id: str = ""
) -> CustomerReply:
    """Make a customer unless one is likely the same; raises Refused 409 or 422.

    `store_id` is where: that store's tills will know the customer.
    """
    fields = wish.model_dump(exclude={"is_sure"})
    wanted = Customer(**{name: storable(value).strip() for name, value in fields.items()})
    problem = problem_with(wanted, country_of(connection))
    if problem:
        raise invalid(_WRONG[problem])
    known = customer_of(connection, data_keys, wanted.customer_id)
    if known is not None:
        return CustomerReply(customer=card(known))
    if not wish.is_sure:
        likely = likely_same(connection, data_keys, wanted)
        if likely:
            return CustomerReply(customer=None, likely=[card(each) for each in likely])
    if not put_customers(connection, data_keys, [wanted], at):
        raise Refused(409, "erased", "this customer has been erased; make a new one")
    if store_id:
        store_customers.met(connection, store_id, {wanted.customer_id: at})
        store_customers.tell_changed(connection, data_keys, [wanted.customer_id], at)
    return CustomerReply(customer=card(wanted), is_new=True)


def change(connection: Connection, data_keys: KeySet, customer: Customer, at: str) -> bool:
    """Make a customer equal to this; False when nothing changed. Raises Refused 404, 422."""
    if customer_of(connection, data_keys, customer.customer_id) is None:
        raise not_found(f"there is no customer {customer.customer_id}")
    wanted = replace(customer, name=customer.name.strip())
    problem = problem_with(wanted, country_of(connection))
    if problem:
        raise invalid(_WRONG[problem])
    changed = put_customers(connection, data_keys, [wanted], at)
    store_customers.tell_changed(connection, data_keys, changed, at)
    return bool(changed)


def customer_file(connection: Connection, data_keys: KeySet, customer_id: str) -> CustomerFile:
    """A customer, purchases, orders and who is likely the same; raises Refused 404."""
    customer = _known(connection, data_keys, customer_id)
    return CustomerFile(
        customer=card(customer),
        purchases=purchases(connection, customer_id, SHOWN_PURCHASES),
        orders=orders(connection, customer_id, SHOWN_ORDERS),
        likely=[card(each) for each in likely_same(connection, data_keys, customer)],
    )


def export(connection: Connection, data_keys: KeySet, customer_id: str) -> dict[str, Any]:
    """All that is held about a customer, as plain values (GDPR article 15 and 20)."""
    customer = _known(connection, data_keys, customer_id)
    return {
        "customer": asdict(customer),
        "addresses": addresses_of(connection, data_keys, customer_id),
        "purchases": [each.model_dump() for each in purchases(connection, customer_id, _ALL)],
        "orders": [
            view_of(stored, is_inside=False).model_dump()
            for stored in _stored_orders(connection, customer_id, _ALL)
        ],
        "stores": _stores(connection, customer_id),
        "looked_at": accesses(connection, customer_id),
    }


def erase(connection: Connection, customer_id: str, at: str) -> list[str]:
    """Shred a customer; returns the stores whose tills are told (their master files are to be
    forgotten, `Snapshots.forget`). Raises Refused 404, and 409 while an order needs them."""
    waiting = _open_orders(connection, customer_id)
    if waiting:
        raise Refused(
            409,
            "open_orders",
            f"{_named(waiting)} still to be delivered or paid back, which takes a name and an "
            "address; see the customer's orders done or cancelled, then erase",
        )
    stores = store_customers.forget(connection, customer_id, at)
    erase_customer(connection, customer_id, at)
    return stores


def purchases(connection: Connection, customer_id: str, limit: int) -> list[Purchase]:
    """Receipts that name the customer, newest first."""
    row = t.receipt.c
    names = list(Purchase.model_fields)
    found = connection.execute(
        select(*(row[name] for name in names))
        .where(row.customer_id == customer_id, row.customer_id != "")
        .order_by(row.at.desc())
        .limit(limit)
    )
    return [Purchase(**each) for each in found.mappings()]


def orders(connection: Connection, customer_id: str, limit: int) -> list[CustomersOrder]:
    """Orders of all channels that name the customer: those not done first, then the newest."""
    return [
        CustomersOrder(
            **summary_of(stored).model_dump(),
            state=ledger.state_of(stored.order),
            currency=stored.order.currency,
        )
        for stored in _stored_orders(connection, customer_id, limit)
    ]


def _stored_orders(connection: Connection, customer_id: str, limit: int) -> list[ledger.Stored]:
    row = t.customer_order.c
    found = connection.execute(
        select(row.order_id)
        .where(row.customer_id == customer_id, row.customer_id != "")
        .order_by(row.state == DONE, row.order_id.desc())
        .limit(limit)
    )
    return [ledger.find(connection, order_id) for order_id in list(found.scalars())]


def _open_orders(connection: Connection, customer_id: str) -> list[str]:
    """The numbers of the orders that need this customer."""
    row = t.customer_order.c
    found = connection.execute(
        select(row.number)
        .where(row.customer_id == customer_id, row.customer_id != "", row.state != DONE)
        .order_by(row.number)
    )
    return list(found.scalars())


def _named(numbers: list[str]) -> str:
    """ "order W-1 is", "orders W-1, W-2 and 3 more are"."""
    if len(numbers) == 1:
        return f"order {numbers[0]} is"
    more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
    return f"orders {', '.join(numbers[:3])}{more} are"


def _known(connection: Connection, data_keys: KeySet, customer_id: str) -> Customer:
    customer = customer_of(connection, data_keys, customer_id)
    if customer is None:
        raise not_found(f"there is no customer {customer_id}, or it was erased")
    return customer


def _stores(connection: Connection, customer_id: str) -> list[dict[str, str]]:
    row = t.customer_store.c
    found = connection.execute(
        select(row.store_id, row.last_at).where(row.customer_id == customer_id)
    )
    return [dict(each) for each in found.mappings()]
