"""Another item instead of one that cannot come, when the customer says yes (ladder step 4).

Pure. What was paid for the pieces pays the other item, in the very shares of the payments, and
what is left over is given back. The thing to get wrong: VAT. The paid receipt stands as it is,
so the other item has the same rate, and both parts of the tax sum to what was on the receipt.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.money import share_after
from central_sync.retail.orders import commands
from central_sync.retail.orders.changing import loose_pieces, withdrawn_from
from central_sync.retail.orders.events import (
    LineSubstituted,
    OrderEvent,
    PiecesCancelled,
    RefundDue,
)
from central_sync.retail.orders.finding import the_line
from central_sync.retail.orders.order import CustomerOrder, OrderLine, Promise, pieces
from central_sync.retail.orders.refunding import refund_of
from central_sync.retail.orders.refusal import refuse
from central_sync.retail.orders.shares import paid_of, taken_from

REASON = "order.substituted"


def substitute(order: CustomerOrder, command: commands.SubstituteLine, at: str) -> list[OrderEvent]:
    """Once for a line; the same again changes nothing."""
    line = the_line(order, command.line)
    before = next((one for one in order.lines if one.instead_of == line.line), None)
    if before is not None and before.sku == command.sku:
        return []
    count = loose_pieces(order, line)
    _refuse_unfit(line, command, count, was_done=before is not None)
    due = refund_of(order, line.line, count, REASON, at)
    other, rest = _paid_with(order, line, command, due, count)
    free = pieces(order, line).waiting
    withdrawn = withdrawn_from(order, line, max(0, count - free))
    return [
        PiecesCancelled(line.line, count, withdrawn, REASON, at),
        LineSubstituted(other, at),
        rest,
    ]


def _refuse_unfit(
    line: OrderLine, command: commands.SubstituteLine, count: int, *, was_done: bool
) -> None:
    if was_done:
        refuse("order.substituted_already", line=line.line)
    if not line.is_carried or not count:
        refuse("order.packed_already", line=line.line, most=count)
    if command.sku == line.sku or command.unit_price_minor < 0:
        refuse("order.unsound_line", line=line.line)
    if command.tax_rate_basis_points != line.tax_rate_basis_points:
        refuse("order.other_tax", line=line.line)
    paid = share_after(line.gross_minor, line.given_back, count, line.quantity)
    if command.unit_price_minor * count > paid:
        refuse("order.dearer", line=line.line)


def _paid_with(
    order: CustomerOrder,
    line: OrderLine,
    command: commands.SubstituteLine,
    due: RefundDue,
    count: int,
) -> tuple[OrderLine, RefundDue]:
    """The new line, and the refund of what it does not cost."""
    refund = due.refund
    whole = sum(share.amount_minor for share in refund.shares)
    gross = command.unit_price_minor * count
    moved = taken_from(refund.shares, gross)
    left = replace(refund, moved=moved)
    left = replace(left, amount_minor=paid_of(left.to_pay_back))
    vat_left = share_after(refund.vat_minor, 0, whole - gross, whole) if whole else 0
    other = OrderLine(
        line=max(one.line for one in order.lines) + 1,
        sku=command.sku,
        name=command.name,
        quantity=count,
        gross_minor=gross,
        vat_minor=refund.vat_minor - vat_left,
        tax_rate_basis_points=line.tax_rate_basis_points,
        mode=line.mode,
        promise=Promise.INTENT,
        collect_store_id=line.collect_store_id,
        collect_store_name=line.collect_store_name,
        shares=moved,
        answer_by=command.answer_by,
        instead_of=line.line,
    )
    return other, RefundDue(left)
