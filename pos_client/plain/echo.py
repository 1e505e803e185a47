"""Whether what is typed is shown: off while a PIN is typed, on otherwise.

Only a real terminal has an echo; for a pipe these calls do nothing. The thing to
get wrong: leaving the echo off when the program ends, so `show` is safe to call
at any time.
"""

from __future__ import annotations

import termios
from typing import TextIO

_LOCAL_FLAGS = 3


class Echo:
    """The echo of the terminal that `lines` is typed on."""

    def __init__(self, lines: TextIO) -> None:
        self._fileno = lines.fileno() if lines.isatty() else None
        self._is_hidden = False

    def hide(self) -> None:
        self._set(hidden=True)

    def show(self) -> None:
        if self._is_hidden:
            self._set(hidden=False)

    def _set(self, *, hidden: bool) -> None:
        if self._fileno is None:
            return
        settings = termios.tcgetattr(self._fileno)
        flags = settings[_LOCAL_FLAGS]
        settings[_LOCAL_FLAGS] = flags & ~termios.ECHO if hidden else flags | termios.ECHO
        termios.tcsetattr(self._fileno, termios.TCSADRAIN, settings)
        self._is_hidden = hidden
