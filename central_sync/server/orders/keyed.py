"""A POST that may be sent again: the header, and the reply of the first time.

The thing to get wrong: leaving the route out of what is compared, so that one key used
for two calls with equal bodies would answer the second with the first's reply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Header
from fastapi.responses import Response
from pydantic import BaseModel

from central_sync.server.orders.quotes import Client
from central_sync.server.orders.repeating import once
from central_sync.server.orders.room import OrderRoom

Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]


def answered_once(
    room: OrderRoom,
    client: Client,
    key: str,
    route: str,
    asked: BaseModel | None,
    act: Callable[[], BaseModel],
    *,
    status: int = 200,
) -> Response:
    """Do it once for a key; the same bytes for every repeat. Raises Refused 422 and 409."""
    content = f"{route}\n{asked.model_dump_json() if asked else ''}".encode()
    code, body = once(
        room, client.client_id, key, content, lambda: (status, act().model_dump_json())
    )
    return Response(body, code, media_type="application/json")
