"""A quote as it is kept, from its first hold to the order that it becomes.

The thing to get wrong: telling a stranger of another's quote. It does not exist for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from central_sync.database import tables as t
from central_sync.retail.orders import OrderLine, Parcel
from central_sync.retail.plain import from_plain, to_plain
from central_sync.server.refused import Refused, not_found
from central_sync.wire.quotes import Fee


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: "till:…" with its store, or a key's id. `is_inside` is told store names."""

    client_id: str
    store_id: str = ""
    is_inside: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A quote as it is kept: what an order will be made of."""

    quote_id: str
    client: str
    state: str
    made_at: str
    expires_at: str
    ends_at: str
    lines: tuple[OrderLine, ...]
    parcels: tuple[Parcel, ...]
    fee: Fee
    postcode: str
    max_parcels: int

    def held(self, line: int) -> int:
        found = (parcel.find(line) for parcel in self.parcels)
        return sum(carried.quantity for carried in found if carried)


def the_quote(connection: Connection, quote_id: str, client: Client) -> Held:
    """Raises Refused 404, also for another's."""
    row = connection.execute(_FIND, {"id": quote_id}).first()
    if row is None or row.client != client.client_id:
        raise not_found("there is no such quote")
    return read(row)


def take(connection: Connection, taken: Mapping[str, str]) -> set[str]:
    """In the orders' transaction: quotes become one order each, quote id -> order id.

    Returns the quotes that were open, which are marked now; the others have ended.
    """
    if not taken:
        return set()
    won = set(connection.execute(_TAKE, {"ids": sorted(taken)}).scalars())
    rows = [{"quote": each, "of_order": taken[each]} for each in sorted(won)]
    if rows:
        connection.execute(_NAME_DECISIONS, rows)
    return won


_FIND = select(t.quote).where(t.quote.c.quote_id == bindparam("id"))
_TAKE = (
    update(t.quote)
    .where(t.quote.c.quote_id.in_(bindparam("ids", expanding=True)), t.quote.c.state == "open")
    .values(state="ordered")
    .returning(t.quote.c.quote_id)
)
_NAME_DECISIONS = (
    update(t.routing_decision)
    .where(t.routing_decision.c.order_id == bindparam("quote"))
    .values(order_id=bindparam("of_order"))
)


def gone() -> Refused:
    return Refused(409, "quote_gone", "the quote has ended; ask for a new one")


def row_of(held: Held, basket_id: str) -> dict[str, Any]:
    body = {
        "lines": [to_plain(line) for line in held.lines],
        "parcels": [to_plain(parcel) for parcel in held.parcels],
        "fee": held.fee.model_dump(),
        "postcode": held.postcode,
        "max_parcels": held.max_parcels,
    }
    return {
        "quote_id": held.quote_id,
        "client": held.client,
        "basket_id": basket_id,
        "state": held.state,
        "made_at": held.made_at,
        "expires_at": held.expires_at,
        "ends_at": held.ends_at,
        "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False),
    }


def read(row: Any) -> Held:
    body = json.loads(row.body)
    return Held(
        quote_id=row.quote_id,
        client=row.client,
        state=row.state,
        made_at=row.made_at,
        expires_at=row.expires_at,
        ends_at=row.ends_at,
        lines=tuple(from_plain(OrderLine, line) for line in body["lines"]),
        parcels=tuple(from_plain(Parcel, parcel) for parcel in body["parcels"]),
        fee=Fee(**body["fee"]),
        postcode=body["postcode"],
        max_parcels=body["max_parcels"],
    )
