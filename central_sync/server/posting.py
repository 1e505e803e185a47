"""Books receipts: lines, payments, tax, and the stock that they moved.

A batch is booked in a few statements, not line by line. The thing to get wrong: a
receipt that comes again in another entry (a restored till) is booked once, and yet its
movements are told, as ones of no pieces (warehouse.ledger says why).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.trip import among, ask
from central_sync.database.write import insert_rows
from central_sync.retail.item import ItemKind
from central_sync.retail.stock import MovementKind, Reservation, StockMovement
from central_sync.retail.transaction import ReceiptKind, RetailTransaction
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.store_customers import met
from central_sync.server.warehouse import ledger

# What moves goods; training, copies and proforma slips move nothing.
_MOVES_STOCK = (ReceiptKind.SALE, ReceiptKind.RETURN)

# Made once: to build a statement costs as much as to run it.
_KNOWN = select(t.receipt.c.receipt_id).where(among(t.receipt.c.receipt_id, "ids"))


@dataclass(frozen=True, slots=True)
class Booking:
    """A receipt and the journal entry that it came in."""

    workstation_id: str
    epoch: int
    sequence: int
    transaction: RetailTransaction


@dataclass(frozen=True, slots=True)
class Posted:
    """`aliases`: sequences whose receipt was known; `broken`: rights that goods no longer cover."""

    aliases: frozenset[int] = frozenset()
    broken: tuple[Reservation, ...] = ()


def post(connection: Connection, store_id: str, bookings: Sequence[Booking], at: str) -> Posted:
    """Book a workstation's receipts of one store.

    Holds the store's feed scope until the commit, so two tills of a store come one by one.
    """
    if not bookings:
        return Posted()
    lock_scopes(connection, [store_scope(store_id)])
    new, known = _parted(connection, bookings)
    _insert_receipts(connection, store_id, new)
    met(connection, store_id, _customers(new))
    movements = [one for booking in new for one in _movements(store_id, booking)]
    # What is known already moves nothing, but the level is told of the entry.
    movements += [
        replace(one, delta=0) for booking in known for one in _movements(store_id, booking)
    ]
    broken = ledger.move(connection, store_id, movements, at)
    return Posted(frozenset(booking.sequence for booking in known), broken)


def _parted(
    connection: Connection, bookings: Sequence[Booking]
) -> tuple[list[Booking], list[Booking]]:
    """Receipts never seen, and those known already, be it from this very batch."""
    ids = [booking.transaction.receipt_id for booking in bookings]
    seen = {row.receipt_id for row in ask(connection, _KNOWN, ids=ids).rows}
    new: list[Booking] = []
    known: list[Booking] = []
    for booking in bookings:
        (known if booking.transaction.receipt_id in seen else new).append(booking)
        seen.add(booking.transaction.receipt_id)
    return new, known


def _insert_receipts(connection: Connection, store_id: str, bookings: Sequence[Booking]) -> None:
    place = {"store_id": store_id}
    receipts = [place | _receipt(booking) for booking in bookings]
    lines = [place | row for booking in bookings for row in _lines(booking.transaction)]
    payments = [place | row for booking in bookings for row in _payments(booking.transaction)]
    taxes = [place | row for booking in bookings for row in _taxes(booking.transaction)]
    for table, rows in (
        (t.receipt, receipts),
        (t.receipt_line, lines),
        (t.payment, payments),
        (t.receipt_tax, taxes),
    ):
        insert_rows(connection, table, rows)


def _customers(bookings: Sequence[Booking]) -> dict[str, str]:
    """Who bought here, and when last."""
    named = [b.transaction for b in bookings if b.transaction.customer_id]
    return {each.customer_id: each.at for each in sorted(named, key=lambda each: each.at)}


def _movements(store_id: str, booking: Booking) -> Iterable[StockMovement]:
    transaction = booking.transaction
    for sku, delta in _deltas(transaction).items():
        yield StockMovement(
            transaction.receipt_id,
            store_id,
            sku,
            MovementKind.SALE if delta <= 0 else MovementKind.RETURN,
            delta,
            transaction.at,
            booking.workstation_id,
            booking.epoch,
            booking.sequence,
        )


def _deltas(transaction: RetailTransaction) -> dict[str, int]:
    """Pieces per item, grams where it goes by weight; negative when they left the store."""
    deltas: dict[str, int] = {}
    if transaction.kind in _MOVES_STOCK:
        for line in transaction.taken_lines:
            if line.sku and line.kind is ItemKind.GOODS:
                deltas[line.sku] = deltas.get(line.sku, 0) - line.moved
    return deltas


def _receipt(booking: Booking) -> dict[str, Any]:
    transaction = booking.transaction
    return {
        "receipt_id": transaction.receipt_id,
        "workstation_id": booking.workstation_id,
        "epoch": booking.epoch,
        "sequence": booking.sequence,
        "receipt_number": transaction.receipt_number,
        "kind": transaction.kind.value,
        "at": transaction.at,
        "business_day": transaction.business_day,
        "operator": transaction.operator,
        "currency": transaction.currency,
        "total_minor": transaction.total_minor,
        "vat_minor": transaction.vat_minor,
        "rounding_minor": transaction.rounding_minor,
        "change_minor": transaction.change_minor,
        "customer_id": transaction.customer_id,
    }


def _lines(transaction: RetailTransaction) -> Iterable[dict[str, Any]]:
    for line in transaction.lines:
        yield {
            "receipt_id": transaction.receipt_id,
            "line": line.line,
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit_price_minor": line.unit_price_minor,
            "gross_minor": line.gross_minor,
            "vat_minor": line.vat_minor,
            "tax_rate_basis_points": line.tax_rate_basis_points,
            "is_voided": int(line.is_voided),
            "original_receipt_id": line.original_receipt_id,
            "weight_grams": line.weight_grams,
        }


def _payments(transaction: RetailTransaction) -> Iterable[dict[str, Any]]:
    for ordinal, payment in enumerate(transaction.payments, 1):
        yield {
            "receipt_id": transaction.receipt_id,
            "ordinal": ordinal,
            "tender_id": payment.tender_id,
            "kind": payment.kind.value,
            "amount_minor": payment.amount_minor,
        }


def _taxes(transaction: RetailTransaction) -> Iterable[dict[str, Any]]:
    for group in transaction.tax_groups:
        yield {
            "receipt_id": transaction.receipt_id,
            "rate_basis_points": group.rate_basis_points,
            "gross_minor": group.gross_minor,
            "vat_minor": group.vat_minor,
        }
