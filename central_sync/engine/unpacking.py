"""Unpacks a catalogue file while it still comes: one thread unpacks and writes, one hashes.

Both leave the interpreter to whoever fetches, so a first load takes little longer than its
longest part. What waits between them is little, since a register has no memory to spare. The
thing to get wrong: trusting the file before its end. Nothing is proven until `finish` has
held the size and the hash of all of it against what central signed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, BinaryIO, cast

import zstandard

# More than central packs with (server.snapshot), whatever comes: a register has no memory to spare.
LARGEST_WINDOW_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 128 * 1024
_WAITING = 3
_END = b""


class NotAsSigned(ValueError):
    """What came cannot be unpacked, or is not what central signed; says which."""


class Unpacking:
    """`feed` it every chunk in order, then `finish` once. Made by `unpacking`."""

    def __init__(self, file: BinaryIO, size: int, sha256: bytes) -> None:
        self._file, self._size, self._sha256 = file, size, sha256
        self._digest, self._unpacked = hashlib.sha256(), 0
        self._problem: NotAsSigned | OSError | None = None
        self._chunks: Queue[bytes] = Queue(_WAITING)
        self._rest = b""
        self._pieces: Queue[bytes] = Queue(_WAITING)
        self._threads = [
            Thread(target=self._unpack, name="unpacking", daemon=True),
            Thread(target=self._hash, name="hashing", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def feed(self, chunk: bytes) -> None:
        """Waits while there is enough to do. Raises NotAsSigned and OSError when it is known."""
        if self._problem is not None:
            raise self._problem
        if chunk:
            self._chunks.put(chunk)

    def finish(self) -> None:
        """Return when all is on the disk and proven. Raises NotAsSigned and OSError."""
        self.end()
        if self._problem is not None:
            raise self._problem
        if self._unpacked != self._size or self._digest.digest() != self._sha256:
            raise NotAsSigned("its content is not the one that central signed")

    def end(self) -> None:
        """Let the threads finish what they have; any number of times."""
        if self._threads:
            self._chunks.put(_END)
        while self._threads:
            self._threads.pop().join()

    def read(self, size: int) -> bytes:
        """What comes next, for zstandard; never more than it has room for."""
        chunk = self._rest or self._next_chunk()
        self._rest = chunk[size:]
        return chunk[:size]

    def _next_chunk(self) -> bytes:
        chunk = self._chunks.get()
        if not chunk:
            self._chunks.put(_END)  # for whoever asks again
        return chunk

    def _unpack(self) -> None:
        try:
            self._write_pieces()
        except zstandard.ZstdError as problem:
            self._problem = NotAsSigned(f"it cannot be unpacked: {problem}")
        except (NotAsSigned, OSError) as problem:
            self._problem = problem
        finally:
            self._pieces.put(_END)
            while self._next_chunk():  # nobody may wait for room in a queue that is not emptied
                pass

    def _write_pieces(self) -> None:
        unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW_BYTES)
        for piece in unpacker.read_to_iter(cast("IO[bytes]", self), write_size=_PIECE_BYTES):
            self._unpacked += len(piece)
            if self._unpacked > self._size:
                raise NotAsSigned("it is larger than central signed")
            self._pieces.put(piece)
            self._file.write(piece)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _hash(self) -> None:
        while piece := self._pieces.get():
            self._digest.update(piece)


@contextmanager
def unpacking(path: Path, *, size: int, sha256: bytes) -> Iterator[Unpacking]:
    """Unpack into `path`, which is to have so many bytes of this hash; removed if that fails."""
    with path.open("wb") as file, ExitStack() as unless_whole:
        unless_whole.callback(path.unlink, missing_ok=True)
        under_way = Unpacking(file, size, sha256)
        try:
            yield under_way
        finally:
            under_way.end()
        unless_whole.pop_all()
