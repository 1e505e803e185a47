"""The screen process: Textual at the edge, the till in the middle, the core on a socket.

Textual gives us the terminal, resizing and painting; pages, focus and key
bindings are ours, because a scan has to be told from keys before any widget sees
it. The thing to get wrong: anything over 5 ms on this loop. Whatever waits (the
core, a search) is in a thread of core_link, and garbage is collected between
sales only.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

# Read by Textual when it is imported, so they have to stand here.
os.environ.setdefault("TEXTUAL_FPS", "240")
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Offset

from central_sync.log_lines import LogFile, formatter
from pos_client.link.client import PushedScan
from pos_client.register.view import View
from pos_client.screens.core_link import GIVE_UP_SECONDS, CoreLink, Heard
from pos_client.screens.core_port import Scan
from pos_client.screens.driver import TillDriver
from pos_client.screens.frame import compose, function_at
from pos_client.screens.keys import ESCAPE, Key, of_event
from pos_client.screens.memory import SaleMemory
from pos_client.screens.pages import every_page
from pos_client.screens.paint import Rows
from pos_client.screens.router import Routed, ScanRouter
from pos_client.screens.till import Till

LEFT, BROKEN, CORE_GONE = 0, 1, 3

_log = logging.getLogger(__name__)


def _local_now() -> datetime:
    return datetime.now().astimezone()


class TillApp(App[int]):
    """Draws what the till knows and hands it keys and scans, in order."""

    CSS = "Screen { background: #000000; overflow: hidden; }"
    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar = []

    def __init__(
        self,
        socket_path: Path,
        *,
        language: str | None = None,
        now: Callable[[], datetime] = _local_now,
        give_up_seconds: float = GIVE_UP_SECONDS,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self._disable_tooltips = self._disable_notifications = True
        self._memory = SaleMemory()
        heard = Heard(
            connected=self._core_connected,
            seen=self._core_saw,
            scanned=self._core_scanned,
            lease_lost=self._lease_lost,
            gone=self._core_gone,
            given_up=lambda: self.exit(CORE_GONE),
        )
        self.link = CoreLink(socket_path, self._post_to_loop, heard, give_up_seconds)
        self.till = Till(
            core=self.link,
            now=now,
            monotonic=time.monotonic,
            bell=self.bell,
            leave=lambda: self.exit(LEFT),
            receipt_done=self._memory.tidy_soon,
            start_language=language or "sv",
        )
        self.till.pages = every_page(self.till)
        self.router = ScanRouter()
        self._canvas = Rows()
        self._router_timer: asyncio.TimerHandle | None = None

    # -- life

    def compose(self) -> ComposeResult:
        yield self._canvas

    def on_mount(self) -> None:
        self._loop_here = asyncio.get_running_loop()
        self._loop_here.set_exception_handler(lambda loop, context: self._broken(context))
        threading.excepthook = lambda hook: self._post_to_loop(
            lambda: self._broken({"exception": hook.exc_value})
        )
        self.link.start()
        self._next_minute()
        self._seconds = self.set_interval(1.0, self._second, name="wait", pause=True)
        if not self.is_headless:
            self.call_after_refresh(self._memory.start)

    def on_unmount(self) -> None:
        self.link.close()
        self._memory.stop()
        threading.excepthook = threading.__excepthook__
        if self._router_timer is not None:
            self._router_timer.cancel()

    def _broken(self, context: dict[str, Any]) -> None:
        """A bug: end at once and be started again with the basket, instead of going on wrongly."""
        problem = context.get("exception")
        _log.error("the screen stops: %s", context.get("message"), exc_info=problem)
        self.exit(BROKEN)

    def _next_minute(self) -> None:
        """The clock: once a minute, on the minute."""
        self.draw()
        self.set_timer(60.0 - self.till.now().second, self._next_minute)

    def _second(self) -> None:
        """Counts down while no PIN is tried; else there is no timer but the minute."""
        self.draw()
        if not self.till.wait_seconds:
            self._seconds.pause()

    # -- drawing

    def draw(self) -> None:
        """Compose the picture; only rows that changed are painted."""
        width, height = self.size
        picture = compose(self.till, width, height)
        self.cursor_position = Offset(picture.cursor_x, picture.cursor_y)
        if self._canvas.show(picture.rows):
            self._paint_now()

    def _paint_now(self) -> None:
        """In this turn of the loop: the frame timer would wait up to two periods first."""
        with self._context():
            self.screen._dirty_widgets.add(self._canvas)
            self.screen._on_timer_update()

    def repaint(self) -> None:
        """Paint everything: the terminal has lost frames."""
        self._canvas.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.draw)

    # -- input

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes never reach focus or bindings; the driver sends them past here."""
        if isinstance(event, events.Key):
            key = of_event(event.key, event.character)
            if key is not None:
                self.take_keys([key], time.monotonic())
        elif isinstance(event, events.Paste):
            self.take_paste(event.text, time.monotonic())
        else:
            await super().on_event(event)

    def take_keys(self, keys: list[Key], at: float) -> None:
        """Keys read in one piece at `at`; a whole scan comes as one list."""
        for key in keys:
            self.router.holds_first = self.till.page.digits_act
            self._take(self.router.feed(key, at))
        self._after_input()

    def take_paste(self, text: str, at: float) -> None:
        self._take(self.router.paste(text, at))
        self._after_input()

    def on_rows_touched(self, event: Rows.Touched) -> None:
        function = function_at(event.x, event.y, *self.size)
        if function:
            key = ESCAPE if function < 0 else Key(f"f{function}")
            self.take_keys([key], time.monotonic())

    def _take(self, routed: list[Routed]) -> None:
        for one in routed:
            self.till.take(one)

    def _after_input(self) -> None:
        """Draw, and wake the router when held keys turn out to be typed."""
        self.draw()
        if self._router_timer is not None:
            self._router_timer.cancel()
            self._router_timer = None
        deadline = self.router.deadline
        if deadline is not None:
            wait = max(0.0, deadline - time.monotonic()) + 0.001
            self._router_timer = self._loop_here.call_later(wait, self._router_tick)

    def _router_tick(self) -> None:
        self._router_timer = None
        self._take(self.router.tick(time.monotonic()))
        self._after_input()

    # -- the core

    def _post_to_loop(self, callback: Callable[[], None]) -> None:
        if self._loop_here.is_closed():
            return
        self._loop_here.call_soon_threadsafe(self._run_and_draw, callback)

    def _run_and_draw(self, callback: Callable[[], None]) -> None:
        if self.is_running:
            callback()
            self.draw()

    def _core_connected(self, view: View, has_lease: bool) -> None:
        self.till.connected(view, has_lease)

    def _core_saw(self, view: View) -> None:
        self.till.see(view)
        if self.till.wait_seconds:
            self._seconds.resume()
        self._memory.tidy_if_full()

    def _core_scanned(self, scan: PushedScan, at: float) -> None:
        self.till.take(Scan(scan.data, scan.symbology, scan.scan_id, at))

    def _lease_lost(self) -> None:
        self.till.has_lease = False

    def _core_gone(self) -> None:
        self.till.gone()


def _log_to(path: Path) -> None:
    """Tracebacks go to a file of the home; the terminal belongs to the till."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = LogFile(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(formatter())
    logging.getLogger().addHandler(handler)


def run_screen(socket_path: Path, *, language: str | None = None) -> int:
    """Show the till of the core at `socket_path` until a person leaves.

    Returns 0 when left with nothing open, 3 when the core stayed away.
    """
    sys.setswitchinterval(0.0005)
    _log_to(socket_path.parent / "logs" / "screen.log")
    app = TillApp(socket_path, language=language, driver_class=TillDriver)
    code = app.run()
    return CORE_GONE if code is None else code
