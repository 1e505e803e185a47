"""The lowest layer: bytes over a wire, every call with a deadline.

A newcomer would trust that a returned write has arrived. It has not: twenty
kilobytes to a printer that reads nothing are "written" in 18 ms, into the
kernel's buffers. So `write` waits until the buffers are empty, and what never
left this machine is subtracted from `bytes_written` and thrown away, because a
job that prints minutes later is a hazard.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from typing import Protocol

from hardware.errors import Lost, Stalled

# Answers come within a millisecond, acknowledgements of a silent receiver after forty.
_POLL_SECONDS = (0.0005, 0.005)


class Transport(Protocol):
    """One wire to one device. Raises Absent, Busy, Stalled and Lost, nothing else.

    `answers` tells whether anything can ever come back; `bytes_per_second` is how
    fast the wire itself is, for deadlines.
    """

    @property
    def answers(self) -> bool: ...

    @property
    def bytes_per_second(self) -> float: ...

    def open(self) -> None:
        """Connect unless connected; bounded by the connect deadline. Raises Absent or Busy."""

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Return when the other side's machine has it all. Raises Stalled or Lost."""

    def read(self, timeout_seconds: float) -> bytes:
        """What has come, or b"" when nothing came in time. Raises Lost."""

    def close(self) -> None:
        """Let go; drops what was not sent, never blocks, never raises."""


class Descriptor:
    """Reading and writing one non-blocking file descriptor, whatever it belongs to."""

    def __init__(
        self,
        device: str,
        number: int,
        unsent: Callable[[], int],
        hung_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self._device = device
        self._number = number
        self._unsent = unsent
        self._hung_up = hung_up

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """See Transport.write; a failure names only what left this machine."""
        deadline = time.monotonic() + timeout_seconds
        handed = 0
        try:
            while handed < len(data):
                self._await_room(deadline, handed)
                handed += self._hand_over(data[handed : handed + 4096])
            self._await_empty(deadline, handed)
        except OSError as error:
            raise Lost(self._device, _plain(error), bytes_written=handed) from error

    def read(self, timeout_seconds: float) -> bytes:
        """See Transport.read."""
        try:
            ready, _, _ = select.select([self._number], [], [], timeout_seconds)
            data = os.read(self._number, 4096) if ready else None
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise Lost(self._device, _plain(error)) from error
        if data == b"":
            raise Lost(self._device, "the other side hung up")
        return data or b""

    def _await_room(self, deadline: float, handed: int) -> None:
        left = max(deadline - time.monotonic(), 0)
        _, ready, _ = select.select([], [self._number], [], left)
        if not ready:
            raise self._stalled(handed)

    def _hand_over(self, part: bytes) -> int:
        try:
            return os.write(self._number, part)
        except BlockingIOError:
            return 0

    def _await_empty(self, deadline: float, handed: int) -> None:
        pause, longest = _POLL_SECONDS
        while True:
            unsent = self._unsent()
            # Asked also when nothing is left: after a reset that proves nothing.
            if self._hung_up():
                raise Lost(self._device, "the other side hung up", bytes_written=handed)
            if not unsent:
                return
            if time.monotonic() >= deadline:
                raise self._stalled(handed)
            time.sleep(pause)
            pause = min(pause * 2, longest)

    def _stalled(self, handed: int) -> Stalled:
        return Stalled(
            self._device,
            "it stopped taking data",
            bytes_written=max(handed - self._unsent(), 0),
        )


def _plain(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return f"the line broke ({reason.lower()})"
