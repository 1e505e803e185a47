"""An emulated printer on a serial line that is as slow as a real one.

A pty hands over at once whatever is written; here each byte takes its time at the far end,
where also the moment is noted at which a paper was cut off.
"""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from pathlib import Path
from typing import Self

from hardware.emulators.printer import EmulatedPrinter

_PORTION_BYTES = 16
_TICK_SECONDS = 0.02


class PacedPrinter:
    """`cut_at`: monotonic seconds of each finished paper; `link` is a lasting name for the pty."""

    def __init__(self, link: Path, baud: int) -> None:
        self.printer = EmulatedPrinter()
        self.cut_at: list[float] = []
        self._byte_seconds = 10 / baud
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _serve(self) -> None:
        free_at = time.monotonic()
        while not self._closing.is_set():
            if not select.select([self._master], [], [], 0)[0]:
                # Only an idle line begins anew: an oversleeping emulator is not a slower wire.
                if select.select([self._master], [], [], _TICK_SECONDS)[0]:
                    free_at = time.monotonic()
                continue
            data = os.read(self._master, _PORTION_BYTES)
            free_at += len(data) * self._byte_seconds
            self._closing.wait(max(0.0, free_at - time.monotonic()))
            said = self.printer.feed(data)
            if len(self.printer.papers) > len(self.cut_at):
                self.cut_at.append(time.monotonic())
            if said:
                os.write(self._master, said)
