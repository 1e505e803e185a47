"""Files in a sealed archive, and out of it again: compressed, whole or not at all.

A bundle appears under its name only when all of it is on the disk. The thing to get wrong:
trusting a name from inside; only plain relative names are taken out, into an empty folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import zstandard

from central_sync.wire.archive import (
    ArchiveReader,
    ArchiveWriter,
    NotAnArchive,
    Secrets,
    about_of,
)

Progress = Callable[[str, int, int], None]
_COPY_BYTES = 1 << 20


def pack(
    target: Path,
    about: Mapping[str, Any],
    files: Mapping[str, Path | bytes],
    secrets: Secrets,
    progress: Progress,
) -> None:
    """Write `files` (name in the bundle -> where it is, or what it holds) to `target`, mode 0600.

    Raises OSError; then there is nothing under that name that was not there before.
    """
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with contextlib.ExitStack() as whatever_happens:
        whatever_happens.callback(draft.unlink, missing_ok=True)
        with os.fdopen(descriptor, "wb") as file:
            _write(ArchiveWriter(file, about, secrets), files, progress)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        sync_folder(target.parent)


def read_about(path: Path) -> dict[str, Any]:
    """What a bundle says of itself, without a secret; raises NotAnArchive, OSError."""
    with path.open("rb") as file:
        return about_of(file)


def unpack(path: Path, secrets: Secrets, folder: Path, progress: Progress) -> dict[str, Path]:
    """Take every file out into `folder`; returns where each is, by its name in the bundle.

    All of it is proven when this returns. Raises NotAnArchive, WrongSecret, OSError.
    """
    found: dict[str, Path] = {}
    for name, size, part in _members(path, secrets):
        target = folder / _safe(name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            _copy(part, file, _told(progress, name, size))
        found[name] = target
    return found


def digests(path: Path, secrets: Secrets, progress: Progress) -> dict[str, str]:
    """The SHA-256 of every file inside, read to the end; raises as `unpack` does."""
    found: dict[str, str] = {}
    for name, size, part in _members(path, secrets):
        digest = _Digest()
        _copy(part, digest, _told(progress, name, size))
        found[name] = digest.hexdigest()
    return found


def digest_of(content: Path | bytes) -> str:
    """The SHA-256 of a file, or of bytes."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def retire(
    folder: Path, suffix: str, facts: Mapping[str, Any], keep: int, made: Path
) -> tuple[str, ...]:
    """Remove the bundles that say `facts` of themselves, but for the newest `keep`; their names.

    Others' bundles, and files that are none, are left alone. `made` is the one just made, and the
    newest whatever the clock says.
    """
    own: list[tuple[bool, str, Path]] = []
    for path in folder.glob(f"*{suffix}"):
        try:
            about = read_about(path)
        except (NotAnArchive, OSError):
            continue
        if all(about.get(name) == value for name, value in facts.items()):
            own.append((path == made, str(about.get("made_at", "")), path))
    old = [path for *_, path in sorted(own, reverse=True)[max(1, keep) :]]
    for path in old:
        path.unlink()
    return tuple(sorted(path.name for path in old))


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Digest(io.RawIOBase):
    def __init__(self) -> None:
        super().__init__()
        self._digest = hashlib.sha256()

    def write(self, data: Any, /) -> int:
        self._digest.update(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _write(archive: ArchiveWriter, files: Mapping[str, Path | bytes], progress: Progress) -> None:
    packer = zstandard.ZstdCompressor(level=3)
    with (
        contextlib.closing(archive),
        packer.stream_writer(cast("IO[bytes]", archive), closefd=False) as packed,
        tarfile.open(mode="w|", fileobj=packed) as tar,
    ):
        for name, content in files.items():
            size = len(content) if isinstance(content, bytes) else content.stat().st_size
            member = tarfile.TarInfo(name)
            member.size, member.mode = size, 0o600
            with _opened(content) as file:
                tar.addfile(member, file)
            progress(name, size, size)


def _opened(content: Path | bytes) -> Any:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _members(path: Path, secrets: Secrets) -> Any:
    """Name, size and stream of each file; ends only when the archive's end was proven."""
    with path.open("rb") as file:
        archive = ArchiveReader(file, secrets)
        unpacked = zstandard.ZstdDecompressor().stream_reader(
            cast("IO[bytes]", archive), closefd=False
        )
        try:
            with tarfile.open(mode="r|", fileobj=unpacked) as tar:
                for member in tar:
                    if not member.isfile():
                        raise NotAnArchive(f"it holds {member.name!r}, which is no file")
                    yield member.name, member.size, tar.extractfile(member)
            while archive.read(_COPY_BYTES):
                pass
        except (tarfile.TarError, zstandard.ZstdError, EOFError) as problem:
            raise NotAnArchive(f"what is in it cannot be read ({problem})") from problem


def _told(progress: Progress, name: str, size: int) -> Callable[[int], None]:
    return lambda done: progress(name, done, size)


def _copy(source: Any, target: Any, progress: Callable[[int], None]) -> None:
    done = 0
    while part := source.read(_COPY_BYTES):
        target.write(part)
        done += len(part)
        progress(done)


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or any(p in ("..", "") for p in path.parts):
        raise NotAnArchive(f"it names {name!r}, which is no place of its own")
    return str(path)


def remove_folder(folder: Path) -> None:
    """A work folder and all in it, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
