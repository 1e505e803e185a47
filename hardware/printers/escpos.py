"""The receipt printer driver: an encoder's bytes, put on paper honestly.

Before a job the printer is asked how it is, and a printer out of paper gets not
one byte: what lies in its own queue would print, and open a drawer, minutes
later. After a job it is asked to answer in order, because "the call returned"
never means "it is on paper". Nothing is ever sent twice by the driver; the one
who owns the job decides.

`state()` only reads what a watching thread found, so a screen may ask each frame.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hardware.address import Address, parse_address
from hardware.backoff import waits
from hardware.document import Document
from hardware.errors import Absent, Busy, DeviceError, Lost, Misconfigured, Refused, Stalled
from hardware.ports import DeviceState, Health, Reason
from hardware.printers.dialogue import WHY, Dialogue, Patience
from hardware.printers.encoder import encode
from hardware.printers.profiles import EPSON, Profile, named
from hardware.transports.file import FileTransport
from hardware.transports.tcp import TcpTransport
from hardware.transports.transport import Transport

_OPTIONS = ("columns", "profile", "barrier", "patience", "pulse")

# Pin 2 for 200 ms, at once; and the same queued, in steps of 2 ms, then 500 ms of rest.
_PULSE_AT_ONCE = b"\x10\x14\x01\x00\x02"
_PULSE_QUEUED = b"\x1bp\x00\x64\xfa"


@dataclass(frozen=True, slots=True)
class Setting:
    """How this printer is driven. `barrier`: ask for the answer in order after a job."""

    profile: Profile = EPSON
    patience: Patience = field(default_factory=Patience)
    barrier: bool = True
    pulse_at_once: bool = True


def open_tcp(address: str) -> EscposPrinter:
    """ "escpos+tcp://10.0.0.9:9100?columns=42&profile=epson"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    host, port = found.host_and_port(9100)
    return EscposPrinter(found.written, TcpTransport(found.written, host, port), _setting(found))


def open_serial(address: str) -> EscposPrinter:
    """ "escpos+serial:///dev/ttyUSB0?baud=19200"; raises Misconfigured."""
    from hardware.transports.serial import OPTIONS, SerialTransport, line_of

    found = parse_address(address)
    found.allow_only(*_OPTIONS, *OPTIONS)
    transport = SerialTransport(found.written, line_of(found, 19_200))
    return EscposPrinter(found.written, transport, _setting(found))


def open_file(address: str) -> EscposPrinter:
    """ "escpos+file:///var/lib/spindel/paper.bin"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    return EscposPrinter(found.written, FileTransport(found.written, found.path()), _setting(found))


def _setting(address: Address) -> Setting:
    profile = _profile(address)
    # The profile's word goes first, so that it is the default.
    barriers = ("yes", "no") if profile.answers_in_order else ("no", "yes")
    pulses = ("realtime", "queued") if profile.pulse_at_once else ("queued", "realtime")
    return Setting(
        profile,
        Patience(barrier_seconds=float(address.number("patience", 6))),
        barrier=address.choice("barrier", barriers) == "yes",
        pulse_at_once=address.choice("pulse", pulses) == "realtime",
    )


def _profile(address: Address) -> Profile:
    name = address.options.get("profile", EPSON.name)
    try:
        profile = named(name)
    except KeyError as error:
        unknown = f'the profile "{name}" is not known; known: {error.args[0]}'
        raise Misconfigured(address.written, unknown) from error
    columns = address.number("columns", profile.columns)
    if not 16 <= columns <= 96:
        raise Misconfigured(address.written, f"columns={columns} must lie between 16 and 96")
    return profile.with_columns(columns)


class EscposPrinter:
    """See `ports.Printer`. Connects by itself, in the background, and reconnects."""

    def __init__(self, device: str, transport: Transport, setting: Setting | None = None) -> None:
        self._device = device
        self._setting = setting or Setting()
        self._patience = self._setting.patience
        self._barrier = self._setting.barrier and transport.answers
        self._dialogue = Dialogue(device, transport, self._patience)
        self._state = DeviceState(Health.OPENING)
        self._line = threading.Lock()
        self._closing = threading.Event()
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
        return self._barrier and self._state.reason is not Reason.NO_ANSWER

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        """Raises Absent, Busy, Refused with nothing written; Stalled or Lost with a count."""
        job = encode(document, self._setting.profile)
        with self._line, self._noting_trouble():
            self._make_ready()
            self._dialogue.send(job)
            if self.confirms:
                self._dialogue.await_taken(len(job))
                for name in document.checkpoints:
                    if on_checkpoint is not None:
                        on_checkpoint(name)

    def open_drawer(self) -> None:
        """Raises Busy while a receipt is on its way, Refused when the printer is not ready."""
        if not self._line.acquire(timeout=self._patience.drawer_seconds):
            raise Busy(self._device, "a receipt is on its way; the drawer was not opened")
        try:
            with self._noting_trouble():
                self._make_ready()
                self._dialogue.send(
                    _PULSE_AT_ONCE if self._setting.pulse_at_once else _PULSE_QUEUED
                )
        finally:
            self._line.release()

    def close(self) -> None:
        self._closing.set()
        # A job under way keeps the line; its own deadline ends it, and the watcher closes.
        if self._line.acquire(blocking=False):
            self._dialogue.close()
            self._line.release()

    def _make_ready(self) -> None:
        if self._closing.is_set():
            raise Absent(self._device, "it has been closed")
        self._state = self._look()
        if self._state.health in (Health.BLOCKED, Health.FAULT):
            raise Refused(self._device, WHY[self._state.reason])

    def _look(self) -> DeviceState:
        """A line that broke while we were idle is made anew once: only a question was lost."""
        self._dialogue.open()
        try:
            return self._dialogue.look()
        except Lost:
            self._dialogue.close()
            self._dialogue.open()
            return self._dialogue.look()

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
        self._dialogue.close()
        if isinstance(error, Busy):
            self._state = DeviceState(Health.BLOCKED, Reason.BUSY_OTHER_OWNER)
        elif isinstance(error, Stalled):
            stuck = self._dialogue.seen.health is Health.BLOCKED
            fault = DeviceState(Health.FAULT, Reason.NO_ANSWER)
            self._state = self._dialogue.seen if stuck else fault
        else:
            self._state = DeviceState(Health.ABSENT)

    def _watch(self) -> None:
        """Look every two seconds while nobody prints; wait longer while it is away."""
        pause = waits()
        while not self._closing.is_set():
            with self._line:
                self._glance()
            if self._here():
                pause = waits()
                self._closing.wait(self._patience.watch_seconds)
            else:
                self._closing.wait(next(pause))
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
        except DeviceError as error:
            self._note(error)
