"""Quotes and orders over HTTP, the same for web shop and till: parse, one act, reply.

Every POST takes an Idempotency-Key; every read of an order has its version as ETag. The
thing to get wrong: a rule in here. The acts are plain functions beside this file.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response
from pydantic import BaseModel

from central_sync.retail.orders import commands
from central_sync.retail.orders.commands import OrderCommand
from central_sync.server.bodies import body_of, described
from central_sync.server.orders import changing, deciding, quoting, reading, selling
from central_sync.server.orders.asking import Reader, TheRoom, Writer
from central_sync.server.orders.keyed import Key, answered_once
from central_sync.server.orders.ledger import Stored
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import invalid
from central_sync.wire.decisions import WhyReply
from central_sync.wire.orders import (
    AddressWords,
    CancelReply,
    CancelRequest,
    CollectRequest,
    HoldRequest,
    OrderEvents,
    OrderPage,
    OrderPayment,
    OrderProblem,
    OrderRequest,
    OrderView,
    ParcelRequest,
    ReadyRequest,
    RefundPaidRequest,
    ReturnRequest,
)
from central_sync.wire.quotes import QuoteReply, QuoteRequest

routes = APIRouter(prefix="/v1", tags=["orders"])

Known = Annotated[str, Header(alias="If-None-Match", include_in_schema=False)]


@routes.post(
    "/quotes", response_model=QuoteReply, status_code=201, openapi_extra=described(QuoteRequest)
)
def post_quote(
    client: Writer,
    asked: Annotated[QuoteRequest, Depends(body_of(QuoteRequest))],
    room: TheRoom,
    key: Key = "",
) -> Response:
    """Hold pieces while the customer decides; says what it costs and by when it comes."""
    return answered_once(
        room, client, key, "quotes", asked, lambda: quoting.quote(room, asked, client), status=201
    )


@routes.post("/quotes/{quote_id}/extend", response_model=QuoteReply)
def post_extend(client: Writer, room: TheRoom, quote_id: str, key: Key = "") -> Response:
    """The basket lives: hold on, up to the quote's hard end."""
    return answered_once(
        room,
        client,
        key,
        f"extend/{quote_id}",
        None,
        lambda: quoting.extend(room, quote_id, client),
    )


@routes.delete("/quotes/{quote_id}", status_code=204)
def delete_quote(client: Writer, room: TheRoom, quote_id: str) -> Response:
    """Let go of what a quote holds."""
    quoting.let_go(room, quote_id, client)
    return Response(status_code=204)


@routes.post(
    "/orders",
    response_model=OrderView,
    status_code=201,
    openapi_extra=described(OrderRequest),
    responses={409: {"model": OrderProblem, "description": "With the best alternative."}},
)
def post_order(
    client: Writer,
    asked: Annotated[OrderRequest, Depends(body_of(OrderRequest))],
    room: TheRoom,
    key: Key = "",
) -> Response:
    """The quote, paid: the hold becomes firm. 409, with the best alternative, when the quote has
    ended or its goods are gone."""
    if not key and not asked.order_id and not client.store_id:
        raise invalid("send an Idempotency-Key, or an order_id of your own")
    return answered_once(
        room, client, key, "orders", asked,
        lambda: _view(room, selling.order(room, asked, client), client), status=201,
    )  # fmt: skip


@routes.get("/orders", response_model=OrderPage)
def get_orders(
    client: Reader,
    room: TheRoom,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(pattern="^(open|escalated|done|)$")] = "",
    store: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=reading.LARGEST_PAGE)] = 50,
) -> OrderPage:
    """Orders by number, receipt, reference or customer id, newest first."""
    with room.database.reading() as connection:
        return reading.page(
            connection,
            q=q,
            state=state,
            store=store,
            before=before,
            limit=limit,
            is_inside=client.is_inside,
        )


@routes.get("/orders/{order_id}", response_model=OrderView)
def get_order(client: Reader, room: TheRoom, order_id: str, known: Known = "") -> Response:
    """One order as it stands; its version is the ETag."""
    stored = changing.stored_order(room, order_id)
    etag = f'"{stored.version}"'
    if known == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return _json(_view(room, stored, client), 200, etag)


@routes.get("/orders/{order_id}/events")
def get_order_events(
    client: Reader, room: TheRoom, order_id: str, after: Annotated[int, Query(ge=0)] = 0
) -> OrderEvents:
    """Everything that happened to an order after a version of it."""
    with room.database.reading() as connection:
        return reading.events(connection, order_id, after)


@routes.get("/orders/{order_id}/why")
def get_order_why(client: Reader, room: TheRoom, order_id: str) -> WhyReply:
    """Why these stores: every decision with every candidate, its costs and a sentence."""
    with room.database.reading() as connection:
        return reading.why(room, connection, order_id)


@routes.post(
    "/orders/{order_id}/cancel", response_model=CancelReply, openapi_extra=described(CancelRequest)
)
def post_cancel(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[CancelRequest, Depends(body_of(CancelRequest))],
    key: Key = "",
) -> Response:
    """Cancel all or some, until packed; the answer says which lines took effect."""
    return answered_once(
        room, client, key, f"cancel/{order_id}", asked,
        lambda: changing.cancel(
            room, order_id, asked, client.client_id, is_inside=client.is_inside
        ),
    )  # fmt: skip


@routes.patch(
    "/orders/{order_id}/address", response_model=OrderView, openapi_extra=described(AddressWords)
)
def patch_address(
    client: Writer,
    room: TheRoom,
    order_id: str,
    words: Annotated[AddressWords, Depends(body_of(AddressWords))],
) -> OrderView:
    """Another address, until the first parcel is packed."""
    stored = changing.change_address(room, order_id, words, client.client_id)
    return _view(room, stored, client)


@routes.post(
    "/orders/{order_id}/pickup/ready",
    response_model=OrderView,
    openapi_extra=described(ReadyRequest),
)
def post_ready(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[ReadyRequest, Depends(body_of(ReadyRequest))],
    key: Key = "",
) -> Response:
    """The collecting store has it on its shelf; the customer is told."""
    store_id = client.store_id or _collect_store(room, order_id, asked.parcel_id)
    command = commands.MakeReady(asked.parcel_id, store_id, asked.shelf_place, "")
    return answered_once(
        room, client, key, f"ready/{order_id}", asked,
        lambda: _acted(room, order_id, command, client),
    )  # fmt: skip


@routes.post(
    "/orders/{order_id}/collect", response_model=OrderView, openapi_extra=described(CollectRequest)
)
def post_collect(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[CollectRequest, Depends(body_of(CollectRequest))],
    key: Key = "",
) -> Response:
    """Hand out against the customer's code, all of it or some."""

    def collect() -> OrderView:
        stored = changing.collect(room, order_id, asked, client.store_id, client.client_id)
        return _view(room, stored, client)

    return answered_once(room, client, key, f"collect/{order_id}", asked, collect)


@routes.post(
    "/orders/{order_id}/extend", response_model=OrderView, openapi_extra=described(HoldRequest)
)
def post_hold(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[HoldRequest, Depends(body_of(HoldRequest))],
    key: Key = "",
) -> Response:
    """Keep a parcel longer for a customer who will come."""
    command = commands.ExtendHold(asked.parcel_id, asked.hold_until)
    return answered_once(
        room, client, key, f"hold/{order_id}", asked,
        lambda: _acted(room, order_id, command, client),
    )  # fmt: skip


@routes.post(
    "/orders/{order_id}/no-show", response_model=OrderView, openapi_extra=described(ParcelRequest)
)
def post_no_show(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[ParcelRequest, Depends(body_of(ParcelRequest))],
    key: Key = "",
) -> Response:
    """Nobody came: after its time the goods go back and the money too."""
    command = commands.NoShow(asked.parcel_id)
    return answered_once(
        room, client, key, f"no-show/{order_id}", asked,
        lambda: _acted(room, order_id, command, client),
    )  # fmt: skip


@routes.post(
    "/orders/{order_id}/returns", response_model=OrderView, openapi_extra=described(ReturnRequest)
)
def post_return(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[ReturnRequest, Depends(body_of(ReturnRequest))],
    key: Key = "",
) -> Response:
    """Delivered pieces came back; the refund is due."""
    store_id = client.store_id or asked.store_id
    command = commands.ReturnPieces(asked.line, asked.quantity, store_id, asked.reason)
    return answered_once(
        room, client, key, f"returns/{order_id}", asked,
        lambda: _acted(room, order_id, command, client),
    )  # fmt: skip


@routes.post(
    "/orders/{order_id}/payments",
    response_model=OrderView,
    openapi_extra=described(OrderPayment),
)
def post_payment(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[OrderPayment, Depends(body_of(OrderPayment))],
    key: Key = "",
) -> Response:
    """The customer has paid what was still due of an order, or a part; no more than is due."""
    command = commands.TakePayment(asked.tender_id, asked.amount_minor, asked.reference)
    return answered_once(
        room, client, key, f"payments/{order_id}", asked,
        lambda: _acted(room, order_id, command, client),
    )  # fmt: skip


@routes.post(
    "/orders/{order_id}/refunds/paid",
    response_model=OrderView,
    openapi_extra=described(RefundPaidRequest),
)
def post_refund_paid(
    client: Writer,
    room: TheRoom,
    order_id: str,
    asked: Annotated[RefundPaidRequest, Depends(body_of(RefundPaidRequest))],
    key: Key = "",
) -> Response:
    """The money of a refund was given back; telling it twice changes nothing."""
    command = commands.PayRefund(asked.refund_key, asked.reference)
    return answered_once(
        room, client, key, f"refunds/{order_id}", asked,
        lambda: _acted(room, order_id, command, client),
    )  # fmt: skip


def _acted(room: OrderRoom, order_id: str, command: OrderCommand, client: Client) -> OrderView:
    changing.stored_order(room, order_id)
    carried = deciding.act(room, order_id, command, client=client.client_id)
    return _view(room, carried.stored, client)


def _collect_store(room: OrderRoom, order_id: str, parcel_id: str) -> str:
    parcel = changing.stored_order(room, order_id).order.parcel(parcel_id)
    return parcel.collect_store_id if parcel else ""


def _view(room: OrderRoom, stored: Stored, client: Client) -> OrderView:
    with room.database.reading() as connection:
        return reading.view(connection, stored, is_inside=client.is_inside)


def _json(message: BaseModel, status: int, etag: str) -> Response:
    return Response(
        message.model_dump_json(), status, {"ETag": etag}, media_type="application/json"
    )
