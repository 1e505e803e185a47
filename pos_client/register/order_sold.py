"""The order that a paid basket leaves: every line with how the customer gets it, and its shares.

Pure. No personal data: a customer and an address by their ids. The thing to get wrong: what
was paid. Change and rounding are cash's alone, and cashback is no part of the sale.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.basket import Basket, BasketLine
from central_sync.retail.orders import (
    Address,
    CustomerOrder,
    MadeWhere,
    OrderLine,
    Promise,
    payment_shares,
)
from central_sync.retail.tender import TenderKind
from central_sync.retail.transaction import LineItem, RetailTransaction
from pos_client.register.ordering import answer_by


def order_of(basket: Basket, transaction: RetailTransaction) -> CustomerOrder | None:
    """The order of a receipt, under the receipt's own id; None when everything was taken."""
    if not basket.later:
        return None
    lines = [_line(basket.find(item.line), item, transaction.at) for item in transaction.live_lines]
    rows = payment_shares([line.gross_minor for line in lines], net_payments(transaction))
    draft = basket.order
    return CustomerOrder(
        order_id=transaction.receipt_id,
        number=transaction.receipt_number,
        made=MadeWhere.IN_STORE,
        store_id=transaction.seller.store_id,
        receipt_id=transaction.receipt_id,
        customer_id=basket.customer_id,
        placed_at=transaction.at,
        currency=transaction.currency,
        lines=tuple(replace(line, shares=row) for line, row in zip(lines, rows, strict=True)),
        address=Address(postcode=draft.postcode, address_id=draft.address_id),
        quote_id=draft.quote_id if any(_is_reserved(line) for line in lines) else "",
    )


def net_payments(transaction: RetailTransaction) -> list[tuple[str, int]]:
    """(tender_id, minor) net of change, rounding and cashback; they sum to the total."""
    paid: dict[str, int] = {}
    for payment in transaction.payments:
        paid[payment.tender_id] = paid.get(payment.tender_id, 0) + payment.amount_minor
    cash = next((p.tender_id for p in transaction.payments if p.kind is TenderKind.CASH), "")
    if cash:
        paid[cash] -= transaction.change_minor + transaction.rounding_minor
    handed_out = min(0, paid.get(cash, 0))
    if handed_out:
        del paid[cash]
        largest = max(paid, key=lambda tender_id: paid[tender_id])
        paid[largest] += handed_out
    return [(tender_id, minor) for tender_id, minor in paid.items() if minor]


def _line(sold: BasketLine | None, item: LineItem, at: str) -> OrderLine:
    assert sold is not None
    is_wish = sold.promise is Promise.INTENT
    return OrderLine(
        line=item.line,
        sku=item.sku,
        name=item.name,
        quantity=item.quantity,
        gross_minor=item.gross_minor,
        vat_minor=item.vat_minor,
        tax_rate_basis_points=item.tax_rate_basis_points,
        mode=sold.mode,
        promise=sold.promise,
        promised_by=sold.promised_by,
        collect_store_id=sold.collect_store_id,
        collect_store_name=sold.collect_store_name,
        answer_by=answer_by(at) if is_wish else "",
    )


def _is_reserved(line: OrderLine) -> bool:
    return line.promise is Promise.RESERVED
