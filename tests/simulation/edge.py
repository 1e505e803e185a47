"""Central's side of the pretend wire: the routes themselves, called in one thread.

Bytes in, the route's own function, bytes out, and every failure as the problem document that
central would send. Only FastAPI's own reading of a request is left out, and threads.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import Response
from sqlalchemy.exc import OperationalError

from central_sync.server.asking import active_till, any_till
from central_sync.server.batches import batch_of
from central_sync.server.bodies import Received, parsed
from central_sync.server.bookkeeping import book_all
from central_sync.server.central import Central
from central_sync.server.customer_routes import get_store_key
from central_sync.server.orders.room import OrderRoom
from central_sync.server.problems import problem_response
from central_sync.server.refused import Refused
from central_sync.server.till_routes import (
    get_feed,
    post_epoch,
    post_hashes,
    post_heartbeat,
    post_journal,
)
from central_sync.wire.identity import EpochRequest, HashesRequest
from central_sync.wire.messages import HeartbeatRequest, JournalReply

__all__ = ["Answered", "Asked", "Edge", "JournalReply", "Response"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it lies on the wire. `token` is made anew: it holds the real time.

    `scope` is the feed's, or a journal's media type where it is not JSON.
    """

    path: str
    body: bytes
    scope: str = ""
    after: int = 0
    limit: int = 0
    fh: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Books:
    """Books at once what central's own thread books soon after the reply."""

    central: Central

    def giving_way(self) -> AbstractContextManager[None]:
        return nullcontext()

    def received(self, workstation_id: str, epoch: int, entries: int) -> None:
        book_all(self.central)


class Edge:
    """Central's side of the wire. `room` is not used: what orders lead to comes after a reply."""

    def __init__(self, room: OrderRoom) -> None:
        self._room = room
        self.is_newer = False

    def answer(self, central: Central, token: str, asked: Asked) -> Answered:
        """The route's answer, or the problem document that the app's handlers make."""
        try:
            till = any_till(central, f"Bearer {token}")
            response = self._route(central, till, asked)
        except Refused as problem:
            response = problem_response(problem)
        except OperationalError as problem:
            response = problem_response(Refused(503, "busy", str(problem.orig), again=True))
        body = bytes(response.body)
        if self.is_newer and asked.path in ("heartbeat", "journal") and response.status_code == 200:
            body = json.dumps(json.loads(body) | {"of_a_later_version": [1]}).encode()
        return Answered(response.status_code, body, dict(response.headers))

    def _route(self, central: Central, till: Any, asked: Asked) -> Response:
        if asked.path == "journal":
            body = Received(asked.body, media_type=asked.scope)
            return post_journal(till, batch_of(body), central, _Books(central))
        sender = active_till(till)
        if asked.path == "heartbeat":
            book_all(central)  # what a central that died had kept only
            return post_heartbeat(sender, parsed(HeartbeatRequest, asked.body), central)
        if asked.path == "feed":
            return get_feed(sender, central, asked.scope, asked.after, asked.limit, asked.fh.hex())
        if asked.path == "hashes":
            return post_hashes(sender, parsed(HashesRequest, asked.body), central)
        if asked.path == "epoch":
            return post_epoch(sender, parsed(EpochRequest, asked.body), central)
        if asked.path == "store-key":
            return Response(get_store_key(central, sender).model_dump_json())
        assert asked.path == "snapshot"
        snapshots = central.snapshots
        manifest = snapshots.newest(sender.store_id) or snapshots.build(sender.store_id)
        return Response(manifest.model_dump_json())
