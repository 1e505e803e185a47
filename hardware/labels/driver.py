"""The label printer's driver: asked how it is before a job, and what is left after it.

A label may be printed twice without harm, so a job whose end is not known is simply
sent again by the one who owns it; `bytes_written` says that it may be out.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from hardware.address import Address, parse_address
from hardware.backoff import Closing, waits
from hardware.errors import Absent, Busy, DeviceError, Lost, Misconfigured, Refused, Stalled
from hardware.labels.status import ASK, WHY, LabelStatus, StatusReader
from hardware.labels.zpl import render
from hardware.ports import DeviceState, Health, Label, Reason
from hardware.transports.file import FileTransport
from hardware.transports.recording import recorded
from hardware.transports.tcp import TcpTransport
from hardware.transports.transport import Transport

_OPTIONS = ("dpi", "status")
_DENSITIES = (152, 203, 300, 600)
MOST_COPIES = 999


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for an answer, between two looks, for a whole job and for each label of it."""

    answer_seconds: float = 1.0
    watch_seconds: float = 2.0
    job_seconds: float = 5.0
    label_seconds: float = 2.0
    again_seconds: float = 0.05


def open_tcp(address: str) -> ZplPrinter:
    """ "zpl+tcp://10.0.0.8:9100?dpi=203"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    host, port = found.host_and_port(9100)
    return _printer(found, TcpTransport(found.written, host, port))


def open_serial(address: str) -> ZplPrinter:
    """ "zpl+serial:///dev/ttyUSB1?baud=9600&dpi=203"; raises Misconfigured."""
    from hardware.transports.serial import OPTIONS, SerialTransport, line_of

    found = parse_address(address)
    found.allow_only(*_OPTIONS, *OPTIONS)
    return _printer(found, SerialTransport(found.written, line_of(found, 9600)))


def open_file(address: str) -> ZplPrinter:
    """ "zpl+file:///dev/usb/lp0?dpi=203", or a plain file; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    return _printer(found, FileTransport(found.written, found.path()))


def _printer(found: Address, transport: Transport) -> ZplPrinter:
    dpi = found.number("dpi", 203)
    if dpi not in _DENSITIES:
        allowed = ", ".join(str(density) for density in _DENSITIES)
        raise Misconfigured(found.written, f"dpi={dpi} must be one of {allowed}")
    asks = found.choice("status", ("yes", "no")) == "yes"
    return ZplPrinter(found.written, recorded(found.written, transport), dpi, asks=asks)


class ZplPrinter:
    """See `ports.LabelPrinter`. Connects by itself, in the background, and reconnects."""

    def __init__(
        self,
        device: str,
        transport: Transport,
        dpi: int = 203,
        *,
        asks: bool = True,
        patience: Patience | None = None,
    ) -> None:
        self._device = device
        self._transport = transport
        self._dpi = dpi
        self._asks = asks and transport.answers
        self._patience = patience or Patience()
        self._reader = StatusReader()
        self._state = DeviceState(Health.OPENING)
        self._line = threading.Lock()
        self._closing = Closing()
        self._thread = threading.Thread(target=self._watch, name=f"watch {device}", daemon=True)
        self._thread.start()

    def print(self, label: Label, copies: int = 1) -> None:
        """Raises Absent, Busy, Refused and Stalled with nothing written; after that
        Stalled, Lost and Refused count the bytes: the labels may be out."""
        try:
            job = render(label, self._dpi, min(copies, MOST_COPIES))
        except ValueError as error:
            raise Refused(self._device, str(error)) from error
        with self._line:
            if self._closing.is_set():
                raise Absent(self._device, "it has been closed")
            try:
                self._make_ready()
                self._send(job)
                self._await_printed(len(job), copies)
            except DeviceError as error:
                self._note(error)
                raise

    def state(self) -> DeviceState:
        """What was last seen; returns at once."""
        return self._state

    def try_now(self) -> None:
        """Do not wait for the next try; from any thread."""
        self._closing.hurry()

    def close(self) -> None:
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join(2)

    def _make_ready(self) -> None:
        """Not one byte to a printer that cannot print: it would come out hours later."""
        self._state = self._look()
        if self._state.health in (Health.BLOCKED, Health.FAULT):
            if self._state.reason is Reason.NO_ANSWER:
                raise Stalled(self._device, self._state.detail)
            raise Refused(self._device, self._state.detail)

    def _send(self, job: bytes) -> None:
        seconds = self._patience.job_seconds + len(job) / self._transport.bytes_per_second
        self._transport.write(job, seconds)

    def _await_printed(self, written: int, copies: int) -> None:
        if not self._asks:
            return
        patience = self._patience
        deadline = time.monotonic() + patience.job_seconds + copies * patience.label_seconds
        quiet = 0
        while quiet < 2:
            status = self._ask()
            if status is None:
                raise Stalled(self._device, WHY[Reason.NO_ANSWER], bytes_written=written)
            self._state = status.state()
            if status.reason is not Reason.NONE:
                raise Refused(self._device, self._state.detail, bytes_written=written)
            if time.monotonic() > deadline:
                raise Stalled(self._device, "labels still wait in it", bytes_written=written)
            quiet = 0 if status.waiting else quiet + 1
            self._closing.wait(patience.again_seconds)

    def _look(self) -> DeviceState:
        """A line that broke while we were idle is made anew once: only a question was lost."""
        self._transport.open()
        if not self._asks:
            return DeviceState(Health.READY, detail="it is not asked; only its port is known")
        try:
            status = self._ask()
        except Lost:
            self._transport.close()
            self._transport.open()
            status = self._ask()
        if status is None:
            return DeviceState(Health.FAULT, Reason.NO_ANSWER, WHY[Reason.NO_ANSWER])
        return status.state()

    def _ask(self) -> LabelStatus | None:
        """How it is now; None when it says nothing. What lies in the buffers is from before."""
        while self._transport.read(0.0):
            pass
        self._reader.clear()
        self._transport.write(ASK, self._patience.answer_seconds)
        deadline = time.monotonic() + self._patience.answer_seconds
        while (left := deadline - time.monotonic()) > 0:
            found = self._reader.feed(self._transport.read(left))
            if found:
                return found[-1]
        return None

    def _note(self, error: DeviceError) -> None:
        if isinstance(error, Refused):
            return
        self._transport.close()
        if isinstance(error, Busy):
            self._state = DeviceState(Health.BLOCKED, Reason.BUSY_OTHER_OWNER, error.reason)
        elif isinstance(error, Stalled):
            self._state = DeviceState(Health.FAULT, Reason.NO_ANSWER, error.reason)
        else:
            self._state = DeviceState(Health.ABSENT, Reason.NONE, error.reason)

    def _watch(self) -> None:
        pause = waits()
        while not self._closing.is_set():
            with self._line:
                self._glance()
            if self._state.health in (Health.ABSENT, Health.FAULT):
                self._closing.rest(next(pause))
            else:
                pause = waits()
                self._closing.wait(self._patience.watch_seconds)
        with self._line:
            self._transport.close()
            self._state = DeviceState(Health.DISABLED)

    def _glance(self) -> None:
        if self._closing.is_set():
            return
        try:
            self._state = self._look()
        except DeviceError as error:
            self._note(error)
