"""Central in memory: the twin of the server behind the engine's port.

It keeps the protocol's promises (verify, store, answer a repeat the same) in the fewest
lines, and can be told to be cut, lose a reply, answer wrongly or come back older.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import zstandard

from central_sync.engine.central import (
    Meanwhile,
    ReceivedManifest,
    ReceivedPage,
    Told,
    nothing,
)
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.masterfile.build import build_master
from central_sync.masterfile.tables import SCHEMA_VERSION
from central_sync.retail.journal import GENESIS, chain_hash
from central_sync.wire.batch import Batch, statement
from central_sync.wire.canonical import canonical
from central_sync.wire.identity import EpochReply, EpochRequest, HashesReply, HashesRequest
from central_sync.wire.keys import SigningKey, verify
from central_sync.wire.messages import (
    REVISION,
    EnrolReply,
    EnrolRequest,
    EntryMessage,
    FeedPage,
    FeedRow,
    Head,
    HeartbeatReply,
    HeartbeatRequest,
    JournalReply,
    Nudge,
    SnapshotManifest,
)
from central_sync.wire.people import NoteMessage, NoteReply, StoreKey, StoreKeyReply
from central_sync.wire.sealing import KeySet
from tests.masterfile.chain import ROWS


class CentralTwin:
    def __init__(self, folder: Path, *, store_id: str = "s01") -> None:
        self.folder, self.store_id = folder, store_id
        self.key = SigningKey.generate()
        self.public_key = ""
        self.codes = {"CODE-1234"}
        self.nonces: dict[str, str] = {}
        self.notes: dict[str, NoteMessage] = {}
        self.people_keys = KeySet.generate()
        self.store_key_id = ""
        self.refuses_notes = False
        self.entries: dict[int, list[EntryMessage]] = {}
        self.feeds: dict[str, list[FeedRow]] = {"chain": [], f"store:{store_id}": []}
        self.granted: dict[str, int] = {}
        self.revision = REVISION
        self.floors: dict[str, int] = {}
        self.rows: Mapping[str, Any] = ROWS
        # What its newest backup holds, and when that was made.
        self.safe: list[Head] = []
        self.backup_at = ""
        self.clock = "2026-11-22T12:00:00.000Z"
        # Faults.
        self.lost_replies = 0
        self.builds = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.at_work: Callable[[], None] = lambda: None
        self.cut_after_bytes: int | None = None
        self.wrong_head_hash = False
        self.flip_snapshot_byte = False
        self.builds_badly = False
        self.forge_signature = False
        self.damaged_feed = False
        self.calls: list[str] = []
        self.spread_seconds = 0
        self.offsets: list[int] = []
        self._packed: tuple[SnapshotManifest, bytes] | None = None

    # What tests do to it.

    def change(self, row: FeedRow, scope: str = "chain") -> None:
        feed = self.feeds[scope]
        feed.append(row.model_copy(update={"position": len(feed) + 1}))

    def forget_entries_after(self, epoch: int, sequence: int) -> None:
        """A central that came back from an older copy."""
        self.entries[epoch] = self.entries[epoch][:sequence]

    # The port.

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        self.calls.append("enrol")
        if self.nonces.get(request.nonce) != request.code:
            if request.code not in self.codes:
                raise SyncTrouble(Code.WRONG_CODE, "It is wrong.", "Check it.")
            self.codes.remove(request.code)
            self.nonces[request.nonce] = request.code
        self.public_key = request.public_key
        self._lose_reply()
        return EnrolReply(
            workstation_id="s01-1",
            label="1",
            store_id=self.store_id,
            store_name="Växjö",
            chain="Två Par AB",
            country="SE",
            epoch=1,
            central_public_key=self.key.public,
        )

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply:
        self.calls.append("heartbeat")
        heads = [self._head(epoch) for epoch in sorted(self.entries)]
        positions = {scope: len(rows) for scope, rows in self.feeds.items()}
        return HeartbeatReply(
            heads=heads,
            clock=self.clock,
            version="0.1.0",
            positions=positions,
            store_key_id=self.store_key_id,
            common=[head for head in request.heads if self._holds(head)],
            revision=self.revision,
            safe=self.safe,
            backup_at=self.backup_at,
        )

    def journal(self, batch: Batch, meanwhile: Meanwhile = nothing) -> JournalReply:
        meanwhile()
        request = batch.request()
        self.calls.append(f"journal {request.entries[0].sequence}-{request.entries[-1].sequence}")
        assert verify(self.public_key, request.signature, request.entries[-1].hash)
        assert verify(self.public_key, batch.signature, said_of(batch))
        stored = self.entries.setdefault(request.epoch, [])
        status: Literal["accepted", "gap", "fork"] = "accepted"
        accepted = 0
        for entry in request.entries:
            if entry.sequence <= len(stored):
                if stored[entry.sequence - 1].hash != entry.hash:
                    status = "fork"
                    break
                continue
            before = stored[-1].hash if stored else GENESIS
            if entry.sequence > len(stored) + 1:
                status = "gap"
                break
            assert entry.previous_hash == before
            assert chain_hash(before, entry.body.encode()) == entry.hash
            stored.append(entry)
            accepted += 1
        self.at_work()
        self._lose_reply()
        head = self._head(request.epoch)
        if self.wrong_head_hash:
            head = head.model_copy(update={"hash": bytes(31) + b"\1"})
        return JournalReply(status=status, head=head, accepted=accepted)

    def hashes(self, request: HashesRequest) -> HashesReply:
        self.calls.append(f"hashes {len(request.sequences)}")
        stored = self.entries.get(request.epoch, [])
        held = [at for at in request.sequences if at <= len(stored)]
        named = [Head(epoch=request.epoch, sequence=at, hash=stored[at - 1].hash) for at in held]
        return HashesReply(hashes=named)

    def epoch(self, request: EpochRequest) -> EpochReply:
        self.calls.append(f"epoch {request.why} {request.epoch}:{request.common_sequence}")
        epoch = self.granted.setdefault(
            request.nonce, max([request.newest_epoch, *self.granted.values()]) + 1
        )
        self._lose_reply()
        return EpochReply(
            epoch=epoch,
            first_number=request.highest_number + 1,
            is_used=bool(self.entries.get(epoch)),
        )

    def feed(self, scope: str, after: int, limit: int, fh: bytes = b"") -> ReceivedPage:
        self.calls.append(f"feed {scope} {after}")
        if after < self.floors.get(scope, 0):
            return ReceivedPage(FeedPage(scope=scope, rows=[], next=after, is_gone=True), b"")
        rows = self.feeds[scope][after : after + limit]
        plain = canonical([row.model_dump(mode="json") for row in rows])
        digest = hashlib.sha256(plain).digest()
        page = FeedPage(
            scope=scope,
            rows=copy.deepcopy(rows),
            next=after + len(rows),
            more=after + len(rows) < len(self.feeds[scope]),
            sha256=bytes(32) if self.damaged_feed else digest,
        )
        return ReceivedPage(page, digest)

    def put_note(self, note_id: str, note: NoteMessage) -> NoteReply:
        self.calls.append(f"note {note_id}")
        if self.refuses_notes:
            raise SyncTrouble(Code.REFUSED, "Central refused the request.", "Report it.")
        is_new = note_id not in self.notes
        self.notes[note_id] = note
        self._lose_reply()
        return NoteReply(is_new=is_new)

    def store_keys(self) -> StoreKeyReply:
        self.calls.append("store_keys")
        keys = [StoreKey(key_id=k.key_id, secret=k.secret) for k in self.people_keys.keys]
        return StoreKeyReply(keys=keys)

    @contextmanager
    def events(self) -> Iterator[Iterator[Nudge | Told]]:
        self.calls.append("events")
        positions = {scope: len(rows) for scope, rows in self.feeds.items()}
        yield iter([Nudge(positions=positions, spread_seconds=self.spread_seconds)])

    def manifest(self) -> ReceivedManifest:
        self.calls.append("manifest")
        if self.builds:
            self.builds -= 1
            raise SyncTrouble(Code.SNAPSHOT_BUILDING, "Wait.", "Wait.", True, 2.0)
        manifest, _ = self._snapshot()
        signed = canonical(manifest.signed_fields())
        key = SigningKey.generate() if self.forge_signature else self.key
        manifest = manifest.model_copy(update={"signature": key.sign(signed)})
        return ReceivedManifest(manifest, signed)

    @contextmanager
    def snapshot(self, name: str, offset: int) -> Iterator[Iterator[bytes]]:
        self.calls.append("snapshot")
        self.offsets.append(offset)
        packed = bytearray(self._snapshot()[1])
        if self.flip_snapshot_byte:
            packed[len(packed) // 2] ^= 1
        yield self._cut(bytes(packed)[offset:])

    def close(self) -> None:
        return None

    def _cut(self, content: bytes) -> Iterator[bytes]:
        limit = self.cut_after_bytes
        for at in range(0, len(content), 512):
            if limit is not None and at >= limit:
                self.cut_after_bytes = None
                raise SyncTrouble(Code.CUT, "cut", "wait", again=True)
            self.meanwhile()
            yield content[at : at + 512]

    def _holds(self, head: Head) -> bool:
        stored = self.entries.get(head.epoch, [])
        return 0 < head.sequence <= len(stored) and stored[head.sequence - 1].hash == head.hash

    def _lose_reply(self) -> None:
        if self.lost_replies:
            self.lost_replies -= 1
            raise SyncTrouble(Code.CUT, "The connection was cut.", "Wait.", again=True)

    def _head(self, epoch: int) -> Head:
        stored = self.entries.get(epoch, [])
        return Head(epoch=epoch, sequence=len(stored), hash=stored[-1].hash if stored else GENESIS)

    def _snapshot(self) -> tuple[SnapshotManifest, bytes]:
        positions = {scope: len(rows) for scope, rows in self.feeds.items()}
        if self._packed is None or self._packed[0].positions != positions:
            path = self.folder / "central-snapshot.db"
            path.unlink(missing_ok=True)
            counts = build_master(path, self.rows, positions=positions, store_id=self.store_id)
            plain = path.read_bytes()
            if self.builds_badly:
                plain = plain[:4096] + bytes(4096) + plain[8192:]
            packed = zstandard.compress(plain)
            manifest = SnapshotManifest(
                name="s01-1.db.zst",
                size=len(packed),
                sha256=hashlib.sha256(packed).digest(),
                unpacked_size=len(plain),
                unpacked_sha256=hashlib.sha256(plain).digest(),
                schema_version=SCHEMA_VERSION,
                store_id=self.store_id,
                positions=positions,
                counts=counts,
                made_at=self.clock,
            )
            self._packed = manifest, packed
        return self._packed


def said_of(batch: Batch) -> bytes:
    """What the twin's one workstation signs of a batch."""
    place = (batch.epoch, batch.first, batch.last)
    return statement("s01-1", *place, batch.previous_hash, batch.hash)
