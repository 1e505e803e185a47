"""Customers over HTTP, the notes that tills send about people, and the keys of stores.

Personal data travels here in clear over TLS and nowhere else: not in the journal, not on
the feed. The thing to get wrong: logging one of these messages.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from central_sync.wire.messages import Base64, Message
from central_sync.wire.tasks import OrderSummary

Identity = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


class CustomerCard(Message):
    """Who a customer is; "" where it is not known."""

    customer_id: str
    name: str
    phone: str = ""
    email: str = ""
    member_number: str = ""
    address: str = ""
    postcode: str = ""
    town: str = ""


class CustomerPage(Message):
    """`is_more`: others fit too; ask for more of the name."""

    customers: list[CustomerCard]
    is_more: bool = False


class CustomerWrite(Message):
    """A new customer. `customer_id` is the client's own UUIDv7: asked again, nothing is doubled.

    Where another has the same phone, e-mail or member number, nothing is made and they are
    answered as `likely`, unless a person said so (`is_sure`).
    """

    customer_id: Identity
    name: str = Field(min_length=1, max_length=200)
    phone: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=200)
    member_number: str = Field(default="", max_length=30)
    address: str = Field(default="", max_length=200)
    postcode: str = Field(default="", max_length=20)
    town: str = Field(default="", max_length=100)
    is_sure: bool = False


class CustomerReply(Message):
    """`customer` is None when nothing was made, because of `likely`."""

    customer: CustomerCard | None
    likely: list[CustomerCard] = Field(default=[])
    is_new: bool = False


class Purchase(Message):
    """A receipt that names the customer, newest first in lists."""

    receipt_id: str
    receipt_number: str
    store_id: str
    at: str
    kind: str
    total_minor: int
    currency: str


class CustomersOrder(OrderSummary):
    """An order of the customer's, of whatever channel. `state` is open, escalated or done."""

    state: str
    currency: str = "SEK"


class CustomerFile(Message):
    """A customer with what was bought in all channels, and those who are likely the same.

    Orders: those not done first, then the newest.
    """

    customer: CustomerCard
    purchases: list[Purchase] = Field(default=[])
    orders: list[CustomersOrder] = Field(default=[])
    likely: list[CustomerCard] = Field(default=[])


class NoteMessage(Message):
    """What a till has written down about a person. `content` has the fields of its kind.

    `subject_id` is the customer_id or address_id that journal entries name; for an address
    `customer_id` says whose it is, or "".
    """

    kind: Literal["customer", "address"]
    subject_id: Identity
    at: str = Field(min_length=20, max_length=40)
    content: dict[str, Annotated[str, Field(max_length=400)]] = Field(max_length=20)
    customer_id: str = Field(default="", max_length=64)


class NoteReply(Message):
    """`is_new` is false for a note that central has already."""

    is_new: bool


class StoreKey(Message):
    key_id: str
    secret: Base64


class StoreKeyReply(Message):
    """A store's keys, the newest first: it seals, all of them open."""

    keys: list[StoreKey] = Field(min_length=1)
