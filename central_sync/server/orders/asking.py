"""Who asks about orders: a till by its token, a shop or a person by a key with the scope.

A till speaks for its own store and is told everything; a key is told figures and store
names when it has `stock:read:exact`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from central_sync.server.asking import Authorization, TheCentral
from central_sync.server.auth import KEY_PREFIX, api_key_of, bearer, till_of
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import revoked

EXACT = "stock:read:exact"


async def room_of(request: Request) -> OrderRoom:
    room: OrderRoom = request.app.state.orders
    return room


TheRoom = Annotated[OrderRoom, Depends(room_of)]


def client_with(scope: str) -> Callable[[TheCentral, str], Client]:
    """A dependency: a till, or a key with this scope. Raises Refused 401, 403."""

    def client(central: TheCentral, authorization: Authorization = "") -> Client:
        token = bearer(authorization)
        with central.database.reading() as connection:
            if token.startswith(KEY_PREFIX):
                key = api_key_of(connection, token, scope)
                return Client(f"key:{key.key_id}", "", EXACT in key.scopes)
            till = till_of(connection, token, central.timestamp())
        if till.is_revoked:
            raise revoked()
        sender = till.sender
        return Client(f"till:{sender.workstation_id}", sender.store_id, True)

    return client


Reader = Annotated[Client, Depends(client_with("orders:read"))]
Writer = Annotated[Client, Depends(client_with("orders:write"))]
Keeper = Annotated[Client, Depends(client_with("routing:read"))]
