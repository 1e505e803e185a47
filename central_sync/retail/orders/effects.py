"""What an order's event asks of the stock ledger, in the same database transaction.

Pure. The one place that ties orders to stock: hold, move, release, pick, put back,
recount. The thing to get wrong: order matters, give it the order as it stood *before*
the event. Returned goods move by their return receipt, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from central_sync.retail.orders import events as happened
from central_sync.retail.orders.events import OrderEvent
from central_sync.retail.orders.order import CustomerOrder, Parcel


class EffectKind(StrEnum):
    """`PICK` ends the hold and takes goods off the shelf; `RECOUNT`: the record is wrong."""

    HOLD = "hold"
    MOVE = "move"
    RELEASE = "release"
    PICK = "pick"
    PUT_BACK = "put_back"
    RECOUNT = "recount"


@dataclass(frozen=True, slots=True)
class StockEffect:
    """`holder` is the reservation's: parcel and line. `to_store_id` only on a move."""

    kind: EffectKind
    holder: str
    store_id: str
    sku: str
    quantity: int
    to_store_id: str = ""


def holder_of(parcel_id: str, line: int) -> str:
    """Whose a reservation is: one live row per line of a parcel."""
    return f"{parcel_id}/{line}"


def effects(before: CustomerOrder, event: OrderEvent) -> tuple[StockEffect, ...]:
    """The stock effects of an event on the order as it stood before it."""
    match event:
        case happened.ParcelPlanned():
            return tuple(_each(event.parcel, EffectKind.HOLD))
        case happened.ParcelClaimed() | happened.ParcelMoved():
            return _moved(before, event)
        case happened.ParcelLapsed():
            return _given_up(before, event)
        case happened.LinePicked():
            return _one(before, event.parcel_id, event.line, event.quantity, EffectKind.PICK)
        case happened.LineShort():
            at = (before, event.parcel_id, event.line, event.quantity)
            return _one(*at, EffectKind.RELEASE) + _one(*at, EffectKind.RECOUNT)
        case happened.PiecesCancelled() | happened.LineChanged():
            return _withdrawn(before, event)
        case happened.ParcelUncollected():
            return _uncollected(before, event)
        case _:
            return ()


def _each(parcel: Parcel, kind: EffectKind, to: str = "") -> Iterator[StockEffect]:
    for line in parcel.lines:
        left = line.quantity - line.picked
        if left:
            holder = holder_of(parcel.parcel_id, line.line)
            yield StockEffect(kind, holder, parcel.store_id, line.sku, left, to)


def _moved(
    before: CustomerOrder, event: happened.ParcelClaimed | happened.ParcelMoved
) -> tuple[StockEffect, ...]:
    parcel = before.parcel(event.parcel_id)
    if parcel is None or event.store_id == event.from_store_id:
        return ()
    return tuple(_each(parcel, EffectKind.MOVE, event.store_id))


def _given_up(before: CustomerOrder, event: happened.ParcelLapsed) -> tuple[StockEffect, ...]:
    parcel = before.parcel(event.parcel_id)
    if parcel is None:
        return ()
    picked = (
        StockEffect(EffectKind.PUT_BACK, holder_of(parcel.parcel_id, line.line), parcel.store_id,
                    line.sku, line.picked)
        for line in parcel.lines
        if line.picked
    )  # fmt: skip
    return (*_each(parcel, EffectKind.RELEASE), *picked)


def _one(
    before: CustomerOrder, parcel_id: str, line: int, quantity: int, kind: EffectKind
) -> tuple[StockEffect, ...]:
    parcel = before.parcel(parcel_id)
    carried = parcel.find(line) if parcel else None
    if parcel is None or carried is None or not quantity:
        return ()
    holder = holder_of(parcel_id, line)
    return (StockEffect(kind, holder, parcel.store_id, carried.sku, quantity),)


def _withdrawn(
    before: CustomerOrder, event: happened.PiecesCancelled | happened.LineChanged
) -> tuple[StockEffect, ...]:
    found: tuple[StockEffect, ...] = ()
    for part in event.withdrawn:
        at = (before, part.parcel_id, event.line)
        found += _one(*at, part.quantity - part.put_back, EffectKind.RELEASE)
        found += _one(*at, part.put_back, EffectKind.PUT_BACK)
    return found


def _uncollected(
    before: CustomerOrder, event: happened.ParcelUncollected
) -> tuple[StockEffect, ...]:
    parcel = before.parcel(event.parcel_id)
    if parcel is None:
        return ()
    return tuple(
        StockEffect(EffectKind.PUT_BACK, holder_of(parcel.parcel_id, line.line),
                    parcel.collect_store_id or parcel.store_id, line.sku,
                    line.quantity - line.collected)
        for line in parcel.lines
        if line.quantity > line.collected
    )  # fmt: skip
