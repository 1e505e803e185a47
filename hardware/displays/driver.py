"""The customer display's driver: `show` leaves two lines and returns; a thread paints them.

A display that is away, slow or unplugged each second costs a sale nothing: nobody
waits for it, nothing is raised, and it is painted anew when it comes back. It never
answers, so READY means that its port is there, no more.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace

from hardware.address import Address, parse_address
from hardware.backoff import Closing, waits
from hardware.condition import state_after
from hardware.displays.charset import CHARSETS
from hardware.displays.dialects import CD5220, DMD, TO_DISPLAY, TO_PRINTER, Dialect
from hardware.displays.painter import Painter
from hardware.errors import DeviceError
from hardware.ports import DeviceState, Health
from hardware.transports.recording import recorded
from hardware.transports.transport import Transport

# How often the line is looked at while nothing changes: an unplugged one is noticed.
LOOK_SECONDS = 0.5
_WRITE_SECONDS = 1.0
_OPTIONS = ("columns", "charset", "behind")
_HERE = DeviceState(Health.READY, detail="a display does not answer; its port is there")


def open_cd5220_serial(address: str) -> PaintedDisplay:
    """ "cd5220+serial:///dev/ttyS1?baud=9600&charset=sweden"; raises Misconfigured."""
    return _on_serial(address, CD5220)


def open_cd5220_tcp(address: str) -> PaintedDisplay:
    """ "cd5220+tcp://10.0.0.9:4002", a serial server; raises Misconfigured."""
    return _on_tcp(address, CD5220)


def open_dmd_serial(address: str) -> PaintedDisplay:
    """ "dmd+serial:///dev/ttyS1?charset=pc858&behind=printer"; raises Misconfigured.

    `behind=printer`: a printer hangs on the same line, and gets nothing of this.
    """
    return _on_serial(address, DMD)


def open_dmd_tcp(address: str) -> PaintedDisplay:
    """ "dmd+tcp://10.0.0.9:4002"; raises Misconfigured."""
    return _on_tcp(address, DMD)


def _on_serial(address: str, dialect: Dialect) -> PaintedDisplay:
    from hardware.transports.serial import OPTIONS, SerialTransport, line_of

    found = parse_address(address)
    found.allow_only(*_OPTIONS, *OPTIONS)
    return _display(found, SerialTransport(found.written, line_of(found, 9600)), dialect)


def _on_tcp(address: str, dialect: Dialect) -> PaintedDisplay:
    from hardware.transports.tcp import TcpTransport

    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    host, port = found.host_and_port(4002)
    return _display(found, TcpTransport(found.written, host, port), dialect)


def _display(found: Address, transport: Transport, dialect: Dialect) -> PaintedDisplay:
    usual = dialect.charset.name
    others = tuple(name for name in CHARSETS if name != usual)
    charset = CHARSETS[found.choice("charset", (usual, *others))]
    if found.choice("behind", ("nothing", "printer")) == "printer":
        dialect = replace(dialect, before=TO_DISPLAY, after=TO_PRINTER)
    painter = Painter(dialect, min(found.number("columns", 20), 40), charset)
    return PaintedDisplay(recorded(found.written, transport), painter)


class PaintedDisplay:
    """See `ports.LineDisplay`."""

    def __init__(self, transport: Transport, painter: Painter) -> None:
        self._transport = transport
        self._painter = painter
        self._wish: tuple[str, str] | None = None
        self._state = DeviceState(Health.OPENING)
        self._news = threading.Event()
        self._closing = Closing()
        self._thread = threading.Thread(target=self._run, name="customer display", daemon=True)
        self._thread.start()

    @property
    def columns(self) -> int:
        return self._painter.columns

    def show(self, top: str, bottom: str) -> None:
        # One assignment, so that no thread sees a half wish; no lock, so that nobody waits.
        self._wish = (top, bottom)
        self._news.set()

    def state(self) -> DeviceState:
        return self._state

    def try_now(self) -> None:
        """Do not wait for the next try; from any thread."""
        self._closing.hurry()

    def close(self) -> None:
        """What was shown last is painted before the line is let go, if it takes it."""
        self._closing.set()
        self._news.set()
        if self._thread is not threading.current_thread():
            self._thread.join(2)

    def _run(self) -> None:
        pause = waits()
        while not self._closing.is_set():
            try:
                self._transport.open()
                self._painter.forget()
                self._state = _HERE
                pause = waits()
                self._keep_painting()
            except DeviceError as error:
                self._lost(error)
                self._closing.rest(next(pause))
        self._transport.close()
        self._state = DeviceState(Health.DISABLED)

    def _keep_painting(self) -> None:
        while not self._closing.is_set():
            self._take_wish()
            self._send(self._painter.paint(time.monotonic()))
            left = max(self._painter.due() - time.monotonic(), 0.0)
            if self._painter.is_behind:
                self._closing.wait(left)
            else:
                self._news.wait(min(left, LOOK_SECONDS))
            self._transport.read(0.0)
        self._take_wish()
        if self._painter.is_behind:
            with contextlib.suppress(DeviceError):
                self._send(self._painter.paint(self._painter.due()))

    def _take_wish(self) -> None:
        self._news.clear()
        if self._wish is not None:
            self._painter.want(*self._wish)

    def _send(self, painted: bytes) -> None:
        if painted:
            self._transport.write(painted, _WRITE_SECONDS)

    def _lost(self, error: DeviceError) -> None:
        self._transport.close()
        self._state = state_after(error)
