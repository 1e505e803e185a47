"""Books what a workstation's entries say: receipts, documents of goods, how busy the store is.

Entries are stored already or will be in the same transaction; here they are carried into
the books, by intake for new ones and by repost for those that were parked. The thing to get
wrong: counting a fact twice. What is known already books nothing and is no work of today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from central_sync.retail.stock import MovementKind, Reservation, StockDocument
from central_sync.retail.transaction import ReceiptKind
from central_sync.routing.pulse import StoreEvents
from central_sync.server.numbers import note_numbers
from central_sync.server.people_access import note_access
from central_sync.server.posting import Booking, post
from central_sync.server.reading import (
    Goods,
    InvoiceChecked,
    PledgeOverridden,
    PledgesSeen,
    Reading,
    Sale,
    Seen,
    Signed,
)
from central_sync.server.warehouse import documents, pledges, pulse
from central_sync.server.warehouse.documents import Told
from central_sync.server.warehouse.pulse import Happening

# Called in the transaction that left rights uncovered; hard ones are to be routed again.
OnShortfall = Callable[[Connection, Sequence[Reservation], str], None]


@dataclass(frozen=True, slots=True)
class Read:
    """An entry's position in its journal, and what was read in it."""

    epoch: int
    sequence: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class Booked:
    """`aliases`: sequences whose fact was known; `broken`: rights that goods no longer cover."""

    aliases: frozenset[int] = frozenset()
    broken: tuple[Reservation, ...] = ()


def nobody(_connection: Connection, _broken: Sequence[Reservation], _at: str) -> None:
    """Where no orders are kept, nobody needs to know; the rights stand."""


def book(
    connection: Connection, workstation_id: str, store_id: str, entries: Sequence[Read], at: str
) -> Booked:
    """Book a workstation's entries of one store in the caller's transaction."""
    bookings = [
        Booking(workstation_id, one.epoch, one.sequence, one.reading.transaction)
        for one in entries
        if isinstance(one.reading, Sale)
    ]
    told = [
        _told(workstation_id, one, one.reading.document)
        for one in entries
        if isinstance(one.reading, Goods)
    ]
    posted = post(connection, store_id, bookings, at)
    moved = documents.book(connection, store_id, told, at)
    invoices = _note_invoices(connection, workstation_id, store_id, entries)
    aliases = posted.aliases | moved.known | invoices
    _note_pledges(connection, workstation_id, store_id, entries, at)
    _note_looks(connection, workstation_id, entries)
    happenings = [h for one in entries if one.sequence not in aliases for h in _happened(one)]
    pulse.count(connection, store_id, workstation_id, happenings, at)
    return Booked(aliases, posted.broken + moved.broken)


def note_highest(connection: Connection, workstation_id: str, entries: Sequence[Read]) -> None:
    """Note the receipt numbers of what was booked, as the last of its transaction.

    Intake holds the same rows, of many tills at once: all of them would wait for these books.
    """
    sales = (one.reading for one in entries if isinstance(one.reading, Sale))
    note_numbers(connection, workstation_id, (sale.transaction.receipt_number for sale in sales))


def _note_pledges(
    connection: Connection, workstation_id: str, store_id: str, entries: Sequence[Read], at: str
) -> None:
    """After the sales of the same turn: a till's yes is worth what its shelf still holds."""
    seen: dict[str, int] = {}
    for one in entries:
        if isinstance(one.reading, PledgesSeen):
            seen |= one.reading.seen
        elif isinstance(one.reading, PledgeOverridden):
            who, said = one.reading.body.operator, one.reading
            pledges.override(connection, store_id, who, said.sold, said.reason, at)
    pledges.acknowledge(connection, store_id, workstation_id, seen.items(), at)


def _note_looks(connection: Connection, workstation_id: str, entries: Sequence[Read]) -> None:
    """Who was shown without central's help, beside its own look-ups."""
    for one in entries:
        if isinstance(one.reading, Seen):
            seen, operator = one.reading, one.reading.body.operator
            note_access(
                connection,
                who=f"till {workstation_id}",
                why=f"at the till without central, operator {operator}",
                what=seen.what,
                customers=seen.customer_ids,
                at=seen.body.at,
            )


def _note_invoices(
    connection: Connection, workstation_id: str, store_id: str, entries: Sequence[Read]
) -> frozenset[int]:
    known = set()
    for one in entries:
        if isinstance(one.reading, InvoiceChecked):
            document = StockDocument(one.reading.body.id, MovementKind.GOODS_RECEIVED, ())
            told = _told(workstation_id, one, document)
            is_new = documents.note_invoice(
                connection, store_id, told, one.reading.delivery_id, one.reading.lines
            )
            known |= set() if is_new else {one.sequence}
    return frozenset(known)


def _told(workstation_id: str, one: Read, document: StockDocument) -> Told:
    assert isinstance(one.reading, (Goods, InvoiceChecked))
    body = one.reading.body
    return Told(workstation_id, one.epoch, one.sequence, body.at, body.operator, document)


def _happened(one: Read) -> Iterator[Happening]:
    match one.reading:
        case Sale(body=body, transaction=transaction):
            is_return = transaction.kind is ReceiptKind.RETURN
            is_sale = transaction.kind is ReceiptKind.SALE
            has_order = bool(body.payload.get("order"))
            events = StoreEvents(
                receipts=int(is_sale), returns=int(is_return), orders_made=int(has_order)
            )
            yield Happening(transaction.at, events)
        case Goods(body=body, document=document):
            if document.kind in (MovementKind.GOODS_RECEIVED, MovementKind.TRANSFER_IN):
                yield Happening(body.at, StoreEvents(inbound_lines=len(document.lines)))
        case InvoiceChecked(body=body):
            yield Happening(body.at, StoreEvents(invoices_checked=1))
        case Signed(body=body, is_on=is_on):
            yield Happening(body.at, is_open=is_on)
        case _:
            return
