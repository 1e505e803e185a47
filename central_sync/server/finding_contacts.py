"""Finding the orders of somebody who is no customer: by phone, e-mail or name of the address.

As for customers, the database holds blind tokens alone, and what they lead to is compared in
clear. The thing to get wrong: erasing an address and leaving its tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, select

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.database.write import chunks
from central_sync.retail.customer import Asked, Customer, asked, has_parts, search_words
from central_sync.wire.sealing import KeySet, token_numbers

MOST_CANDIDATES = 400


def index_contacts(
    connection: Connection,
    data_keys: KeySet,
    contents: Sequence[tuple[str, Mapping[str, str]]],
    country: str,
) -> None:
    """The words that these addresses are found by; of one that changed, forget the old first."""
    trip = Trip(connection)
    index_new(trip, data_keys, contents, country)
    trip.go()


def index_new(
    trip: Trip,
    data_keys: KeySet,
    contents: Sequence[tuple[str, Mapping[str, str]]],
    country: str,
) -> None:
    """The same, written when the trip is made."""
    number_of = token_numbers(data_keys.keys[-1])
    rows = [
        {"token": number_of(word), "address_id": address_id}
        for address_id, content in contents
        for word in search_words(_person(address_id, content), country)
    ]
    trip.insert_missing(t.address_token, rows)


def forget_contacts(connection: Connection, address_ids: Sequence[str]) -> None:
    for part in chunks(address_ids):
        connection.execute(delete(t.address_token).where(t.address_token.c.address_id.in_(part)))


def contacts_like(connection: Connection, data_keys: KeySet, text: str, country: str) -> list[str]:
    """Ids of addresses that may fit what was typed, the newest first; compare with `fits`."""
    wanted = asked(text[:200], country)
    number_of = token_numbers(data_keys.keys[-1])
    token = t.address_token
    found: dict[str, None] = {}
    exact = [number_of(word) for word in wanted.exact]
    if exact:
        query = select(token.c.address_id).where(token.c.token.in_(exact))
        found |= dict.fromkeys(_newest(connection, query))
    if wanted.names:
        first, *others = sorted(wanted.names, key=len, reverse=True)
        query = select(token.c.address_id).where(token.c.token == number_of(first))
        for word in others:
            other = token.alias()
            query = query.where(
                exists().where(
                    other.c.token == number_of(word), other.c.address_id == token.c.address_id
                )
            )
        found |= dict.fromkeys(_newest(connection, query))
    return list(found)


def fits(content: Mapping[str, str], text: str, country: str) -> bool:
    """Whether this address is one that was asked for: a token may be somebody else's by chance."""
    wanted: Asked = asked(text[:200], country)
    person = _person("", content)
    is_exact = bool(set(wanted.exact) & set(search_words(person, country)))
    return is_exact or (bool(wanted.parts) and has_parts(person, wanted.parts))


def _newest(connection: Connection, query: Select[Any]) -> list[str]:
    column = t.address_token.c.address_id
    rows = connection.execute(query.distinct().order_by(column.desc()).limit(MOST_CANDIDATES))
    return list(rows.scalars())


def _person(address_id: str, content: Mapping[str, str]) -> Customer:
    known = {name: content.get(name, "") for name in ("name", "phone", "email")}
    return Customer(address_id, **known)
