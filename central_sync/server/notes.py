"""Takes in what a till has written down about people, before the entries that name them.

A note comes again until it is answered, so it is known by its id. What it says is put into
customer or address and nowhere else. The thing to get wrong: refusing one that a journal
entry waits for; what cannot be used is answered 422 and the till goes on without it.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from central_sync.database import tables as t
from central_sync.retail.customer import Customer
from central_sync.server.intake import Sender
from central_sync.server.people import put_address, put_customers, write_alone
from central_sync.server.refused import invalid
from central_sync.server.storable import storable
from central_sync.server.store_customers import met, tell_changed
from central_sync.wire.people import NoteMessage
from central_sync.wire.sealing import KeySet

CUSTOMER_FIELDS = ("name", "phone", "email", "member_number", "address", "postcode", "town")


def take_note(
    connection: Connection,
    data_keys: KeySet,
    sender: Sender,
    note_id: str,
    message: NoteMessage,
    at: str,
) -> bool:
    """Keep what a note says; False when it was here already. Raises Refused 422."""
    write_alone(connection)
    there = select(t.note.c.note_id).where(t.note.c.note_id == note_id)
    if connection.execute(there).first() is not None:
        return False
    content = {name: storable(value) for name, value in message.content.items()}
    if message.kind == "customer":
        _customer(connection, data_keys, sender, message, content, at)
    else:
        put_address(
            connection,
            data_keys,
            message.subject_id,
            content,
            at,
            customer_id=storable(message.customer_id),
        )
    connection.execute(
        insert(t.note).values(
            note_id=note_id,
            kind=message.kind,
            subject_id=message.subject_id,
            store_id=sender.store_id,
            workstation_id=sender.workstation_id,
            at=storable(message.at),
            received_at=at,
        )
    )
    return True


def _customer(
    connection: Connection,
    data_keys: KeySet,
    sender: Sender,
    message: NoteMessage,
    content: dict[str, str],
    at: str,
) -> None:
    unknown = sorted(set(content) - set(CUSTOMER_FIELDS))
    if unknown or not content.get("name", "").strip():
        fault = f"no {unknown[0]}" if unknown else "to have a name"
        raise invalid(f"a customer has {fault}; it has {', '.join(CUSTOMER_FIELDS)}")
    customer = Customer(message.subject_id, **content)
    put_customers(connection, data_keys, [customer], at)
    met(connection, sender.store_id, {message.subject_id: at})
    tell_changed(connection, data_keys, [message.subject_id], at)
