"""Our terminal driver: Esc at once, whole reads in one piece, output that never blocks.

Three of Textual's habits cost sales (tui-ux section 4): Esc is known after 100 ms
at the earliest and swallows a digit that comes sooner; every character of a scan
is a message of its own; and a terminal that stops reading stops the program. The
thing to get wrong: these lean on Textual's internals, so its version is pinned
and the tests on a pty are the tripwire.
"""

from __future__ import annotations

import os
import select
import threading
import time
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread

if TYPE_CHECKING:
    from textual.app import App

from pos_client.screens.keys import ESCAPE, Key, of_character, of_event

ESCAPE_SECONDS = 0.015
ESCAPE_SECONDS_FAR = 0.040
"""Over SSH the bytes of one key may come apart."""

MOST_FRAMES = 30
_INTRODUCERS = "[O"
_ESC = "\x1b"
_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"


class Typist(Protocol):
    """What the application does with input; called on its loop, in order."""

    def take_keys(self, keys: list[Key], at: float) -> None: ...

    def take_paste(self, text: str, at: float) -> None: ...

    def repaint(self) -> None: ...


class TillDriver(linux_driver.LinuxDriver):
    """Reads and writes the terminal for the till."""

    def __init__(self, app: App[Any], **settings: Any) -> None:
        super().__init__(app, **settings)
        self._wake_read, self._wake_write = os.pipe()
        self._escape_seconds = (
            ESCAPE_SECONDS_FAR if os.environ.get("SSH_CONNECTION") else ESCAPE_SECONDS
        )

    # -- output

    def start_application_mode(self) -> None:
        """As the parent, with a writer that never makes the loop wait."""
        setattr(linux_driver, "WriterThread", self._writer)  # noqa: B010
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _writer(self, file: IO[str]) -> WriterThread:
        return PatientWriter(file, self._repaint_soon)

    def _repaint_soon(self) -> None:
        self._loop.call_soon_threadsafe(self._typist.repaint)

    @property
    def _typist(self) -> Typist:
        return cast("Typist", self._app)

    def _enable_mouse_support(self) -> None:
        """Clicks and touches only: a report for each movement would cost work at every step."""
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")

    def _get_terminal_size(self) -> tuple[int, int]:
        """Of the terminal itself: COLUMNS and LINES may be left over from another one."""
        try:
            width, height = os.get_terminal_size(self.fileno)
        except OSError:
            return super()._get_terminal_size()
        return width or 80, height or 24

    def _query_in_band_window_resize(self) -> None:
        """SIGWINCH is enough, and reports in pixels would need mouse maths."""

    # -- input

    def disable_input(self) -> None:
        os.write(self._wake_write, b".")
        super().disable_input()

    def close(self) -> None:
        super().close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def run_input_thread(self) -> None:
        """Read whole chunks; keys go to the application in order, with the time they came."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        splitter = Splitter()
        while not self.exit_event.is_set():
            wait = self._escape_seconds if splitter.is_waiting else None
            ready, _, _ = select.select([self.fileno, self._wake_read], [], [], wait)
            at = time.monotonic()
            if self.fileno in ready:
                data = os.read(self.fileno, 4096)
                if not data:
                    return
                pieces = splitter.feed(decode(data))
            elif ready:
                continue  # woken to end: the event is set at the next turn
            else:
                pieces = splitter.timeout()
            self._send(pieces, parser, at)

    def _send(self, pieces: list[str], parser: XTermParser, at: float) -> None:
        """Plain runs become keys here; sequences go through Textual's parser."""
        keys: list[Key] = []
        for piece in pieces:
            if piece == _ESC:
                keys.append(ESCAPE)
            elif piece.startswith(_PASTE_START):
                self._flush(keys, at)
                keys = []
                self._paste(piece[len(_PASTE_START) : -len(_PASTE_END)], at)
            elif piece.startswith(_ESC):
                for message in parser.feed(piece):
                    if isinstance(message, events.Key):
                        key = of_event(message.key, message.character)
                        keys += [key] if key else []
                    else:
                        self._flush(keys, at)
                        keys = []
                        self.process_message(message)
            else:
                keys += [
                    of_character(c) for c in piece if c.isprintable() or c in "\r\n\t\x7f\x08\x1d"
                ]
        self._flush(keys, at)

    def _flush(self, keys: list[Key], at: float) -> None:
        if keys:
            self._loop.call_soon_threadsafe(self._typist.take_keys, keys, at)

    def _paste(self, text: str, at: float) -> None:
        self._loop.call_soon_threadsafe(self._typist.take_paste, text, at)


class Splitter:
    """Cuts what was read into plain runs, single Escs, and whole escape sequences.

    Sans-IO. An Esc followed by anything but `[` or `O` is the key Esc, so the
    digit behind it stays a digit; one at the end of a read waits for `timeout`.
    """

    def __init__(self) -> None:
        self._rest = ""

    @property
    def is_waiting(self) -> bool:
        return bool(self._rest) and not self._rest.startswith(_PASTE_START)

    def feed(self, text: str) -> list[str]:
        text = self._rest + text
        self._rest = ""
        pieces: list[str] = []
        while text:
            piece = self._first(text)
            if not piece:
                self._rest = text
                break
            pieces.append(piece)
            text = text[len(piece) :]
        return pieces

    def timeout(self) -> list[str]:
        """Nothing more came: what waits was typed after all."""
        rest, self._rest = self._rest, ""
        return [_ESC, *([rest[1:]] if rest[1:] else [])] if rest else []

    def _first(self, text: str) -> str:
        """The first piece, or "" when its end has not come yet."""
        if not text.startswith(_ESC):
            return text.partition(_ESC)[0]
        if len(text) == 1:
            return ""
        if text[1] not in _INTRODUCERS:
            return _ESC
        if text.startswith(_PASTE_START):
            end = text.find(_PASTE_END)
            return text[: end + len(_PASTE_END)] if end >= 0 else ""
        return _sequence(text)


def _sequence(text: str) -> str:
    """A CSI or SS3 sequence at the start, or "" when it is not whole."""
    if text[1] == "O":
        return text[:3] if len(text) >= 3 else ""
    start = 3 if text[2:3] == "[" else 2  # the Linux console sends ESC [ [ A for F1
    for at in range(start, len(text)):
        if "@" <= text[at] <= "~":
            return text[: at + 1]
        if text[at] == _ESC:
            return text[:at]
    return ""


class PatientWriter(WriterThread):
    """Writes in a thread; a terminal that stops reading loses frames, never the program.

    When it reads again everything is painted anew, so nothing is missing after.
    """

    def __init__(self, file: IO[str], repaint: Callable[[], None]) -> None:
        super().__init__(file)
        self._repaint = repaint
        self._frames: deque[str | None] = deque()
        self._news = threading.Condition()
        self._has_dropped = False

    def write(self, text: str) -> None:
        with self._news:
            if len(self._frames) >= MOST_FRAMES:
                self._has_dropped = True
                return
            self._frames.append(text)
            self._news.notify()

    def run(self) -> None:
        while True:
            with self._news:
                while not self._frames:
                    self._news.wait()
                text = self._frames.popleft()
                is_last = not self._frames
                needs_paint = is_last and self._has_dropped
                self._has_dropped = self._has_dropped and not needs_paint
            if text is None:
                break
            self._file.write(text)
            if is_last:
                self._file.flush()
            if needs_paint:
                self._repaint()
        self._file.flush()

    def stop(self) -> None:
        """End the thread; a terminal that does not read is not waited for."""
        with self._news:
            self._frames.append(None)
            self._news.notify()
        self.join(timeout=2.0)
