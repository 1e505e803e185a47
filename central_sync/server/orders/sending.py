"""Sends what waits to go out, with patience: webhooks, letters, bookings with the carrier.

A try is noted before it is made, so that a process that dies in between tries again later
and never loses one. So a receiver may hear twice; everything has a name by which it can
tell. The thing to get wrong: holding a transaction open while a stranger thinks.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.retail.orders import (
    CustomerOrder,
    Mode,
    Parcel,
    ParcelState,
    pieces,
    unpaid_of,
)
from central_sync.server import messages
from central_sync.server.carriers import Booking, Carrier, CarrierTrouble, Party
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.messages import Letter, MessageTrouble, Messenger
from central_sync.server.orders import ledger, telling, webhooks
from central_sync.server.orders.carrying import stores_of
from central_sync.server.orders.identities import collect_code
from central_sync.server.orders.ledger import Step
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.timing import later
from central_sync.server.orders.webhooks import HookTrouble
from central_sync.wire.orders import AddressWords
from central_sync.wire.tasks import ParcelLabels, labels_about

AT_ONCE = 100
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 3 * 3600
MOST_TRIES = 30
# Others leave a try alone for so long.
TRYING_SECONDS = 60
_log = logging.getLogger(__name__)


class NotNow(Exception):
    """This try failed; `again` whether another may do better."""

    def __init__(self, detail: str, *, again: bool = True) -> None:
        super().__init__(detail)
        self.again = again


@dataclass(frozen=True, slots=True)
class Outlets:
    """The ways out of the house. `language` of letters to customers."""

    carrier: Carrier
    messenger: Messenger
    language: str = "sv"


def send_due(room: OrderRoom, outlets: Outlets) -> int:
    """Try everything that is due, oldest first; returns how many were tried."""
    at = room.timestamp()
    row = t.outgoing.c
    with room.database.reading() as connection:
        due = connection.execute(
            select(t.outgoing)
            .where(row.state == "waiting", row.next_at <= at)
            .order_by(row.next_at, row.outgoing_id)
            .limit(AT_ONCE)
        ).all()
    return sum(_try(room, outlets, one, at) for one in due)


def wait_seconds(tries: int) -> int:
    """5 s, 15 s, 45 s … 3 hours: about three days in all."""
    longest: int = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 3 ** min(tries, 10))
    return longest


def _try(room: OrderRoom, outlets: Outlets, one: Any, at: str) -> bool:
    if not _claimed(room, one, at):
        return False
    try:
        result = _send(room, outlets, one)
    except NotNow as problem:
        _failed(room, one, problem, at)
        return True
    with room.database.atomic() as connection:
        _note(connection, one.outgoing_id, state="sent", result=result, error="")
    if one.kind == "label":
        _tell_store(room, one.order_id)
    return True


def _send(room: OrderRoom, outlets: Outlets, one: Any) -> str:
    match one.kind:
        case "webhook":
            return _webhook(room, one)
        case "message":
            return _letter(room, outlets, one)
        case "label":
            return _label(room, outlets, one)
        case _:
            raise NotNow(f"nobody sends a {one.kind}", again=False)


def _webhook(room: OrderRoom, one: Any) -> str:
    with room.database.reading() as connection:
        hook = next((h for h in webhooks.hooks(connection) if h.webhook_id == one.target), None)
    if hook is None:
        raise NotNow("the webhook was removed", again=False)
    try:
        webhooks.deliver(hook, one.body.encode(), int(room.now().timestamp()))
    except HookTrouble as problem:
        raise NotNow(str(problem)) from problem
    return ""


def _letter(room: OrderRoom, outlets: Outlets, one: Any) -> str:
    asked = json.loads(one.body)
    with room.database.reading() as connection:
        order = ledger.find(connection, one.order_id).order
        to = _receiver(room, connection, order)
        values = _values(room, connection, order, order.parcel(asked["parcel_id"]), to)
        values["by"] = _day(room, connection, asked.get("by", ""))
    if to is None:
        raise NotNow("nobody is named to be told", again=False)
    subject, text = messages.worded(asked["kind"], outlets.language, values)
    try:
        outlets.messenger.send(Letter(one.once, to.email, to.phone, subject, text, asked["kind"]))
    except MessageTrouble as problem:
        raise NotNow(str(problem), again=problem.again) from problem
    return ""


def _label(room: OrderRoom, outlets: Outlets, one: Any) -> str:
    with room.database.reading() as connection:
        order = ledger.find(connection, one.order_id).order
        parcel = order.parcel(one.parcel_id)
        if parcel is None:
            raise NotNow("there is no such parcel", again=False)
        to = _receiver(room, connection, order) if not parcel.collect_store_id else None
        receiver = _party(to) if to else _store(connection, parcel.collect_store_id)
        sender = _store(connection, parcel.store_id)
    if receiver is None or sender is None:
        raise NotNow("it is not known where the parcel goes")
    count = sum(line.quantity for line in parcel.lines)
    booking = Booking(parcel.parcel_id, order.number, sender, receiver, count)
    labels = _booked(outlets.carrier, booking, may_come_back=parcel.mode is Mode.SHIP)
    with room.database.atomic() as connection:
        about = labels_about(parcel.parcel_id)
        plain = labels.model_dump_json(exclude_defaults=True)
        sealed = room.private.seal_for(connection, parcel.store_id, plain, about, room.timestamp())
    # Kept sealed for the one store that prints it: a label names its receiver.
    return json.dumps({"tracking": labels.tracking, "labels": sealed})


def _booked(carrier: Carrier, booking: Booking, *, may_come_back: bool) -> ParcelLabels:
    """The parcel's label, and what the customer sends it back with."""
    try:
        booked = carrier.book(booking)
        back = carrier.book_return(booking) if may_come_back else None
    except CarrierTrouble as problem:
        raise NotNow(str(problem), again=problem.again) from problem
    return ParcelLabels(
        tracking=booked.tracking,
        label=booked.label,
        sender=_lines_of(booking.sender),
        receiver=_lines_of(booking.receiver),
        return_tracking=back.tracking if back else "",
        return_label=back.label if back else "",
    )


def _lines_of(party: Party) -> list[str]:
    town = f"{party.postcode} {party.town}".strip()
    return [line for line in (party.name, party.street, town) if line]


def _tell_store(room: OrderRoom, order_id: str) -> None:
    """The label is there: the packing store's task gets it."""
    with room.database.atomic() as connection:
        stores = stores_of(ledger.find(connection, order_id).order)
        lock_scopes(connection, [store_scope(store_id) for store_id in stores])
        stored = ledger.find(connection, order_id, lock=True)
        telling.tell(room, connection, [Step(stored, stored.order, (), room.timestamp())])


def _values(
    room: OrderRoom,
    connection: Connection,
    order: CustomerOrder,
    parcel: Parcel | None,
    to: AddressWords | None,
) -> dict[str, str]:
    stores = room.stores(connection)
    return {
        "number": order.number,
        "name": to.name if to else "",
        "store": stores.name(parcel.collect_store_id) if parcel else "",
        "code": collect_code(room.secret, parcel.parcel_id) if parcel else "",
        "until": _day(room, connection, parcel.hold_until if parcel else ""),
        "tracking": parcel.tracking if parcel else "",
        "unpaid": _unpaid(order, parcel),
        "more": _more(order, parcel),
        "company": connection.execute(select(t.chain.c.company)).scalar() or "",
    }


def _day(room: OrderRoom, connection: Connection, at: str) -> str:
    """The chain's own day of a moment; "" for none."""
    zone = room.stores(connection).zone
    return datetime.fromisoformat(at).astimezone(zone).date().isoformat() if at else ""


def _unpaid(order: CustomerOrder, parcel: Parcel | None) -> str:
    """What these goods still cost, in words; "" when they are paid."""
    lines = {carried.line for carried in parcel.lines if carried.quantity} if parcel else set()
    due = sum(unpaid_of(line.shares) for line in order.lines if line.line in lines)
    return f"{due // 100},{due % 100:02d} {order.currency}" if due else ""


def _more(order: CustomerOrder, parcel: Parcel | None) -> str:
    """How many pieces the customer waits for beside this parcel's; "" for none."""
    waited_for = sum(pieces(order, line).undelivered for line in order.lines if line.is_carried)
    here = parcel.lines if parcel and parcel.state is ParcelState.READY else ()
    more = waited_for - sum(carried.quantity - carried.collected for carried in here)
    return str(more) if more > 0 else ""


def _receiver(room: OrderRoom, connection: Connection, order: CustomerOrder) -> AddressWords | None:
    if order.address is None or not order.address.address_id:
        return None
    return room.private.find(connection, order.address.address_id)


def _party(words: AddressWords) -> Party:
    return Party(
        words.name,
        words.street,
        words.postcode,
        words.town,
        words.country,
        words.phone,
        words.email,
    )


def _store(connection: Connection, store_id: str) -> Party | None:
    row = t.store.c
    found = connection.execute(
        select(row.name, row.address, row.postcode, row.town, row.phone).where(
            row.store_id == store_id
        )
    ).first()
    if found is None:
        return None
    return Party(found.name, found.address, found.postcode, found.town, "SE", found.phone)


def _claimed(room: OrderRoom, one: Any, at: str) -> bool:
    row = t.outgoing.c
    with room.database.atomic() as connection:
        found = connection.execute(
            update(t.outgoing)
            .where(
                row.outgoing_id == one.outgoing_id,
                row.state == "waiting",
                row.next_at == one.next_at,
            )
            .values(next_at=later(at, TRYING_SECONDS), tries=one.tries + 1)
        )
    return found.rowcount == 1


def _failed(room: OrderRoom, one: Any, problem: NotNow, at: str) -> None:
    is_over = not problem.again or one.tries + 1 >= MOST_TRIES
    _log.warning("%s %s: %s", one.kind, one.once, problem)
    with room.database.atomic() as connection:
        _note(
            connection,
            one.outgoing_id,
            state="dead" if is_over else "waiting",
            next_at=later(at, wait_seconds(one.tries)),
            error=str(problem)[:500],
        )


def _note(connection: Connection, outgoing_id: int, **values: Any) -> None:
    row = t.outgoing.c
    connection.execute(update(t.outgoing).where(row.outgoing_id == outgoing_id).values(**values))
