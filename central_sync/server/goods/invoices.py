"""Suppliers' invoices held against what came: pieces charged beside pieces received.

An invoice waits for its goods and is held against them the moment both are there, by central
and again when a store checks it on paper. The thing to get wrong: paying for what never came.
A difference stays listed until a person has dealt with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from central_sync.database import tables as t
from central_sync.database.write import chunks, inserting, upsert
from central_sync.server.goods import expected

WAITING, FITS, DIFFERS, SETTLED = "waiting", "fits", "differs", "settled"


@dataclass(frozen=True, slots=True)
class Invoice:
    """`lines` are sku -> (charged, received)."""

    invoice_id: int
    store_id: str
    supplier: str
    number: str
    reference: str
    state: str
    lines: Mapping[str, tuple[int, int]]

    @property
    def differences(self) -> dict[str, int]:
        """Pieces charged too many (positive) or too few, by SKU."""
        if self.state not in (DIFFERS, SETTLED):
            return {}
        return {sku: said - came for sku, (said, came) in self.lines.items() if said != came}


def enter(
    connection: Connection,
    *,
    store_id: str,
    supplier: str,
    number: str,
    reference: str,
    charged: Mapping[str, int],
    at: str,
) -> int:
    """An invoice came, or more lines of it; held against its goods at once if they are there.

    Returns how many lines were new or other. A settled one is left alone.
    """
    known = _find(connection, supplier, number)
    if known is None:
        statement = inserting(connection, t.supplier_invoice).values(
            store_id=store_id,
            supplier=supplier,
            number=number,
            reference=reference,
            state=WAITING,
            made_at=at,
        )
        made = connection.execute(statement.returning(t.supplier_invoice.c.invoice_id))
        invoice_id, before = int(made.scalar_one()), {}
    else:
        invoice_id = known.invoice_id
        before = {sku: said for sku, (said, _) in known.lines.items()}
        if known.state == SETTLED:
            return 0
    changed = {sku: said for sku, said in charged.items() if before.get(sku) != said}
    rows = [
        {"invoice_id": invoice_id, "sku": sku, "quantity": said, "received": 0}
        for sku, said in sorted(changed.items())
    ]
    upsert(connection, t.supplier_invoice_line, rows)
    if changed:
        hold_against_goods(connection, store_id, reference, at)
    return len(changed)


def hold_against_goods(connection: Connection, store_id: str, reference: str, at: str) -> None:
    """Judge the invoices of a delivery by what came; before it came they wait."""
    row = t.supplier_invoice.c
    ids = connection.execute(
        select(row.invoice_id).where(
            row.store_id == store_id, row.reference == reference, row.state != SETTLED
        )
    ).scalars()
    found = expected.find(connection, expected.announced_id(store_id, reference))
    if found is None or found.state != expected.RECEIVED:
        return
    came = {sku: received for sku, (_, received) in found.lines.items()}
    for invoice_id in list(ids):
        _judge(connection, invoice_id, came, at)


def checked_by_store(
    connection: Connection,
    store_id: str,
    reference: str,
    number: str,
    lines: Mapping[str, tuple[int, int]],
    at: str,
) -> None:
    """A store held the paper against its goods: `lines` are sku -> (charged, received).

    An invoice that was never imported is entered as the store read it.
    """
    row = t.supplier_invoice
    invoice_id = connection.execute(
        select(row.c.invoice_id).where(
            row.c.store_id == store_id, row.c.reference == reference, row.c.number == number
        )
    ).scalar()
    if invoice_id is None:
        supplier = f"?{store_id}/{reference}"
        found = expected.find(connection, expected.announced_id(store_id, reference))
        if found is not None and found.supplier:
            supplier = found.supplier
        charged = {sku: said for sku, (said, _) in lines.items()}
        enter(
            connection,
            store_id=store_id,
            supplier=supplier,
            number=number,
            reference=reference,
            charged=charged,
            at=at,
        )
        known = _find(connection, supplier, number)
        invoice_id = known.invoice_id if known else None
    if invoice_id is not None:
        _judge(connection, invoice_id, {sku: came for sku, (_, came) in lines.items()}, at)


def settle(connection: Connection, supplier: str, number: str, at: str) -> bool:
    """A person has dealt with it; False when there is no such invoice."""
    row = t.supplier_invoice
    done = connection.execute(
        update(row)
        .where(row.c.supplier == supplier, row.c.number == number)
        .values(state=SETTLED, checked_at=at)
    )
    return done.rowcount == 1


def listed(connection: Connection, *, state: str = "", limit: int = 500) -> list[Invoice]:
    """The newest first."""
    row, line = t.supplier_invoice.c, t.supplier_invoice_line.c
    query = select(t.supplier_invoice).order_by(row.invoice_id.desc()).limit(limit)
    heads = connection.execute(query.where(row.state == state) if state else query).all()
    lines: dict[int, dict[str, tuple[int, int]]] = {}
    for part in chunks([head.invoice_id for head in heads]):
        for one in connection.execute(
            select(t.supplier_invoice_line).where(line.invoice_id.in_(part)).order_by(line.sku)
        ):
            lines.setdefault(one.invoice_id, {})[one.sku] = (one.quantity, one.received)
    return [
        Invoice(
            head.invoice_id,
            head.store_id,
            head.supplier,
            head.number,
            head.reference,
            head.state,
            lines.get(head.invoice_id, {}),
        )
        for head in heads
    ]


def _find(connection: Connection, supplier: str, number: str) -> Invoice | None:
    row, line = t.supplier_invoice.c, t.supplier_invoice_line.c
    head = connection.execute(
        select(t.supplier_invoice).where(row.supplier == supplier, row.number == number)
    ).first()
    if head is None:
        return None
    lines = connection.execute(
        select(t.supplier_invoice_line).where(line.invoice_id == head.invoice_id)
    )
    return Invoice(
        head.invoice_id,
        head.store_id,
        head.supplier,
        head.number,
        head.reference,
        head.state,
        {one.sku: (one.quantity, one.received) for one in lines},
    )


def _judge(connection: Connection, invoice_id: int, came: Mapping[str, int], at: str) -> None:
    """Goods that came and are not charged are a line of nothing charged."""
    row, line = t.supplier_invoice, t.supplier_invoice_line.c
    connection.execute(
        delete(t.supplier_invoice_line).where(line.invoice_id == invoice_id, line.quantity == 0)
    )
    rows = connection.execute(
        select(line.sku, line.quantity).where(line.invoice_id == invoice_id)
    ).all()
    charged = {one.sku: one.quantity for one in rows}
    skus = sorted({*charged, *(sku for sku, count in came.items() if count)})
    held = [
        {
            "invoice_id": invoice_id,
            "sku": sku,
            "quantity": charged.get(sku, 0),
            "received": came.get(sku, 0),
        }
        for sku in skus
    ]
    upsert(connection, t.supplier_invoice_line, held)
    fits = all(one["quantity"] == one["received"] for one in held)
    connection.execute(
        update(row)
        .where(row.c.invoice_id == invoice_id)
        .values(state=FITS if fits else DIFFERS, checked_at=at)
    )
