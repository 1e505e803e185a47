"""The label printer's driver: asked how it is before a job, and what is left after it.

A label may be printed twice without harm, so a job whose end is not known is simply
sent again by the one who owns it; `bytes_written` says that it may be out.
"""

from __future__ import annotations

import threading

from hardware.address import Address, parse_address
from hardware.backoff import Closing, waits
from hardware.condition import state_after
from hardware.errors import Absent, DeviceError, Misconfigured, Refused
from hardware.labels.dialogue import LabelDialogue, Patience
from hardware.labels.zpl import render
from hardware.ports import DeviceState, Health, Label
from hardware.transports.file import FileTransport
from hardware.transports.recording import recorded
from hardware.transports.tcp import TcpTransport
from hardware.transports.transport import Transport

_OPTIONS = ("dpi", "status")
_DENSITIES = (152, 203, 300, 600)
MOST_COPIES = 999


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
        self._dpi = dpi
        self._patience = patience or Patience()
        self._state = DeviceState(Health.OPENING)
        self._line = threading.Lock()
        self._closing = Closing()
        self._dialogue = LabelDialogue(
            device, transport, self._patience, asks=asks, pause=self._closing.wait
        )
        self._thread = threading.Thread(target=self._watch, name=f"watch {device}", daemon=True)
        self._thread.start()

    def print(self, label: Label, copies: int = 1) -> None:
        """Raises Absent, Busy, Refused and Stalled with nothing written; after that
        Stalled, Lost and Refused count the bytes: the labels may be out."""
        copies = min(copies, MOST_COPIES)
        try:
            job = render(label, self._dpi, copies)
        except ValueError as error:
            raise Refused(self._device, str(error)) from error
        with self._line:
            if self._closing.is_set():
                raise Absent(self._device, "it has been closed")
            try:
                self._dialogue.print(job, copies)
            except DeviceError as error:
                self._note(error)
                raise
            self._state = self._dialogue.seen

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

    def _note(self, error: DeviceError) -> None:
        if isinstance(error, Refused):
            self._state = self._dialogue.seen
            return
        self._dialogue.close()
        self._state = state_after(error)

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
            self._dialogue.close()
            self._state = DeviceState(Health.DISABLED)

    def _glance(self) -> None:
        if self._closing.is_set():
            return
        try:
            self._state = self._dialogue.look()
        except DeviceError as error:
            self._note(error)
