"""Journal entries out of a damaged database file, without SQLite: found by their shape.

Every entry has two hashes of 32 bytes and a signature of 64 side by side, which is a pattern
in the bytes of its row; each find is believed only when its hash follows from its body. So it
does not matter which pages, pointers or indexes are gone, nor how old the page is. Format:
https://www.sqlite.org/fileformat2.html, sections 1.6, 2.1 and 4.

The thing to get wrong: reading the database alone. The newest entries lie in the `-wal`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from central_sync.retail.journal import JournalEntry, chain_hash

# Serial types of a row's header: two blobs of 32 bytes and one of 64.
_PATTERN = b"\x4c\x4c\x81\x0c"
_BEFORE_PATTERN = 3
_COLUMNS = 9
_DEFAULT_PAGE_BYTES = 4096
_WAL_HEAD_BYTES, _FRAME_HEAD_BYTES = 32, 24
_LONGEST_BODY_BYTES = 8_000_000
_INTEGER_BYTES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}


def carve(database: Path) -> Iterator[JournalEntry]:
    """Every entry whose hash proves it, in no order, some of them twice. Raises OSError."""
    images = _Images(database)
    for number, page in images.all():
        at = page.find(_PATTERN)
        while at >= 0:
            entry = _entry(page, number, at - _BEFORE_PATTERN, images)
            if entry is not None:
                yield entry
            at = page.find(_PATTERN, at + 1)


class _Images:
    """The pages of a database and of its log: a page may be there several times."""

    def __init__(self, database: Path) -> None:
        self._database = database.read_bytes() if database.exists() else b""
        wal = Path(f"{database}-wal")
        self._wal = wal.read_bytes() if wal.exists() else b""
        self.page_bytes = self._page_size()
        self._frames: dict[int, list[int]] = {}
        step = _FRAME_HEAD_BYTES + self.page_bytes
        for start in range(_WAL_HEAD_BYTES, len(self._wal) - _FRAME_HEAD_BYTES, step):
            number = int.from_bytes(self._wal[start : start + 4], "big")
            self._frames.setdefault(number, []).append(start + _FRAME_HEAD_BYTES)

    @property
    def usable_bytes(self) -> int:
        reserved = self._database[20] if len(self._database) > 20 else 0
        return self.page_bytes - (reserved if reserved < 32 else 0)

    def all(self) -> Iterator[tuple[int, bytes]]:
        for start in range(0, len(self._database), self.page_bytes):
            yield start // self.page_bytes + 1, self._database[start : start + self.page_bytes]
        for number, starts in self._frames.items():
            for start in starts:
                yield number, self._wal[start : start + self.page_bytes]

    def of(self, number: int, *, newest_first: bool) -> bytes:
        """One image of a page; b"" when there is none."""
        start = (number - 1) * self.page_bytes
        old = self._database[start : start + self.page_bytes] if number > 0 else b""
        frames = self._frames.get(number, [])
        new = self._wal[frames[-1] : frames[-1] + self.page_bytes] if frames else b""
        return (new or old) if newest_first else (old or new)

    def _page_size(self) -> int:
        for told in (self._database[16:18], self._wal[8:12]):
            size = int.from_bytes(told, "big")
            size = 65_536 if size == 1 else size
            if 512 <= size <= 65_536 and size & (size - 1) == 0:
                return size
        return _DEFAULT_PAGE_BYTES


def _entry(page: bytes, number: int, start: int, images: _Images) -> JournalEntry | None:
    """The entry whose row's header begins at `start`, if one does."""
    if start < 0:
        return None
    head_bytes, at = _varint(page, start)
    types: list[int] = []
    while len(types) < _COLUMNS and at < len(page):
        kind, at = _varint(page, at)
        types.append(kind)
    is_row = len(types) == _COLUMNS and at == start + head_bytes
    if not is_row or any(kind not in _INTEGER_BYTES for kind in types[:2]):
        return None
    sizes = [_size(kind) for kind in types]
    length = head_bytes + sum(sizes)
    if length > _LONGEST_BODY_BYTES or types[-1] < 12 or types[-1] % 2:
        return None
    for newest_first in (True, False):
        payload = _payload(page, start, length, images, newest_first=newest_first)
        entry = _read(payload[head_bytes:], types, sizes) if len(payload) == length else None
        if entry is not None:
            return entry
    return None


def _read(content: bytes, types: list[int], sizes: list[int]) -> JournalEntry | None:
    values, at = [], 0
    for kind, size in zip(types, sizes, strict=True):
        part = content[at : at + size]
        values.append({8: b"", 9: b"\x01"}.get(kind, part))
        at += size
    epoch, sequence = (int.from_bytes(part, "big") for part in values[:2])
    previous, digest, signature, body = values[2], values[3], values[4], values[8]
    if sequence < 1 or epoch < 1 or chain_hash(previous, body) != digest:
        return None
    return JournalEntry(epoch, sequence, previous, body, digest, signature)


def _payload(page: bytes, start: int, length: int, images: _Images, *, newest_first: bool) -> bytes:
    """A row's bytes: what lies in its page, and the rest along its overflow pages."""
    usable = images.usable_bytes
    local = _local_bytes(length, usable)
    parts = [page[start : start + local]]
    if local == length:
        return parts[0]
    left = length - local
    following = int.from_bytes(page[start + local : start + local + 4], "big")
    while left > 0 and following:
        image = images.of(following, newest_first=newest_first)
        if not image:
            break
        parts.append(image[4 : min(usable, 4 + left)])
        left -= len(parts[-1])
        following = int.from_bytes(image[:4], "big")
    return b"".join(parts)


def _local_bytes(length: int, usable: int) -> int:
    """How much of a table's row lies in its own page."""
    most = usable - 35
    if length <= most:
        return length
    least = (usable - 12) * 32 // 255 - 23
    some = least + (length - least) % (usable - 4)
    return some if some <= most else least


def _size(kind: int) -> int:
    return _INTEGER_BYTES[kind] if kind in _INTEGER_BYTES else max(0, (kind - 12) // 2)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        if at >= len(data):
            return value, at
        byte = data[at]
        at += 1
        if count == 8:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at
