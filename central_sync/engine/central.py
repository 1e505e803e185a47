"""Central as the engine sees it: a port with one method per message.

`client.HttpCentral` fulfils it over the network; a test or a simulator may put central's
own functions behind it. Every method raises SyncTrouble and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from central_sync.wire.batch import Batch
from central_sync.wire.changes import Page
from central_sync.wire.identity import EpochReply, EpochRequest, HashesReply, HashesRequest
from central_sync.wire.messages import (
    EnrolReply,
    EnrolRequest,
    HeartbeatReply,
    HeartbeatRequest,
    JournalReply,
    Nudge,
    SnapshotManifest,
)
from central_sync.wire.people import NoteMessage, NoteReply, StoreKeyReply

# What may be done while central is at work.
Meanwhile = Callable[[], None]


def nothing() -> None:
    """For those who have nothing to do meanwhile."""


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """A page, and the hash of its rows as they came, unknown fields included."""

    page: Page
    rows_sha256: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """A page that central sent by itself, and the place that it follows on. Who does not stand
    there fetches instead, at a random time within `spread_seconds`."""

    after: int
    fh: bytes
    spread_seconds: int
    received: ReceivedPage


@dataclass(frozen=True, slots=True)
class ReceivedManifest:
    """A manifest, and the bytes that its signature covers, unknown fields included."""

    manifest: SnapshotManifest
    signed: bytes


class Central(Protocol):
    def enrol(self, request: EnrolRequest) -> EnrolReply: ...

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply: ...

    def journal(self, batch: Batch, meanwhile: Meanwhile = nothing) -> JournalReply:
        """`meanwhile` is called at most once, when the batch is on its way; it raises nothing."""
        ...

    def hashes(self, request: HashesRequest) -> HashesReply: ...

    def epoch(self, request: EpochRequest) -> EpochReply:
        """The same nonce gets the same epoch."""
        ...

    def feed(self, scope: str, after: int, limit: int, fh: bytes = b"") -> ReceivedPage:
        """A page after a cursor; `fh` is the hash that came with it, b"" where none did."""
        ...

    def put_note(self, note_id: str, note: NoteMessage) -> NoteReply:
        """The same note may be sent again: it is known by its id."""
        ...

    def store_keys(self) -> StoreKeyReply: ...

    def events(self) -> AbstractContextManager[Iterator[Nudge | Told]]:
        """Central's events as they come, a nudge at once; ends when central ends it."""
        ...

    def manifest(self) -> ReceivedManifest:
        """Raises SyncTrouble SNAPSHOT_BUILDING with a time to come back."""
        ...

    def snapshot(self, name: str, offset: int) -> AbstractContextManager[Iterator[bytes]]:
        """The compressed file from a byte offset on, as it arrives."""
        ...

    def close(self) -> None: ...
