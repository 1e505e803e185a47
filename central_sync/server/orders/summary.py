"""An order in a few words, for the stores that sold it or hand it out, and for who asks.

No personal data. The thing to get wrong: a line has no state of its own; the word for it
is where the least advanced of its pieces is.
"""

from __future__ import annotations

from dataclasses import fields

from central_sync.retail.orders import (
    CustomerOrder,
    MadeWhere,
    OrderLine,
    Parcel,
    ParcelState,
    Pieces,
    Promise,
    Refund,
    pieces,
    unpaid_of,
)
from central_sync.server.orders.ledger import Stored, state_of
from central_sync.server.orders.tasks import Words, shares_of
from central_sync.wire.orders import OrderLineView, OrderView, ParcelView, RefundView
from central_sync.wire.tasks import (
    OrderSummary,
    OrderSummaryLine,
    OrderSummaryParcel,
    OrderSummaryRefund,
)

_HERE = frozenset((ParcelState.READY, ParcelState.COLLECTED, ParcelState.UNCOLLECTED))


def summary_of(stored: Stored, words: Words | None = None) -> OrderSummary:
    """`words` name stores and say why; without them ids stand alone."""
    order, words = stored.order, words or Words()
    return OrderSummary(
        order_id=order.order_id,
        number=order.number,
        version=stored.version,
        made=order.made.value,
        store_id=order.store_id,
        receipt_id=order.receipt_id,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        total_minor=order.total_minor,
        unpaid_minor=unpaid(order),
        refunds_due_minor=sum(r.amount_minor for r in order.refunds if not r.paid_at),
        lines=[_summary_line(order, line, words) for line in order.lines],
        parcels=[_summary_parcel(parcel, words) for parcel in order.parcels],
        refunds=[_summary_refund(refund) for refund in order.refunds if refund.amount_minor],
        store_name=words.store_names.get(order.store_id, ""),
        has_address=order.address is not None,
    )


def view_of(
    stored: Stored, *, is_inside: bool, why: dict[str, tuple[str, str]] | None = None
) -> OrderView:
    """The order as who asks may see it: which store sends a parcel is told inside only."""
    order = stored.order
    return OrderView(
        order_id=order.order_id,
        number=order.number,
        version=stored.version,
        state=state_of(order),  # type: ignore[arg-type]
        made="in_store" if order.made is MadeWhere.IN_STORE else "at_distance",
        store_id=order.store_id,
        receipt_id=order.receipt_id,
        reference=stored.reference,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        currency=order.currency,
        total_minor=order.total_minor,
        unpaid_minor=unpaid(order),
        lines=[_line(order, line) for line in order.lines],
        parcels=[_parcel(parcel, why or {}, is_inside=is_inside) for parcel in order.parcels],
        refunds=[_refund(refund) for refund in order.refunds],
    )


def unpaid(order: CustomerOrder) -> int:
    return sum(unpaid_of(line.shares) for line in order.lines)


def state_word(where: Pieces) -> str:
    """The least advanced place that has a piece."""
    return next((one.name for one in fields(where) if getattr(where, one.name)), "done")


def _summary_line(order: CustomerOrder, line: OrderLine, words: Words) -> OrderSummaryLine:
    carrying = (parcel for parcel in order.parcels if parcel.find(line.line))
    where = pieces(order, line)
    return OrderSummaryLine(
        line=line.line,
        sku=line.sku,
        name=line.name,
        quantity=line.quantity - line.given_back,
        mode=line.mode.value,
        state=state_word(where),
        promise=line.promise.value,
        promised_by=line.promised_by,
        gross_minor=line.gross_minor,
        parcel_id=next((parcel.parcel_id for parcel in carrying if parcel.is_in_hand), ""),
        of=line.quantity,
        pieces={one.name: n for one in fields(where) if (n := getattr(where, one.name))},
        unpaid_minor=unpaid_of(line.shares),
        collect_store_id=line.collect_store_id,
        collect_store_name=words.store_names.get(line.collect_store_id, line.collect_store_name),
        answer_by=line.answer_by if line.promise is Promise.INTENT else "",
        escalated=line.escalated if where.undelivered else "",
        instead_of=line.instead_of,
        vat_minor=line.vat_minor if line.instead_of else 0,
    )


def _summary_parcel(parcel: Parcel, words: Words) -> OrderSummaryParcel:
    why_sv, why_en = words.why.get(f"{parcel.parcel_id}/{parcel.store_id}", ("", ""))
    return OrderSummaryParcel(
        parcel_id=parcel.parcel_id,
        mode=parcel.mode.value,
        state=parcel.state.value,
        lines={line.line: line.quantity for line in parcel.lines if line.quantity},
        store_id=parcel.store_id,
        store_name=words.store_names.get(parcel.store_id, ""),
        collect_store_name=words.store_names.get(parcel.collect_store_id, ""),
        tracking=parcel.tracking,
        shelf_place=parcel.shelf_place,
        hold_until=parcel.hold_until if parcel.state in _HERE else "",
        why_sv=why_sv,
        why_en=why_en,
    )


def _summary_refund(refund: Refund) -> OrderSummaryRefund:
    return OrderSummaryRefund(
        refund_key=refund.refund_key,
        line=refund.line,
        quantity=refund.quantity,
        amount_minor=refund.amount_minor,
        shares=shares_of(refund),
        reason=refund.reason,
        paid_at=refund.paid_at,
    )


def _line(order: CustomerOrder, line: OrderLine) -> OrderLineView:
    where = pieces(order, line)
    refunds = (one for one in order.refunds if one.line == line.line and not one.paid_in)
    return OrderLineView(
        line=line.line,
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        mode=line.mode.value,
        collect_store_id=line.collect_store_id,
        promise=line.promise.value,
        promised_by=line.promised_by,
        gross_minor=line.gross_minor,
        vat_minor=line.vat_minor,
        refunded_minor=sum(refund.amount_minor for refund in refunds),
        escalated=line.escalated,
        pieces={one.name: n for one in fields(where) if (n := getattr(where, one.name))},
    )


def _parcel(parcel: Parcel, why: dict[str, tuple[str, str]], *, is_inside: bool) -> ParcelView:
    why_sv, why_en = why.get(parcel.parcel_id, ("", "")) if is_inside else ("", "")
    return ParcelView(
        parcel_id=parcel.parcel_id,
        mode="collect" if parcel.collect_store_id else "ship",
        state=parcel.state.value,
        lines={line.line: line.quantity for line in parcel.lines if line.quantity},
        store_id=parcel.store_id if is_inside else "",
        collect_store_id=parcel.collect_store_id,
        tracking=parcel.tracking,
        hold_until=parcel.hold_until if parcel.state in _HERE else "",
        epoch=parcel.epoch if is_inside else 0,
        why_sv=why_sv,
        why_en=why_en,
    )


def _refund(refund: Refund) -> RefundView:
    return RefundView(
        refund_key=refund.refund_key,
        line=refund.line,
        quantity=refund.quantity,
        amount_minor=refund.amount_minor,
        vat_minor=refund.vat_minor,
        shares=shares_of(refund),
        reason=refund.reason,
        at=refund.at,
        paid_at=refund.paid_at,
        paid_in=refund.paid_in,
    )
