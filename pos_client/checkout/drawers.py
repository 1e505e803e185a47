"""The drawer beside the register: a pulse now or not at all, and what it does by itself.

A thread of its own. The print worker calls `pulse_wanted` before each paper, so that a
drawer on the printer opens first. The thing to get wrong: queueing a pulse. After two
seconds it is forgotten and the cashier takes the key; a drawer that opens minutes later
opens to the wrong person. An opening with the key that we asked for is not a forced one.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Protocol

from hardware.drawers.watch import (
    Closed,
    DrawerEvent,
    DrawerWatch,
    Forced,
    Jammed,
    Opened,
    OpenTooLong,
)
from hardware.errors import Busy, DeviceError
from hardware.ports import CashDrawer, DeviceState, Health, Reason, Retrying
from pos_client.checkout.mailbox import Mailbox

PULSE_SECONDS = 2.0
WATCH_SECONDS = 0.5
BUSY_SECONDS = 0.1
KEY_SECONDS = 120.0

_log = logging.getLogger(__name__)


class DrawerNews(Protocol):
    """What the register wants to hear of it, on the core's thread."""

    def drawer_stuck(self) -> None:
        """It did not open: the key is needed."""

    def drawer_forced(self) -> None: ...

    def drawer_left_open(self, seconds: int) -> None: ...


@dataclass
class DrawerKeeper:
    """`open` may be called from any thread and returns at once."""

    drawer: CashDrawer
    mailbox: Mailbox
    news: DrawerNews
    watch: DrawerWatch

    def __post_init__(self) -> None:
        self._until = 0.0
        self._key_until = 0.0
        self._line = threading.Lock()
        self._trouble: DeviceState | None = None
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="drawer", daemon=True)

    def state(self) -> DeviceState:
        """The drawer's own word, and above it what was seen to happen until it is shut again."""
        return self._trouble or self.drawer.state()

    def try_now(self) -> None:
        if isinstance(self.drawer, Retrying):
            self.drawer.try_now()

    def start(self) -> None:
        self._thread.start()

    def open(self) -> None:
        self._until = time.monotonic() + PULSE_SECONDS
        self._wake.set()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PULSE_SECONDS)
        self.drawer.close()

    def pulse_wanted(self) -> None:
        """Give the pulse that was asked for, if any; whoever comes second waits for it."""
        with self._line:
            until, self._until = self._until, 0.0
            if until:
                self._pulse(until)

    def _pulse(self, until: float) -> None:
        now = time.monotonic()
        if now > until:
            _log.warning("the drawer was not opened in time")
            self._stuck()
            return
        try:
            self.drawer.open()
        except Busy as problem:
            _log.info("the drawer waits a moment: %s", problem)
            self._until = until
        except DeviceError as problem:
            _log.warning("the drawer did not open: %s", problem)
            self._stuck()
        else:
            self.watch.kicked(now)

    def _run(self) -> None:
        while not self._stopped:
            self.pulse_wanted()
            self._look()
            self._wake.wait(BUSY_SECONDS if self._until else WATCH_SECONDS)
            self._wake.clear()

    def _look(self) -> None:
        with self._line:
            for event in self.watch.saw(self.drawer.position(), time.monotonic()):
                self._tell(event)

    def _tell(self, event: DrawerEvent) -> None:
        match event:
            case Opened() | Closed():
                self._trouble = None
            case Jammed():
                self._trouble = DeviceState(Health.BLOCKED, Reason.DRAWER_JAM)
                self._stuck()
            case Forced():
                self._trouble = DeviceState(Health.WARNING, Reason.DRAWER_FORCED)
                self._forced()
            case OpenTooLong(seconds):
                self.mailbox.post(lambda: self.news.drawer_left_open(int(seconds)))

    def _forced(self) -> None:
        if time.monotonic() < self._key_until:
            self._key_until = 0.0
            self._trouble = None
            return
        self.mailbox.post(self.news.drawer_forced)

    def _stuck(self) -> None:
        self._key_until = time.monotonic() + KEY_SECONDS
        self.mailbox.post(self.news.drawer_stuck)
