"""What tills ask of central. Every handler has one shape: parse, one atomic act, reply.

The reply is made after the commit: a till believes what it hears, and forgets nothing
before it hears it.
"""

from __future__ import annotations

from asyncio import wrap_future
from typing import Annotated

import zstandard
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from central_sync.server import feed
from central_sync.server.asking import ActiveTill, TheCentral, any_till, till_token
from central_sync.server.auth import Till
from central_sync.server.batches import described_batch
from central_sync.server.bodies import body_of, described, received
from central_sync.server.bookkeeper import Books
from central_sync.server.central import Central
from central_sync.server.enrolment import enrol
from central_sync.server.epochs import grant, hashes
from central_sync.server.feed_pages import LARGEST_PAGE_ROWS, page_json
from central_sync.server.giving_back import kept_entries
from central_sync.server.guesses import Guesses
from central_sync.server.heartbeat import heartbeat
from central_sync.server.intake import Sent
from central_sync.server.intake_desk import Answer, Arrival, Brought, IntakeDesk, brought, keep
from central_sync.server.nudging import Nudges
from central_sync.server.refused import Refused, invalid, not_found
from central_sync.server.store_keys import store_keys
from central_sync.server.streams import EventStream
from central_sync.server.together import Waiting
from central_sync.server.workstation_keys import change_key
from central_sync.wire.identity import (
    EpochReply,
    EpochRequest,
    HashesReply,
    HashesRequest,
    KeyReply,
    KeyRequest,
)
from central_sync.wire.messages import (
    EnrolReply,
    EnrolRequest,
    FeedPage,
    HeartbeatReply,
    HeartbeatRequest,
    JournalReply,
    KeptEntries,
    SnapshotManifest,
)

SNAPSHOT_RETRY_SECONDS = 2
SMALLEST_PACKED_BYTES = 1024
# What the HTTP server has read of a body before anybody asks for it.
SMALL_BODY_BYTES = 64 * 1024

routes = APIRouter(prefix="/v1", tags=["tills"])

EnrolBody = Annotated[EnrolRequest, Depends(body_of(EnrolRequest))]
EpochBody = Annotated[EpochRequest, Depends(body_of(EpochRequest))]
KeyBody = Annotated[KeyRequest, Depends(body_of(KeyRequest))]
HashesBody = Annotated[HashesRequest, Depends(body_of(HashesRequest))]
HeartbeatBody = Annotated[HeartbeatRequest, Depends(body_of(HeartbeatRequest))]


@routes.post("/enrol", response_model=EnrolReply, openapi_extra=described(EnrolRequest))
def post_enrol(request: Request, message: EnrolBody, central: TheCentral) -> Response:
    """Give a new workstation its identity for a one-time code."""
    guesses: Guesses = request.app.state.guesses
    guest = request.client.host if request.client else ""
    guesses.check(guest)
    with central.database.atomic() as connection:
        reply = enrol(connection, message, central.key.public, central.now())
    if isinstance(reply, Refused):
        guesses.count(guest)
        raise reply
    return _json(reply)


@routes.post("/heartbeat", response_model=HeartbeatReply, openapi_extra=described(HeartbeatRequest))
def post_heartbeat(till: ActiveTill, message: HeartbeatBody, central: TheCentral) -> Response:
    """Compare what a workstation holds with what central holds of it."""
    with central.database.atomic() as connection:
        reply = heartbeat(connection, till, message, central.now())
        keys = store_keys(connection, central.data_keys, till.store_id, central.timestamp())
    return _json(reply.model_copy(update={"store_key_id": keys.newest.key_id}))


@routes.post("/epoch", response_model=EpochReply, openapi_extra=described(EpochRequest))
def post_epoch(till: ActiveTill, message: EpochBody, central: TheCentral) -> Response:
    """Grant a new epoch to a till whose disk was restored or copied, once for a nonce."""
    with central.database.atomic() as connection:
        reply = grant(connection, till, message, central.now())
    return _json(reply)


@routes.post("/key", response_model=KeyReply, openapi_extra=described(KeyRequest))
def post_key(till: ActiveTill, message: KeyBody, central: TheCentral) -> Response:
    """Change a till's key for one that it proves to hold; the same request may come again."""
    with central.database.atomic() as connection:
        reply = change_key(connection, till, message, central.now())
    return _json(reply)


@routes.post("/hashes", response_model=HashesReply, openapi_extra=described(HashesRequest))
def post_hashes(till: ActiveTill, message: HashesBody, central: TheCentral) -> Response:
    """Name entries of a till's own journal by their hashes, to find how far both agree."""
    with central.database.reading() as connection:
        reply = hashes(connection, till, message)
    return _json(reply)


@routes.post(
    "/journal",
    name="post_journal",
    response_model=JournalReply,
    openapi_extra=described_batch(),
)
async def receive_journal(request: Request) -> Response:
    """Take in journal entries in order; the same request may come any number of times."""
    state = request.app.state
    desk: IntakeDesk = state.intake
    books: Books = state.books
    arrival = await _arrived(request, state.central)
    with books.giving_way():
        answer = await wrap_future(desk.submit(arrival))
    return _answered(answer)


async def _arrived(request: Request, central: Central) -> Arrival:
    """Who sends much has to say who it is before it is read; what is small is here already."""
    headers = request.headers
    authorization = headers.get("authorization", "")
    token = till_token(authorization)
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) <= SMALL_BODY_BYTES:
        return Arrival(await received(request), token)
    till = await run_in_threadpool(any_till, central, authorization)
    return Arrival(await received(request), till=till)


def post_journal(till: Till, batch: Sent, central: Central, books: Books) -> Response:
    """One batch, made durable before it is answered; what the desk does, without its threads."""
    alone: Waiting[Brought, Answer] = Waiting(brought(till, batch))
    keep(central, books, [alone])
    return _answered(alone.future.result())


def _answered(answer: Answer) -> Response:
    if isinstance(answer, Refused):
        raise answer
    return _json(answer)


@routes.get("/journal", response_model=KeptEntries)
def get_journal(
    till: ActiveTill,
    central: TheCentral,
    epoch: Annotated[int, Query(ge=1, le=2**31)],
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """A workstation's own entries, byte for byte, for one that has lost them."""
    with central.database.reading() as connection:
        kept = kept_entries(connection, till.workstation_id, epoch, after)
    return _packed(kept.model_dump_json().encode(), accept_encoding)


@routes.get("/events", response_class=StreamingResponse)
async def get_events(request: Request, till: ActiveTill, pages: bool = False) -> EventStream:
    """Server-sent events, `nudge` with a Nudge: something new is on the feed.

    With `pages` a small change comes whole, as `feed`: a first line of data with a Follows, a
    second with the FeedPage. The stream ends after some minutes; ask again with a new token.
    """
    nudges: Nudges = request.app.state.nudges
    scopes = [feed.CHAIN, feed.store_scope(till.store_id)]
    return nudges.stream(scopes, takes_pages=pages)


@routes.get("/feed", response_model=FeedPage)
def get_feed(
    till: ActiveTill,
    central: TheCentral,
    scope: str,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE_ROWS)] = 2_000,
    fh: Annotated[str, Query(pattern="^([0-9a-f]{64})?$")] = "",
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Changes of a scope after a position: chain, the till's store, or the till itself.

    `fh` is the hash that came with that position, "" where none did.
    """
    own = (feed.CHAIN, feed.store_scope(till.store_id), f"workstation:{till.workstation_id}")
    if scope not in own:
        raise invalid(f"scope is one of {', '.join(own)}")
    with central.database.reading() as connection:
        content = page_json(connection, scope, after, limit, bytes.fromhex(fh))
    return _packed(content, accept_encoding)


@routes.get("/snapshot", response_model=SnapshotManifest)
def get_manifest(request: Request, till: ActiveTill, central: TheCentral) -> Response:
    """The newest master file of the till's store; 202 while it is being made."""
    manifest = central.snapshots.offer(till.store_id, request.app.state.snapshot_wait_seconds)
    if manifest is None:
        raise Refused(
            202,
            "snapshot_building",
            "the master file of this store is being made",
            again=True,
            retry_after_seconds=SNAPSHOT_RETRY_SECONDS,
        )
    return _json(manifest)


@routes.get("/snapshot/{name}", response_class=FileResponse)
def get_snapshot(till: ActiveTill, central: TheCentral, name: str) -> Response:
    """A master file's bytes, whole or by Range."""
    path = central.snapshots.path(till.store_id, name)
    if path is None:
        raise not_found("that master file is gone; ask for the newest")
    return FileResponse(path, media_type="application/zstd")


def _json(message: BaseModel) -> Response:
    return Response(message.model_dump_json(), media_type="application/json")


def _packed(content: bytes, accept_encoding: str) -> Response:
    if len(content) < SMALLEST_PACKED_BYTES or "zstd" not in accept_encoding.lower():
        return Response(content, media_type="application/json")
    headers = {"Content-Encoding": "zstd", "Vary": "Accept-Encoding"}
    return Response(zstandard.compress(content), headers=headers, media_type="application/json")
