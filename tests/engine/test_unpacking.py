"""Unpacking beside the fetching: only what central signed stays, and no thread is left."""

from __future__ import annotations

import hashlib
import random
import threading
from pathlib import Path

import pytest
import zstandard

from central_sync.engine.unpacking import LARGEST_WINDOW_BYTES, NotAsSigned, unpacking

PLAIN = random.Random(7).randbytes(700_000) + bytes(700_000)
PACKED = zstandard.compress(PLAIN)


SHA256 = hashlib.sha256(PLAIN).digest()


def _unpack(path: Path, packed: bytes, *, size: int = len(PLAIN), chunk: int = 10_000) -> bytes:
    """What stands in the file in the end; central has signed `size` and PLAIN's hash."""
    with unpacking(path, size=size, sha256=SHA256) as under_way:
        for at in range(0, len(packed), chunk):
            under_way.feed(packed[at : at + chunk])
        under_way.finish()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> object:
    """By their names: what ran before may have threads that end meanwhile."""
    yield
    assert not {"unpacking", "hashing"} & {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("chunk", [1_000, 131_075, 131_076, 2_000_000])
def test_chunks_of_any_length_make_the_whole_file(tmp_path: Path, chunk: int) -> None:
    assert _unpack(tmp_path / "new", PACKED, chunk=chunk) == PLAIN


@pytest.mark.parametrize(
    ("packed", "size"),
    [
        (PACKED[:-30_000], len(PLAIN)),
        (PACKED[:9] + b"\0\0\0" + PACKED[12:], len(PLAIN)),
        (b"<html>log in</html>", len(PLAIN)),
        (b"", len(PLAIN)),
        (zstandard.compress(PLAIN[:-1] + b"x"), len(PLAIN)),
        (PACKED, len(PLAIN) - 1),
        (PACKED, len(PLAIN) + 1),
    ],
    ids=["cut", "flipped", "not packed", "nothing", "other content", "larger", "smaller"],
)
def test_what_is_not_as_signed_leaves_nothing(tmp_path: Path, packed: bytes, size: int) -> None:
    with pytest.raises(NotAsSigned):
        _unpack(tmp_path / "new", packed, size=size)
    assert list(tmp_path.iterdir()) == []


def test_nobody_makes_a_register_hold_a_large_window(tmp_path: Path) -> None:
    large = LARGEST_WINDOW_BYTES.bit_length()
    how = zstandard.ZstdCompressionParameters.from_level(1, window_log=large)
    packing = zstandard.ZstdCompressor(compression_params=how).compressobj()
    packed = packing.compress(PLAIN) + packing.flush()
    with pytest.raises(NotAsSigned, match="unpacked"):
        _unpack(tmp_path / "new", packed)


def test_a_fetch_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def fetch() -> None:
        with unpacking(tmp_path / "new", size=len(PLAIN), sha256=SHA256) as under_way:
            under_way.feed(PACKED[:200_000])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fetch()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_holds_nobody_up(tmp_path: Path) -> None:
    full = tmp_path / "new"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        _unpack(full, PACKED)
    assert list(tmp_path.iterdir()) == []
