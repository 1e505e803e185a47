"""The receipt printer driver: an encoder's bytes, put on paper honestly.

Before a job the printer is asked how it is, and a printer out of paper gets not
one byte: what lies in its own queue would print, and open a drawer, minutes
later. At each checkpoint, and after a job, it is asked to answer in order, because "the
call returned" never means "it is on paper". What a job left in the printer when
it failed is thrown away there, where the printer knows how. Nothing is ever sent
twice by the driver; the one who owns the job decides.

`state()` only reads what a watching thread found, so a screen may ask each frame.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from hardware.backoff import Closing, waits
from hardware.condition import state_after
from hardware.document import Document
from hardware.drawers.printer import PrinterDrawer
from hardware.errors import (
    Absent,
    Busy,
    DeviceError,
    Lost,
    Refused,
    Stalled,
)
from hardware.ports import DeviceState, Health, Reason
from hardware.printers.answers import PUSH
from hardware.printers.dialogue import WHY, Dialogue, Patience
from hardware.printers.encoder import encode_pieces
from hardware.printers.logo import key_of, store
from hardware.printers.profiles import EPSON, Profile
from hardware.printers.progress import Barrier, with_barriers
from hardware.transports.transport import Transport

# By pin of the connector: 200 ms, at once; and queued, in steps of 2 ms, then 500 ms of rest.
_PULSE_AT_ONCE = {2: b"\x10\x14\x01\x00\x02", 5: b"\x10\x14\x01\x01\x02"}
_PULSE_QUEUED = {2: b"\x1bp\x00\x64\xfa", 5: b"\x1bp\x01\x64\xfa"}
# The longest that a kick waits for the watcher, and how long that then stands aside.
_LISTEN_SECONDS = 0.1
_GIVE_WAY_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Setting:
    """How this printer is driven. `barrier`: ask for the answer in order after a job.

    `drawer_open`: the level of the drawer's switch when it is open; None: not learned.
    `drawer_pin`: the pin of the connector that its magnet hangs on, 2 or 5.
    """

    profile: Profile = EPSON
    patience: Patience = field(default_factory=Patience)
    barrier: bool = True
    pulse_at_once: bool = True
    drawer_open: bool | None = None
    drawer_pin: int = 2


class EscposPrinter:
    """See `ports.Printer`. Connects by itself, in the background, and reconnects."""

    def __init__(self, device: str, transport: Transport, setting: Setting | None = None) -> None:
        self._device = device
        self._setting = setting or Setting()
        self._patience = self._setting.patience
        self._profile = self._setting.profile
        self._answers = transport.answers
        self._dialogue = Dialogue(device, transport, self._patience)
        self._state = DeviceState(Health.OPENING)
        self._line = threading.Lock()
        self._wanted = threading.Event()
        self._closing = Closing()
        self._jobs = 0
        # A process before us may have left half a receipt in it.
        self._is_clean = False
        self._pushes = self._has_logo = False
        self._watcher = threading.Thread(target=self._watch, name=f"watch {device}", daemon=True)
        self._watcher.start()

    @property
    def columns(self) -> int:
        return self._setting.profile.columns

    def state(self) -> DeviceState:
        """What was last seen, at most some seconds old; returns at once."""
        return self._state

    @property
    def confirms(self) -> bool:
        return self._barrier is not Barrier.NONE and self._state.reason is not Reason.NO_ANSWER

    @property
    def drawer_pin(self) -> bool | None:
        """The level of the drawer's switch as last heard; None while it is not known."""
        return self._dialogue.drawer_pin

    @property
    def _barrier(self) -> Barrier:
        if not (self._setting.barrier and self._answers):
            return Barrier.NONE
        wished = self._setting.profile.echoes and self._dialogue.echoes is not False
        return Barrier.ECHO if wished else Barrier.STATUS

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        """Raises Absent, Busy, Refused with nothing written; Stalled or Lost with a count."""
        with self._taking_turns(None), self._noting_trouble():
            self._make_ready()
            self._clear_what_waits()
            self._see_to_logo()
            pieces = encode_pieces(document, self._profile)
            barrier = self._barrier if self.confirms else Barrier.NONE
            job = with_barriers(pieces, barrier, self._jobs)
            self._jobs += len(pieces)
            self._is_clean = False
            try:
                self._dialogue.run(job, barrier, on_checkpoint or _nobody)
            except (Stalled, Lost):
                self._throw_away_the_rest()
                raise
            self._is_clean = barrier is not Barrier.NONE

    def open_drawer(self) -> None:
        """Raises Busy while a receipt is on its way, Refused when the printer is not ready."""
        with self._taking_turns(self._patience.drawer_seconds), self._noting_trouble():
            self._make_ready()
            self._dialogue.send(_pulse(self._setting))

    def drawer(self, *, open_level: bool | None = None) -> PrinterDrawer:
        """The drawer on this printer's connector; `open_level` as in `PrinterDrawer`."""
        level = self._setting.drawer_open if open_level is None else open_level
        return PrinterDrawer(self, level)

    def try_now(self) -> None:
        """Do not wait for the next try; from any thread."""
        self._closing.hurry()

    def close(self) -> None:
        self._closing.set()
        # A job under way keeps the line; its own deadline ends it, and the watcher closes.
        if self._line.acquire(blocking=False):
            self._dialogue.close()
            self._line.release()

    def _clear_what_waits(self) -> None:
        if not self._is_clean and self._setting.profile.clears and self._answers:
            self._is_clean = self._dialogue.clear()

    def _throw_away_the_rest(self) -> None:
        """What waits for paper would print later, behind everybody's back."""
        with contextlib.suppress(DeviceError):
            self._clear_what_waits()

    def _see_to_logo(self) -> None:
        """Once a connection: ours is in the printer, or is put there, or is drawn each time."""
        picture = self._profile.logo
        if self._has_logo or picture is None or not self._profile.stored_logo:
            return
        kept = self._dialogue.logos() if self._answers else None
        if kept is not None and key_of(picture) not in kept:
            self._dialogue.send(store(picture))
            kept = self._dialogue.logos()
        self._has_logo = True
        if kept is None or key_of(picture) not in kept:
            self._profile = replace(self._profile, stored_logo=False)

    def _make_ready(self) -> None:
        if self._closing.is_set():
            raise Absent(self._device, "it has been closed")
        self._state = self._look()
        if self._state.health in (Health.BLOCKED, Health.FAULT):
            raise Refused(self._device, WHY[self._state.reason])

    def _look(self) -> DeviceState:
        """A line that broke while we were idle is made anew once: only a question was lost."""
        try:
            self._dialogue.open()
            return self._dialogue.look()
        except Lost:
            self._let_go()
            self._dialogue.open()
            return self._dialogue.look()

    def _let_go(self) -> None:
        self._dialogue.close()
        self._is_clean = self._pushes = self._has_logo = False
        self._profile = self._setting.profile

    @contextlib.contextmanager
    def _taking_turns(self, timeout_seconds: float | None) -> Iterator[None]:
        """Raises Busy where the line is not free in time; the watcher gives way at once."""
        self._wanted.set()
        try:
            got = self._line.acquire(timeout=-1 if timeout_seconds is None else timeout_seconds)
        finally:
            self._wanted.clear()
        if not got:
            raise Busy(self._device, "a receipt is on its way; the drawer was not opened")
        try:
            yield
        finally:
            self._line.release()

    @contextlib.contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        try:
            yield
        except Refused:
            raise
        except DeviceError as error:
            self._note(error)
            raise

    def _note(self, error: DeviceError) -> None:
        """The line is closed, so that the next use starts clean."""
        seen = self._dialogue.seen
        self._let_go()
        stuck = isinstance(error, Stalled) and seen.health in (Health.BLOCKED, Health.FAULT)
        self._state = seen if stuck else state_after(error)

    def _watch(self) -> None:
        """Look every two seconds while nobody prints; wait longer while it is away."""
        pause = waits()
        while not self._closing.is_set():
            with self._line:
                self._glance()
            if self._here():
                pause = waits()
                self._listen()
            else:
                self._closing.rest(next(pause))
        with self._line:
            self._dialogue.close()

    def _here(self) -> bool:
        away = self._state.health in (Health.ABSENT, Health.FAULT)
        return not away and self._state.reason is not Reason.BUSY_OTHER_OWNER

    def _glance(self) -> None:
        if self._closing.is_set():
            return
        try:
            self._state = self._look()
            if not self._pushes and self._state.health is Health.READY:
                self._ask_for_news()
                self._see_to_logo()
        except DeviceError as error:
            self._note(error)

    def _ask_for_news(self) -> None:
        self._pushes = True
        if self._setting.profile.pushes and self._answers:
            self._dialogue.send(PUSH)

    def _listen(self) -> None:
        """Until the next look: what it says by itself is known within a tenth of a second."""
        until = time.monotonic() + self._patience.watch_seconds
        if not (self._setting.profile.pushes and self._answers):
            self._closing.wait(self._patience.watch_seconds)
            return
        while not self._closing.is_set() and time.monotonic() < until:
            if self._wanted.is_set():
                self._closing.wait(_GIVE_WAY_SECONDS)
                continue
            with self._line:
                if not self._heard_well():
                    return

    def _heard_well(self) -> bool:
        if self._closing.is_set() or not self._here():
            return False
        if not self._dialogue.is_open:  # a job let the line go; a look makes it anew
            return False
        try:
            if self._dialogue.listen(_LISTEN_SECONDS):
                self._state = self._dialogue.seen
        except DeviceError as error:
            self._note(error)
            return False
        return True


def _pulse(setting: Setting) -> bytes:
    pulses = _PULSE_AT_ONCE if setting.pulse_at_once else _PULSE_QUEUED
    return pulses[setting.drawer_pin]


def _nobody(_name: str) -> None:
    return
