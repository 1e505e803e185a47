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
from central_sync.database.trip import Reply, Trip, among
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
    trip = Trip(connection)
    asked = ask_quote(trip, quote_id)
    trip.go()
    return read_quote(asked, client)


def ask_quote(trip: Trip, quote_id: str) -> Reply:
    """The same in a trip; `read_quote` reads what it answers."""
    return trip.ask(_FIND, id=quote_id)


def read_quote(asked: Reply, client: Client) -> Held:
    """Raises Refused 404."""
    for row in asked.rows:
        if row.client == client.client_id:
            return read(row)
    raise not_found("there is no such quote")


def take(trip: Trip, taken: Mapping[str, str]) -> Reply:
    """In the orders' transaction: quotes become one order each, quote id -> order id.

    The reply has the ids of those that were open, which are marked then; when there is one
    that was not, nothing of the transaction may be kept.
    """
    if not taken:
        return Reply()
    won = trip.ask(_TAKE, ids=sorted(taken))
    rows = [{"order_id": taken[each], "quote_id": each} for each in sorted(taken)]
    trip.update(t.routing_decision, rows, "order_id", was="quote_id")
    return won


_FIND = select(t.quote).where(t.quote.c.quote_id == bindparam("id"))
_TAKE = (
    update(t.quote)
    .where(among(t.quote.c.quote_id, "ids"), t.quote.c.state == "open")
    .values(state="ordered")
    .returning(t.quote.c.quote_id)
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
