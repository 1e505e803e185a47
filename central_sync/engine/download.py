"""Fetches what central knows: the whole catalogue as a file, then the changes.

A snapshot is fetched beside, resumed where it was cut, unpacked while it comes, proven
against central's signature, checked, and only then swapped in. Nothing of it is trusted
for its name or its size: the local names are ours, the sizes are limits.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from central_sync.engine.central import ReceivedManifest, ReceivedPage, Told
from central_sync.engine.plan import PullFeed
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.unpacking import NotAsSigned, unpacking
from central_sync.engine.workstation import Progress, Workstation
from central_sync.masterfile.apply import CatalogueShrinks, PageUnfit
from central_sync.masterfile.check import BadMaster, MasterFacts
from central_sync.masterfile.tables import SCHEMA_VERSION
from central_sync.wire.changes import Page
from central_sync.wire.keys import verify
from central_sync.wire.messages import SnapshotManifest

PAGE_ROWS = 10_000
_PART, _PART_OF, _UNPACKED = "snapshot.part", "snapshot.part.json", "snapshot.new"
_CHUNK_BYTES = 128 * 1024
# A file that central signed and that is still no good will hardly be better at once.
DAMAGED_RETRY_SECONDS = 60.0
_SPARE_BYTES = 64 * 1024 * 1024


class CursorGone(Exception):
    """The feed is no longer kept so far back, or is another history; only a snapshot helps."""


def pull_feed(
    workstation: Workstation, action: PullFeed, *, accept: bool, progress: Progress
) -> int:
    """Apply pages until the scope's end; returns the rows applied.

    Raises SyncTrouble, and CursorGone when only a snapshot helps.
    """
    after, rows = action.after, 0
    fh = workstation.catalogue.hash_of(action.scope)
    while True:
        with _uncollected():
            received = workstation.central.feed(action.scope, after, PAGE_ROWS, fh)
            page = _proven_page(received, action.scope, after)
            if page.is_gone:
                raise CursorGone(action.scope)
            if page.next > after:
                with _held_when_shrinking(workstation):
                    applied = workstation.catalogue.apply(page, accept=accept)
        if page.next > after:
            workstation.store.set_cursors({action.scope: applied.position})
            rows, after, fh = rows + applied.rows, applied.position, page.fh
            progress("changes", rows, max(rows, action.upto - action.after))
        if not page.more or page.next <= action.after:
            return rows


def follow(workstation: Workstation, told: Told) -> int | None:
    """Apply a page that central sent by itself; returns the rows that were new.

    None when it has to be fetched: it came damaged, or does not follow on this very place of
    this history. Raises SyncTrouble HELD, as a page that was asked for would.
    """
    page, here = told.received.page, workstation.catalogue
    positions = here.positions() or {}
    position = positions.get(page.scope)
    if position is None or page.is_gone or page.sha256 != told.received.rows_sha256:
        return None
    if page.next <= position:
        return 0
    if not told.fh or (position, here.hash_of(page.scope)) != (told.after, told.fh):
        return None
    with _held_when_shrinking(workstation):
        applied = here.apply(page, accept=False)
    workstation.store.set_cursors({page.scope: applied.position})
    return applied.rows


def take_snapshot(workstation: Workstation, *, accept: bool, progress: Progress) -> MasterFacts:
    """Fetch, prove, check and swap in the catalogue. Raises SyncTrouble."""
    home = workstation.home
    manifest = _proven_manifest(workstation, workstation.central.manifest())
    _refuse_without_room(home, manifest)
    _fetch(workstation, manifest, progress)
    try:
        with _held_when_shrinking(workstation):
            facts = workstation.catalogue.put(
                home / _UNPACKED,
                manifest.counts,
                accept=accept,
                is_looked_over=manifest.is_looked_over,
            )
    except BadMaster as problem:
        (home / _PART).unlink(missing_ok=True)
        raise _damaged(f"{problem}") from problem
    finally:
        # The packed part stays when a person has to look first: it need not come twice.
        (home / _UNPACKED).unlink(missing_ok=True)
    (home / _PART).unlink(missing_ok=True)
    (home / _PART_OF).unlink(missing_ok=True)
    workstation.store.set_cursors(facts.positions, replace=True)
    workstation.store.set_vital_counts(workstation.catalogue.vital_counts)
    workstation.store.note(snapshot_at=manifest.made_at)
    return facts


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles within a page: its rows have none, and looking costs more than they."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _proven_page(received: ReceivedPage, scope: str, after: int) -> Page:
    page = received.page
    if page.scope != scope or (not page.is_gone and page.sha256 != received.rows_sha256):
        raise SyncTrouble(
            Code.FEED_DAMAGED,
            f"The changes of {scope} after {after} came damaged.",
            "They are fetched again; if it lasts, look at proxies between here and central.",
            again=True,
        )
    return page


def _proven_manifest(workstation: Workstation, received: ReceivedManifest) -> SnapshotManifest:
    manifest, identity = received.manifest, workstation.identity
    if not verify(identity.central_public_key, manifest.signature, received.signed):
        raise SyncTrouble(
            Code.SNAPSHOT_UNSIGNED,
            "The catalogue file is not signed by the central that enrolled this workstation.",
            "Check the address in workstation.toml; after a move of central, enrol again.",
            again=True,
        )
    if manifest.store_id != identity.store_id:
        raise _damaged(f"it is made for store {manifest.store_id!r}")
    if manifest.schema_version != SCHEMA_VERSION:
        raise SyncTrouble(
            Code.PROTOCOL,
            f"Central's catalogue has version {manifest.schema_version},"
            f" this register reads {SCHEMA_VERSION}.",
            "Update the older of the two; the register sells on with the catalogue it has.",
            again=True,
        )
    return manifest


def _refuse_without_room(home: Path, manifest: SnapshotManifest) -> None:
    needed = manifest.size + manifest.unpacked_size + _SPARE_BYTES
    free = shutil.disk_usage(home).free
    if free < needed:
        raise SyncTrouble(
            Code.DISK,
            f"The disk has {free // 1_000_000} MB free, the catalogue needs {needed // 1_000_000}.",
            f"Make room on the disk of {home}.",
            again=True,
        )


def _fetch(workstation: Workstation, manifest: SnapshotManifest, progress: Progress) -> None:
    """Fetch what is not here yet, and unpack all of it meanwhile. Raises SyncTrouble."""
    part, unpacked = workstation.home / _PART, workstation.home / _UNPACKED
    _begin_part(workstation.home, manifest)
    try:
        with (
            unpacking(
                unpacked, size=manifest.unpacked_size, sha256=manifest.unpacked_sha256
            ) as under_way,
            part.open("a+b") as file,
        ):
            size = 0
            for chunk in _chunks(workstation, manifest, file):
                size += len(chunk)
                if size > manifest.size:
                    raise NotAsSigned("it is longer than the one that central signed")
                under_way.feed(chunk)
                progress("catalogue", size, manifest.size)
            if size < manifest.size:
                raise _cut()
            under_way.finish()
    except NotAsSigned as problem:
        part.unlink()
        raise _damaged(f"{problem}") from problem


def _begin_part(home: Path, manifest: SnapshotManifest) -> None:
    """What is here of another file goes."""
    part, part_of = home / _PART, home / _PART_OF
    if _read_part_of(part_of) != manifest.sha256.hex():
        part.unlink(missing_ok=True)
        part_of.write_text(json.dumps({"sha256": manifest.sha256.hex()}), encoding="utf-8")


def _chunks(
    workstation: Workstation, manifest: SnapshotManifest, part: IO[bytes]
) -> Iterator[bytes]:
    """The file from its first byte: what an earlier try kept, then what central gives, which is
    kept as well."""
    part.seek(0)
    while chunk := part.read(_CHUNK_BYTES):
        yield chunk
    size = part.tell()
    if size < manifest.size:
        with workstation.central.snapshot(manifest.name, size) as parts:
            for chunk in parts:
                part.write(chunk)
                yield chunk


@contextmanager
def _held_when_shrinking(workstation: Workstation) -> Iterator[None]:
    try:
        yield
    except CatalogueShrinks as shrinks:
        sentence = (
            f"Central would shrink the catalogue from {shrinks.before} to {shrinks.after}"
            f" rows of {shrinks.table}; this register keeps what it has."
        )
        workstation.store.note(held=sentence, held_at=workstation.timestamp())
        raise SyncTrouble(
            Code.HELD, sentence, "If head office means it: spindel sync now --accept", again=True
        ) from shrinks
    except PageUnfit as problem:
        raise SyncTrouble(
            Code.FEED_UNFIT,
            f"Central sent a row that does not fit ({problem}).",
            "The whole catalogue is fetched instead; report this to head office.",
            again=True,
        ) from problem


def _read_part_of(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _cut() -> SyncTrouble:
    return SyncTrouble(
        Code.CUT,
        "The catalogue file ended before its end.",
        "Nothing is needed here: the rest is fetched at the next try.",
        again=True,
    )


def _damaged(reason: str) -> SyncTrouble:
    return SyncTrouble(
        Code.SNAPSHOT_DAMAGED,
        f"The catalogue file from central is not used: {reason}.",
        "It is fetched anew; if it lasts, report it to head office.",
        again=True,
        retry_after_seconds=DAMAGED_RETRY_SECONDS,
    )
