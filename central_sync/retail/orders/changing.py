"""Second thoughts: cancel, another way to get it, another address, returns, refunds paid.

Pure. Until a parcel is packed its pieces can be withdrawn from any till; after that only
a return is left. The thing to get wrong: take pieces first from where the least work was
done, those that wait, then those that nobody picked.
"""

from __future__ import annotations

from central_sync.retail.orders import commands
from central_sync.retail.orders.events import (
    AddressChanged,
    LineChanged,
    OrderEvent,
    PiecesCancelled,
    PiecesReturned,
    RefundPaid,
    Withdrawn,
)
from central_sync.retail.orders.finding import some, the_line
from central_sync.retail.orders.order import (
    UNPACKED,
    CustomerOrder,
    Mode,
    OrderLine,
    Parcel,
    ParcelState,
    pieces,
)
from central_sync.retail.orders.refunding import refund_of, with_fees
from central_sync.retail.orders.refusal import refuse

_LEAST_WORK_FIRST = (
    ParcelState.PLANNED,
    ParcelState.OFFERED,
    ParcelState.CLAIMED,
    ParcelState.PICKING,
)


def cancel(order: CustomerOrder, command: commands.CancelPieces, at: str) -> list[OrderEvent]:
    line = the_line(order, command.line)
    if not line.is_carried:
        refuse("order.return_instead", line=line.line)
    free = pieces(order, line).waiting
    loose = loose_pieces(order, line)
    if command.quantity > loose and loose < pieces(order, line).undelivered:
        refuse("order.packed_already", line=line.line, most=loose)
    some(command.quantity, loose)
    withdrawn = withdrawn_from(order, line, max(0, command.quantity - free))
    events: list[OrderEvent] = [
        PiecesCancelled(line.line, command.quantity, withdrawn, command.reason, at),
        refund_of(order, line.line, command.quantity, command.reason, at),
    ]
    return with_fees(order, events, command.reason, at)


def change_line(order: CustomerOrder, command: commands.ChangeLine, at: str) -> list[OrderEvent]:
    line = the_line(order, command.line)
    same = line.mode is command.mode and line.collect_store_id == command.collect_store_id
    if same:
        return []
    if not line.is_carried or command.mode not in (Mode.SHIP, Mode.COLLECT):
        refuse("order.cannot_change", line=line.line)
    if command.mode is Mode.SHIP and order.address is None:
        refuse("order.no_address")
    if command.mode is Mode.COLLECT and not command.collect_store_id:
        refuse("order.collect_where", line=line.line)
    where = pieces(order, line)
    inside = sum(_carried(parcel, line) for parcel in _unpacked(order))
    # A line goes one way: with some pieces packed already, the rest follows them.
    if where.waiting + inside < line.quantity - line.given_back:
        refuse("order.packed_already", line=line.line, most=where.waiting + inside)
    withdrawn = withdrawn_from(order, line, inside)
    changed = LineChanged(line.line, command.mode, command.collect_store_id, withdrawn, at)
    return with_fees(order, [changed], "order.line_changed", at)


def change_address(
    order: CustomerOrder, command: commands.ChangeAddress, at: str
) -> list[OrderEvent]:
    packed = [
        parcel
        for parcel in order.parcels
        if parcel.mode is Mode.SHIP and parcel.is_in_hand and parcel.state not in UNPACKED
    ]
    if packed:
        refuse("order.packed_already", line=packed[0].lines[0].line, most=0)
    return [] if command.address == order.address else [AddressChanged(command.address, at)]


def take_return(order: CustomerOrder, command: commands.ReturnPieces, at: str) -> list[OrderEvent]:
    """Delivered pieces come back, in any store."""
    line = the_line(order, command.line)
    if line.mode is Mode.FEE:
        refuse("order.fee_follows_goods", line=line.line)
    some(command.quantity, pieces(order, line).delivered)
    events: list[OrderEvent] = [
        PiecesReturned(line.line, command.quantity, command.store_id, command.reason, at),
        refund_of(order, line.line, command.quantity, command.reason, at),
    ]
    return with_fees(order, events, command.reason, at)


def pay_refund(order: CustomerOrder, command: commands.PayRefund, at: str) -> list[OrderEvent]:
    refund = next((r for r in order.refunds if r.refund_key == command.refund_key), None)
    if refund is None:
        refuse("order.no_such_refund")
    return [] if refund.paid_at else [RefundPaid(command.refund_key, command.reference, at)]


def loose_pieces(order: CustomerOrder, line: OrderLine) -> int:
    """What nobody has packed yet."""
    return pieces(order, line).waiting + sum(_carried(parcel, line) for parcel in _unpacked(order))


def _unpacked(order: CustomerOrder) -> list[Parcel]:
    loose = [parcel for parcel in order.parcels if parcel.state in UNPACKED]
    return sorted(loose, key=lambda parcel: _LEAST_WORK_FIRST.index(parcel.state))


def _carried(parcel: Parcel, line: OrderLine) -> int:
    found = parcel.find(line.line)
    return found.quantity if found else 0


def withdrawn_from(order: CustomerOrder, line: OrderLine, wanted: int) -> tuple[Withdrawn, ...]:
    """Out of which parcels so many pieces go, the least worked on first."""
    taken = []
    for parcel in _unpacked(order):
        found = parcel.find(line.line)
        now = min(wanted, found.quantity) if found else 0
        if found and now:
            unpicked = found.quantity - found.picked
            taken.append(Withdrawn(parcel.parcel_id, now, max(0, now - unpicked)))
            wanted -= now
    return tuple(taken)
