"""The serial scanner driver: one thread, a port, a framer, and a listener.

A scanner that is unplugged is a state, never an exception, and it comes back by
itself. The time of a scan is taken when its last byte is read, so that the
checkout can refuse one that lay waiting.

The scanner beeps on reading, before anybody knows the article; a refusal is two
more beeps (BEL BEL), which the common models sound when sent to them.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import threading
import time
from collections.abc import Callable

from hardware.address import Address, parse_address
from hardware.backoff import waits
from hardware.errors import Busy, DeviceError, Misconfigured
from hardware.ports import DeviceState, Health, Reason, Scan
from hardware.scanners import aim
from hardware.scanners.framer import GAP_SECONDS, SUFFIXES, Damaged, Frame, Framer
from hardware.transports.serial import OPTIONS, SerialTransport, line_of

_BEEP = b"\a"
_TONE_SECONDS = 0.02


def open_serial(address: str) -> SerialScanner:
    """ "serial:///dev/ttyACM0?baud=9600&prefix=&suffix=cr&accept=none"; raises Misconfigured.

    `suffix` is cr, lf, crlf or tab; `prefix` is percent-encoded where it is not
    printable ("%02"); `accept=beep` beeps once for a code that was taken.
    """
    found = parse_address(address)
    found.allow_only("prefix", "suffix", "accept", *OPTIONS)
    suffix = found.choice("suffix", tuple(SUFFIXES))
    prefix = _prefix(found)
    return SerialScanner(
        SerialTransport(found.written, line_of(found, 9600)),
        lambda: Framer(prefix, suffix),
        beep_on_accept=found.choice("accept", ("none", "beep")) == "beep",
    )


def _prefix(address: Address) -> bytes:
    try:
        return address.options.get("prefix", "").encode("ascii")
    except UnicodeEncodeError as error:
        raise Misconfigured(address.written, "the prefix must be ASCII, such as %02") from error


class SerialScanner:
    """See `ports.Scanner`."""

    def __init__(
        self,
        transport: SerialTransport,
        new_framer: Callable[[], Framer],
        *,
        beep_on_accept: bool = False,
    ) -> None:
        self._transport = transport
        self._framer = new_framer()
        self._beep_on_accept = beep_on_accept
        self._state = DeviceState(Health.OPENING)
        self._closing = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        self._thread: threading.Thread | None = None

    def start(self, on_scan: Callable[[Scan], None], on_damaged: Callable[[str], None]) -> None:
        """Both are called from the scanner's own thread."""
        self._on_scan, self._on_damaged = on_scan, on_damaged
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)
        self._thread.start()

    def accept_tone(self) -> None:
        if self._beep_on_accept:
            self._sound(_BEEP)

    def refuse_tone(self) -> None:
        self._sound(_BEEP * 2)

    def state(self) -> DeviceState:
        return self._state

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
            self._transport.write(beeps, _TONE_SECONDS)

    def _run(self) -> None:
        pause = waits(random.random())
        while not self._closing.is_set():
            try:
                self._transport.open()
                self._state = DeviceState(Health.READY)
                pause = waits(random.random())
                self._listen()
            except DeviceError as error:
                self._lost(error)
                self._closing.wait(next(pause))
        self._transport.close()
        os.close(self._wake_read)

    def _listen(self) -> None:
        while not self._closing.is_set():
            wait = GAP_SECONDS if self._framer.pending else None
            port = self._transport.fileno()
            ready, _, _ = select.select([port, self._wake_read], [], [], wait)
            if port in ready:
                data = self._transport.read(0.0)
                self._report(self._framer.feed(data))
            elif not ready:
                self._report(self._framer.silence())

    def _lost(self, error: DeviceError) -> None:
        self._transport.close()
        self._report(self._framer.silence())
        busy = isinstance(error, Busy)
        self._state = (
            DeviceState(Health.BLOCKED, Reason.BUSY_OTHER_OWNER)
            if busy
            else DeviceState(Health.ABSENT)
        )

    def _report(self, found: list[Frame | Damaged]) -> None:
        at = time.monotonic()
        for one in found:
            if isinstance(one, Damaged):
                self._on_damaged(one.text)
            else:
                symbology, data = aim.split(one.text)
                self._on_scan(Scan(data, symbology, at))
