"""Quotes: pieces held softly while a customer decides, with parcels, promise and fee.

One way for web shop and till. A hold lives while its basket does, never longer than the
rules say, and one client may hold only so much. The thing to get wrong: two places that
know when it ends. The rights' own expiry is the truth; the quote's row repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, func, select, update

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.retail.orders import CustomerOrder, Mode, OrderLine, Parcel, holder_of
from central_sync.server.orders import decisions, placing, pricing, quotes
from central_sync.server.orders.decisions import COLLECTED_HERE, kept_sentences
from central_sync.server.orders.identities import new_id
from central_sync.server.orders.promising import deadline_minutes
from central_sync.server.orders.quotes import Client, Held
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.router import Open, Routed, Wish
from central_sync.server.orders.rules import (
    OrderRules,
    ask_order_rules,
    order_rules,
    read_order_rules,
)
from central_sync.server.orders.stores import Stores, place_of
from central_sync.server.orders.timing import later
from central_sync.server.refused import Refused, invalid, not_found
from central_sync.server.together import atomically
from central_sync.server.warehouse import reserving
from central_sync.server.warehouse.grouping import Answer
from central_sync.server.warehouse.reserving import Granted, Missing, Short, Want
from central_sync.wire.quotes import QuotedLine, QuotedParcel, QuoteReply, QuoteRequest

# Made once: to build a statement costs as much as to run it.
_COUNT = select(func.count()).where(
    t.quote.c.client == bindparam("of"),
    t.quote.c.state == "open",
    t.quote.c.expires_at > bindparam("now"),
)


def quote(room: OrderRoom, asked: QuoteRequest, client: Client) -> QuoteReply:
    """Hold what can be held and say what it costs and when it comes; raises Refused."""
    room.router.image.refresh()
    at = room.timestamp()
    with room.database.glancing() as connection:
        stores = room.stores(connection)
        trip = Trip(connection)
        of_rules, count = ask_order_rules(trip), trip.ask(_COUNT, of=client.client_id, now=at)
        prices = pricing.ask_prices(trip, (line.sku for line in asked.lines), stores.country)
        trip.go()
        rules = read_order_rules(of_rules)
        _check(asked, stores, client, rules, count.rows[0][0])
        lines = pricing.order_lines(prices, asked.lines, at[:10])
        fee = pricing.fee_of(prices, rules, lines, at[:10])
        wish = _wish(connection, asked, lines, stores, client, rules, at)
    _let_go_of_basket(room, asked, client, at)
    ends_at = later(at, rules.quote_most_seconds)
    draft = Held(
        wish.order_id, client.client_id, "open", at, later(at, rules.quote_seconds), ends_at,
        lines, (), fee, asked.postcode, asked.max_parcels,
    )  # fmt: skip
    held = _hold(room, draft, wish, asked.basket_id, stores, rules)
    if client.is_inside:
        return reply(room, held, client)
    return _told(held, client, stores, rules, {})


def extend(room: OrderRoom, quote_id: str, client: Client) -> QuoteReply:
    """The basket lives: hold on, up to the quote's hard end. Raises Refused."""
    at = room.timestamp()
    with room.database.atomic() as connection:
        held = quotes.the_quote(connection, quote_id, client)
        rules = order_rules(connection)
        if held.state != "open" or held.expires_at <= at:
            raise quotes.gone()
        until = min(later(at, rules.quote_seconds), held.ends_at)
        for parcel in held.parcels:
            reserving.extend(connection, parcel.parcel_id, until, at)
        connection.execute(
            update(t.quote).where(t.quote.c.quote_id == quote_id).values(expires_at=until)
        )
    return reply(room, replace(held, expires_at=until), client)


def let_go(room: OrderRoom, quote_id: str, client: Client) -> None:
    """Release a quote's hold; nothing happens to one that has ended. Raises Refused 404."""

    def act(connection: Connection) -> None:
        held = quotes.the_quote(connection, quote_id, client)
        _release(connection, held, room.timestamp())

    atomically(room.database, act)
    room.router.image.stale()


def take(
    room: OrderRoom, quote_id: str, client_id: str, order: CustomerOrder
) -> tuple[Parcel, ...]:
    """Parcels that a quote holds for the very lines of a receipt's order; () if it does not."""
    with room.database.reading() as connection:
        row = connection.execute(select(t.quote).where(t.quote.c.quote_id == quote_id)).first()
    if row is None or row.client != client_id or row.state != "open":
        return ()
    held = quotes.read(row)
    asked = {line.line: (line.sku, line.quantity, line.mode) for line in order.lines}
    fits = all(asked.get(line.line) == (line.sku, line.quantity, line.mode) for line in held.lines)
    return held.parcels if fits else ()


def end_expired(room: OrderRoom, at: str) -> int:
    """Close quotes whose time is over, and free what they held; returns how many."""
    row = t.quote.c
    ended = select(row.quote_id).where(row.state == "open", row.expires_at <= at).limit(500)
    with room.database.reading() as connection:
        if not (reserving.expiring(connection, at, 1) or connection.execute(ended).first()):
            return 0
    with room.database.atomic() as connection:
        reserving.expire(connection, at)
        over = connection.execute(ended).scalars().all()
        if over:
            connection.execute(
                update(t.quote).where(row.quote_id.in_(over)).values(state="expired")
            )
            decision = t.routing_decision
            connection.execute(decision.delete().where(decision.c.order_id.in_(over)))
    if over:
        room.router.image.stale()
    return len(over)


def reply(room: OrderRoom, held: Held, client: Client) -> QuoteReply:
    with room.database.reading() as connection:
        stores, rules = room.stores(connection), order_rules(connection)
        told = held.parcels if client.is_inside else ()
        why = kept_sentences(connection, (parcel.decision_id for parcel in told))
    return _told(held, client, stores, rules, why)


def _told(
    held: Held,
    client: Client,
    stores: Stores,
    rules: OrderRules,
    why: dict[str, dict[str, tuple[str, str]]],
) -> QuoteReply:
    by_line = placing.promised(stores, rules, held.parcels, held.made_at)
    lines = [
        QuotedLine(
            line=line.line,
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            held=held.held(line.line),
            mode="collect" if line.mode is Mode.COLLECT else "ship",
            collect_store_id=line.collect_store_id,
            gross_minor=line.gross_minor,
            vat_minor=line.vat_minor,
            tax_rate_basis_points=line.tax_rate_basis_points,
            promised_by=by_line.get(line.line, ""),
        )
        for line in held.lines
    ]
    return QuoteReply(
        quote_id=held.quote_id,
        at=held.made_at,
        expires_at=held.expires_at,
        ends_at=held.ends_at,
        currency=stores.currency,
        is_whole=all(line.held == line.quantity for line in lines),
        lines=lines,
        parcels=[
            _parcel(parcel, placing.promise_of(stores, rules, parcel, held.made_at), why, client)
            for parcel in held.parcels
        ],
        fee=held.fee,
        total_minor=sum(line.gross_minor for line in held.lines) + held.fee.gross_minor,
    )


def _check(
    asked: QuoteRequest, stores: Stores, client: Client, rules: OrderRules, count: int
) -> None:
    """`count` quotes of this client are held now."""
    numbers = [line.line for line in asked.lines]
    if len(set(numbers)) < len(numbers):
        raise invalid("two lines have the same number")
    for line in asked.lines:
        if line.mode == "collect" and line.collect_store_id not in stores.by_id:
            raise not_found(f"there is no store {line.collect_store_id!r} to collect in")
    ships = any(line.mode == "ship" for line in asked.lines)
    if ships and not client.store_id and not asked.postcode:
        raise invalid("postcode: needed for what is shipped")
    if asked.postcode and not is_postcode(asked.postcode):
        raise invalid("postcode: five figures, as in 411 19")
    most = rules.quotes_per_till if client.store_id else rules.quotes_per_key
    if count >= most:
        raise Refused(
            429,
            "too_many_quotes",
            f"{count} quotes are held already; let some go or place their orders",
            again=True,
            retry_after_seconds=30,
        )


def is_postcode(text: str) -> bool:
    plain = text.replace(" ", "")
    return len(plain) == 5 and plain.isascii() and plain.isdigit() and plain[0] != "0"


def _wish(
    connection: Connection,
    asked: QuoteRequest,
    lines: Sequence[OrderLine],
    stores: Stores,
    client: Client,
    rules: OrderRules,
    at: str,
) -> Wish:
    here = stores.by_id.get(client.store_id)
    place = here.place if here and here.place and not asked.postcode else None
    without = asked.without_store_id
    return Wish(
        order_id=new_id(at),
        open=tuple(
            Open(
                line.line, line.sku, line.quantity, line.mode, line.collect_store_id,
                line.gross_minor, (without,) if without else (),
            )
            for line in lines
        ),
        place=place or place_of(connection, asked.postcode, stores),
        most_parcels=asked.max_parcels or rules.most_parcels,
        deadline_minutes=deadline_minutes(stores.calendar(client.store_id), rules, at),
    )  # fmt: skip


def _let_go_of_basket(room: OrderRoom, asked: QuoteRequest, client: Client, at: str) -> None:
    """A basket has one quote: the one before it is let go."""
    if not asked.basket_id:
        return
    row = t.quote.c
    with room.database.atomic() as connection:
        for old in connection.execute(
            select(t.quote).where(
                row.client == client.client_id,
                row.basket_id == asked.basket_id,
                row.state == "open",
            )
        ).all():
            _release(connection, quotes.read(old), at)
    room.router.image.stale()
    room.router.image.refresh()


def _release(connection: Connection, held: Held, at: str) -> None:
    row = t.quote.c
    found = connection.execute(
        update(t.quote)
        .where(row.quote_id == held.quote_id, row.state == "open")
        .values(state="released")
    )
    for parcel in held.parcels if found.rowcount else ():
        reserving.release(connection, parcel.parcel_id, at)


def _hold(
    room: OrderRoom, draft: Held, wish: Wish, basket_id: str, stores: Stores, rules: OrderRules
) -> Held:
    """Choose and hold; three tries, then with whatever nothing could be held of."""
    at = draft.made_at
    for _ in range(placing.MOST_TRIES):
        routed = room.router.choose(wish, at)
        by_line = placing.promised(stores, rules, routed.parcels, at)
        held = replace(
            draft,
            parcels=routed.parcels,
            lines=tuple(
                replace(line, promised_by=by_line.get(line.line, "")) for line in draft.lines
            ),
        )
        missing = _commit(room, held, routed, basket_id, stores)
        if not missing:
            return held
        room.router.undo(routed, placing.levels(room, missing))
    _commit(room, draft, Routed((), ()), basket_id, stores)
    return draft


def _commit(
    room: OrderRoom, held: Held, routed: Routed, basket_id: str, stores: Stores
) -> tuple[Missing, ...]:
    """The rights and the quote's row; what is missing, and then nothing is written."""
    at = held.made_at
    wants = [
        Want(parcel.store_id, line.sku, line.quantity, holder_of(parcel.parcel_id, line.line))
        for parcel in held.parcels
        for line in parcel.lines
    ]
    made = [(c.decision_id, c.decision) for c in routed.choices if c.decision is not None]
    decided = decisions.rows_of(held.quote_id, made, room.router.image.policy, stores, at)
    row = quotes.row_of(held, basket_id)

    def write(trip: Trip, answer: Answer) -> None:
        if isinstance(answer, Granted):
            decisions.enter(trip, decided)
            trip.insert(t.quote, [row])

    answer = room.grants.grant(reserving.Wish(tuple(wants), held.quote_id, held.expires_at), write)
    return answer.missing if isinstance(answer, Short) else ()


def _parcel(
    parcel: Parcel, by: str, why: dict[str, dict[str, tuple[str, str]]], client: Client
) -> QuotedParcel:
    told = why.get(parcel.decision_id, {}).get(parcel.store_id, COLLECTED_HERE)
    return QuotedParcel(
        parcel_id=parcel.parcel_id,
        mode="collect" if parcel.collect_store_id else "ship",
        lines=[line.line for line in parcel.lines],
        promised_by=by,
        store_id=parcel.store_id if client.is_inside else "",
        why_sv=told[0] if client.is_inside else "",
        why_en=told[1] if client.is_inside else "",
    )
