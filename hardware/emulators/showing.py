"""Emulated devices in a terminal: paper shown as it comes, codes typed as they are given.

They run until interrupted, told to end (SIGTERM) or out of typed lines, and leave no link behind.
The tray goes on numbering where an earlier run stopped, so a restart never
overwrites a receipt.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path
from types import FrameType
from typing import TextIO

from hardware.emulators.paper import Paper
from hardware.emulators.picture import save


class Tray:
    """Where paper falls: text to `out`, and receipt-0001.txt and .png in `folder` if any."""

    def __init__(self, out: TextIO, folder: Path | None) -> None:
        """Raises OSError when the folder cannot be made."""
        self._out = out
        self._folder = folder
        self._number = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._number = max(map(_number_of, folder.glob("receipt-*.txt")), default=0)

    def take(self, paper: Paper) -> None:
        """Show one paper, and keep it; the text is there before the picture."""
        self._number += 1
        text = paper.text()
        self._out.write(f"──── paper {self._number} ────\n{text}\n")
        self._out.flush()
        if self._folder is not None:
            place = self._folder / f"receipt-{self._number:04d}"
            half = place.with_suffix(".part")
            half.write_text(text, encoding="utf-8")
            half.replace(place.with_suffix(".txt"))
            save(paper, place.with_suffix(".png"))


def _number_of(path: Path) -> int:
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def end_on_signal() -> None:
    """From now on SIGTERM ends the program as Ctrl-C does, so that links are removed."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def wait_for_the_end() -> None:
    """Until a signal. Where a person or a script was typing, the end of that is the end of all;
    a service, whose input is /dev/null from the start, runs on.
    """
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if sys.stdin.isatty() or stat.S_ISFIFO(mode):
        return
    while True:
        signal.pause()
