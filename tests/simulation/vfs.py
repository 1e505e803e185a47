"""Puts the pretend disks under the SQLite that Python's sqlite3 is linked with, by ctypes alone.

The system's own VFS goes on doing the work; only writing, syncing, truncating, removing,
sleeping, time and chance come by here, so reads stay as quick as ever. It is made the
default, so nothing in the product knows. The thing to get wrong: SQLite keeps one random
generator for the whole process; `reset_chance` seeds it anew for each run.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_double, c_int, c_int64, c_void_p
from typing import Any

from tests.simulation.disk import FULL, IOERR_DELETE, IOERR_WRITE, Disk, Fault, FileLog, Life, Write

OK, ERROR, CANTOPEN = 0, 1, 14
OPEN_MAIN_DB = 0x100
_EPOCH_JULIAN_MILLISECONDS = 210_866_760_000_000

# A name is passed on as the pointer it is: SQLite keeps it, and URI parameters lie behind it.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Random = CFUNCTYPE(c_int, c_void_p, c_int, c_void_p)
_Sleep = CFUNCTYPE(c_int, c_void_p, c_int)
_Time = CFUNCTYPE(c_int, c_void_p, POINTER(c_int64))
_OldTime = CFUNCTYPE(c_int, c_void_p, POINTER(c_double))
_Close = CFUNCTYPE(c_int, c_void_p)
_Read = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", _Open),
        ("xDelete", _Delete),
        ("xAccess", c_void_p),
        ("xFullPathname", c_void_p),
        ("xDlOpen", c_void_p),
        ("xDlError", c_void_p),
        ("xDlSym", c_void_p),
        ("xDlClose", c_void_p),
        ("xRandomness", _Random),
        ("xSleep", _Sleep),
        ("xCurrentTime", _OldTime),
        ("xGetLastError", c_void_p),
        ("xCurrentTimeInt64", _Time),
        ("xSetSystemCall", c_void_p),
        ("xGetSystemCall", c_void_p),
        ("xNextSystemCall", c_void_p),
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("xClose", _Close),
        ("xRead", _Read),
        ("xWrite", _Write),
        ("xTruncate", _Truncate),
        ("xSync", _Sync),
        *((f"x{number}", c_void_p) for number in range(13)),
    )


class _File(ctypes.Structure):
    _fields_ = (("pMethods", POINTER(_Methods)),)


def library() -> Any | None:
    """The SQLite under `sqlite3`; None when it is linked statically and out of reach."""
    try:
        found = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        found.sqlite3_vfs_find.restype = c_void_p
        found.sqlite3_vfs_find.argtypes = (c_char_p,)
        found.sqlite3_vfs_register.argtypes = (c_void_p, c_int)
        found.sqlite3_vfs_unregister.argtypes = (c_void_p,)
        found.sqlite3_randomness.argtypes = (c_int, c_void_p)
    except (OSError, AttributeError):
        return None
    return found


class SimulatedFiles:
    """The VFS. `disks` are those it knows; `current` is the process that runs now."""

    def __init__(self, sqlite: Any | None) -> None:
        self.disks: list[Disk] = []
        self.current: Life | None = None
        self.now_milliseconds: Callable[[], int] = lambda: 0
        self.sleeps = 0
        self.problem: BaseException | None = None
        self._sqlite = sqlite
        self._rng = random.Random(0)
        self._files: dict[int, tuple[Life, FileLog, _Methods]] = {}
        # A database and its journals have tables of methods of their own.
        self._methods: dict[tuple[int, bool], tuple[_Methods, _Methods]] = {}
        if sqlite is not None:
            self._system = ctypes.cast(sqlite.sqlite3_vfs_find(None), POINTER(_Vfs)).contents
            self._vfs = self._over(self._system)

    def _over(self, system: _Vfs) -> _Vfs:
        vfs = _Vfs.from_buffer_copy(system)
        vfs.pNext = None
        vfs.zName = b"spindel-simulation"
        vfs.xOpen = _Open(self._open)
        vfs.xDelete = _Delete(self._delete)
        vfs.xRandomness = _Random(self._randomness)
        vfs.xSleep = _Sleep(self._sleep)
        vfs.xCurrentTimeInt64 = _Time(self._time)
        return vfs

    @property
    def has_faults(self) -> bool:
        """False where SQLite cannot be reached: power is cut then without losing a write."""
        return self._sqlite is not None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The default VFS while this lasts; the product's own syncs are heard too."""
        if self._sqlite is None:
            yield
            return
        self._sqlite.sqlite3_vfs_register(ctypes.addressof(self._vfs), 1)
        real = os.fsync, os.fdatasync
        os.fsync = os.fdatasync = self._python_sync  # type: ignore[assignment]
        try:
            yield
        finally:
            os.fsync, os.fdatasync = real
            self._sqlite.sqlite3_vfs_unregister(ctypes.addressof(self._vfs))

    def reset_chance(self, rng: random.Random) -> None:
        """SQLite's one random generator begins anew, from this run's seed."""
        self._rng = rng
        if self._sqlite is not None:
            self._sqlite.sqlite3_randomness(0, None)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        path = _path(name)
        life = self.current
        disk = self._disk_of(path)
        if disk is not None and (life is None or life.is_dead or life.disk is not disk):
            return CANTOPEN
        is_new = bool(disk) and not os.path.exists(path)
        code = int(self._system.xOpen(ctypes.addressof(self._vfs), name, file, flags, out))
        if code == OK and disk is not None and life is not None:
            opened = ctypes.cast(file, POINTER(_File)).contents
            fails = disk.weather.read_fails > 0
            ours, below = self._methods_over(opened.pMethods.contents, hears_reads=fails)
            opened.pMethods = ctypes.pointer(ours)
            self._files[file] = (life, disk.log(path, is_new=is_new), below)
            life.files_open += 1
        return code

    def _methods_over(self, system: _Methods, *, hears_reads: bool) -> tuple[_Methods, _Methods]:
        """Reads come by here only where a disk refuses them, so that elsewhere they are quick."""
        key = (ctypes.addressof(system), hears_reads)
        found = self._methods.get(key)
        if found is None:
            ours, below = _Methods.from_buffer_copy(system), _Methods.from_buffer_copy(system)
            if hears_reads:
                ours.xRead = _Read(self._read)
            ours.xClose = _Close(self._close)
            ours.xWrite = _Write(self._write)
            ours.xTruncate = _Truncate(self._truncate)
            ours.xSync = _Sync(self._sync)
            found = self._methods[key] = (ours, below)
        return found

    def _close(self, file: int) -> int:
        life, _, below = self._files.pop(file)
        life.files_open -= 1
        return int(below.xClose(file))

    def _read(self, file: int, into: int, amount: int, offset: int) -> int:
        life, _, below = self._files[file]
        try:
            if not life.is_dead:
                life.disk.read()
        except Fault as fault:
            return fault.code
        return int(below.xRead(file, into, amount, offset))

    def _write(self, file: int, data: int, amount: int, offset: int) -> int:
        try:
            life, log, below = self._files[file]
            if life.is_dead:
                return IOERR_WRITE
            size, end = log.size, offset + amount
            before = os.pread(log.descriptor, amount, offset) if offset < size else b""
            write = Write(
                offset, ctypes.string_at(data, amount), before, size if size > offset else offset
            )
            lives_on = life.disk.before(life, write)
            code: int = below.xWrite(file, data, amount, offset)
            log.writes.append(write)
            log.version += 1
            if end > size:
                log.size = end
            return code if lives_on else IOERR_WRITE
        except Fault as fault:
            return fault.code
        except (OSError, KeyError, ValueError) as problem:
            return self._broken(problem)

    def _truncate(self, file: int, size: int) -> int:
        try:
            life, log, below = self._files[file]
            if life.is_dead:
                return IOERR_WRITE
            before = os.pread(log.descriptor, max(0, log.size - size), size)
            write = Write(size, None, before, log.size)
            lives_on = life.disk.before(life, write)
            code = int(below.xTruncate(file, size))
            log.writes.append(write)
            log.version += 1
            log.size = size
            return code if lives_on else IOERR_WRITE
        except Fault as fault:
            return fault.code
        except (OSError, KeyError, ValueError) as problem:
            return self._broken(problem)

    def _sync(self, file: int, flags: int) -> int:
        try:
            life, log, _below = self._files[file]
            life.disk.sync(life, log)
            return OK
        except Fault as fault:
            return fault.code
        except (OSError, KeyError, ValueError) as problem:
            return self._broken(problem)

    def _delete(self, vfs: int, name: int, sync_folder: int) -> int:
        disk = self._disk_of(_path(name))
        if disk is not None:
            if self.current is None or self.current.disk is not disk:
                return IOERR_DELETE
            try:
                disk.delete(self.current)
            except Fault as fault:
                return fault.code
        return int(self._system.xDelete(ctypes.addressof(self._vfs), name, sync_folder))

    def _randomness(self, vfs: int, amount: int, out: int) -> int:
        ctypes.memmove(out, self._rng.randbytes(amount), amount)
        return amount

    def _sleep(self, vfs: int, microseconds: int) -> int:
        self.sleeps += 1
        return microseconds

    def _time(self, vfs: int, out: Any) -> int:
        out[0] = _EPOCH_JULIAN_MILLISECONDS + self.now_milliseconds()
        return OK

    def _python_sync(self, descriptor: int) -> None:
        number = os.fstat(descriptor).st_ino
        life = self.current
        if life is not None and not life.is_dead:
            life.disk.synced_by_number(number)

    def _disk_of(self, path: str) -> Disk | None:
        return next((disk for disk in self.disks if path.startswith(f"{disk.folder}/")), None)

    def _broken(self, problem: BaseException) -> int:
        self.problem = self.problem or problem
        return FULL


def _path(name: int | None) -> str:
    return ctypes.string_at(name).decode() if name else ""
