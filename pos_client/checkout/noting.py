"""What a command says about a person, as the sealed note of the act that it leads to.

Events and journal entries name people by id alone; this is the one bridge from what somebody
typed to `Act.note`. The thing to get wrong: a note without an event that names its subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from central_sync.engine.notes import Note
from central_sync.retail.customer import Customer
from central_sync.retail.orders.commands import ChangeAddress
from pos_client.register.commands import Command, CreateCustomer
from pos_client.register.customers import new_customer
from pos_client.register.desk_commands import MoveOrder
from pos_client.register.events import CustomerCreated, Event, TaskActed
from pos_client.register.order_commands import GiveAddress
from pos_client.register.order_events import AddressGiven
from pos_client.register.shop import Facts


def notes_of(command: Command, events: Sequence[Event], facts: Facts) -> list[Note]:
    """The notes that have to be kept with these events."""
    if isinstance(command, GiveAddress):
        given = (event for event in events if isinstance(event, AddressGiven))
        return [address_note(command, event.address_id, facts.at) for event in given]
    if isinstance(command, MoveOrder):
        moved = (e.act.order_command for e in events if isinstance(e, TaskActed))
        return [
            moved_note(command, change.address.address_id, facts.at)
            for change in moved
            if isinstance(change, ChangeAddress)
        ]
    if not isinstance(command, CreateCustomer):
        return []
    return [
        customer_note(new_customer(command, event.customer_id), facts.at)
        for event in events
        if isinstance(event, CustomerCreated)
    ]


def moved_note(command: MoveOrder, address_id: str, at: str) -> Note:
    """An order's other address, as sealed and sent."""
    words = {k: v for k, v in asdict(command).items() if k != "order_id"}
    return address_note(GiveAddress(**words), address_id, at)


def address_note(command: GiveAddress, address_id: str, at: str) -> Note:
    """Whom an order is for and where to, as sealed and sent; "" fields are left out."""
    content = {name: " ".join(value.split()) for name, value in asdict(command).items()}
    return Note(address_id, "address", address_id, at, {k: v for k, v in content.items() if v})


def customer_note(customer: Customer, at: str) -> Note:
    """A customer as sealed and sent; the note has the customer's own id, for it is the first."""
    content = {k: v for k, v in asdict(customer).items() if k != "customer_id" and v}
    return Note(customer.customer_id, "customer", customer.customer_id, at, content)
