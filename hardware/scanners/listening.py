"""The driver of every scanner: one thread, a source of bytes, a framer, a listener.

What differs between a serial line and a keyboard is the source alone. A scanner
that is unplugged is a state, never an exception, and it comes back by itself. The
time of a scan is taken when its last byte is read, so that the checkout can refuse
one that lay waiting.

The scanner beeps on reading, before anybody knows the article; a refusal is two
more beeps, where the source can sound them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import select
import threading
import time
from collections.abc import Callable
from typing import Protocol

from hardware.backoff import Closing, waits
from hardware.errors import Busy, DeviceError, Misconfigured
from hardware.ports import DeviceState, Health, Reason, Scan
from hardware.scanners import aim
from hardware.scanners.debounce import Debounce
from hardware.scanners.framer import GAP_SECONDS, Damaged, Frame, Framer

BEEP = b"\a"
_TONE_SECONDS = 0.02


class Source(Protocol):
    """Where a scanner's bytes come from. Raises Absent, Busy, Misconfigured and Lost."""

    def open(self) -> None:
        """Take hold of it unless held."""

    def fileno(self) -> int: ...

    def read(self, timeout_seconds: float) -> bytes:
        """What has come, or b""."""

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Send a tone, where it can."""

    def close(self) -> None:
        """Let go; never raises."""


class ListeningScanner:
    """See `ports.Scanner`."""

    def __init__(
        self,
        source: Source,
        framer: Framer,
        debounce: Debounce,
        *,
        beep_on_accept: bool = False,
    ) -> None:
        self._source = source
        self._framer = framer
        self._debounce = debounce
        self._beep_on_accept = beep_on_accept
        self._state = DeviceState(Health.OPENING)
        self._closing = Closing()
        self._wake_read, self._wake_write = os.pipe()
        self._thread: threading.Thread | None = None

    def start(self, on_scan: Callable[[Scan], None], on_damaged: Callable[[str], None]) -> None:
        """Both are called from the scanner's own thread."""
        self._on_scan, self._on_damaged = on_scan, on_damaged
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)
        self._thread.start()

    def accept_tone(self, scan: Scan | None = None) -> None:
        if self._beep_on_accept:
            self._sound(BEEP)

    def refuse_tone(self, scan: Scan | None = None) -> None:
        self._sound(BEEP * 2)

    def state(self) -> DeviceState:
        """While it is READY, `detail` counts what was damaged since the start, by cause."""
        state = self._state
        if state.health is not Health.READY or not self._framer.damaged:
            return state
        counted = ", ".join(f"{n} {cause}" for cause, n in sorted(self._framer.damaged.items()))
        return DeviceState(state.health, state.reason, f"damaged codes: {counted}")

    def try_now(self) -> None:
        """Do not wait for the next try; from any thread."""
        self._closing.hurry()

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        os.close(self._wake_write)
        if self._thread is None:
            os.close(self._wake_read)
        elif self._thread is not threading.current_thread():
            self._thread.join(1)

    def _sound(self, beeps: bytes) -> None:
        # A tone is a courtesy: a scanner that is away, or cannot beep, must not stop a sale.
        with contextlib.suppress(DeviceError):
            self._source.write(beeps, _TONE_SECONDS)

    def _run(self) -> None:
        pause = waits(random.random())
        while not self._closing.is_set():
            try:
                self._source.open()
                self._state = DeviceState(Health.READY)
                pause = waits(random.random())
                self._listen()
            except DeviceError as error:
                self._lost(error)
                self._closing.rest(next(pause))
        self._source.close()
        os.close(self._wake_read)

    def _listen(self) -> None:
        while not self._closing.is_set():
            wait = GAP_SECONDS if self._framer.pending else None
            port = self._source.fileno()
            ready, _, _ = select.select([port, self._wake_read], [], [], wait)
            if port in ready:
                data = self._source.read(0.0)
                self._report(self._framer.feed(data))
            elif not ready:
                self._report(self._framer.silence())

    def _lost(self, error: DeviceError) -> None:
        self._source.close()
        self._report(self._framer.silence())
        self._state = _state_of(error)

    def _report(self, found: list[Frame | Damaged]) -> None:
        at = time.monotonic()
        for one in found:
            if isinstance(one, Damaged):
                self._on_damaged(one.text)
                continue
            symbology, data = aim.split(one.text)
            if self._debounce.passes(symbology, data, at):
                self._on_scan(Scan(data, symbology, at))


def _state_of(error: DeviceError) -> DeviceState:
    if isinstance(error, Busy):
        return DeviceState(Health.BLOCKED, Reason.BUSY_OTHER_OWNER, error.reason)
    if isinstance(error, Misconfigured):
        return DeviceState(Health.FAULT, Reason.WRONG_DEVICE, error.reason)
    cause = error.__cause__
    if getattr(cause, "errno", None) in (errno.EACCES, errno.EPERM):
        return DeviceState(Health.BLOCKED, Reason.NO_PERMISSION, error.reason)
    return DeviceState(Health.ABSENT, detail=error.reason)
