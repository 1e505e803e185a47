"""What is given back for pieces, exactly: a step on the line's own amount.

Pure. The key of a refund says which pieces of which line, so that the same pieces are
never paid back twice. The thing to get wrong: the shipping fee follows the goods. It is
given back when nothing was shipped, and when a whole order made at a distance came back
(lag 2005:59 2 kap 14 §).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from central_sync.retail.money import allocate, share_after
from central_sync.retail.orders.commands import TakePayment
from central_sync.retail.orders.events import OrderEvent, PiecesCancelled, RefundDue
from central_sync.retail.orders.evolve import fold
from central_sync.retail.orders.finding import the_line
from central_sync.retail.orders.order import CustomerOrder, MadeWhere, Mode, Refund, pieces
from central_sync.retail.orders.shares import TenderShare, paid_of, taken_from


def refund_of(order: CustomerOrder, number: int, now: int, reason: str, at: str) -> RefundDue:
    """The refund of `now` more pieces of a line, as the order stood before they went."""
    line = the_line(order, number)
    before, of = line.given_back, line.quantity
    whole = share_after(line.gross_minor, before, now, of)
    shares = taken_from(line.shares, whole)
    key = f"{order.order_id}/{number}/{before + 1}-{before + now}"
    vat = share_after(line.vat_minor, before, now, of)
    return RefundDue(Refund(key, number, now, paid_of(shares), vat, shares, reason, at))


def refund_of_excess(
    order: CustomerOrder, command: TakePayment, number: int, over_minor: int, at: str
) -> list[RefundDue]:
    """A store took what somebody else had paid already; it has this much to give back, once."""
    key = f"{order.order_id}/over/{command.reference}/{command.tender_id}"
    if any(refund.refund_key == key for refund in order.refunds):
        return []
    line = the_line(order, number)
    vat = allocate(over_minor, [line.gross_minor - line.vat_minor, line.vat_minor])[1]
    share = TenderShare(command.tender_id, over_minor)
    refund = Refund(key, number, 1, over_minor, vat, (share,), "order.paid_twice", at)
    return [RefundDue(replace(refund, paid_in=command.taken_in))]


def with_fees(
    order: CustomerOrder, events: Sequence[OrderEvent], reason: str, at: str
) -> list[OrderEvent]:
    """These events, and the fees that fall with them."""
    found = list(events)
    after = fold(order, events)
    if not _fees_fall(after):
        return found
    for fee in after.lines:
        if fee.mode is Mode.FEE and fee.given_back < fee.quantity:
            left = fee.quantity - fee.given_back
            found.append(PiecesCancelled(fee.line, left, (), reason, at))
            found.append(refund_of(after, fee.line, left, reason, at))
    return found


def _fees_fall(order: CustomerOrder) -> bool:
    shipped = [line for line in order.lines if line.mode is Mode.SHIP]
    if any(line.given_back < line.quantity for line in shipped):
        return False
    was_sent = any(pieces(order, line).returned for line in shipped)
    return not was_sent or order.made is MadeWhere.AT_DISTANCE
