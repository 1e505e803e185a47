"""Books receipts: lines, payments, tax, and the stock that they moved.

A batch is booked in a few statements, not line by line. The thing to get wrong: a
receipt that comes again in another entry (a restored till) must move nothing, and yet
the stock row has to name that entry, or the till would add the movement a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from central_sync.database import tables as t
from central_sync.database.write import chunks, upsert
from central_sync.retail.item import ItemKind
from central_sync.retail.transaction import ReceiptKind, RetailTransaction
from central_sync.server.feed import Change, append, lock_scopes, store_scope

# What moves goods; training, copies and proforma slips move nothing.
_MOVES_STOCK = (ReceiptKind.SALE, ReceiptKind.RETURN)


@dataclass(frozen=True, slots=True)
class Booking:
    """A receipt and the journal entry that it came in."""

    workstation_id: str
    epoch: int
    sequence: int
    transaction: RetailTransaction


@dataclass(slots=True)
class Movement:
    """What happens to one item's stock: pieces, and the entries that say so."""

    delta: int = 0
    as_of: dict[str, list[int]] = field(default_factory=dict)

    def include(self, booking: Booking) -> None:
        here = [booking.epoch, booking.sequence]
        self.as_of[booking.workstation_id] = max(self.as_of.get(booking.workstation_id, here), here)


def post(connection: Connection, store_id: str, bookings: Sequence[Booking], at: str) -> set[int]:
    """Book a workstation's receipts of one store; returns the sequences that were aliases.

    Holds the store's feed scope until the commit, so two tills of a store come one by one.
    """
    if not bookings:
        return set()
    lock_scopes(connection, [store_scope(store_id)])
    new, known = _parted(connection, bookings)
    _insert_receipts(connection, store_id, new)
    _insert_movements(connection, store_id, new)
    move_stock(connection, store_id, _movements(new, known), at)
    return {booking.sequence for booking in known}


def move_stock(
    connection: Connection, store_id: str, movements: dict[str, Movement], at: str
) -> None:
    """Change the levels of a store and tell its tills."""
    append(connection, moved_levels(connection, store_id, movements), at)


def moved_levels(
    connection: Connection, store_id: str, movements: dict[str, Movement]
) -> list[Change]:
    """Change the levels of a store; returns what the feed has to tell of it."""
    changes = []
    for skus in chunks(sorted(movements)):
        levels = _levels(connection, store_id, skus)
        rows = []
        for sku in skus:
            on_hand, as_of = levels.get(sku, (0, {}))
            moved = movements[sku]
            newest = json.dumps(_newest(as_of, moved.as_of), sort_keys=True)
            row = {"sku": sku, "on_hand": on_hand + moved.delta, "as_of": newest}
            rows.append({"store_id": store_id, **row})
            changes.append(Change(store_scope(store_id), "stock", sku, row))
        upsert(connection, t.stock_level, rows)
    return changes


def _parted(
    connection: Connection, bookings: Sequence[Booking]
) -> tuple[list[Booking], list[Booking]]:
    """Receipts never seen, and those known already, be it from this very batch."""
    ids = [booking.transaction.receipt_id for booking in bookings]
    seen = set(
        connection.execute(
            select(t.receipt.c.receipt_id).where(t.receipt.c.receipt_id.in_(ids))
        ).scalars()
    )
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
        if rows:
            connection.execute(insert(table), rows)


def _insert_movements(connection: Connection, store_id: str, bookings: Sequence[Booking]) -> None:
    rows = [
        {
            "store_id": store_id,
            "sku": sku,
            "delta": delta,
            "kind": "sale" if delta < 0 else "return",
            "at": booking.transaction.at,
            "workstation_id": booking.workstation_id,
            "epoch": booking.epoch,
            "sequence": booking.sequence,
        }
        for booking in bookings
        for sku, delta in _deltas(booking.transaction).items()
        if delta
    ]
    if rows:
        connection.execute(insert(t.stock_movement), rows)


def _movements(new: Sequence[Booking], known: Sequence[Booking]) -> dict[str, Movement]:
    movements: dict[str, Movement] = {}
    for booking in new:
        for sku, delta in _deltas(booking.transaction).items():
            movement = movements.setdefault(sku, Movement())
            movement.delta += delta
            movement.include(booking)
    for booking in known:
        for sku in _deltas(booking.transaction):
            movements.setdefault(sku, Movement()).include(booking)
    return movements


def _deltas(transaction: RetailTransaction) -> dict[str, int]:
    """Pieces per item, grams where it goes by weight; negative when they left the store."""
    deltas: dict[str, int] = {}
    if transaction.kind in _MOVES_STOCK:
        for line in transaction.taken_lines:
            if line.sku and line.kind is ItemKind.GOODS:
                deltas[line.sku] = deltas.get(line.sku, 0) - line.moved
    return deltas


def _newest(one: Mapping[str, list[int]], other: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Per workstation the later position: a parked entry may be booked after later ones."""
    floor = [0, 0]
    return {who: max(one.get(who, floor), other.get(who, floor)) for who in {*one, *other}}


def _levels(
    connection: Connection, store_id: str, skus: Sequence[str]
) -> dict[str, tuple[int, dict[str, list[int]]]]:
    level = t.stock_level
    rows = connection.execute(
        select(level.c.sku, level.c.on_hand, level.c.as_of).where(
            level.c.store_id == store_id, level.c.sku.in_(skus)
        )
    )
    return {sku: (on_hand, json.loads(as_of)) for sku, on_hand, as_of in rows}


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
