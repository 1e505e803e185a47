"""Decides what tills said of orders, one word after another, each in a transaction of its own.

The thing to get wrong: an error that blocks the queue. A word that cannot be decided is
marked with its reason and the next one goes on.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, or_, select

from central_sync.database import tables as t
from central_sync.database.write import upsert
from central_sync.retail.orders import (
    CustomerOrder,
    OrderRefused,
    ParcelState,
    commands,
)
from central_sync.retail.orders.commands import OrderCommand, read_command
from central_sync.retail.orders.order import UNCLAIMED
from central_sync.retail.plain import Unreadable, from_plain
from central_sync.server import claims
from central_sync.server.goods import settling
from central_sync.server.orders import (
    carrying,
    inbox,
    late_words,
    ledger,
    placing,
    quoting,
    telling,
)
from central_sync.server.orders.carrying import Carried, Shortage
from central_sync.server.orders.promising import held_until
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.rules import order_rules
from central_sync.server.orders.timing import later
from central_sync.server.orders.wording import items
from central_sync.server.refused import Refused
from central_sync.server.together import atomically

# What a store may say; planning, offers, refunds and escalation are central's own.
FROM_STORES = (
    commands.TakePayment,
    commands.SeeOffer,
    commands.ClaimParcel,
    commands.RejectParcel,
    commands.PickLine,
    commands.ShortLine,
    commands.PackParcel,
    commands.HandOver,
    commands.MakeReady,
    commands.ExtendHold,
    commands.CollectPieces,
    commands.NoShow,
    commands.CancelPieces,
    commands.ChangeLine,
    commands.ChangeAddress,
    commands.ReturnPieces,
    commands.PayRefund,
    commands.PutOffAnswer,
    commands.SubstituteLine,
)


class Misplaced(ValueError):
    """The word cannot be this store's; says why."""


def settle_all(room: OrderRoom, store_id: str = "") -> int:
    """Decide what waits, oldest first; returns how many words were decided."""
    count = 0
    while True:
        with room.database.reading() as connection:
            words = inbox.waiting(connection, store_id)
        for word in words:
            state, reason = _settle(room, word)
            with room.database.atomic() as connection:
                count += inbox.settle(connection, word.inbox_id, state, reason)
        if len(words) < inbox.AT_ONCE and not _wake(room):
            return count


def _wake(room: OrderRoom) -> bool:
    """Words that came before their order: it may have come while they were put off."""
    with room.database.reading() as connection:
        early = inbox.not_early_any_more(connection)
    if early:
        with room.database.atomic() as connection:
            inbox.wake(connection, early)
    return bool(early)


def act(
    room: OrderRoom,
    order_id: str,
    *asked: OrderCommand,
    client: str = "",
    also: placing.Also | None = None,
) -> Carried:
    """Carry out commands now, as one step, and find stores for what waits after it.

    `also` is done in the same transaction. Raises OrderRefused, Shortage.
    """
    at = room.timestamp()

    def once(connection: Connection) -> Carried:
        if also:
            also(connection)
        stored = ledger.find(connection, order_id)
        timely = [_timed(room, connection, stored.order, one, at) for one in asked]
        carried = carrying.carry_out(room, connection, order_id, timely, at, client=client)
        inbox.shortfalls(connection, carried.broken, at)
        for one in asked if carried.events else ():
            if isinstance(one, commands.RejectParcel):
                _cool(room, connection, one.store_id, at)
        return carried

    carried: Carried = atomically(room.database, once)
    if carried.events and placing.needs_a_store(carried.stored.order):
        room.router.image.stale()
        again = placing.reroute(room, order_id)
        carried = again or carried
    return carried


def move_to(
    room: OrderRoom,
    order_id: str,
    command: commands.ChangeAddress,
    *,
    client: str = "",
    also: placing.Also | None = None,
) -> None:
    """Another address; what nobody has claimed is planned anew when it is another place.

    Raises OrderRefused.
    """
    with room.database.reading() as connection:
        before = ledger.find(connection, order_id).order
    postcode = before.address.postcode if before.address else ""
    after = act(room, order_id, command, client=client, also=also).stored.order
    if command.address.postcode == postcode:
        return
    for parcel in after.parcels:
        if parcel.state in UNCLAIMED and not parcel.collect_store_id:
            act(room, order_id, commands.TakeBackParcel(parcel.parcel_id, "order.address_changed"))


def _settle(room: OrderRoom, word: Any) -> tuple[str, str]:
    """The word's end: done, or refused with its reason."""
    try:
        _decided(room, word, json.loads(word.body))
    except inbox.Taken:
        return "done", ""
    except OrderRefused as refusal:
        is_early = refusal.key == "order.not_placed" and word.kind == inbox.COMMAND
        return ("early" if is_early else "refused"), refusal.key
    except (Refused, Shortage, Misplaced, Unreadable, AssertionError) as problem:
        return "refused", str(problem)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        return "refused", f"it cannot be read: {problem!r}"
    return "done", ""


def _decided(room: OrderRoom, word: Any, body: dict[str, Any]) -> None:
    match word.kind:
        case inbox.ORDER:
            _place(room, word, body)
        case inbox.COMMAND:
            _command(room, word, body)
        case inbox.RETURNED:
            _returned(room, word, body)
        case inbox.PAID:
            _paid(room, word, body)
        case inbox.TASK_DONE:
            with room.database.atomic() as connection:
                inbox.take(connection, word.inbox_id)
                telling.close_task(connection, word.store_id, str(body["task_id"]), word.at)
        case inbox.GOODS:
            with room.database.atomic() as connection:
                inbox.take(connection, word.inbox_id)
                settling.settle(connection, word.store_id, body, word.at)
        case inbox.INVOICE:
            with room.database.atomic() as connection:
                inbox.take(connection, word.inbox_id)
                settling.check_invoice(connection, word.store_id, body, word.at)
        case inbox.SHORTFALL:
            _shortfall(room, word, body)


def _place(room: OrderRoom, word: Any, body: dict[str, Any]) -> None:
    """A receipt's order. What its quote no longer holds is routed anew; it is paid for."""
    order = from_plain(CustomerOrder, body["order"])
    paid = tuple((str(tender), int(minor)) for tender, minor in body["paid"])
    client = f"till:{word.workstation_id}"
    parcels = quoting.take(room, order.quote_id, client, order) if order.quote_id else ()
    try:
        placing.place(room, order, paid, client=client, parcels=parcels, also=_once(word))
    except (Shortage, OrderRefused, Refused):
        if not parcels:
            raise
        placing.place(room, order, paid, client=client, also=_once(word))


def _once(word: Any) -> placing.Also:
    """In the transaction that carries a word out: the word is done."""
    return lambda connection: inbox.take(connection, word.inbox_id)


def _command(room: OrderRoom, word: Any, body: dict[str, Any]) -> None:
    command = read_command(body["command"])
    if not isinstance(command, FROM_STORES):
        raise Misplaced(f"{type(command).__name__} is central's own to say")
    said_by = getattr(command, "store_id", word.store_id)
    if said_by != word.store_id:
        raise Misplaced(f"{word.store_id} speaks for {said_by}")
    if isinstance(command, commands.SubstituteLine):
        _refuse_unknown(room, command.sku)
    order_id, client = str(body["order_id"]), f"till:{word.workstation_id}"
    try:
        if isinstance(command, commands.ChangeAddress):
            move_to(room, order_id, command, client=client, also=_once(word))
        else:
            act(room, order_id, command, client=client, also=_once(word))
    except OrderRefused as refusal:
        if refusal.key in late_words.LATE:
            late_words.put_right(room, word, order_id, command)
        raise
    except Shortage:
        # Another store wanted to take it over and has no pieces: its offer ends.
        if isinstance(command, commands.ClaimParcel):
            act(
                room,
                order_id,
                commands.RejectParcel(
                    command.parcel_id, command.store_id, command.epoch, "no_stock"
                ),
            )
        raise


def _refuse_unknown(room: OrderRoom, sku: str) -> None:
    with room.database.reading() as connection:
        if sku not in items(connection, [sku]):
            raise Misplaced(f"there is no item {sku}")


def _returned(room: OrderRoom, word: Any, body: dict[str, Any]) -> None:
    """A return receipt names a line of a receipt that an order was made of; it is paid with it."""
    if not body["refund_key"]:
        with room.database.atomic() as connection:
            claims.judge(connection, str(body["receipt_id"]), int(body["original_line"]), word.at)
    with room.database.reading() as connection:
        order_id = _order_of_receipt(connection, str(body["original_receipt_id"]))
        order = ledger.find(connection, order_id).order
    if not order_id:
        return
    receipt_id = str(body["receipt_id"])
    if body["refund_key"]:
        paid = commands.PayRefund(str(body["refund_key"]), receipt_id)
        act(room, order_id, paid, also=_once(word))
        return
    back = commands.ReturnPieces(
        int(body["original_line"]), int(body["quantity"]), word.store_id, str(body["reason"])
    )
    after = carrying.foreseen(order, [back], word.at)
    # The fee that may fall with the goods is not in this receipt; it becomes a task.
    due = [
        one
        for one in after.refunds
        if one not in order.refunds and not one.paid_at and one.line == back.line
    ]
    paying = [commands.PayRefund(one.refund_key, receipt_id) for one in due]
    act(room, order_id, back, *paying, also=_once(word))


def _paid(room: OrderRoom, word: Any, body: dict[str, Any]) -> None:
    """A store took what was still due of an order, by a receipt of its own."""
    lines = tuple(int(number) for number in body["lines"])
    paid = commands.TakePayment(
        str(body["tender_id"]),
        int(body["amount_minor"]),
        str(body["receipt_id"]),
        lines,
        taken_in=word.store_id,
    )
    act(room, str(body["order_id"]), paid, also=_once(word))


def _order_of_receipt(connection: Connection, receipt_id: str) -> str:
    """A web shop's order has no receipt: a till names the order itself."""
    row = t.customer_order.c
    is_it = or_(row.receipt_id == receipt_id, row.order_id == receipt_id)
    found = connection.execute(select(row.order_id).where(is_it, row.order_id != "")).scalar()
    return found or ""


def _shortfall(room: OrderRoom, word: Any, body: dict[str, Any]) -> None:
    """A sale took what was promised: before anybody has picked it, another store gets it."""
    parcel_id = str(body["holder"]).partition("/")[0]
    with room.database.reading() as connection:
        row = t.order_parcel.c
        order_id = connection.execute(
            select(row.order_id).where(row.parcel_id == parcel_id)
        ).scalar()
        order = ledger.find(connection, order_id or "").order
    parcel = order.parcel(parcel_id)
    loose = (ParcelState.PLANNED, ParcelState.OFFERED, ParcelState.CLAIMED)
    if parcel is not None and parcel.state in loose:
        command = commands.TakeBackParcel(parcel_id, "order.sold_meanwhile")
        act(room, order.order_id, command, also=_once(word))


def _timed(
    room: OrderRoom, connection: Connection, order: CustomerOrder, command: OrderCommand, at: str
) -> OrderCommand:
    """Central's clock and rules decide how long an offer or a hold runs, not the till's."""
    stores = room.stores(connection)
    rules = order_rules(connection)
    match command:
        case commands.SeeOffer():
            calendar = stores.calendar(command.store_id)
            seen = order.parcel(command.parcel_id)
            # Where the goods are collected, who saw it has no less time than who did not.
            is_here = seen is not None and seen.is_collected_here
            seconds = rules.collect_accept_seconds if is_here else rules.seen_seconds
            until = calendar.after_open_seconds(at, seconds)
            return commands.SeeOffer(command.parcel_id, command.store_id, until)
        case commands.MakeReady() if not command.hold_until:
            until = held_until(stores.calendar(command.store_id), rules, at)
            return commands.MakeReady(
                command.parcel_id, command.store_id, command.shelf_place, until
            )
        case commands.HandOver() if not command.tracking:
            tracking = placing.booked_tracking(connection, command.parcel_id)
            return commands.HandOver(command.parcel_id, command.store_id, command.epoch, tracking)
        case commands.ChangeAddress() if command.address.address_id:
            kept = placing.without_private(CustomerOrder(address=command.address)).address
            return commands.ChangeAddress(kept) if kept else command
        case _:
            return command


def _cool(room: OrderRoom, connection: Connection, store_id: str, at: str) -> None:
    seconds = room.router.image.policy.hard.reject_cool_down_seconds
    upsert(connection, t.store_cooling, [{"store_id": store_id, "until": later(at, seconds)}])
