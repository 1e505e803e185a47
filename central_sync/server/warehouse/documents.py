"""Books what stores tell of goods: deliveries, transfers, counts, adjustments, put-backs.

A document's own id is its identity, so it moves goods once however often it comes. The
thing to get wrong: letting one unknown code hold up a delivery. Its line is parked with the
reason and booked when the item is known; the other lines go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.database.write import chunks, insert_missing
from central_sync.retail.item import code_key
from central_sync.retail.stock import (
    DocumentLine,
    MovementKind,
    Reservation,
    StockDocument,
    StockMovement,
    delta_of,
)
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.warehouse import ledger


@dataclass(frozen=True, slots=True)
class Told:
    """A document and the journal entry that it came in."""

    workstation_id: str
    epoch: int
    sequence: int
    at: str
    operator: str
    document: StockDocument


@dataclass(frozen=True, slots=True)
class Booked:
    """`known`: sequences whose document was known; `broken`: rights no longer covered."""

    known: frozenset[int] = frozenset()
    broken: tuple[Reservation, ...] = ()


def book(connection: Connection, store_id: str, told: Sequence[Told], at: str) -> Booked:
    """Book a workstation's documents of one store."""
    if not told:
        return Booked()
    lock_scopes(connection, [store_scope(store_id)])
    known = _known(connection, [one.document.movement_id for one in told])
    items = _items(connection, {line.sku for one in told for line in one.document.lines})
    again: set[int] = set()
    broken: tuple[Reservation, ...] = ()
    for one in told:
        if one.document.movement_id in known:
            again.add(one.sequence)
            movements = _repeated(connection, store_id, one)
        else:
            movements = _enter(connection, store_id, one, items)
        known.add(one.document.movement_id)
        broken += ledger.move(connection, store_id, movements, at)
    return Booked(frozenset(again), broken)


def note_invoice(
    connection: Connection,
    store_id: str,
    told: Told,
    delivery_id: str,
    lines: Sequence[DocumentLine],
) -> bool:
    """Keep a checked invoice beside its delivery; it moves nothing. False when it was known."""
    if _known(connection, [told.document.movement_id]):
        return False
    _insert_document(connection, store_id, told, kind="invoice", reference=delivery_id)
    rows = [
        _line_row(told.document.movement_id, number, store_id, line, 0, "noted", "")
        for number, line in enumerate(lines, 1)
    ]
    if rows:
        connection.execute(insert(t.stock_document_line), rows)
    return True


@dataclass(frozen=True, slots=True)
class Retried:
    """Lines that were booked now, lines that are parked still, rights no longer covered."""

    booked: int
    still_parked: int
    broken: tuple[Reservation, ...]


def book_parked(connection: Connection, at: str) -> Retried:
    """Try parked lines again: the item may be known by now."""
    document, line = t.stock_document, t.stock_document_line
    rows = connection.execute(
        select(line, document.c.workstation_id, document.c.epoch, document.c.sequence,
               document.c.kind, document.c.at, document.c.reason.label("why"))
        .join(document, document.c.document_id == line.c.document_id)
        .where(line.c.state == "parked")
        .order_by(line.c.store_id, line.c.document_id, line.c.line)
    ).all()  # fmt: skip
    found = _found(connection, {row.sku for row in rows})
    ready = [row for row in rows if row.sku in found]
    lock_scopes(connection, {store_scope(row.store_id) for row in ready})
    broken: tuple[Reservation, ...] = ()
    for row in ready:
        broken += _book_line(connection, row, found[row.sku], at)
    return Retried(len(ready), len(rows) - len(ready), broken)


def _enter(
    connection: Connection, store_id: str, told: Told, items: set[str]
) -> list[StockMovement]:
    document = told.document
    _insert_document(
        connection, store_id, told, kind=document.kind.value, reference=document.reference
    )
    rows, movements = [], []
    book_says = _book(connection, store_id, document)
    for number, line in enumerate((*document.lines, *document.unknown), 1):
        is_known = line.sku in items
        delta = delta_of(document.kind, line, book_says.get(line.sku, 0))
        state, reason = (
            ("booked", "") if is_known else ("parked", f"no item has the SKU or code {line.sku}")
        )
        rows.append(_line_row(document.movement_id, number, store_id, line, delta, state, reason))
        if is_known:
            movements.append(_movement(store_id, told, line.sku, delta))
    if rows:
        connection.execute(insert(t.stock_document_line), rows)
    return movements


def _repeated(connection: Connection, store_id: str, told: Told) -> list[StockMovement]:
    """Pieces of none: the level has to name this entry as well."""
    line = t.stock_document_line.c
    skus = connection.execute(
        select(line.sku)
        .where(line.document_id == told.document.movement_id, line.state == "booked")
        .distinct()
        .order_by(line.sku)
    ).scalars()
    return [_movement(store_id, told, sku, 0) for sku in skus]


def _movement(store_id: str, told: Told, sku: str, delta: int) -> StockMovement:
    return StockMovement(
        told.document.movement_id,
        store_id,
        sku,
        told.document.kind,
        delta,
        told.at,
        told.workstation_id,
        told.epoch,
        told.sequence,
        told.document.reason,
    )


def _book_line(connection: Connection, row: Any, sku: str, at: str) -> tuple[Reservation, ...]:
    kind = MovementKind(row.kind)
    movement = StockMovement(
        row.document_id,
        row.store_id,
        sku,
        kind,
        row.delta,
        row.at,
        row.workstation_id,
        row.epoch,
        row.sequence,
        row.why,
    )
    line = t.stock_document_line.c
    connection.execute(
        update(t.stock_document_line)
        .where(line.document_id == row.document_id, line.line == row.line)
        .values(sku=sku, state="booked", reason="")
    )
    return ledger.move(connection, row.store_id, [movement], at)


def _book(connection: Connection, store_id: str, document: StockDocument) -> dict[str, int]:
    """What the book says now, for counts that do not say what it said then."""
    if document.kind is not MovementKind.COUNT:
        return {}
    found: dict[str, int] = {}
    for skus in chunks(sorted({line.sku for line in document.lines if line.expected is None})):
        levels = ledger.levels_of(connection, store_id, skus)
        found.update((sku, level.on_hand) for sku, level in levels.items())
    return found


def _insert_document(
    connection: Connection, store_id: str, told: Told, *, kind: str, reference: str
) -> None:
    row = {
        "document_id": told.document.movement_id,
        "store_id": store_id,
        "workstation_id": told.workstation_id,
        "epoch": told.epoch,
        "sequence": told.sequence,
        "kind": kind,
        "at": told.at,
        "operator": told.operator,
        "reference": reference,
        "reason": told.document.reason,
    }
    insert_missing(connection, t.stock_document, [row])


def _line_row(
    document_id: str,
    number: int,
    store_id: str,
    line: DocumentLine,
    delta: int,
    state: str,
    reason: str,
) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "line": number,
        "store_id": store_id,
        "sku": line.sku,
        "quantity": line.quantity,
        "expected": line.expected,
        "delta": delta,
        "state": state,
        "reason": reason,
    }


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    document = t.stock_document.c.document_id
    return set(connection.execute(select(document).where(document.in_(ids))).scalars())


def _items(connection: Connection, skus: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(sorted(skus)):
        rows = connection.execute(select(t.item.c.sku).where(t.item.c.sku.in_(part)))
        found.update(rows.scalars())
    return found


def _found(connection: Connection, codes: Iterable[str]) -> dict[str, str]:
    """The items that these SKUs or scanned codes stand for."""
    asked = set(codes)
    found = {sku: sku for sku in _items(connection, asked)}
    keys = {code_key(code): code for code in asked - found.keys()}
    for part in chunks(sorted(keys)):
        rows = connection.execute(
            select(t.barcode.c.code, t.barcode.c.sku).where(t.barcode.c.code.in_(part))
        )
        found.update((keys[row.code], row.sku) for row in rows)
    return found
