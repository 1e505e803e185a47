"""Bytes appended to a file, or to a device file that only takes (a parallel port, a FIFO).

Nothing ever comes back, and that is no fault: a file is ready when it can be
opened. Appended and synced, so that a job which returned survives a power cut.
"""

from __future__ import annotations

import errno
import os
import select
import time

from hardware.errors import Absent, Busy, Lost, NotPermitted, Stalled


class FileTransport:
    """See `transport.Transport`."""

    answers = False
    bytes_per_second = 1_000_000.0

    def __init__(self, device: str, path: str) -> None:
        self._device = device
        self._path = path
        self._number: int | None = None

    def open(self) -> None:
        """Raises Absent or Busy. Reopened each time: the file may have been moved away."""
        self.close()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            self._number = os.open(self._path, flags, 0o644)
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise Busy(self._device, "another program has it open") from error
            reason = (error.strerror or "unknown").lower()
            if error.errno in (errno.EACCES, errno.EPERM):
                raise NotPermitted(self._device, f"cannot be written ({reason})") from error
            raise Absent(self._device, f"cannot be written ({reason})") from error

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises Stalled or Lost."""
        if self._number is None:
            raise Lost(self._device, "the file is closed")
        deadline = time.monotonic() + timeout_seconds
        handed = 0
        try:
            while handed < len(data):
                left = max(deadline - time.monotonic(), 0)
                if not select.select([], [self._number], [], left)[1]:
                    raise Stalled(self._device, "it stopped taking data", bytes_written=handed)
                handed += os.write(self._number, data[handed:])
            self._sync(self._number)
        except OSError as error:
            reason = (error.strerror or "unknown").lower()
            raise Lost(self._device, f"writing failed ({reason})", bytes_written=handed) from error

    def read(self, timeout_seconds: float) -> bytes:
        """Always b""."""
        return b""

    def close(self) -> None:
        number, self._number = self._number, None
        if number is not None:
            os.close(number)

    @staticmethod
    def _sync(number: int) -> None:
        try:
            os.fsync(number)
        except OSError as error:
            # A FIFO or a character device has nothing to sync.
            if error.errno not in (errno.EINVAL, errno.EROFS, errno.ENOTSUP):
                raise
