"""A device on a serial line: RS-232, USB-CDC or a pty.

pySerial opens and sets up the port; reading and writing are our own, because
its write does not say how many bytes it got rid of when time runs out. Two
programs on one port are refused by a lock (`exclusive`), and DTR and RTS are
set before opening, since some devices reset when they change.
"""

from __future__ import annotations

import contextlib
import errno
import os
import termios
from dataclasses import dataclass

import serial

from hardware.address import Address
from hardware.errors import Absent, Busy, DeviceError, Lost, NotPermitted
from hardware.transports.transport import Descriptor

OPTIONS = ("baud", "bits", "parity", "stop", "flow")
_PARITY = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_BITS = {"8": serial.EIGHTBITS, "7": serial.SEVENBITS}
_STOP = {"1": serial.STOPBITS_ONE, "2": serial.STOPBITS_TWO}


@dataclass(frozen=True, slots=True)
class Line:
    """How a serial line is set: 9600 8N1 without flow control unless said otherwise."""

    path: str
    baud: int = 9600
    bits: int = serial.EIGHTBITS
    parity: str = serial.PARITY_NONE
    stop: float = serial.STOPBITS_ONE
    flow: str = "none"


def line_of(address: Address, default_baud: int) -> Line:
    """The line that an address describes; raises Misconfigured."""
    return Line(
        path=address.path(),
        baud=address.number("baud", default_baud),
        bits=_BITS[address.choice("bits", tuple(_BITS))],
        parity=_PARITY[address.choice("parity", tuple(_PARITY))],
        stop=_STOP[address.choice("stop", tuple(_STOP))],
        flow=address.choice("flow", ("none", "rts", "dtr", "xon")),
    )


class SerialTransport:
    """See `transport.Transport`."""

    answers = True

    def __init__(self, device: str, line: Line) -> None:
        self._device = device
        self._line = line
        self._port: serial.Serial | None = None
        self._first_pty: int | None = None
        self.bytes_per_second = line.baud / 10

    def open(self) -> None:
        """Raises Absent or Busy."""
        if self._port is None:
            self._check_pty()
            self._port = self._opened()

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises Stalled or Lost."""
        self._descriptor().write(data, timeout_seconds)

    def read(self, timeout_seconds: float) -> bytes:
        """Raises Lost."""
        return self._descriptor().read(timeout_seconds)

    def fileno(self) -> int:
        """For a thread that waits for several things at once; raises Lost when closed."""
        try:
            return int(self._opened_port().fileno())
        except serial.SerialException as error:
            raise Lost(self._device, "the port is closed") from error

    def close(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        # Dropping first keeps close from waiting for a device that holds us back.
        with contextlib.suppress(OSError, termios.error, serial.SerialException):
            port.reset_output_buffer()
        with contextlib.suppress(OSError, termios.error, serial.SerialException):
            port.close()

    def _check_pty(self) -> None:
        """A pty's number is given to the next terminal when it is closed.

        Without this a till whose emulated scanner has ended takes somebody's shell.
        """
        if not self._line.path.startswith("/dev/pts/"):
            return
        try:
            made_at = os.stat(self._line.path).st_ctime_ns
        except FileNotFoundError as error:
            raise self._trouble(error) from error
        self._first_pty = self._first_pty or made_at
        if made_at != self._first_pty:
            raise Absent(self._device, "that pseudo-terminal has ended; name a link to a new one")

    def _opened(self) -> serial.Serial:
        port = serial.Serial(
            baudrate=self._line.baud,
            bytesize=self._line.bits,
            parity=self._line.parity,
            stopbits=self._line.stop,
            rtscts=self._line.flow == "rts",
            dsrdtr=self._line.flow == "dtr",
            xonxoff=self._line.flow == "xon",
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
        port.port = self._line.path
        port.dtr = port.rts = True
        try:
            port.open()
            os.set_blocking(port.fileno(), False)
        except (OSError, termios.error, ValueError) as error:
            raise self._trouble(error) from error
        return port

    def _trouble(self, error: Exception) -> DeviceError:
        number = getattr(error, "errno", None) or (error.args and error.args[0])
        if number in (errno.EBUSY, errno.EAGAIN) or "lock" in str(error):
            return Busy(self._device, "another program has it open")
        if number == errno.EACCES:
            return NotPermitted(
                self._device, "no right to open it; add this user to the group dialout"
            )
        if number == errno.ENOENT:
            return Absent(self._device, "no such port, or it is not plugged in")
        return Absent(self._device, f"cannot be opened ({error})")

    def _opened_port(self) -> serial.Serial:
        if self._port is None:
            raise Lost(self._device, "the port is closed")
        return self._port

    def _descriptor(self) -> Descriptor:
        port = self._opened_port()
        return Descriptor(self._device, self.fileno(), lambda: int(port.out_waiting))
