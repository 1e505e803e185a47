"""A pretend disk under a real folder: knows what was written and never synced.

Files are real, so everything in the product reads them as ever; this keeps beside them how
to undo each write that no sync has followed. At a power cut the folder becomes one of the
states that a real disk may be found in: unsynced writes kept, lost or torn at 512 bytes, in
any order. The thing to get wrong: letting a dead process touch the disk of its successor;
every write is asked first whether its process still lives.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SECTOR_BYTES = 512


@dataclass(slots=True)
class Life:
    """One run of a process on a machine; when it is dead nothing of it reaches the disk."""

    name: str
    disk: Disk
    is_dead: bool = False
    files_open: int = 0


class Write(NamedTuple):
    """`data` None truncates to `offset`; `before` undoes it together with `size_before`."""

    offset: int
    data: bytes | None
    before: bytes
    size_before: int


@dataclass(slots=True)
class FileLog:
    """What of one file is not on the platter; `is_new` while no sync has followed its making.

    `size` in bytes as its processes see it, and `version` counts what was written. The first
    `promised` writes were said to be on the platter by a disk that lies.
    """

    path: str
    descriptor: int
    is_new: bool
    size: int = 0
    version: int = 0
    promised: int = 0
    writes: list[Write] = field(default_factory=list)


@dataclass(slots=True)
class Weather:
    """What a disk does to whoever uses it, as chances of one call."""

    write_fails: float = 0.0
    read_fails: float = 0.0
    sync_fails: float = 0.0
    full: float = 0.0
    sync_lies: float = 0.0


class Fault(Exception):
    """A call is refused; the code is SQLite's."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


IOERR_READ = 10 | 1 << 8
IOERR_WRITE = 10 | 3 << 8
IOERR_FSYNC = 10 | 4 << 8
IOERR_TRUNCATE = 10 | 6 << 8
IOERR_DELETE = 10 | 10 << 8
FULL = 13


class Disk:
    """One machine's disk. `fuse`: the machine or process dies at that many operations from now."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder = folder
        self.weather = Weather()
        self.lives: list[Life] = []
        self.logs: dict[int, FileLog] = {}
        self.operations = 0
        self.reads_failed = 0
        self.syncs = 0
        self.lies = 0
        self.broken_promises = 0
        self.fuse: int | None = None
        self.is_power_fuse = True
        self._rng = rng

    def draw_from(self, rng: random.Random) -> None:
        """Chance of its own."""
        self._rng = rng

    def life(self, name: str) -> Life:
        """A process starts on this machine."""
        life = Life(name, self)
        self.lives.append(life)
        return life

    def die(self) -> None:
        """The power goes: nothing that any process does from here on reaches the disk."""
        self.fuse = None
        for life in self.lives:
            life.is_dead = True
        self.lives.clear()

    def end(self, life: Life) -> None:
        """One process is killed; the others, and what the kernel holds, live on."""
        life.is_dead = True
        if life in self.lives:
            self.lives.remove(life)

    def before(self, life: Life, write: Write) -> bool:
        """A write or truncation is about to be done; raises Fault. False: it burns the fuse."""
        self._alive(life, IOERR_WRITE)
        weather = self.weather
        if weather.write_fails and self._rng.random() < weather.write_fails:
            raise Fault(IOERR_WRITE)
        grows = write.data is not None and write.offset + len(write.data) > write.size_before
        if grows and weather.full and self._rng.random() < weather.full:
            raise Fault(FULL)
        return not self._burns(life)

    @contextmanager
    def read_without_fail(self) -> Iterator[None]:
        """While somebody looks who is not of the shop."""
        kept, self.weather.read_fails = self.weather.read_fails, 0.0
        try:
            yield
        finally:
            self.weather.read_fails = kept

    def read(self) -> None:
        """Something is about to be read; raises Fault."""
        if self.weather.read_fails and self._rng.random() < self.weather.read_fails:
            self.reads_failed += 1
            raise Fault(IOERR_READ)

    def sync(self, life: Life, log: FileLog) -> None:
        """Everything written to a file is on the platter now; raises Fault."""
        self._alive(life, IOERR_FSYNC)
        self.syncs += 1
        weather = self.weather
        if weather.sync_fails and self._rng.random() < weather.sync_fails:
            raise Fault(IOERR_FSYNC)
        is_before = self._rng.random() < 0.5
        if is_before and self._burns(life):
            raise Fault(IOERR_FSYNC)
        if weather.sync_lies and log.writes and self._rng.random() < weather.sync_lies:
            self.lies += 1
            log.promised = len(log.writes)
            return
        self.settle(log)
        if not is_before and self._burns(life):
            raise Fault(IOERR_FSYNC)

    def settle(self, log: FileLog) -> None:
        log.writes.clear()
        log.promised = 0
        log.is_new = False

    def delete(self, life: Life) -> None:
        """A file is about to be removed; raises Fault."""
        self._alive(life, IOERR_DELETE)
        if self._burns(life):
            raise Fault(IOERR_DELETE)

    def log(self, path: str, *, is_new: bool = False) -> FileLog:
        """The log of a file that exists; a file made anew under an old number starts afresh."""
        number = os.stat(path).st_ino
        log = self.logs.get(number)
        if log is None or is_new:
            if log is not None:
                os.close(log.descriptor)
            descriptor = os.open(path, os.O_RDONLY)
            log = FileLog(path, descriptor, is_new, os.fstat(descriptor).st_size)
            self.logs[number] = log
        return log

    def version_of(self, path: Path) -> tuple[int, int]:
        """Changes with every write to the file at this path; (0, 0) when that cannot be told."""
        try:
            number = os.stat(path).st_ino
        except FileNotFoundError:
            return 0, 0
        log = self.logs.get(number)
        return (number, log.version) if log else (0, 0)

    def synced_by_number(self, number: int) -> None:
        """The product itself has synced a file that it knows by a descriptor."""
        log = self.logs.get(number)
        if log is not None:
            self.settle(log)

    def cut(self) -> int:
        """Make the folder what is found after the power comes back; returns the writes lost."""
        lost = 0
        for path in sorted(self.folder.rglob("*-shm")):
            path.unlink()
        for path in [p for p in sorted(self.folder.rglob("*")) if not p.is_symlink()]:
            log = self.logs.get(path.stat().st_ino) if path.is_file() else None
            if log is not None and log.writes:
                lost += self._crash(path, log)
        self.forget()
        return lost

    @property
    def has_lied(self) -> bool:
        """Was a write that is not on the platter said to be there?"""
        return any(log.promised for log in self.logs.values())

    def forget(self) -> None:
        """Nothing is open any more: all that is there is on the platter."""
        for log in self.logs.values():
            os.close(log.descriptor)
        self.logs.clear()

    def copy_to(self, folder: Path) -> None:
        """A backup of a machine that is off."""
        copy_folder(self.folder, folder)

    def become(self, folder: Path) -> None:
        """Be a copy of that folder: a restore, or a clone."""
        self.forget()
        shutil.rmtree(self.folder, ignore_errors=True)
        copy_folder(folder, self.folder)

    def _crash(self, path: Path, log: FileLog) -> int:
        content = bytearray(path.read_bytes())
        for write in reversed(log.writes):
            _undo(content, write)
        mood = self._rng.random()
        if log.is_new and mood < 0.3:
            path.unlink()
            self.broken_promises += log.promised
            return len(log.writes)
        lost = 0
        kept_upto = self._rng.randint(0, len(log.writes))
        for at, write in enumerate(log.writes):
            keeps = at < kept_upto if mood < 0.55 else mood < 0.65 or self._rng.random() < 0.5
            lost += not keeps
            self.broken_promises += not keeps and at < log.promised
            if keeps:
                _redo(content, write)
            elif write.data is not None and self._rng.random() < 0.5:
                self._tear(content, write)
        # Under a new number: a connection of the dead may still hold the old one.
        draft = path.with_name(f"{path.name}.found")
        draft.write_bytes(content)
        os.replace(draft, path)
        return lost

    def _tear(self, content: bytearray, write: Write) -> None:
        assert write.data is not None
        for start in range(0, len(write.data), SECTOR_BYTES):
            if self._rng.random() < 0.5:
                part = write.data[start : start + SECTOR_BYTES]
                _redo(content, Write(write.offset + start, part, b"", 0))

    def _alive(self, life: Life, code: int) -> None:
        if life.is_dead:
            raise Fault(code)
        self.operations += 1

    def _burns(self, life: Life) -> bool:
        if self.fuse is None:
            return False
        self.fuse -= 1
        if self.fuse > 0:
            return False
        self.fuse = None
        if self.is_power_fuse:
            self.die()
        else:
            self.end(life)
        return True


def copy_folder(source: Path | str, target: Path | str) -> None:
    """All that lies in a folder, into a new one: what shutil does besides takes longer."""
    os.makedirs(target)
    with os.scandir(source) as entries:
        for entry in entries:
            to = f"{target}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), to)
            elif entry.is_dir():
                copy_folder(entry.path, to)
            else:
                copy_file(entry.path, to)


def copy_file(source: Path | str, target: Path | str) -> None:
    reading = os.open(source, os.O_RDONLY)
    writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        left = os.fstat(reading).st_size
        while left > 0:
            left -= os.sendfile(writing, reading, None, left)
    finally:
        os.close(reading)
        os.close(writing)


def _undo(content: bytearray, write: Write) -> None:
    if write.data is None:
        content.extend(write.before)
    else:
        content[write.offset : write.offset + len(write.before)] = write.before
    del content[write.size_before :]


def _redo(content: bytearray, write: Write) -> None:
    if write.data is None:
        del content[write.offset :]
        return
    if len(content) < write.offset:
        content.extend(bytes(write.offset - len(content)))
    content[write.offset : write.offset + len(write.data)] = write.data
