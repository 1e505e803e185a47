"""Central's words about an order as the values that screens and decisions speak in.

The same for what is asked live and for the rows of the feed. The thing to get wrong: what an
older central leaves out. It is empty, and such a line can be looked at and not changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from central_sync.wire.desk import DeskOrder as ToldOrder
from central_sync.wire.desk import RefundClaim
from central_sync.wire.tasks import (
    OrderSummary,
    OrderSummaryLine,
    OrderSummaryParcel,
    OrderSummaryRefund,
    Private,
)
from pos_client.register.desk_orders import (
    DeskLine,
    DeskOrder,
    DeskParcel,
    DeskRefund,
    RefundRight,
)


def order_of(told: ToldOrder) -> DeskOrder:
    return order_from(told.summary, told.state, told.contact, tuple(told.refused))


def order_from(
    summary: OrderSummary, state: str, who: Private, refused: tuple[str, ...] = ()
) -> DeskOrder:
    return DeskOrder(
        order_id=summary.order_id,
        number=summary.number,
        version=summary.version,
        state=state,
        placed_at=summary.placed_at,
        store=summary.store_name or summary.store_id,
        receipt_id=summary.receipt_id,
        total_minor=summary.total_minor,
        unpaid_minor=summary.unpaid_minor,
        has_address=summary.has_address,
        lines=tuple(_line(line) for line in summary.lines),
        parcels=tuple(_parcel(parcel) for parcel in summary.parcels),
        refunds=tuple(_refund(refund) for refund in summary.refunds),
        who=address_lines(who),
        refused=refused,
    )


def address_lines(person: Private) -> tuple[str, ...]:
    town = f"{person.postcode} {person.town}".strip()
    contact = (person.name, person.street, town, person.phone, person.email)
    return tuple(part for part in contact if part)


def right_of(claim: RefundClaim) -> RefundRight:
    return RefundRight(
        order_id=claim.order_id,
        number=claim.number,
        refund_key=claim.refund_key,
        line=claim.line,
        sku=claim.sku,
        name=claim.name,
        quantity=claim.quantity,
        amount_minor=claim.amount_minor,
        vat_minor=claim.vat_minor,
        tax_rate_basis_points=claim.tax_rate_basis_points,
        shares=_pairs(claim.shares),
        receipt_id=claim.receipt_id,
        reason=claim.reason,
        until=claim.until,
    )


def _line(line: OrderSummaryLine) -> DeskLine:
    return DeskLine(
        line=line.line,
        sku=line.sku,
        name=line.name,
        of=line.of or line.quantity,
        mode=line.mode,
        state=line.state,
        gross_minor=line.gross_minor,
        unpaid_minor=line.unpaid_minor,
        promise=line.promise,
        promised_by=line.promised_by,
        collect_store=line.collect_store_name or line.collect_store_id,
        answer_by=line.answer_by,
        escalated=line.escalated,
        instead_of=line.instead_of,
        vat_minor=line.vat_minor,
        pieces=tuple(line.pieces.items()),
    )


def _parcel(parcel: OrderSummaryParcel) -> DeskParcel:
    return DeskParcel(
        parcel_id=parcel.parcel_id,
        mode=parcel.mode,
        state=parcel.state,
        store=parcel.store_name or parcel.store_id,
        collect_store=parcel.collect_store_name,
        tracking=parcel.tracking,
        shelf_place=parcel.shelf_place,
        hold_until=parcel.hold_until,
        why_sv=parcel.why_sv,
        why_en=parcel.why_en,
        lines=tuple(parcel.lines.items()),
    )


def _refund(refund: OrderSummaryRefund) -> DeskRefund:
    return DeskRefund(
        refund_key=refund.refund_key,
        line=refund.line,
        quantity=refund.quantity,
        amount_minor=refund.amount_minor,
        shares=_pairs(refund.shares),
        reason=refund.reason,
        is_paid=bool(refund.paid_at),
    )


def _pairs(shares: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(shares.items()))
