"""Ready-made master files for a store: built aside, looked over, compressed, hashed and signed.

A file is good as long as the feed still reaches back to its positions, so one build
serves every till of the store. One is built at a time, in a thread of its own, and
by one process of those that share the folder. The
thing to get wrong: reading rows and positions in two transactions.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

import zstandard
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from central_sync.database.open import Database
from central_sync.masterfile.build import build_master
from central_sync.masterfile.check import BadMaster, look_over
from central_sync.masterfile.tables import SCHEMA_VERSION
from central_sync.server import feed
from central_sync.server.catalogue import master_rows
from central_sync.server.timestamps import Clock, iso
from central_sync.wire.canonical import canonical
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import SnapshotManifest

# Following the feed over more rows than this takes longer than a new file (4.10).
LARGEST_LAG_ROWS = 20_000
KEPT_PER_STORE = 2
_CHUNK_BYTES = 1024 * 1024
# Packed once in the background, unpacked by every till: an eighth smaller than level 3, and quicker
# to unpack. The window is what a till has to hold meanwhile (engine.unpacking has a limit).
_LEVEL, _WINDOW_LOG = 9, 20
_log = logging.getLogger(__name__)


class Snapshots:
    """The files of a folder. `offer` gives one or begins to build it; safe for many threads."""

    def __init__(self, database: Database, folder: Path, key: SigningKey, now: Clock) -> None:
        self._database, self._folder, self._key, self._now = database, folder, key, now
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="snapshot")
        self._building: dict[str, Future[SnapshotManifest]] = {}
        self._lock = threading.Lock()

    def offer(self, store_id: str, wait_seconds: float = 0.0) -> SnapshotManifest | None:
        """The newest file that is still good; None while one is being built."""
        found = self.newest(store_id)
        if found is not None:
            return found
        with self._lock:
            future = self._building.get(store_id)
            if future is None or future.done():
                future = self._builder.submit(self._build_logged, store_id)
                self._building[store_id] = future
        with suppress(TimeoutError):
            return future.result(wait_seconds)
        return None

    def newest(self, store_id: str) -> SnapshotManifest | None:
        """The newest file of a store from which the feed can be followed."""
        scopes = [feed.CHAIN, feed.store_scope(store_id)]
        with self._database.reading() as connection:
            for path in self._manifests(store_id):
                manifest = _read(path)
                if (
                    manifest
                    and self._file(manifest).exists()
                    and _is_good(connection, manifest, scopes)
                ):
                    return manifest
        return None

    def path(self, store_id: str, name: str) -> Path | None:
        """A store's file by the name in its manifest; None when it is not there."""
        for manifest_path in self._manifests(store_id):
            manifest = _read(manifest_path)
            if manifest is not None and manifest.name == name and self._file(manifest).exists():
                return self._file(manifest)
        return None

    def build(self, store_id: str) -> SnapshotManifest:
        """Build, look over, compress, sign and put in place.

        Raises OSError, BadMaster, sqlite3 and SQLAlchemy errors.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        made_at = iso(self._now())
        stamp = "".join(c for c in made_at if c.isdigit())
        name = f"{_file_part(store_id)}-{stamp}-{secrets.token_hex(3)}.db.zst"
        draft, packed = self._folder / f"{name}.draft", self._folder / f"{name}.part"
        try:
            counts, places = self._fill(draft, store_id, made_at)
            look_over(draft)
            manifest = _pack(draft, packed).model_copy(
                update={
                    "name": name,
                    "store_id": store_id,
                    "positions": {scope: place.position for scope, place in places.items()},
                    "hashes": {scope: place.fh for scope, place in places.items()},
                    "counts": counts,
                    "is_looked_over": True,
                    "made_at": made_at,
                }
            )
            os.replace(packed, self._folder / name)
        finally:
            for rest in (draft, packed):
                rest.unlink(missing_ok=True)
        signature = self._key.sign(canonical(manifest.signed_fields()))
        signed = manifest.model_copy(update={"signature": signature})
        _write_whole(self._folder / f"{name}.json", signed.model_dump_json())
        self._remove_old(store_id)
        return signed

    def forget(self, store_ids: Iterable[str]) -> None:
        """Remove these stores' files: somebody in them was erased. New ones are built when
        asked for; a till that is fetching one begins again."""
        for store_id in store_ids:
            for path in self._manifests(store_id):
                path.with_suffix("").unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    def close(self) -> None:
        self._builder.shutdown(wait=True, cancel_futures=True)

    def _build_logged(self, store_id: str) -> SnapshotManifest:
        try:
            with self._alone(store_id):
                self._sweep(store_id)
                # Another process may have made it while this one waited.
                return self.newest(store_id) or self.build(store_id)
        except (OSError, sqlite3.Error, SQLAlchemyError, BadMaster):
            _log.exception("the snapshot of %s could not be made", store_id)
            raise

    @contextmanager
    def _alone(self, store_id: str) -> Iterator[None]:
        """One process at a time makes a store's file; the lock ends with whoever holds it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / f"{_file_part(store_id)}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _sweep(self, store_id: str) -> None:
        """Remove what a builder that was killed has left; nobody else builds for the store now."""
        whole = {path.with_suffix("") for path in self._manifests(store_id)}
        for path in self._folder.glob(f"{_file_part(store_id)}-*"):
            if path not in whole and path.with_suffix("") not in whole:
                path.unlink(missing_ok=True)

    def _fill(
        self, draft: Path, store_id: str, made_at: str
    ) -> tuple[dict[str, int], dict[str, feed.Place]]:
        scopes = [feed.CHAIN, feed.store_scope(store_id)]
        with self._database.reading() as connection:
            places = {s: at.newest for s, at in feed.places(connection, scopes).items()}
            rows = master_rows(connection, store_id)
            counts = build_master(
                draft,
                rows,
                positions={scope: place.position for scope, place in places.items()},
                hashes={scope: place.fh for scope, place in places.items()},
                store_id=store_id,
                made_at=made_at,
            )
        return counts, places

    def _manifests(self, store_id: str) -> list[Path]:
        """Newest first: the time is in the name."""
        found = self._folder.glob(f"{_file_part(store_id)}-*.db.zst.json")
        return sorted(found, reverse=True)

    def _file(self, manifest: SnapshotManifest) -> Path:
        return self._folder / manifest.name

    def _remove_old(self, store_id: str) -> None:
        """A till may be fetching the one before; what is older goes."""
        for path in self._manifests(store_id)[KEPT_PER_STORE:]:
            path.with_suffix("").unlink(missing_ok=True)
            path.unlink(missing_ok=True)


def _is_good(connection: Connection, manifest: SnapshotManifest, scopes: Sequence[str]) -> bool:
    """Neither below the floor, nor far behind, nor of a history that is not ours any more."""
    newest = feed.positions(connection, scopes)
    at = {
        scope: feed.Place(manifest.positions.get(scope, -1), manifest.hashes.get(scope, b""))
        for scope in scopes
    }
    is_of_this_version = manifest.schema_version == SCHEMA_VERSION and manifest.is_looked_over
    return is_of_this_version and all(
        newest[scope] - at[scope].position <= LARGEST_LAG_ROWS
        and feed.is_followable(connection, scope, at[scope])
        for scope in scopes
    )


def _pack(draft: Path, packed: Path) -> SnapshotManifest:
    """Compress a finished file; the manifest has its sizes and hashes, the rest is the caller's."""
    unpacked, unpacked_size = hashlib.sha256(), 0
    with draft.open("rb") as source, packed.open("wb") as target:
        sink = _Hashing(target)
        how = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=_WINDOW_LOG)
        with zstandard.ZstdCompressor(compression_params=how).stream_writer(
            cast("IO[bytes]", sink), closefd=False
        ) as writer:
            while chunk := source.read(_CHUNK_BYTES):
                unpacked.update(chunk)
                unpacked_size += len(chunk)
                writer.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return SnapshotManifest(
        name="",
        size=sink.size,
        sha256=sink.digest.digest(),
        unpacked_size=unpacked_size,
        unpacked_sha256=unpacked.digest(),
        schema_version=SCHEMA_VERSION,
        store_id="",
        positions={},
        counts={},
        made_at="",
    )


class _Hashing:
    """A file that knows the hash and size of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, chunk: bytes) -> int:
        self.digest.update(chunk)
        self.size += len(chunk)
        return self._file.write(chunk)


def _read(path: Path) -> SnapshotManifest | None:
    try:
        return SnapshotManifest.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def _file_part(store_id: str) -> str:
    """A store id as a file name holds it: no slash, no dash, nothing for a pattern."""
    return store_id if store_id.isalnum() else store_id.encode().hex()
