"""The store's side: pick, pack, hand over, make ready, hand out.

Pure. The thing to get wrong: a piece that is not on the shelf leaves the parcel and waits
for another store; the parcel goes on with what was found.
"""

from __future__ import annotations

from central_sync.retail.orders import commands
from central_sync.retail.orders.events import (
    HoldExtended,
    LinePicked,
    LineShort,
    OrderEvent,
    ParcelHandedOver,
    ParcelPacked,
    ParcelReady,
    ParcelUncollected,
    PiecesCollected,
)
from central_sync.retail.orders.evolve import fold
from central_sync.retail.orders.finding import own_parcel, parcel_in, some, the_line, the_parcel
from central_sync.retail.orders.offering import lapse
from central_sync.retail.orders.order import (
    CustomerOrder,
    Mode,
    Parcel,
    ParcelLine,
    ParcelState,
)
from central_sync.retail.orders.refunding import refund_of
from central_sync.retail.orders.refusal import refuse
from central_sync.retail.orders.shares import unpaid_of

_BEING_PICKED = frozenset((ParcelState.CLAIMED, ParcelState.PICKING))
_AFTER_PACKING = frozenset(
    (ParcelState.PACKED, ParcelState.ON_WAY, ParcelState.READY, ParcelState.SHIPPED)
)


def pick(order: CustomerOrder, command: commands.PickLine, at: str) -> list[OrderEvent]:
    parcel = own_parcel(order, command.parcel_id, command.store_id, command.epoch)
    carried = _carried_being_picked(parcel, command.line)
    some(command.quantity, carried.quantity - carried.picked)
    return [LinePicked(parcel.parcel_id, command.line, command.quantity, at)]


def short(order: CustomerOrder, command: commands.ShortLine, at: str) -> list[OrderEvent]:
    parcel = own_parcel(order, command.parcel_id, command.store_id, command.epoch)
    carried = _carried_being_picked(parcel, command.line)
    some(command.quantity, carried.quantity - carried.picked)
    events: list[OrderEvent] = [
        LineShort(parcel.parcel_id, command.line, command.quantity, command.reason, at)
    ]
    left = the_parcel(fold(order, events), parcel.parcel_id)
    if not any(line.quantity for line in left.lines):
        events += lapse(order, parcel, command.reason, at)
    return events


def pack(order: CustomerOrder, command: commands.PackParcel, at: str) -> list[OrderEvent]:
    parcel = own_parcel(order, command.parcel_id, command.store_id, command.epoch)
    if parcel.state in _AFTER_PACKING:
        return []
    parcel_in(order, parcel.parcel_id, _BEING_PICKED)
    missing = sum(line.quantity - line.picked for line in parcel.lines)
    if missing:
        refuse("order.not_all_picked", count=missing)
    return [ParcelPacked(parcel.parcel_id, at)]


def hand_over(order: CustomerOrder, command: commands.HandOver, at: str) -> list[OrderEvent]:
    parcel = own_parcel(order, command.parcel_id, command.store_id, command.epoch)
    if parcel.state in (ParcelState.SHIPPED, ParcelState.ON_WAY):
        return []
    parcel_in(order, parcel.parcel_id, (ParcelState.PACKED,))
    if parcel.mode is Mode.COLLECT and parcel.collect_store_id == parcel.store_id:
        refuse("order.collected_here")
    if parcel.mode is Mode.SHIP:
        _refuse_unpaid(order, [line.line for line in parcel.lines])
    return [ParcelHandedOver(parcel.parcel_id, command.tracking, at)]


def make_ready(order: CustomerOrder, command: commands.MakeReady, at: str) -> list[OrderEvent]:
    parcel = the_parcel(order, command.parcel_id)
    if parcel.mode is not Mode.COLLECT or parcel.collect_store_id != command.store_id:
        refuse("order.not_collected_here")
    if parcel.state is ParcelState.READY:
        return []
    is_here = parcel.store_id == parcel.collect_store_id
    parcel_in(order, parcel.parcel_id, (ParcelState.PACKED if is_here else ParcelState.ON_WAY,))
    return [ParcelReady(parcel.parcel_id, command.shelf_place, command.hold_until, at)]


def extend_hold(order: CustomerOrder, command: commands.ExtendHold, at: str) -> list[OrderEvent]:
    parcel = parcel_in(order, command.parcel_id, (ParcelState.READY,))
    if command.hold_until <= parcel.hold_until:
        refuse("order.not_later", until=parcel.hold_until)
    return [HoldExtended(parcel.parcel_id, command.hold_until, at)]


def collect(order: CustomerOrder, command: commands.CollectPieces, at: str) -> list[OrderEvent]:
    """Hand out to the customer; what is still unpaid of these lines is taken first."""
    parcel = parcel_in(order, command.parcel_id, (ParcelState.READY,))
    if parcel.collect_store_id != command.store_id:
        refuse("order.not_collected_here")
    numbers = [line for line, _ in command.pieces]
    if not numbers or len(set(numbers)) != len(numbers):
        refuse("order.unsound")
    for number, quantity in command.pieces:
        carried = parcel.find(number) or refuse("order.no_such_line", line=number)
        some(quantity, carried.quantity - carried.collected)
    _refuse_unpaid(order, numbers)
    return [PiecesCollected(parcel.parcel_id, line, count, at) for line, count in command.pieces]


def no_show(order: CustomerOrder, command: commands.NoShow, at: str) -> list[OrderEvent]:
    parcel = the_parcel(order, command.parcel_id)
    if parcel.state is ParcelState.UNCOLLECTED:
        return []
    parcel_in(order, command.parcel_id, (ParcelState.READY,))
    if at < parcel.hold_until:
        refuse("order.still_held", until=parcel.hold_until)
    events: list[OrderEvent] = [ParcelUncollected(parcel.parcel_id, at)]
    for carried in parcel.lines:
        left = carried.quantity - carried.collected
        if left:
            events.append(refund_of(order, carried.line, left, "order.not_collected", at))
    return events


def _carried_being_picked(parcel: Parcel, line: int) -> ParcelLine:
    if parcel.state not in _BEING_PICKED:
        refuse("order.parcel_is", state=parcel.state.value)
    return parcel.find(line) or refuse("order.no_such_line", line=line)


def _refuse_unpaid(order: CustomerOrder, numbers: list[int]) -> None:
    due = sum(unpaid_of(the_line(order, number).shares) for number in set(numbers))
    if due:
        refuse("order.unpaid", amount_minor=due)
