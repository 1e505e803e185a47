"""What a customer, a shop or a till asks of an order that is there: cancel, move, give back.

Each line is asked by itself and answers by itself. The thing to get wrong: a whole order
cancelled in one step, so that one packed line keeps all the others from it.
"""

from __future__ import annotations

from central_sync.database.trip import Trip
from central_sync.retail.orders import (
    Address,
    OrderRefused,
    commands,
    pieces,
)
from central_sync.server.orders import deciding, ledger, placing, reading
from central_sync.server.orders.identities import collect_code, new_id
from central_sync.server.orders.ledger import Stored
from central_sync.server.orders.refusals import sentence
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.selling import check_address
from central_sync.server.refused import Refused, not_found
from central_sync.wire.orders import (
    AddressWords,
    CancelLine,
    CancelReply,
    CancelRequest,
    CollectRequest,
    Refusal,
)


def cancel(
    room: OrderRoom, order_id: str, asked: CancelRequest, client: str, *, is_inside: bool
) -> CancelReply:
    """Cancel lines, or all that can still be; raises Refused 404."""
    order = stored_order(room, order_id).order
    lines = asked.lines or [
        CancelLine(line=line.line)
        for line in order.lines
        if line.is_carried and pieces(order, line).undelivered
    ]
    cancelled: dict[int, int] = {}
    refused: list[Refusal] = []
    for one in lines:
        line = order.line(one.line)
        left = pieces(order, line).undelivered if line else 0
        command = commands.CancelPieces(one.line, one.quantity or left or 1, asked.reason)
        try:
            deciding.act(room, order_id, command, client=client)
            cancelled[one.line] = command.quantity
        except OrderRefused as refusal:
            refused.append(Refusal(line=one.line, key=refusal.key, detail=sentence(refusal)))
    after = stored_order(room, order_id)
    with room.database.reading() as connection:
        shown = reading.view(connection, after, is_inside=is_inside)
    return CancelReply(order=shown, cancelled=cancelled, refused=refused)


def change_address(room: OrderRoom, order_id: str, words: AddressWords, client: str) -> Stored:
    """A new address, until the first parcel is packed; what nobody claimed is planned anew.

    Raises Refused 404, 422, OrderRefused.
    """
    check_address(words)
    stored = stored_order(room, order_id)
    at = room.timestamp()
    address_id = new_id(at)
    with room.database.atomic() as connection:
        kept = [(address_id, words, stored.order.customer_id)]
        trip = Trip(connection)
        room.private.keep_all(trip, kept, at, room.stores(connection).country)
        trip.go()
    address = Address(address_id=address_id, postcode=words.postcode, country=words.country)
    deciding.move_to(room, order_id, commands.ChangeAddress(address), client=client)
    return stored_order(room, order_id)


def collect(
    room: OrderRoom, order_id: str, asked: CollectRequest, store_id: str, client: str
) -> Stored:
    """Hand out against the customer's code; raises Refused 403, 404, OrderRefused."""
    order = stored_order(room, order_id).order
    parcel = order.parcel(asked.parcel_id)
    if parcel is None:
        raise not_found("there is no such parcel")
    if "".join(asked.code.split()) != collect_code(room.secret, parcel.parcel_id):
        raise Refused(403, "code", "that is not the code of this parcel")
    some = tuple((one.line, one.quantity) for one in asked.pieces) or tuple(
        (line.line, line.quantity - line.collected)
        for line in parcel.lines
        if line.quantity > line.collected
    )
    command = commands.CollectPieces(parcel.parcel_id, store_id or parcel.collect_store_id, some)
    return deciding.act(room, order_id, command, client=client).stored


def try_again(room: OrderRoom, order_id: str) -> Stored:
    """A person asks for another round over all stores; raises Refused 404."""
    stored = stored_order(room, order_id)
    room.router.image.stale()
    carried = placing.reroute(room, order_id)
    return carried.stored if carried else stored


def stored_order(room: OrderRoom, order_id: str) -> Stored:
    """Raises Refused 404."""
    with room.database.reading() as connection:
        return ledger.the_order(connection, order_id)
