"""An emulated keyboard-wedge scanner: the kernel's key records through a named pipe.

A machine without /dev/uinput can still drive the real driver with it; only the grab
is missing (address option grab=no). What it types is found in the layout the other
way round, so a scanner set to another layout than the till is one argument away.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Self

from hardware.emulators.scanner import SUFFIXES, identifier_of
from hardware.scanners.evdev import DOWN, EV_KEY, EV_SYN, RECORD, UP
from hardware.scanners.layouts import LAYOUTS, Layout

_SHIFT, _CONTROL, _ALT_GR = 42, 29, 100
_ENTER, _TAB = 28, 15
_RIGHT_BRACKET = 27
_LETTERS = "qwertyuiop", "asdfghjkl", "zxcvbnm"
_ROWS = 16, 30, 44


def keys_for(character: str, layout: Layout) -> tuple[int, ...]:
    """The keys to hold, the last one struck; raises ValueError when there are none."""
    if character in "\r\t":
        return (_ENTER,) if character == "\r" else (_TAB,)
    if character == "\x1d":
        return (_CONTROL, _RIGHT_BRACKET)
    for row, letters in zip(_ROWS, _LETTERS, strict=True):
        if character.lower() in letters:
            key = row + letters.index(character.lower())
            return (_SHIFT, key) if character.isupper() else (key,)
    if character.isascii() and character.isdigit():
        return (2 + "1234567890".index(character),)
    for held, table in (
        ((), layout.plain),
        ((_SHIFT,), layout.shifted),
        ((_ALT_GR,), layout.alt_gr),
    ):
        for key, one in table.items():
            if one == character:
                return (*held, key)
    raise ValueError(f"no key for {character!r} on this layout")


def records_for(text: str, layout: Layout) -> bytes:
    """The kernel's records for typing `text`, a report after each key."""
    return b"".join(_struck(keys_for(character, layout)) for character in text)


def _struck(keys: tuple[int, ...]) -> bytes:
    downs = [(key, DOWN) for key in keys]
    ups = [(key, UP) for key in reversed(keys)]
    report = RECORD.pack(0, 0, EV_SYN, 0, 0)
    return b"".join(RECORD.pack(0, 0, EV_KEY, key, value) + report for key, value in (*downs, *ups))


class EmulatedKeyboard:
    """`path` is the pipe; unplugging takes it away, as udev takes the link."""

    def __init__(self, path: Path, *, layout: str = "us", aim: bool = True) -> None:
        """Raises OSError when the pipe cannot be made."""
        self.path = path
        self._name = layout
        self._layout = LAYOUTS[layout]
        self._aim = aim
        self._writer = -1
        self.plug_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        return f"evdev://{self.path.absolute()}?grab=no&layout={self._name}"

    def scan(self, code: str, symbology: str = "", suffix: str = "cr") -> None:
        identifier = f"]{symbology or identifier_of(code)}" if self._aim else ""
        self.send(records_for(identifier + code + SUFFIXES[suffix].decode(), self._layout))

    def send(self, records: bytes) -> None:
        """Raw records."""
        os.write(self._writer, records)

    def unplug(self) -> None:
        if self._writer >= 0:
            os.close(self._writer)
            self._writer = -1
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

    def plug_in(self) -> None:
        os.mkfifo(self.path)
        # Opened for both, the pipe has a writer before it has a reader.
        self._writer = os.open(self.path, os.O_RDWR)

    def close(self) -> None:
        self.unplug()
