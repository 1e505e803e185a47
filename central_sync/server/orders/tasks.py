"""An order as its stores' tasks. Pure: an order in, every store's tasks out.

A task is only a view: what a store says comes back as a command on the order. The thing to
get wrong: a store that lost a parcel. Its task is told once more, as cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from central_sync.retail.orders import (
    CustomerOrder,
    Mode,
    OrderLine,
    Parcel,
    ParcelState,
    Refund,
    pieces,
    round_of,
    unpaid_of,
)
from central_sync.wire.tasks import TaskBody, TaskKind, TaskLine, TaskState


@dataclass(frozen=True, slots=True)
class ItemWords:
    """How a picker knows an item."""

    name: str = ""
    model: str = ""
    colour: str = ""
    size: str = ""
    gtin: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What the tasks of one order need to know besides it, each by its id."""

    store_names: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, ItemWords] = field(default_factory=dict)
    why: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    code_hashes: Mapping[str, str] = field(default_factory=dict)
    receipt_number: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """`is_private`: the store needs to know for whom it is."""

    store_id: str
    task_id: str
    kind: TaskKind
    state: TaskState
    body: TaskBody
    due_at: str = ""
    offered_until: str = ""
    parcel_id: str = ""
    is_private: bool = False

    @property
    def is_closed(self) -> bool:
        return self.state in (TaskState.DONE, TaskState.CANCELLED)


_PICKING = {
    ParcelState.CLAIMED: TaskState.ACCEPTED,
    ParcelState.PICKING: TaskState.PICKING,
    ParcelState.PACKED: TaskState.PACKED,
    ParcelState.SHIPPED: TaskState.DONE,
    ParcelState.ON_WAY: TaskState.DONE,
    ParcelState.READY: TaskState.DONE,
    ParcelState.COLLECTED: TaskState.DONE,
    ParcelState.UNCOLLECTED: TaskState.DONE,
}
_COLLECTING = {
    ParcelState.READY: TaskState.READY,
    ParcelState.COLLECTED: TaskState.DONE,
    ParcelState.UNCOLLECTED: TaskState.CANCELLED,
}


def tasks_of(order: CustomerOrder, words: Words) -> list[Task]:
    """Every task that follows from the order as it stands, open and closed."""
    found: list[Task] = []
    for parcel in order.parcels:
        found += _picks(order, parcel, words)
        found += _collections(order, parcel, words)
    found += [_refund(order, refund, words) for refund in order.refunds if _is_ours(order, refund)]
    found += [
        _call(order, line, words) for line in order.lines if line.escalated and order.store_id
    ]
    return found


def _picks(order: CustomerOrder, parcel: Parcel, words: Words) -> Iterator[Task]:
    """The parcel's own store, and every store that it was offered to."""
    stores = dict.fromkeys([offer.store_id for offer in parcel.offers])
    if parcel.state in _PICKING:
        stores[parcel.store_id] = None
    for store_id in stores:
        state = _pick_state(parcel, store_id)
        is_theirs = store_id == parcel.store_id and parcel.state in _PICKING
        yield Task(
            store_id,
            f"{parcel.parcel_id}/pick",
            TaskKind.PICK,
            state,
            _body(order, parcel, words, store_id),
            due_at=_due(order, parcel),
            offered_until=_offered_until(parcel, store_id),
            parcel_id=parcel.parcel_id,
            is_private=is_theirs and state is not TaskState.CANCELLED,
        )


def _pick_state(parcel: Parcel, store_id: str) -> TaskState:
    if parcel.state in _PICKING and store_id == parcel.store_id:
        return _PICKING[parcel.state]
    is_open = any(offer.store_id == store_id for offer in parcel.open_offers)
    return TaskState.OFFERED if is_open else TaskState.CANCELLED


def _collections(order: CustomerOrder, parcel: Parcel, words: Words) -> Iterator[Task]:
    if parcel.mode is not Mode.COLLECT:
        return
    here = parcel.collect_store_id
    if parcel.store_id != here and parcel.state in (ParcelState.ON_WAY, *_COLLECTING):
        state = TaskState.ACCEPTED if parcel.state is ParcelState.ON_WAY else TaskState.DONE
        yield _at(order, parcel, words, here, TaskKind.TRANSFER_IN, state)
    if parcel.state in _COLLECTING:
        yield _at(order, parcel, words, here, TaskKind.COLLECT, _COLLECTING[parcel.state])


def _at(
    order: CustomerOrder,
    parcel: Parcel,
    words: Words,
    store_id: str,
    kind: TaskKind,
    state: TaskState,
) -> Task:
    return Task(
        store_id,
        f"{parcel.parcel_id}/{kind.value}",
        kind,
        state,
        _body(order, parcel, words, store_id),
        due_at=parcel.hold_until or _due(order, parcel),
        parcel_id=parcel.parcel_id,
        is_private=True,
    )


def _refund(order: CustomerOrder, refund: Refund, words: Words) -> Task:
    line = order.line(refund.line)
    body = TaskBody(
        order_id=order.order_id,
        number=order.number,
        lines=[_line(line, refund.quantity, words)] if line else [],
        reason=refund.reason,
        refund_key=refund.refund_key,
        amount_minor=refund.amount_minor,
        receipt_id=order.receipt_id,
        receipt_number=words.receipt_number,
        placed_at=order.placed_at,
        shares=shares_of(refund),
    )
    state = TaskState.DONE if refund.paid_at else TaskState.ACCEPTED
    task_id = f"{refund.refund_key}/refund"
    store_id = refund.paid_in or order.store_id
    return Task(store_id, task_id, TaskKind.REFUND, state, body, is_private=True)


def shares_of(refund: Refund) -> dict[str, int]:
    """Minor units per tender that paid; what was never paid is left out."""
    found: dict[str, int] = {}
    for share in refund.to_pay_back:
        if share.tender_id:
            found[share.tender_id] = found.get(share.tender_id, 0) + share.amount_minor
    return found


def _is_ours(order: CustomerOrder, refund: Refund) -> bool:
    """Money that a store took, a store gives back; a web shop's goes through the shop.

    A return that was made at a till is paid at once, so it never becomes a task.
    """
    return bool(order.store_id or refund.paid_in) and bool(refund.amount_minor)


def _call(order: CustomerOrder, line: OrderLine, words: Words) -> Task:
    where = pieces(order, line)
    state = TaskState.ACCEPTED if where.undelivered else TaskState.DONE
    body = TaskBody(
        order_id=order.order_id,
        number=order.number,
        lines=[_line(line, where.undelivered or line.quantity, words)],
        reason=line.escalated,
        receipt_id=order.receipt_id,
        receipt_number=words.receipt_number,
        placed_at=order.placed_at,
    )
    task_id = f"{order.order_id}/{line.line}/call"
    return Task(order.store_id, task_id, TaskKind.CALL_CUSTOMER, state, body, is_private=True)


def _body(order: CustomerOrder, parcel: Parcel, words: Words, store_id: str) -> TaskBody:
    why_sv, why_en = words.why.get(f"{parcel.parcel_id}/{store_id}", ("", ""))
    tracking, labels = words.labels.get(parcel.parcel_id, ("", ""))
    return TaskBody(
        order_id=order.order_id,
        number=order.number,
        parcel_id=parcel.parcel_id,
        epoch=parcel.epoch,
        claimed_epoch=_claimed_epoch(parcel, store_id),
        round=parcel.round or round_of(order, parcel),
        mode=parcel.mode.value,
        collect_store_id=parcel.collect_store_id,
        collect_store_name=words.store_names.get(parcel.collect_store_id, ""),
        lines=list(_lines(order, parcel, words)),
        why_sv=why_sv,
        why_en=why_en,
        shelf_place=parcel.shelf_place,
        hold_until=parcel.hold_until,
        code_hash=words.code_hashes.get(parcel.parcel_id, ""),
        tracking=parcel.tracking or tracking,
        labels=labels if parcel.store_id == store_id else "",
        receipt_id=order.receipt_id,
        placed_at=order.placed_at,
    )


def _claimed_epoch(parcel: Parcel, store_id: str) -> int:
    """Under which epoch a store will work once it claims: a take-over makes a new one."""
    is_offered = any(offer.store_id == store_id for offer in parcel.open_offers)
    return parcel.epoch + 1 if is_offered and parcel.store_id != store_id else 0


def _lines(order: CustomerOrder, parcel: Parcel, words: Words) -> Iterator[TaskLine]:
    for carried in parcel.lines:
        line = order.line(carried.line)
        if line is not None:
            told = _line(line, carried.quantity, words)
            yield told.model_copy(
                update={
                    "picked": carried.picked,
                    "short": carried.short,
                    "collected": carried.collected,
                    "unpaid_minor": unpaid_of(line.shares),
                }
            )


def _line(line: OrderLine, quantity: int, words: Words) -> TaskLine:
    item = words.items.get(line.sku, ItemWords())
    return TaskLine(
        line=line.line,
        sku=line.sku,
        name=line.name or item.name,
        quantity=quantity,
        model=item.model,
        colour=item.colour,
        size=item.size,
        gtin=item.gtin,
    )


def _due(order: CustomerOrder, parcel: Parcel) -> str:
    """The earliest promise of what is in it."""
    lines = (order.line(carried.line) for carried in parcel.lines)
    return min((line.promised_by for line in lines if line and line.promised_by), default="")


def _offered_until(parcel: Parcel, store_id: str) -> str:
    mine = (offer for offer in parcel.open_offers if offer.store_id == store_id)
    return next((offer.expires_at for offer in mine), "")
