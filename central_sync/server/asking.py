"""Who is asking and what was asked, as FastAPI dependencies for the routes.

A till's dependency answers before its body is read, so that a stranger costs little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from central_sync.server.auth import KEY_PREFIX, ApiKey, Till, api_key_of, bearer, till_of
from central_sync.server.central import Central
from central_sync.server.intake import Sender
from central_sync.server.refused import revoked, unauthenticated

Authorization = Annotated[str, Header(include_in_schema=False)]


# What only looks something up is a coroutine: FastAPI hands everything else to a thread.
async def central_of(request: Request) -> Central:
    central: Central = request.app.state.central
    return central


TheCentral = Annotated[Central, Depends(central_of)]


def till_token(authorization: str) -> str:
    """The token of what says that it is a till; raises Refused 401."""
    token = bearer(authorization)
    if token.startswith(KEY_PREFIX):
        raise unauthenticated("only a workstation may do this")
    return token


def any_till(central: TheCentral, authorization: Authorization = "") -> Till:
    """A proven till, revoked or not."""
    token = till_token(authorization)
    with central.database.reading() as connection:
        return till_of(connection, token, central.timestamp())


AnyTill = Annotated[Till, Depends(any_till)]


def active_till(till: Till) -> Sender:
    if till.is_revoked:
        raise revoked()
    return till.sender


async def _active_till(till: AnyTill) -> Sender:
    return active_till(till)


ActiveTill = Annotated[Sender, Depends(_active_till)]


def key_with(scope: str) -> Callable[[Central, str], ApiKey]:
    """A dependency that wants a key of a person or system with this scope."""

    def key(central: TheCentral, authorization: Authorization = "") -> ApiKey:
        token = bearer(authorization)
        if not token.startswith(KEY_PREFIX):
            raise unauthenticated("this wants a key made with spindel central key add")
        with central.database.reading() as connection:
            return api_key_of(connection, token, scope)

    return key


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may: `who` for the record; `store_id` "" for a key of head office."""

    who: str
    store_id: str = ""
    till: Sender | None = None


def till_or_key(scope: str) -> Callable[[Central, str], Caller]:
    """A dependency that a till that is not revoked fulfils, or a key with this scope."""

    def caller(central: TheCentral, authorization: Authorization = "") -> Caller:
        token = bearer(authorization)
        with central.database.reading() as connection:
            if token.startswith(KEY_PREFIX):
                key = api_key_of(connection, token, scope)
                return Caller(f"key {key.key_id} ({key.name})")
            till = till_of(connection, token, central.timestamp())
        sender = active_till(till)
        return Caller(f"till {sender.workstation_id}", sender.store_id, sender)

    return caller
