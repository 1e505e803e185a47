"""A receipt with the lines that came instead of its own, as a return has to see it.

Pure. The paid receipt never changes; central tells in the order what replaced a line. The
thing to get wrong: printing this. It is what may be taken back, not what was paid for.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.orders import Mode, OrderLine
from central_sync.retail.transaction import LineItem, RetailTransaction
from pos_client.register.desk_orders import DeskLine, DeskOrder


def with_substitutes(receipt: RetailTransaction, order: DeskOrder | None) -> RetailTransaction:
    """The receipt as it is where nothing was replaced."""
    others = [line for line in order.lines if line.instead_of] if order else []
    if not others or receipt.order is None:
        return receipt
    sold = {line.line: line for line in receipt.live_lines}
    pairs = [(line, sold[line.instead_of]) for line in others if line.instead_of in sold]
    lines = (*receipt.lines, *(_item(line, old) for line, old in pairs))
    ordered = (*receipt.order.lines, *(_ordered(line, old) for line, old in pairs))
    return replace(receipt, lines=lines, order=replace(receipt.order, lines=ordered))


def _item(line: DeskLine, old: LineItem) -> LineItem:
    """The rate of tax is the replaced line's: central lets no other in."""
    price = line.gross_minor // line.of
    return LineItem(
        line=line.line,
        sku=line.sku,
        name=line.name,
        gtin="",
        kind=old.kind,
        quantity=line.of,
        list_price_minor=price,
        unit_price_minor=price,
        gross_minor=line.gross_minor,
        vat_minor=line.vat_minor,
        tax_rate_basis_points=old.tax_rate_basis_points,
    )


def _ordered(line: DeskLine, old: LineItem) -> OrderLine:
    return OrderLine(
        line.line,
        line.sku,
        line.name,
        line.of,
        line.gross_minor,
        line.vat_minor,
        old.tax_rate_basis_points,
        Mode(line.mode),
    )
