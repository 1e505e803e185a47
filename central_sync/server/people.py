"""Customers and addresses at central: kept sealed, found by blind tokens, erased for good.

Plain functions of a connection and central's data keys. Receipts and orders name people by
id only. The thing to get wrong: erasing by deleting the row. The id has to stay, since
receipts name it; what goes is the person's key, and with it everything sealed under it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.database.write import chunks, insert_missing, upsert
from central_sync.retail.customer import Customer, identity_words, search_words
from central_sync.server import person_keys
from central_sync.server.finding_contacts import forget_contacts, index_contacts, index_new
from central_sync.server.person_keys import packed
from central_sync.server.refused import invalid, not_found
from central_sync.wire.sealing import KeySet, token_numbers

ACTIVE, ERASED = "active", "erased"
# Any number of our own.
_LOCK_NUMBER = 7_746_336
ADDRESS_FIELDS = ("name", "street", "postcode", "town", "country", "phone", "email")


def write_alone(connection: Connection) -> None:
    """Hold until the commit, so that two who make the same person come one by one."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))


def country_of(connection: Connection) -> str:
    """The chain's country, for phone numbers without a code."""
    return str(connection.execute(select(t.chain.c.country)).scalar() or "SE")


def customer_of(connection: Connection, data_keys: KeySet, customer_id: str) -> Customer | None:
    """None for one who is not known, or erased."""
    return customers_of(connection, data_keys, [customer_id]).get(customer_id)


def customers_of(
    connection: Connection, data_keys: KeySet, customer_ids: Collection[str]
) -> dict[str, Customer]:
    """Those who are known and not erased, by id."""
    found: dict[str, Customer] = {}
    for part in chunks(customer_ids):
        rows = connection.execute(_SEALED.where(t.customer.c.customer_id.in_(part)))
        found |= {row.customer_id: _opened(data_keys, row) for row in rows}
    return found


def customers_numbered(
    connection: Connection, data_keys: KeySet, numbers: Sequence[int]
) -> list[Customer]:
    """By the numbers that tokens lead to, in that order."""
    rows = {row.number: row for row in connection.execute(_SEALED.where(_NUMBER.in_(numbers)))}
    return [_opened(data_keys, rows[number]) for number in numbers if number in rows]


def put_customers(
    connection: Connection, data_keys: KeySet, customers: Sequence[Customer], at: str
) -> list[str]:
    """Make customers, or make them equal to these; returns the ids of those that changed.

    One who is erased stays erased. Tell the stores afterwards (`store_customers.tell`).
    """
    write_alone(connection)
    before = customers_of(connection, data_keys, [each.customer_id for each in customers])
    gone = _erased(connection, [each.customer_id for each in customers])
    changed = [
        each
        for each in {each.customer_id: each for each in customers}.values()
        if each.customer_id not in gone and before.get(each.customer_id) != each
    ]
    new = [each.customer_id for each in changed if each.customer_id not in before]
    keys = person_keys.make_keys(connection, data_keys, new)
    keys |= person_keys.keys_of(connection, data_keys, before.keys())
    for part in chunks(changed):
        _insert(connection, [e for e in part if e.customer_id not in before], keys, at)
        _change(connection, [e for e in part if e.customer_id in before], keys, at)
        _index(connection, data_keys, part)
    return [each.customer_id for each in changed]


def numbers_with(connection: Connection, data_keys: KeySet, words: Iterable[str]) -> list[int]:
    """The numbers of those who have any of these search words."""
    number_of = token_numbers(data_keys.keys[-1])
    tokens = [number_of(word) for word in words]
    rows = connection.execute(
        select(t.customer_token.c.number)
        .where(t.customer_token.c.token.in_(tokens))
        .distinct()
        .order_by(t.customer_token.c.number)
        .limit(100)
    )
    return list(rows.scalars()) if tokens else []


def likely_same(connection: Connection, data_keys: KeySet, customer: Customer) -> list[Customer]:
    """Others with the same phone, e-mail or member number; never because of a name alone."""
    country = country_of(connection)
    words = set(identity_words(customer, country))
    numbers = numbers_with(connection, data_keys, words)
    return [
        other
        for other in customers_numbered(connection, data_keys, numbers)
        if other.customer_id != customer.customer_id and words & set(identity_words(other, country))
    ]


def put_address(
    connection: Connection,
    data_keys: KeySet,
    address_id: str,
    content: Mapping[str, str],
    at: str,
    *,
    customer_id: str = "",
) -> None:
    """Keep an address (ADDRESS_FIELDS) sealed; raises Refused 422 for a field unknown.

    A known customer's addresses go when the customer is erased; one of nobody has its own
    key, and goes by `erase_address`.
    """
    unknown = sorted(set(content) - set(ADDRESS_FIELDS))
    if unknown:
        raise invalid(f"an address has no {unknown[0]}; it has {', '.join(ADDRESS_FIELDS)}")
    write_alone(connection)
    there = connection.execute(_address(address_id)).first()
    if there is not None and there.erased_at:
        return
    keys = person_keys.keys_of(connection, data_keys, [address_id]).get(address_id)
    if keys is None:
        keys = person_keys.make_keys(connection, data_keys, [address_id])[address_id]
    row = {
        "address_id": address_id,
        "customer_id": customer_id or (there.customer_id if there else ""),
        "sealed": keys.seal(packed(content), f"address/{address_id}"),
        "changed_at": at,
    }
    upsert(connection, t.address, [row])
    forget_contacts(connection, [address_id])
    index_contacts(connection, data_keys, [(address_id, content)], country_of(connection))


@dataclass(frozen=True, slots=True)
class NewAddress:
    """`content` has ADDRESS_FIELDS; `customer_id` "" when it is of nobody known."""

    address_id: str
    customer_id: str
    content: Mapping[str, str]


def add_addresses(
    trip: Trip, data_keys: KeySet, addresses: Sequence[NewAddress], at: str, country: str
) -> None:
    """Keep addresses whose ids were just made, so that nobody else can have them.

    They are kept when the trip is made; `country` is the chain's, for phone numbers.
    """
    keys = person_keys.new_keys(trip, data_keys, [one.address_id for one in addresses])
    rows = [
        {
            "address_id": one.address_id,
            "customer_id": one.customer_id,
            "sealed": keys[one.address_id].seal(packed(one.content), f"address/{one.address_id}"),
            "changed_at": at,
        }
        for one in addresses
    ]
    trip.insert(t.address, rows)
    contents = [(one.address_id, one.content) for one in addresses]
    index_new(trip, data_keys, contents, country)


def address_of(connection: Connection, data_keys: KeySet, address_id: str) -> dict[str, str] | None:
    """An address's fields, "" where nothing is known; None for one unknown or erased."""
    row = connection.execute(_address(address_id)).first()
    keys = person_keys.keys_of(connection, data_keys, [address_id]).get(address_id)
    if row is None or keys is None:
        return None
    content = json.loads(keys.unseal(row.sealed, f"address/{address_id}"))
    return {name: str(content.get(name, "")) for name in ADDRESS_FIELDS}


def addresses_of(
    connection: Connection, data_keys: KeySet, customer_id: str
) -> dict[str, dict[str, str]]:
    """A customer's addresses by id."""
    ids = _address_ids(connection, customer_id)
    found = {each: address_of(connection, data_keys, each) for each in ids}
    return {each: content for each, content in found.items() if content is not None}


def erase_customer(connection: Connection, customer_id: str, at: str) -> None:
    """Shred a customer and the addresses; raises Refused 404. A repeat changes nothing.

    The stores that knew them are told by `store_customers.forget`, which comes first.
    """
    row = connection.execute(
        select(t.customer.c.number, t.customer.c.state).where(
            t.customer.c.customer_id == customer_id
        )
    ).first()
    if row is None:
        raise not_found(f"there is no customer {customer_id}")
    if row.state == ERASED:
        return
    addresses = _address_ids(connection, customer_id)
    person_keys.shred_keys(connection, [customer_id, *addresses])
    connection.execute(delete(t.customer_token).where(t.customer_token.c.number == row.number))
    connection.execute(
        update(t.customer)
        .where(t.customer.c.number == row.number)
        .values(state=ERASED, sealed=b"", changed_at=at, erased_at=at)
    )
    _empty_addresses(connection, addresses, at)


def erase_address(connection: Connection, address_id: str, at: str) -> None:
    """Shred one address; receipts and orders go on naming its id."""
    person_keys.shred_keys(connection, [address_id])
    _empty_addresses(connection, [address_id], at)


_NUMBER = t.customer.c.number
_SEALED = (
    select(
        t.customer.c.number,
        t.customer.c.customer_id,
        t.customer.c.sealed,
        t.person_key.c.sealed.label("key"),
    )
    .join(t.person_key, t.person_key.c.person_id == t.customer.c.customer_id)
    .where(t.customer.c.state == ACTIVE)
)


def _opened(data_keys: KeySet, row: Any) -> Customer:
    keys = person_keys.opened(data_keys, row.customer_id, row.key)
    content = json.loads(keys.unseal(row.sealed, f"customer/{row.customer_id}"))
    known = {name: value for name, value in content.items() if name in _FIELDS}
    return Customer(row.customer_id, **({"name": ""} | known))


_FIELDS = frozenset(Customer.__dataclass_fields__) - {"customer_id"}


def _sealed(customer: Customer, keys: KeySet) -> bytes:
    content = {name: value for name, value in asdict(customer).items() if name in _FIELDS}
    return keys.seal(packed(content), f"customer/{customer.customer_id}")


def _erased(connection: Connection, customer_ids: Collection[str]) -> set[str]:
    gone: set[str] = set()
    for part in chunks(customer_ids):
        rows = connection.execute(
            select(t.customer.c.customer_id).where(
                t.customer.c.customer_id.in_(part), t.customer.c.state == ERASED
            )
        )
        gone.update(rows.scalars())
    return gone


def _insert(
    connection: Connection, customers: Sequence[Customer], keys: Mapping[str, KeySet], at: str
) -> None:
    rows = [
        {
            "customer_id": each.customer_id,
            "state": ACTIVE,
            "sealed": _sealed(each, keys[each.customer_id]),
            "created_at": at,
            "changed_at": at,
        }
        for each in customers
    ]
    if rows:
        connection.execute(insert(t.customer), rows)


def _change(
    connection: Connection, customers: Sequence[Customer], keys: Mapping[str, KeySet], at: str
) -> None:
    for each in customers:
        connection.execute(
            update(t.customer)
            .where(t.customer.c.customer_id == each.customer_id)
            .values(sealed=_sealed(each, keys[each.customer_id]), changed_at=at)
        )


def _index(connection: Connection, data_keys: KeySet, customers: Sequence[Customer]) -> None:
    """The words that these are found by now. Tokens are the oldest key's: a new data key
    seals what is written from then on, and leaves the index as it is."""
    country, number_of = country_of(connection), token_numbers(data_keys.keys[-1])
    ids = [each.customer_id for each in customers]
    found = connection.execute(
        select(t.customer.c.customer_id, _NUMBER).where(t.customer.c.customer_id.in_(ids))
    )
    numbers = {row.customer_id: row.number for row in found}
    connection.execute(
        delete(t.customer_token).where(t.customer_token.c.number.in_(list(numbers.values())))
    )
    rows = [
        {"token": number_of(word), "number": numbers[each.customer_id]}
        for each in customers
        for word in search_words(each, country)
    ]
    for part in chunks(rows):
        insert_missing(connection, t.customer_token, part)


def _address(address_id: str) -> Select[Any]:
    return select(t.address).where(t.address.c.address_id == address_id)


def _address_ids(connection: Connection, customer_id: str) -> list[str]:
    column = t.address.c
    return list(
        connection.execute(
            select(column.address_id).where(
                column.customer_id == customer_id, column.customer_id != ""
            )
        ).scalars()
    )


def _empty_addresses(connection: Connection, address_ids: Sequence[str], at: str) -> None:
    forget_contacts(connection, address_ids)
    connection.execute(
        update(t.address)
        .where(t.address.c.address_id.in_(address_ids))
        .values(sealed=b"", changed_at=at, erased_at=at)
    )
