"""Taking back a line of an earlier receipt, of this till or, with central, of any other.

Pure. What is refunded is the exact share of what was paid, not today's price,
and VAT goes back at the sale's own rate; any sequence of partial returns ends
exactly at the original (fiscal-law E3).
"""

from __future__ import annotations

from central_sync.retail.basket import BasketLine, ReturnOf
from central_sync.retail.money import share_after
from central_sync.retail.operator import Operator
from central_sync.retail.transaction import LineItem, ReceiptKind, RetailTransaction
from pos_client.register import approving, commands, unheard
from pos_client.register.events import Event, LineAdded
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register


def return_line(
    state: Register,
    command: commands.ReturnLine,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    if state.basket.payments:
        refuse("basket.payment_begun")
    if state.exchange:
        refuse("exchange.sells_now")
    if state.has_basket and not state.basket.is_return:
        refuse("return.basket_sells")
    if not command.reason.strip():
        refuse("reason.needed")
    receipt, sold = _sold_line(command, shop)
    line = _return_line(state, command, receipt, sold, shop, facts)
    refund = -state.basket.total_minor - line.gross_minor
    if not approving.anyone(state, approver, lambda limits: refund <= limits.refund_minor):
        assert state.operator is not None
        limit = state.operator.limits.refund_minor
        return approving.ask(
            command, "refund", line_name=sold.name, to_minor=refund, limit_minor=limit
        )
    return [LineAdded(state.basket.basket_id or facts.new_id, line)]


def _sold_line(command: commands.ReturnLine, shop: Shop) -> tuple[RetailTransaction, LineItem]:
    receipt = shop.any_receipt(command.receipt_number)
    if receipt is None:
        refuse("receipt.unknown", beeps=2, number=command.receipt_number[:40])
    if receipt.kind is not ReceiptKind.SALE:
        refuse("return.not_a_sale", number=receipt.receipt_number)
    for line in receipt.live_lines:
        if line.line == command.line:
            if line.deposit_slip:
                refuse("deposit.fixed")
            ordered = shop.ordered(receipt.receipt_id).get(line.line)
            if line.line in receipt.ordered and (ordered is None or not ordered.delivered):
                refuse("return.ordered", name=line.name)
            return receipt, line
    refuse("return.no_such_line", number=receipt.receipt_number)


def _return_line(
    state: Register,
    command: commands.ReturnLine,
    receipt: RetailTransaction,
    sold: LineItem,
    shop: Shop,
    facts: Facts,
) -> BasketLine:
    taken_now = in_basket(state, receipt.receipt_id, sold.line)
    before = shop.returned(receipt.receipt_id).get(sold.line, 0) + taken_now
    left = sold.returnable - before
    ordered = shop.ordered(receipt.receipt_id).get(sold.line)
    if ordered is not None:
        before, left = ordered.before + taken_now, ordered.delivered - taken_now
    if left <= 0:
        refuse("return.all_returned", name=sold.name)
    held = unheard.is_held(receipt.receipt_id, shop, facts)
    taken = command.quantity
    if sold.weight_grams:
        taken = command.weight_grams or left
        if not 1 <= taken <= left:
            refuse("return.too_heavy", name=sold.name, grams=left)
    elif not 1 <= taken <= left:
        refuse("return.too_many", name=sold.name, left=left)
    gross = share_after(sold.gross_minor, before, taken, sold.returnable)
    vat = share_after(sold.vat_minor, before, taken, sold.returnable)
    return BasketLine(
        line=state.next_line,
        sku=sold.sku,
        name=sold.name,
        gtin=sold.gtin,
        kind=sold.kind,
        quantity=1 if sold.weight_grams else taken,
        list_price_minor=sold.list_price_minor,
        unit_price_minor=sold.unit_price_minor,
        tax_rate_basis_points=sold.tax_rate_basis_points,
        returned=ReturnOf(
            receipt.receipt_id,
            receipt.receipt_number,
            sold.line,
            gross,
            vat,
            command.reason,
            held=held,
        ),
        weight_grams=taken if sold.weight_grams else 0,
        is_label_price=sold.is_label_price,
        content_grams=sold.content_grams,
        lot=sold.lot,
        serial=sold.serial,
        expires_on=sold.expires_on,
    )


def in_basket(state: Register, receipt_id: str, line: int) -> int:
    """Pieces, or grams, of that line that the open basket already takes back."""
    return sum(
        row.weight_grams or row.quantity
        for row in state.basket.live
        if row.returned and (row.returned.receipt_id, row.returned.line) == (receipt_id, line)
    )
