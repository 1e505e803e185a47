"""Suppliers' invoices held against what came: pieces and prices, charged beside received.

An invoice waits for its goods and is held against them the moment both are there, by central
and again when a store checks it on paper. The thing to get wrong: paying for what never came.
A difference stays listed until a person has approved it, with or without a credit note.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, delete, select, update

from central_sync.database import tables as t
from central_sync.database.write import chunks, inserting, upsert
from central_sync.retail.money import BASIS_POINTS
from central_sync.retail.plain import from_plain, to_plain
from central_sync.server.goods import expected
from central_sync.server.goods.judging import InvoiceLine, InvoiceRule, claim_of
from central_sync.server.refused import Refused, invalid, not_found

WAITING, FITS, DIFFERS, CREDIT_ASKED, SETTLED = (
    *("waiting", "fits", "differs"),
    *("credit_asked", "settled"),
)
_SETTING = "invoices"
_JUDGED = (DIFFERS, CREDIT_ASKED, SETTLED)


@dataclass(frozen=True, slots=True)
class Invoice:
    """`credit_minor` was asked for by `asked_by`; `approved_by` settled it."""

    invoice_id: int
    store_id: str
    supplier: str
    number: str
    reference: str
    state: str
    lines: tuple[InvoiceLine, ...]
    rule: InvoiceRule
    credit_minor: int = 0
    asked_at: str = ""
    asked_by: str = ""
    credit_note: str = ""
    approved_by: str = ""
    note: str = ""

    @property
    def differing(self) -> tuple[InvoiceLine, ...]:
        """Lines with other pieces or another price than was received and agreed."""
        if self.state not in _JUDGED:
            return ()
        return tuple(line for line in self.lines if not line.fits(self.rule))

    @property
    def differences(self) -> dict[str, int]:
        """Pieces charged too many (positive) or too few, by SKU."""
        return {line.sku: line.pieces_over for line in self.differing if line.pieces_over}

    @property
    def claim_minor(self) -> int:
        """What a credit note would be for."""
        return claim_of(self.differing, self.rule)


def invoice_rule(connection: Connection) -> InvoiceRule:
    setting = t.setting.c
    body = connection.execute(select(setting.body).where(setting.name == _SETTING)).scalar()
    return from_plain(InvoiceRule, json.loads(body)) if body else InvoiceRule()


def set_tolerance(connection: Connection, basis_points: int, author: str, at: str) -> InvoiceRule:
    """How far a price may lie from the agreed one; holds for what is judged from now on."""
    if not 0 <= basis_points <= BASIS_POINTS:
        raise invalid("a tolerance is 0 to 10000 basis points (100 is one per cent)")
    rule = InvoiceRule(basis_points)
    row = {"name": _SETTING, "body": json.dumps(to_plain(rule)), "author": author, "at": at}
    upsert(connection, t.setting, [row])
    return rule


def enter(
    connection: Connection,
    *,
    store_id: str,
    supplier: str,
    number: str,
    reference: str,
    charged: Mapping[str, int],
    at: str,
    costs: Mapping[str, int | None] | None = None,
) -> int:
    """An invoice came, or more lines of it; held against its goods at once if they are there.

    `costs` are the prices of a piece that it charges. Returns how many lines were new or other.
    A settled one is left alone.
    """
    prices = costs or {}
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
        before = {line.sku: (line.charged, line.cost_minor) for line in known.lines}
        if known.state == SETTLED:
            return 0
    told = {
        sku: (said, _either(prices.get(sku), before.get(sku, (0, None))[1]))
        for sku, said in charged.items()
    }
    changed = {sku: both for sku, both in told.items() if before.get(sku) != both}
    rows = [
        {"invoice_id": invoice_id, "sku": sku, "quantity": said, "received": 0, "cost_minor": cost}
        for sku, (said, cost) in sorted(changed.items())
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
        _judge(connection, invoice_id, came, expected.costs_of(connection, found.delivery_id), at)


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
        agreed = expected.costs_of(connection, expected.announced_id(store_id, reference))
        came = {sku: received for sku, (_, received) in lines.items()}
        _judge(connection, invoice_id, came, agreed, at)


def ask_credit(
    connection: Connection, supplier: str, number: str, author: str, at: str, note: str = ""
) -> Invoice:
    """The supplier is asked for a credit note of what was charged too much.

    Raises Refused: 404 for no such invoice, 409 where nothing is charged too much.
    """
    found = _the_invoice(connection, supplier, number)
    if found.state not in (DIFFERS, CREDIT_ASKED) or not found.claim_minor:
        raise Refused(409, "nothing_to_claim", f"{number} of {supplier} charges nothing too much")
    values = {"credit_minor": found.claim_minor, "asked_at": at, "asked_by": author, "note": note}
    _change(connection, found, state=CREDIT_ASKED, **values)
    return _the_invoice(connection, supplier, number)


def settle(
    connection: Connection,
    supplier: str,
    number: str,
    at: str,
    *,
    author: str = "",
    credit_note: str = "",
    note: str = "",
) -> Invoice:
    """A person approves it, with the credit note that came or without; raises Refused 404."""
    found = _the_invoice(connection, supplier, number)
    values = {"approved_by": author, "credit_note": credit_note, "note": note or found.note}
    _change(connection, found, state=SETTLED, checked_at=at, **values)
    return _the_invoice(connection, supplier, number)


def listed(connection: Connection, *, state: str = "", limit: int = 500) -> list[Invoice]:
    """The newest first."""
    row = t.supplier_invoice.c
    query = select(t.supplier_invoice).order_by(row.invoice_id.desc()).limit(limit)
    return _read(connection, query.where(row.state == state) if state else query)


def _find(connection: Connection, supplier: str, number: str) -> Invoice | None:
    row = t.supplier_invoice.c
    query = select(t.supplier_invoice).where(row.supplier == supplier, row.number == number)
    return next(iter(_read(connection, query)), None)


def _the_invoice(connection: Connection, supplier: str, number: str) -> Invoice:
    found = _find(connection, supplier, number)
    if found is None:
        raise not_found(f"there is no invoice {number} of {supplier}")
    return found


def _read(connection: Connection, query: Select[Any]) -> list[Invoice]:
    heads = connection.execute(query).all()
    rule = invoice_rule(connection)
    line = t.supplier_invoice_line.c
    lines: dict[int, list[InvoiceLine]] = {}
    for part in chunks([head.invoice_id for head in heads]):
        for one in connection.execute(
            select(t.supplier_invoice_line).where(line.invoice_id.in_(part)).order_by(line.sku)
        ):
            told = (one.sku, one.quantity, one.received, one.cost_minor, one.agreed_minor)
            lines.setdefault(one.invoice_id, []).append(InvoiceLine(*told))
    return [
        Invoice(
            *(head.invoice_id, head.store_id, head.supplier, head.number, head.reference),
            *(head.state, tuple(lines.get(head.invoice_id, ())), rule),
            *(head.credit_minor, head.asked_at, head.asked_by, head.credit_note),
            *(head.approved_by, head.note),
        )
        for head in heads
    ]


def _change(connection: Connection, invoice: Invoice, **values: Any) -> None:
    row = t.supplier_invoice
    connection.execute(update(row).where(row.c.invoice_id == invoice.invoice_id).values(**values))


def _either(one: int | None, other: int | None) -> int | None:
    return other if one is None else one


def _judge(
    connection: Connection,
    invoice_id: int,
    came: Mapping[str, int],
    agreed: Mapping[str, int],
    at: str,
) -> None:
    """Goods that came and are not charged are a line of nothing charged."""
    row, line = t.supplier_invoice, t.supplier_invoice_line.c
    connection.execute(
        delete(t.supplier_invoice_line).where(line.invoice_id == invoice_id, line.quantity == 0)
    )
    rows = connection.execute(
        select(line.sku, line.quantity, line.cost_minor).where(line.invoice_id == invoice_id)
    ).all()
    charged = {one.sku: (one.quantity, one.cost_minor) for one in rows}
    lines = []
    for sku in sorted({*charged, *(sku for sku, count in came.items() if count)}):
        said, cost = charged.get(sku, (0, None))
        lines.append(InvoiceLine(sku, said, came.get(sku, 0), cost, agreed.get(sku)))
    held = [
        {
            "invoice_id": invoice_id,
            "sku": one.sku,
            "quantity": one.charged,
            "received": one.received,
            "cost_minor": one.cost_minor,
            "agreed_minor": one.agreed_minor,
        }
        for one in lines
    ]
    upsert(connection, t.supplier_invoice_line, held)
    rule = invoice_rule(connection)
    fits = all(one.fits(rule) for one in lines)
    # A credit note that was asked for is still to come, whatever is found besides.
    differs = case((row.c.state == CREDIT_ASKED, CREDIT_ASKED), else_=DIFFERS)
    connection.execute(
        update(row)
        .where(row.c.invoice_id == invoice_id)
        .values(state=FITS if fits else differs, checked_at=at)
    )
