"""What a receipt says of orders: one it makes, pieces that come back, refunds it pays out.

Pure. The thing to get wrong: what was paid for the order. Change and rounding are no
payment, and a receipt may hold more than the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from central_sync.retail.money import allocate
from central_sync.retail.plain import to_plain
from central_sync.retail.tender import TenderKind
from central_sync.retail.transaction import ReceiptKind, RetailTransaction
from central_sync.server.orders import inbox

Word = tuple[str, dict[str, Any]]


def words_of(transaction: RetailTransaction) -> list[Word]:
    """(kind, body) of the words to be decided; most receipts have none."""
    found: list[Word] = []
    if transaction.order is not None and transaction.kind is ReceiptKind.SALE:
        found.append((inbox.ORDER, _order(transaction)))
    if transaction.kind is ReceiptKind.SALE:
        found += [(inbox.PAID, body) for body in _paid(transaction)]
    if transaction.kind is ReceiptKind.RETURN:
        found += [(inbox.RETURNED, body) for body in _returned(transaction)]
    return found


def _returned(transaction: RetailTransaction) -> Iterator[dict[str, Any]]:
    """One word a line, so that each is decided by itself."""
    for line in transaction.live_lines:
        if line.original_receipt_id and line.quantity < 0:
            yield {
                "receipt_id": transaction.receipt_id,
                "original_receipt_id": line.original_receipt_id,
                "original_line": line.original_line,
                "quantity": abs(line.quantity),
                "reason": line.return_reason,
                "refund_key": line.refund_key,
            }


def _paid(transaction: RetailTransaction) -> Iterator[dict[str, Any]]:
    """What was taken for orders that were unpaid: one word for each order and tender."""
    paying = [line for line in transaction.live_lines if line.pays_order]
    for order_id in sorted({line.pays_order for line in paying}):
        mine = [line for line in paying if line.pays_order == order_id]
        for tender_id, minor in paid_for(transaction, sum(line.gross_minor for line in mine)):
            yield {
                "order_id": order_id,
                "tender_id": tender_id,
                "amount_minor": minor,
                "lines": sorted({line.pays_line for line in mine}),
                "receipt_id": transaction.receipt_id,
            }


def paid_for(transaction: RetailTransaction, total_minor: int) -> list[tuple[str, int]]:
    """(tender, minor) of what was paid for an order of this total, net of change and rounding."""
    net = [max(0, payment.amount_minor) for payment in transaction.payments]
    back = transaction.change_minor + transaction.rounding_minor
    is_cash = [payment.kind is TenderKind.CASH for payment in transaction.payments]
    for at in sorted(range(len(net)), key=lambda at: (not is_cash[at], -at)):
        taken = min(net[at], back)
        net[at], back = net[at] - taken, back - taken
    if not sum(net):
        return []
    shares = allocate(min(total_minor, sum(net)), net)
    tenders = [payment.tender_id for payment in transaction.payments]
    return [(tender, share) for tender, share in zip(tenders, shares, strict=True) if share]


def _order(transaction: RetailTransaction) -> dict[str, Any]:
    order = transaction.order
    assert order is not None
    plain = to_plain(order) | {
        "store_id": transaction.seller.store_id,
        "receipt_id": transaction.receipt_id,
        "number": order.number or transaction.receipt_number,
        "currency": transaction.currency,
    }
    return {"order": plain, "paid": paid_for(transaction, order.total_minor)}
