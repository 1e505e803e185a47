"""Orders of a web shop or a person's system: a quote, paid, becomes an order.

The thing to get wrong: a second order of one quote. The quote is taken in the transaction
that places the order; whoever comes again is told of the order that is there.
"""

from __future__ import annotations

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.retail.orders import Address, CustomerOrder, MadeWhere, Mode, OrderLine
from central_sync.server.orders import ledger, placing, pricing, quotes, quoting
from central_sync.server.orders.alternatives import with_alternative
from central_sync.server.orders.carrying import Shortage
from central_sync.server.orders.identities import new_id, new_number
from central_sync.server.orders.ledger import Stored
from central_sync.server.orders.quotes import Client, Held
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.rules import ask_order_rules, read_order_rules
from central_sync.server.refused import Refused, invalid
from central_sync.wire.orders import AddressWords, OrderRequest


def order(room: OrderRoom, asked: OrderRequest, client: Client) -> Stored:
    """Place the order of a quote; raises Refused 404, 409, 422 and OrderRefused.

    A 409 that says that goods or quote are gone has the best alternative with it.
    """
    with room.database.glancing() as connection:
        trip = Trip(connection)
        quote, of_orders = quotes.ask_quote(trip, asked.quote_id), ask_order_rules(trip)
        trip.go()
        held, rules = quotes.read_quote(quote, client), read_order_rules(of_orders)
        stores = room.stores(connection)
    known = _of_quote(room, asked.quote_id) if held.state == "ordered" else None
    if known is not None:
        return known
    at = room.timestamp()
    if held.state != "open" or held.expires_at <= at:
        raise _instead(room, quotes.gone(), held, asked, client)
    _check(held, asked)
    lacking = [line.line for line in held.lines if held.held(line.line) < line.quantity]
    if lacking:
        refused = Refused(409, "not_whole", f"line {lacking[0]} is not held whole")
        raise _instead(room, refused, held, asked, client)
    kept, address = _address(asked, at)
    wanted = CustomerOrder(
        order_id=asked.order_id or new_id(at),
        number=new_number(),
        made=MadeWhere.AT_DISTANCE,
        customer_id=asked.customer_id,
        currency=stores.currency,
        max_parcels=held.max_parcels,
        lines=_lines(held),
        address=address,
        quote_id=held.quote_id,
    )
    paid = [(payment.tender_id, payment.amount_minor) for payment in asked.payments]
    try:
        return placing.place(
            room,
            wanted,
            paid,
            client=client.client_id,
            reference=asked.reference,
            parcels=held.parcels,
            address=kept,
            known=placing.Known(rules, stores),
        ).stored
    except Shortage as shortage:
        gone = Refused(409, "no_stock", f"what the quote held is gone: {shortage}")
        raise _instead(room, gone, held, asked, client) from shortage
    except Refused as refused:
        # The quote ended, or became an order, between our look and the commit.
        known = _of_quote(room, asked.quote_id)
        if known is None:
            raise _instead(room, refused, held, asked, client) from refused
        return known


def check_address(words: AddressWords) -> None:
    """Raises Refused 422 naming the field that cannot be right."""
    if words.country.upper() == "SE" and not quoting.is_postcode(words.postcode):
        raise invalid("address.postcode: five figures, as in 411 19")
    if words.email and "@" not in words.email:
        raise invalid("address.email: as in name@example.se")
    if any(not text.strip() for text in (words.name, words.street, words.town)):
        raise invalid("address: name, street and town are needed")


def _instead(
    room: OrderRoom, refused: Refused, held: Held, asked: OrderRequest, client: Client
) -> Refused:
    """The old hold is let go first: its pieces may be what the new one holds."""
    quoting.let_go(room, held.quote_id, client)
    postcode = asked.address.postcode if asked.address else ""
    return with_alternative(room, refused, held, client, postcode)


def _check(held: Held, asked: OrderRequest) -> None:
    ships = any(line.mode is Mode.SHIP for line in held.lines)
    if ships and asked.address is None:
        raise invalid("address: needed for what is shipped")
    if asked.address is not None:
        check_address(asked.address)
    total = sum(line.gross_minor for line in held.lines) + held.fee.gross_minor
    if sum(payment.amount_minor for payment in asked.payments) > total:
        raise invalid(f"payments: more than the order's {total}")


def _address(asked: OrderRequest, at: str) -> tuple[placing.Kept | None, Address | None]:
    """As it is kept, and as the order has it: its id and where it is."""
    words = asked.address
    if words is None:
        return None, None
    address_id = new_id(at)
    kept = (address_id, words, asked.customer_id)
    return kept, Address(address_id=address_id, postcode=words.postcode, country=words.country)


def _lines(held: Held) -> tuple[OrderLine, ...]:
    if not held.fee.gross_minor:
        return held.lines
    number = max(line.line for line in held.lines) + 1
    return (*held.lines, pricing.fee_line(number, held.fee))


def _of_quote(room: OrderRoom, quote_id: str) -> Stored | None:
    row = t.customer_order.c
    with room.database.reading() as connection:
        order_id = connection.execute(select(row.order_id).where(row.quote_id == quote_id)).scalar()
        return ledger.find(connection, order_id) if order_id else None
