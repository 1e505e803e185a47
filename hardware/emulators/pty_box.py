"""A small emulated device at the far end of a pseudo-terminal: bytes in, answer bytes out.

One thread. The pty is raw before anybody hears of its path. `unplug` ends it, as pulling
a USB plug does; whoever wants it back makes a new one.
"""

from __future__ import annotations

import os
import select
import threading
import tty
from typing import Protocol, Self

_TICK_SECONDS = 0.05


class Box(Protocol):
    """A sans-IO device."""

    deaf: bool

    def feed(self, data: bytes) -> bytes: ...


class PtyBox:
    """Serves `box`; `path` is what to open."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="emulated box", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def unplug(self) -> None:
        self._closing.set()
        self._thread.join(2)

    def _serve(self) -> None:
        while not self._closing.is_set():
            if self._box.deaf:
                self._closing.wait(_TICK_SECONDS)
            elif select.select([self._master], [], [], _TICK_SECONDS)[0]:
                os.write(self._master, self._box.feed(os.read(self._master, 4096)))
        os.close(self._master)
        os.close(self._slave)
