"""Customers over HTTP, for tills and for keys with the scope; notes and store keys for tills.

Every look-up is written down with who made it and why. The thing to get wrong: a handler
that answers before its look-up is in the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from central_sync.server import customers
from central_sync.server.asking import ActiveTill, Caller, TheCentral, till_or_key
from central_sync.server.bodies import body_of, described
from central_sync.server.central import Central
from central_sync.server.finding_people import find_customers
from central_sync.server.notes import take_note
from central_sync.server.people_access import note_access
from central_sync.server.refused import invalid
from central_sync.server.storable import storable
from central_sync.server.store_keys import store_keys
from central_sync.wire.people import (
    CustomerFile,
    CustomerPage,
    CustomerReply,
    CustomerWrite,
    NoteMessage,
    NoteReply,
    StoreKey,
    StoreKeyReply,
)

routes = APIRouter(prefix="/v1", tags=["customers"])

Reader = Annotated[Caller, Depends(till_or_key("customers:read"))]
Writer = Annotated[Caller, Depends(till_or_key("customers:write"))]
# Why a person looks; a till's reason is that the customer stands there.
Why = Annotated[str, Query(max_length=200)]


@routes.get("/customers")
def get_customers(
    central: TheCentral,
    caller: Reader,
    q: Annotated[str, Query(min_length=2, max_length=200)],
    why: Why = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> CustomerPage:
    """Customers by phone, e-mail, member number or the beginnings of a name."""
    _refuse_without_reason(caller, why)
    with central.database.reading() as connection:
        found = find_customers(connection, central.data_keys, storable(q), limit)
    ids = [each.customer_id for each in found.customers]
    _note(central, caller, why, f"find by {found.kind}", ids)
    cards = [customers.card(each) for each in found.customers]
    return CustomerPage(customers=cards, is_more=found.is_more)


@routes.get("/customers/{customer_id}")
def get_customer(
    central: TheCentral, caller: Reader, customer_id: str, why: Why = ""
) -> CustomerFile:
    """A customer, what was bought in all channels, and who is likely the same."""
    _refuse_without_reason(caller, why)
    with central.database.reading() as connection:
        found = customers.customer_file(connection, central.data_keys, storable(customer_id))
    _note(central, caller, why, "show", [found.customer.customer_id])
    return found


@routes.post("/customers", openapi_extra=described(CustomerWrite))
def post_customer(
    central: TheCentral,
    caller: Writer,
    wish: Annotated[CustomerWrite, Depends(body_of(CustomerWrite))],
) -> CustomerReply:
    """Make a customer, or name those who are likely the same; may be sent any number of times."""
    with central.database.atomic() as connection:
        reply = customers.create(
            connection, central.data_keys, wish, central.timestamp(), store_id=caller.store_id
        )
    shown = [reply.customer] if reply.customer else reply.likely
    _note(central, caller, "", "make", [each.customer_id for each in shown])
    return reply


@routes.delete("/customers/{customer_id}", status_code=204)
def delete_customer(central: TheCentral, caller: Writer, customer_id: str, why: Why = "") -> None:
    """Erase a customer for good; receipts keep the bare id."""
    _refuse_without_reason(caller, why)
    erased = storable(customer_id)
    with central.database.atomic() as connection:
        stores = customers.erase(connection, erased, central.timestamp())
        note_access(
            connection,
            who=caller.who,
            why=why,
            what="erase",
            customers=[erased],
            at=central.timestamp(),
        )
    central.snapshots.forget(stores)
    central.database.wipe_past()


@routes.put("/notes/{note_id}", tags=["tills"], openapi_extra=described(NoteMessage))
def put_note(
    central: TheCentral,
    till: ActiveTill,
    note_id: str,
    message: Annotated[NoteMessage, Depends(body_of(NoteMessage))],
) -> NoteReply:
    """What a till has written down about a person; the same note may come again."""
    if not note_id.isascii() or not 1 <= len(note_id) <= 64 or not note_id.isprintable():
        raise invalid("a note's id is 1 to 64 letters and digits")
    with central.database.atomic() as connection:
        is_new = take_note(
            connection, central.data_keys, till, note_id, message, central.timestamp()
        )
    return NoteReply(is_new=is_new)


@routes.get("/store-key", tags=["tills"])
def get_store_key(central: TheCentral, till: ActiveTill) -> StoreKeyReply:
    """The keys under which the till's store gets what is private, the newest first."""
    with central.database.atomic() as connection:
        keys = store_keys(connection, central.data_keys, till.store_id, central.timestamp())
    return StoreKeyReply(keys=[StoreKey(key_id=k.key_id, secret=k.secret) for k in keys.keys])


def _refuse_without_reason(caller: Caller, why: str) -> None:
    if caller.till is None and not why.strip():
        raise invalid("say why you look: add ?why=... (it is written down with the look-up)")


def _note(
    central: Central, caller: Caller, why: str, what: str, customer_ids: Iterable[str]
) -> None:
    with central.database.atomic() as connection:
        note_access(
            connection,
            who=caller.who,
            why=why or "at the till",
            what=what,
            customers=customer_ids,
            at=central.timestamp(),
        )
