"""A keyboard-wedge scanner through evdev: grabbed, so that its keys reach nobody else.

The kernel's record and two requests are written out here (linux/input.h); the
library for it needs kernel headers to install. Name the scanner by its lasting path
under /dev/input/by-id, never /dev/input/event5, whose number changes at each
plugging in. The thing to get wrong: without the grab every code is typed into the
till's screen as well, and its Enter with it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct

from hardware.address import parse_address
from hardware.errors import Absent, Busy, DeviceError, Lost, Misconfigured
from hardware.scanners.layouts import LAYOUTS, Keyboard, Layout
from hardware.scanners.listening import ListeningScanner
from hardware.scanners.serial import FRAMING, debounce_of, framer_of

RECORD = struct.Struct("@llHHi")
"""struct input_event: seconds, microseconds, type, code, value; 24 bytes on 64 bits."""

EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
UP, DOWN, REPEAT = 0, 1, 2
_EVIOCGRAB = 0x40044590
"""_IOW('E', 0x90, int)."""


def open_evdev(address: str) -> ListeningScanner:
    """ "evdev:///dev/input/by-id/usb-…-event-kbd?layout=us"; raises Misconfigured.

    `layout` is us or se, as the scanner is set; `prefix`, `suffix` and `repeat` are
    those of a serial scanner; `grab=no` leaves the keys to others too.
    """
    found = parse_address(address)
    found.allow_only(*FRAMING, "layout", "grab")
    source = KeyboardSource(
        found.written,
        found.path(),
        LAYOUTS[found.choice("layout", tuple(LAYOUTS))],
        grabs=found.choice("grab", ("yes", "no")) == "yes",
    )
    return ListeningScanner(source, framer_of(found), debounce_of(found))


class Records:
    """Sans-IO: the kernel's records, in any portions, become the bytes of a keyboard."""

    def __init__(self, layout: Layout) -> None:
        self._keyboard = Keyboard(layout)
        self._begun = b""

    def feed(self, data: bytes) -> bytes:
        whole = len(self._begun + data) // RECORD.size * RECORD.size
        records, self._begun = (self._begun + data)[:whole], (self._begun + data)[whole:]
        return b"".join(self._typed(*record[2:]) for record in RECORD.iter_unpack(records))

    def _typed(self, kind: int, code: int, value: int) -> bytes:
        if kind == EV_SYN and code == SYN_DROPPED:
            # The kernel threw keys away: what comes of this code is not whole.
            self._keyboard.forget()
            return b"\x80"
        if kind != EV_KEY or value == REPEAT:
            return b""
        return self._keyboard.press(code, value == DOWN)


class KeyboardSource:
    """See `listening.Source`."""

    def __init__(self, device: str, path: str, layout: Layout, *, grabs: bool = True) -> None:
        self._device = device
        self._path = path
        self._layout = layout
        self._grabs = grabs
        self._number = -1
        self._records = Records(layout)

    def open(self) -> None:
        """Raises Absent, Busy or Misconfigured."""
        if self._number >= 0:
            return
        try:
            self._number = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._records = Records(self._layout)
            if self._grabs:
                fcntl.ioctl(self._number, _EVIOCGRAB, 1)
        except OSError as error:
            self.close()
            raise self._trouble(error) from error

    def fileno(self) -> int:
        return self._number

    def read(self, timeout_seconds: float) -> bytes:
        """Raises Lost; never waits, whoever asks has waited already."""
        try:
            data = os.read(self._number, 64 * RECORD.size)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Lost(self._device, f"unplugged ({error.strerror})") from error
        if not data:
            raise Lost(self._device, "unplugged")
        return self._records.feed(data)

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """A keyboard has no voice."""

    def close(self) -> None:
        number, self._number = self._number, -1
        if number >= 0:
            with contextlib.suppress(OSError):
                os.close(number)

    def _trouble(self, error: OSError) -> DeviceError:
        match error.errno:
            case errno.EBUSY:
                return Busy(self._device, "another program has grabbed it")
            case errno.EACCES | errno.EPERM:
                return Absent(self._device, "no right to read it; add the udev rule for scanners")
            case errno.ENOTTY | errno.EINVAL:
                return Misconfigured(self._device, "this is no keyboard device")
            case errno.ENOENT | errno.ENODEV | errno.ENXIO:
                return Absent(self._device, "no such device, or it is not plugged in")
        return Absent(self._device, f"cannot be opened ({error.strerror})")
