"""Every byte that goes to a device and comes back, kept for the day when something is wrong.

The last 64 kB a device are in memory (`log_of`) and, once the process has called
`record_into`, in a file of its own; what an earlier process left there becomes
"….previous.log". A field fault is then a file, and `replay` makes a test of it.

Drivers wrap their transport at one place, `recorded(device, transport)`. A newcomer
would log in the drivers; then the byte that a driver forgot to read is the one
that is missing. Card numbers are hidden before anything is kept (`masking`).
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from hardware.errors import DeviceError, Lost
from hardware.transports.masking import Masker
from hardware.transports.transport import Transport

KEPT_BYTES = 65_536
# A record with one byte costs more than its byte.
_RECORD_OVERHEAD = 8
_log = logging.getLogger(__name__)


class Way(StrEnum):
    """OUT is to the device, IN from it; NOTE is what befell the line, in words."""

    OUT = ">"
    IN = "<"
    NOTE = "!"


@dataclass(frozen=True, slots=True)
class Record:
    """`at` is UTC. `data` are bytes with card numbers hidden, or a note in ASCII."""

    at: datetime
    way: Way
    data: bytes

    def line(self) -> str:
        """ "2026-11-22T10:15:02.123456Z > 1b40", or "… ! open"."""
        said = self.data.decode("utf-8", "replace") if self.way is Way.NOTE else self.data.hex()
        return f"{self.at:%Y-%m-%dT%H:%M:%S.%f}Z {self.way} {said}"


def read_log(lines: Iterator[str] | list[str]) -> list[Record]:
    """The opposite of `Record.line`; raises ValueError on a line that is none."""
    return [_record(line.rstrip("\n")) for line in lines if line.strip()]


def _record(line: str) -> Record:
    at, way, said = line.split(" ", 2)
    data = said.encode() if way == Way.NOTE else bytes.fromhex(said)
    return Record(datetime.fromisoformat(at), Way(way), data)


def _now() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """One device's log. Any thread may add and read; a full disk stops the file, never a job."""

    def __init__(
        self, device: str, keep_bytes: int = KEPT_BYTES, clock: Callable[[], datetime] = _now
    ) -> None:
        self.device = device
        self._keep_bytes = keep_bytes
        self._clock = clock
        self._records: deque[Record] = deque()
        self._held = self._written = 0
        self._maskers = {Way.OUT: Masker(), Way.IN: Masker()}
        self._guard = threading.Lock()
        self._path: Path | None = None

    def sent(self, data: bytes) -> None:
        self._add(Way.OUT, data)

    def heard(self, data: bytes) -> None:
        self._add(Way.IN, data)

    def note(self, words: str) -> None:
        """`words` become one line."""
        self._add(Way.NOTE, " ".join(words.split()).encode())

    @property
    def records(self) -> tuple[Record, ...]:
        with self._guard:
            return tuple(self._records)

    def lines(self) -> list[str]:
        return [record.line() for record in self.records]

    def write_into(self, folder: Path) -> None:
        """From now on also in `folder`; a file from before is kept as "….previous.log"."""
        with self._guard, self._never_failing():
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{file_name(self.device)}.log"
            if path.exists():
                path.replace(path.with_suffix(".previous.log"))
            self._path = path
            self._rewrite()

    def _add(self, way: Way, data: bytes) -> None:
        if not data:
            return
        with self._guard:
            masker = self._maskers.get(way)
            record = Record(self._clock(), way, masker.mask(data) if masker else data)
            self._records.append(record)
            self._held += len(data) + _RECORD_OVERHEAD
            while self._held > self._keep_bytes and len(self._records) > 1:
                self._held -= len(self._records.popleft().data) + _RECORD_OVERHEAD
            with self._never_failing():
                self._append(record)

    def _append(self, record: Record) -> None:
        if self._path is None:
            return
        self._written += len(record.data) + _RECORD_OVERHEAD
        if self._written > 2 * self._keep_bytes:
            self._rewrite()
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(record.line() + "\n")

    def _rewrite(self) -> None:
        """The file as memory is, replaced as a whole."""
        if self._path is None:
            return
        half = self._path.with_suffix(".part")
        half.write_text("".join(f"{each.line()}\n" for each in self._records), encoding="utf-8")
        half.chmod(0o600)
        half.replace(self._path)
        self._written = self._held

    @contextlib.contextmanager
    def _never_failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._path = None
            _log.warning("the byte log of %s is no longer written: %s", self.device, error)


def file_name(device: str) -> str:
    """A name for the device's file: readable, and different for each address."""
    readable = re.sub(r"[^a-z0-9]+", "-", device.partition("?")[0].lower()).strip("-")
    return f"{readable[:60]}-{hashlib.sha256(device.encode()).hexdigest()[:6]}"


_recorders: dict[str, Recorder] = {}
_folder: Path | None = None
_guard = threading.Lock()


def record_into(folder: Path) -> None:
    """Once a process: every device's log also goes to a file here, those open already too."""
    global _folder
    with _guard:
        _folder = folder
        for recorder in _recorders.values():
            recorder.write_into(folder)


def recorder_of(device: str) -> Recorder:
    """The log of the device at this address, made when it is first asked for."""
    with _guard:
        recorder = _recorders.get(device)
        if recorder is None:
            recorder = _recorders[device] = Recorder(device)
            if _folder is not None:
                recorder.write_into(_folder)
        return recorder


def recorded(device: str, transport: Transport) -> Recorded:
    """The transport, with every byte of it in the log of `device`."""
    return Recorded(transport, recorder_of(device))


class Recorded:
    """See `transport.Transport`; only what passes is written down, nothing is changed."""

    def __init__(self, transport: Transport, recorder: Recorder) -> None:
        self._transport = transport
        self._recorder = recorder
        self._trouble = ""

    @property
    def answers(self) -> bool:
        return self._transport.answers

    @property
    def bytes_per_second(self) -> float:
        return self._transport.bytes_per_second

    def open(self) -> None:
        """Raises Absent or Busy. Noted when it changes: a device may be away for days."""
        try:
            self._transport.open()
        except DeviceError as error:
            self._note_change(f"open {_told(error)}")
            raise
        self._note_change("open")

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises Stalled or Lost."""
        try:
            self._transport.write(data, timeout_seconds)
        except DeviceError as error:
            self._recorder.sent(data[: error.bytes_written])
            self._recorder.note(f"write {_told(error)}")
            raise
        self._recorder.sent(data)

    def read(self, timeout_seconds: float) -> bytes:
        """Raises Lost."""
        try:
            data = self._transport.read(timeout_seconds)
        except DeviceError as error:
            self._note_change(f"read {_told(error)}")
            raise
        self._recorder.heard(data)
        return data

    def fileno(self) -> int:
        """For a thread that waits for several things at once; raises Lost where there is none."""
        asked = getattr(self._transport, "fileno", None)
        if asked is None:
            raise Lost(self._recorder.device, "this wire cannot be waited for")
        return int(asked())

    def close(self) -> None:
        self._transport.close()
        self._note_change("close")

    def _note_change(self, words: str) -> None:
        if words != self._trouble:
            self._trouble = words
            self._recorder.note(words)


def _told(error: DeviceError) -> str:
    return f"{type(error).__name__.lower()} {error.bytes_written} {error.reason}"
