"""A store's side over HTTP: what a till does through its journal, a system does with a key.

`/v1/offers/{parcel}/…`: the parcel's id is the offer's. The same commands, the same machine.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import commands
from central_sync.server.bodies import body_of, described
from central_sync.server.orders import deciding, reading, simulating
from central_sync.server.orders.asking import Keeper, TheRoom, Writer
from central_sync.server.orders.keyed import Key, answered_once
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused, not_found
from central_sync.wire.decisions import SimulateReply, SimulateRequest
from central_sync.wire.orders import OfferAnswer, OrderView

routes = APIRouter(prefix="/v1")
_BODY = described(OfferAnswer)
ParcelCommand: TypeAlias = (
    commands.ClaimParcel
    | commands.RejectParcel
    | commands.PickLine
    | commands.ShortLine
    | commands.PackParcel
    | commands.HandOver
)
Answer = Annotated[OfferAnswer, Depends(body_of(OfferAnswer))]


@routes.post(
    "/offers/{parcel_id}/claim", tags=["offers"], response_model=OrderView, openapi_extra=_BODY
)
def post_claim(
    client: Writer, room: TheRoom, parcel_id: str, said: Answer, key: Key = ""
) -> Response:
    """Take it; the first to claim has it."""
    return _say(room, client, key, said, commands.ClaimParcel(parcel_id, said.store_id, said.epoch))


@routes.post(
    "/offers/{parcel_id}/reject", tags=["offers"], response_model=OrderView, openapi_extra=_BODY
)
def post_reject(
    client: Writer, room: TheRoom, parcel_id: str, said: Answer, key: Key = ""
) -> Response:
    """No, with a reason; the next store is asked at once."""
    command = commands.RejectParcel(parcel_id, said.store_id, said.epoch, said.reason)
    return _say(room, client, key, said, command)


@routes.post(
    "/offers/{parcel_id}/picked", tags=["offers"], response_model=OrderView, openapi_extra=_BODY
)
def post_picked(
    client: Writer, room: TheRoom, parcel_id: str, said: Answer, key: Key = ""
) -> Response:
    """Pieces of a line were found."""
    place = (parcel_id, said.store_id, said.epoch)
    return _say(room, client, key, said, commands.PickLine(*place, said.line, said.quantity))


@routes.post(
    "/offers/{parcel_id}/short", tags=["offers"], response_model=OrderView, openapi_extra=_BODY
)
def post_short(
    client: Writer, room: TheRoom, parcel_id: str, said: Answer, key: Key = ""
) -> Response:
    """Pieces of a line are not there: another store gets them, the shelf is counted."""
    place = (parcel_id, said.store_id, said.epoch)
    command = commands.ShortLine(*place, said.line, said.quantity, said.reason or "not_found")
    return _say(room, client, key, said, command)


@routes.post(
    "/offers/{parcel_id}/packed", tags=["offers"], response_model=OrderView, openapi_extra=_BODY
)
def post_packed(
    client: Writer, room: TheRoom, parcel_id: str, said: Answer, key: Key = ""
) -> Response:
    """It is packed; the carrier is booked."""
    return _say(room, client, key, said, commands.PackParcel(parcel_id, said.store_id, said.epoch))


@routes.post(
    "/offers/{parcel_id}/handed-over",
    tags=["offers"],
    response_model=OrderView,
    openapi_extra=_BODY,
)
def post_handed_over(
    client: Writer, room: TheRoom, parcel_id: str, said: Answer, key: Key = ""
) -> Response:
    """The carrier has it; the customer is told."""
    command = commands.HandOver(parcel_id, said.store_id, said.epoch, said.tracking)
    return _say(room, client, key, said, command)


@routes.post(
    "/routing/simulate",
    tags=["routing"],
    response_model=SimulateReply,
    openapi_extra=described(SimulateRequest),
)
def post_simulate(
    client: Keeper,
    room: TheRoom,
    asked: Annotated[SimulateRequest, Depends(body_of(SimulateRequest))],
) -> SimulateReply:
    """Another policy over a day's own decisions: cost, parcels, waits against what was done."""
    return simulating.simulate(room, asked.policy, asked.day)


def _say(
    room: OrderRoom, client: Client, key: str, said: OfferAnswer, command: ParcelCommand
) -> Response:
    if client.store_id and said.store_id != client.store_id:
        raise Refused(403, "other_store", f"this till speaks for {client.store_id}")
    route = f"{type(command).__name__}/{command.parcel_id}"
    return answered_once(room, client, key, route, said, lambda: _acted(room, client, command))


def _acted(room: OrderRoom, client: Client, command: ParcelCommand) -> OrderView:
    row = t.order_parcel.c
    with room.database.reading() as connection:
        order_id = connection.execute(
            select(row.order_id).where(row.parcel_id == command.parcel_id)
        ).scalar()
    if not order_id:
        raise not_found("there is no such parcel")
    carried = deciding.act(room, order_id, command, client=client.client_id)
    with room.database.reading() as connection:
        return reading.view(connection, carried.stored, is_inside=client.is_inside)
