"""Finding a customer among millions: by phone, e-mail or member number, or a name's beginnings.

The database holds blind tokens, so it is asked for equal tokens only, and what comes back is
compared in clear: a token is the beginning of a word, and may be somebody else's by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from central_sync.database import tables as t
from central_sync.retail.customer import Asked, Customer, asked, has_parts, identity_words
from central_sync.server.people import country_of, customers_numbered, numbers_with
from central_sync.wire.sealing import KeySet, token_numbers

LARGEST_FOUND = 50
# So many are opened and compared at most; who types more of the name gets the right ones.
MOST_CANDIDATES = 2_000
_PART = 200


@dataclass(frozen=True, slots=True)
class Found:
    """`kind` is what was asked by: email, number or name. `is_more`: others fit too."""

    kind: str
    customers: tuple[Customer, ...]
    is_more: bool = False


def find_customers(connection: Connection, data_keys: KeySet, text: str, limit: int = 20) -> Found:
    """Customers that fit what a person typed; a name needs three letters of a word."""
    limit = max(1, min(limit, LARGEST_FOUND))
    country = country_of(connection)
    wanted = asked(text[:200], country)
    found = _by_identity(connection, data_keys, wanted, country)
    if wanted.names and len(found) < limit:
        known = {each.customer_id for each in found}
        named = _by_name(connection, data_keys, wanted, limit + 1)
        found += [each for each in named if each.customer_id not in known]
    return Found(wanted.kind, tuple(found[:limit]), is_more=len(found) > limit)


def _by_identity(
    connection: Connection, data_keys: KeySet, wanted: Asked, country: str
) -> list[Customer]:
    numbers = numbers_with(connection, data_keys, wanted.exact)
    candidates = customers_numbered(connection, data_keys, numbers)
    exact = set(wanted.exact)
    return [each for each in candidates if exact & set(identity_words(each, country))]


def _by_name(
    connection: Connection, data_keys: KeySet, wanted: Asked, limit: int
) -> list[Customer]:
    found: list[Customer] = []
    after, seen = 0, 0
    while len(found) < limit and seen < MOST_CANDIDATES:
        numbers = _numbers_named(connection, data_keys, wanted, after)
        candidates = customers_numbered(connection, data_keys, numbers)
        found += [each for each in candidates if has_parts(each, wanted.parts)]
        seen += len(numbers)
        if len(numbers) < _PART:
            break
        after = numbers[-1]
    return found[:limit]


def _numbers_named(
    connection: Connection, data_keys: KeySet, wanted: Asked, after: int
) -> list[int]:
    """Who has all of the name's tokens; walks the longest beginning, which is the rarest."""
    number_of = token_numbers(data_keys.keys[-1])
    first, *others = sorted(wanted.names, key=len, reverse=True)
    token = t.customer_token
    query = select(token.c.number).where(token.c.token == number_of(first))
    for word in others:
        other = token.alias()
        query = query.where(
            exists().where(other.c.token == number_of(word), other.c.number == token.c.number)
        )
    query = query.where(token.c.number > after).order_by(token.c.number).limit(_PART)
    return list(connection.execute(query).scalars())
