"""What tills and central say to each other, as pydantic models, protocol version 1.

Strangers speak here, so everything is checked on the way in. Unknown fields are
ignored (a newer sender may add some). A journal body travels as the exact text
whose UTF-8 bytes were hashed; it is never re-serialised.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

PROTOCOL = 1
# What was added to the protocol since; both sides say theirs and the older one is spoken.
# 0 (before 0.2) knows no epochs by request, no hashes on demand and no new keys; 1 sends its
# journal as JournalRequest and not as wire.batch.
REVISION = 2
PROTOCOL_HEADER = "Spindel-Protocol"
SPOKEN = f"{PROTOCOL}.{REVISION}"


def _bytes_from_hex(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("must be hexadecimal text")
    return bytes.fromhex(value)


def _bytes_from_base64(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("must be base64 text")
    return base64.b64decode(value, validate=True)


Hex = Annotated[bytes, PlainValidator(_bytes_from_hex), PlainSerializer(lambda b: b.hex(), str)]
Base64 = Annotated[
    bytes,
    PlainValidator(_bytes_from_base64),
    PlainSerializer(lambda b: base64.b64encode(b).decode(), str),
]
Epoch = Annotated[int, Field(ge=1, le=2**31)]
Sequence = Annotated[int, Field(ge=0, le=2**53)]


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Problem(Message):
    """RFC 9457 problem document. `again`: may the same request succeed later?"""

    code: str
    title: str
    detail: str
    status: int
    again: bool = False


class EnrolRequest(Message):
    """`nonce` makes a repeated request get the same answer.

    `workstation_id` is what this computer is already, or "": a code for another one is
    then refused before it is used up.
    """

    code: str = Field(min_length=4, max_length=64)
    public_key: str = Field(min_length=40, max_length=64)
    nonce: str = Field(min_length=16, max_length=64)
    version: str = Field(max_length=40)
    hostname: str = Field(default="", max_length=200)
    workstation_id: str = Field(default="", max_length=200)


class EnrolReply(Message):
    """`label` is the workstation's number as printed on receipts ("117")."""

    workstation_id: str
    label: str
    store_id: str
    store_name: str
    chain: str
    country: str
    epoch: Epoch
    central_public_key: str


class Head(Message):
    """The newest entry that somebody holds in one epoch."""

    epoch: Epoch
    sequence: Sequence
    hash: Hex


class Boot(Message):
    """One start of one computer: two that send under one key at once are a copied disk.

    `boot_id` is the kernel's, another one at every start; `hardware` tells computers apart
    and names none.
    """

    boot_id: str = Field(default="", max_length=64)
    hostname: str = Field(default="", max_length=200)
    hardware: str = Field(default="", max_length=64)


class HeartbeatRequest(Message):
    """`heads`: the newest entry of every epoch that this workstation still stands for."""

    heads: list[Head] = Field(max_length=1000)
    version: str = Field(max_length=40)
    clock: str = Field(max_length=40)
    outbox: int = Field(ge=0)
    oldest_unsent_at: str = Field(default="", max_length=40)
    boot: Boot = Boot()
    revision: int = Field(default=0, ge=0, le=10_000)


class HeartbeatReply(Message):
    """`heads`: what central has durably, per epoch; `clock` is central's, ISO UTC.

    `common`: those of the heads sent that central holds just so. `numbers`: per epoch the
    highest printed receipt number that central has seen. `store_key_id` is the newest key of
    the store; a till that lacks it asks for it. `hashes`: the feed's at each of `positions`, hex;
    central may stand at the same number with another history behind it. `safe`: per epoch the
    newest entry that central's newest proven backup holds, made at `backup_at` (ISO UTC, "" none).
    """

    heads: list[Head]
    clock: str
    version: str
    positions: dict[str, int] = {}
    hashes: dict[str, str] = {}
    store_key_id: str = ""
    common: list[Head] = []
    numbers: dict[int, int] = {}
    revision: int = 0
    safe: list[Head] = []
    backup_at: str = ""


class Nudge(Message):
    """An event of `/v1/events`: the newest positions of the till's scopes.

    `spread_seconds`: so many listen that each waits a random part of this before it asks.
    """

    positions: dict[str, int]
    spread_seconds: int = 0


class Follows(Message):
    """What a page told as an event follows on: a till that stands there, with the same hash,
    may take it; any other asks for the feed, at a random time within `spread_seconds`."""

    after: int
    fh: Hex
    spread_seconds: int = 0


class EntryMessage(Message):
    sequence: Annotated[int, Field(ge=1, le=2**53)]
    previous_hash: Hex
    hash: Hex
    body: str = Field(max_length=4_000_000)


class JournalRequest(Message):
    """Entries of one epoch in order. `signature` is over the last entry's hash.

    Spoken before revision 2; now `wire.batch`, whose signature covers the epoch and the numbers.
    """

    epoch: Epoch
    entries: list[EntryMessage] = Field(min_length=1, max_length=1000)
    signature: Base64


class JournalReply(Message):
    """`head` is what central has durably without a gap; the till compares its hash.

    status: "accepted"; "gap" (send from head.sequence + 1); "fork" (same number,
    other hash: kept aside for a person, the till's mark does not move).
    """

    status: Literal["accepted", "gap", "fork"]
    head: Head
    accepted: int = 0


class KeptEntries(Message):
    """Entries of the asking workstation as central keeps them, in order; ask again while `more`."""

    epoch: Epoch
    entries: list[EntryMessage]
    more: bool = False


class FeedRow(Message):
    """One absolute state. `op` "delete" is a tombstone. `row` fits the master table."""

    position: int
    table: str
    key: str
    op: Literal["put", "delete"]
    row: dict[str, Any] | None = None


class FeedPage(Message):
    """Rows after `after` of one scope in order; `next` is the new cursor.

    `is_gone`: the cursor is older than the feed is kept, or of a history that is not
    central's; take a snapshot. `sha256` covers the canonical JSON of `rows`. `fh` is the
    hash of position `next`, over all up to it: sent back with the cursor, it shows that both
    sides mean the same history. A page may leave out what the same page changes again.
    """

    scope: str
    rows: list[FeedRow]
    next: int
    more: bool = False
    is_gone: bool = False
    sha256: Hex = b""
    fh: Hex = b""


class SnapshotManifest(Message):
    """A ready-made master file: a zstd-compressed SQLite database.

    `positions` are the feed positions it holds, per scope, `hashes` their hashes. `is_looked_over`:
    central has gone through every page, row and index of it, so who has these very bytes need not.
    `signature` is central's over the canonical JSON of all the other fields.
    """

    name: str
    size: int = Field(ge=0)
    sha256: Hex
    unpacked_size: int = Field(ge=0)
    unpacked_sha256: Hex
    schema_version: int
    store_id: str
    positions: dict[str, int]
    hashes: dict[str, Hex] = {}
    counts: dict[str, int]
    is_looked_over: bool = False
    made_at: str
    signature: Base64 = b""

    def signed_fields(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"signature"})
