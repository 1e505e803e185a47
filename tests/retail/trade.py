"""Builders of baskets, transactions and day totals for tests of pure rooms.

What a newcomer would get wrong: `closed` works the sums out in its own plain way,
so that it can be held against the register's; do not make it call the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from central_sync.retail.basket import BasketLine, ReturnOf, basket_tax
from central_sync.retail.item import ItemKind
from central_sync.retail.tender import Payment, TenderKind
from central_sync.retail.transaction import (
    LineItem,
    ReceiptKind,
    RetailTransaction,
    Sealed,
    Seller,
)

SELLER = Seller(
    company="Två Par AB",
    organisation_number="556000-0000",
    store_id="s01",
    store_name="Två Par Göteborg",
    address="Kungsgatan 12",
    postcode="411 19",
    town="Göteborg",
    phone="031-10 20 30",
    footer="Öppet köp 30 dagar mot kvitto",
)
SEAL = Sealed(
    code="UFFQD564M5SQ2JFEAVNOVXV6O6I7NSIQ;M2O6FTVNVMGKNOEPOOTXJY3M7A",
    unit_id="DEMOSE00000000001",
    counter=7,
    notice="DEMO - EJ GODKÄND KONTROLLENHET",
)


def basket_line(
    line: int,
    name: str,
    price_minor: int,
    quantity: int = 1,
    rate_basis_points: int = 2500,
    **changes: Any,
) -> BasketLine:
    """A line at its shelf price unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "line": line,
        "sku": f"SKU-{line}",
        "name": name,
        "gtin": "",
        "kind": ItemKind.GOODS,
        "quantity": quantity,
        "list_price_minor": price_minor,
        "unit_price_minor": price_minor,
        "tax_rate_basis_points": rate_basis_points,
    }
    return BasketLine(**{**values, **changes})


def returned_line(
    line: int,
    sold: LineItem,
    of: RetailTransaction,
    *,
    reason: str = "Fel storlek",
    refund_key: str = "",
) -> BasketLine:
    """The whole of a sold line taken back."""
    took = ReturnOf(
        of.receipt_id, of.receipt_number, sold.line, sold.gross_minor, sold.vat_minor, reason,
        refund_key,
    )  # fmt: skip
    return basket_line(
        line,
        sold.name,
        sold.unit_price_minor,
        sold.quantity,
        sold.tax_rate_basis_points,
        kind=sold.kind,
        returned=took,
    )


def cash(amount_minor: int) -> Payment:
    return Payment("cash", "Kontant", TenderKind.CASH, amount_minor)


def card(amount_minor: int) -> Payment:
    return Payment("card", "Kort", TenderKind.CARD, amount_minor)


def closed(
    lines: Sequence[BasketLine],
    payments: Sequence[Payment],
    *,
    number: int = 42,
    change_minor: int = 0,
    seal: Sealed | None = SEAL,
    **changes: Any,
) -> RetailTransaction:
    """The transaction of these lines and payments; what is left over is the rounding."""
    live = [line for line in lines if not line.is_voided]
    taxed = basket_tax(live)
    vat_of = {row.line: vat for row, vat in zip(live, taxed.line_vat_minor, strict=True)}
    total = sum(line.gross_minor for line in live)
    paid = sum(payment.amount_minor for payment in payments)
    is_return = any(line.returned for line in live)
    values: dict[str, Any] = {
        "receipt_id": f"018bcfe5-687b-7000-8000-{number:012d}",
        "receipt_number": f"1-1-{number}",
        "number": number,
        "kind": ReceiptKind.RETURN if is_return else ReceiptKind.SALE,
        "at": "2026-11-22T13:32:07.000Z",
        "local_time": "2026-11-22 14:32:07",
        "business_day": "2026-11-22",
        "seller": SELLER,
        "workstation": "1",
        "operator": "1001",
        "operator_name": "Anna Berg",
        "currency": "SEK",
        "lines": tuple(_line_item(line, vat_of.get(line.line, 0)) for line in lines),
        "tax_groups": taxed.groups,
        "total_minor": total,
        "rounding_minor": paid - change_minor - total,
        "payments": tuple(payments),
        "change_minor": change_minor,
        "seal": seal,
    }
    transaction = RetailTransaction(**{**values, **changes})
    transaction.check()
    return transaction


def _line_item(line: BasketLine, vat_minor: int) -> LineItem:
    took = line.returned
    return LineItem(
        line=line.line,
        sku=line.sku,
        name=line.name,
        gtin=line.gtin,
        kind=line.kind,
        quantity=-line.quantity if took else line.quantity,
        list_price_minor=line.list_price_minor,
        unit_price_minor=line.unit_price_minor,
        gross_minor=line.gross_minor,
        vat_minor=vat_minor,
        tax_rate_basis_points=line.tax_rate_basis_points,
        modifiers=() if took else line.modifiers(),
        is_voided=line.is_voided,
        original_receipt_id=took.receipt_id if took else "",
        original_receipt=took.receipt_number if took else "",
        original_line=took.line if took else 0,
        return_reason=took.reason if took else "",
        refund_key=took.refund_key if took else "",
        pays_order=line.pays_order,
        pays_line=line.pays_line,
    )


def mixed_basket() -> list[BasketLine]:
    """Fiscal-law E1: 15 kr off the merchandise, shared out; the deposits keep their price."""
    off = (413, 287, 229, 571)
    goods = [
        ("Mjölk", 3580, 600),
        ("Läsk", 2490, 600),
        ("Öl", 1990, 2500),
        ("Badlakan", 4950, 2500),
    ]
    lines = [
        basket_line(
            at, name, price, 1, rate, discount_minor=share, discount_reason="Veckans erbjudande"
        )
        for at, ((name, price, rate), share) in enumerate(zip(goods, off, strict=True), start=1)
    ]
    return [
        *lines,
        basket_line(5, "Pant 2 kr", 200, 1, 600),
        basket_line(6, "Pant 1 kr", 100, 1, 2500),
    ]
