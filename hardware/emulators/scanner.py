"""An emulated scanner on a pseudo-terminal: what it is told to scan, it types.

It can be unplugged and put back, sends halves and noise when told to, and counts
the beeps that it is sent. The path of a pty changes at each plugging in, as
/dev/ttyACM0 may; a link keeps one name for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import sys
import termios
import time
import tty
from pathlib import Path
from typing import Self

HANDED_OVER_SECONDS = 0.02
SUFFIXES = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t"}


def identifier_of(code: str) -> str:
    """The AIM identifier a scanner would send for this code: EAN-13, EAN-8 or Code 128."""
    if code.isdecimal() and len(code) in (12, 13):
        return "E0"
    return "E4" if code.isdecimal() and len(code) == 8 else "C0"


class EmulatedScanner:
    """`path` is what to open; `address` the same for a workstation's settings."""

    def __init__(
        self, link: Path | None = None, *, prefix: bytes = b"", suffix: str = "cr", aim: bool = True
    ) -> None:
        """Raises OSError when the link cannot be made."""
        self._link = link
        self._prefix, self._suffix, self._aim = prefix, SUFFIXES[suffix], aim
        self._master = self._slave = -1
        self.plug_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> str:
        return str(self._link.absolute()) if self._link else self._pty

    @property
    def address(self) -> str:
        return f"serial://{self.path}"

    def scan(self, code: str, symbology: str = "") -> None:
        """Type one whole code; `symbology` is the AIM id, guessed where it is empty."""
        identifier = f"]{symbology or identifier_of(code)}" if self._aim else ""
        self.send(self._prefix + (identifier + code).encode("ascii", "replace") + self._suffix)

    def send(self, data: bytes) -> None:
        """Raw bytes on the wire: a half code, noise."""
        os.write(self._master, data)

    def beeps(self, within_seconds: float = 0.0) -> int:
        """How many beeps it was sent since the last asking."""
        heard = 0
        while select.select([self._master], [], [], 0.0 if heard else within_seconds)[0]:
            heard += os.read(self._master, 64).count(b"\a")
        return heard

    def is_read(self) -> bool:
        """Whether whoever listens has taken every byte that was sent.

        A pty hands its bytes over in its own time: nothing waiting may be nothing come yet.
        """
        if self._waiting():
            return False
        time.sleep(HANDED_OVER_SECONDS)
        return not self._waiting()

    def _waiting(self) -> int:
        waiting = fcntl.ioctl(self._slave, termios.FIONREAD, bytes(4))
        return int.from_bytes(waiting, sys.byteorder)

    def unplug(self) -> None:
        """The port vanishes."""
        for number in (self._master, self._slave):
            if number >= 0:
                os.close(number)
        self._master = self._slave = -1

    def plug_in(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._pty = os.ttyname(self._slave)
        if self._link:
            self._point(self._link)

    def close(self) -> None:
        self.unplug()
        if self._link and self._link.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                self._link.unlink()

    def _point(self, link: Path) -> None:
        new = link.with_name(f"{link.name}.new")
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        new.symlink_to(self._pty)
        new.replace(link)
