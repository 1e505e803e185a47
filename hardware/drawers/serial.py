"""A cash drawer with a wire of its own: a serial or USB-serial trigger that takes one byte.

Most such boxes open on any byte and say nothing; some answer a question with one byte
whose bit is the switch. A newcomer would keep a byte that did not get away and send it
when the plug is back; here a kick that cannot be given now is not given at all.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from hardware.address import Address, parse_address
from hardware.backoff import Closing, waits
from hardware.condition import state_after
from hardware.errors import Absent, DeviceError, Misconfigured
from hardware.ports import DeviceState, DrawerPosition, Health, Reason
from hardware.transports.recording import recorded
from hardware.transports.serial import OPTIONS, SerialTransport, line_of
from hardware.transports.transport import Transport

KICK_SECONDS = 0.5
ANSWER_SECONDS = 0.2
WATCH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Trigger:
    """`pulse` opens it; `ask` is the question about its switch, b"" where there is none.

    It is open when `bit` of the answering byte is set, or clear where `open_level` is False.
    """

    pulse: bytes = b"\x07"
    ask: bytes = b""
    bit: int = 0x01
    open_level: bool = True


def open_serial(address: str) -> SerialDrawer:
    """ "serial:///dev/ttyUSB1?baud=9600&pulse=07&ask=05&bit=1&drawer_open=high".

    Bytes are hexadecimal. Raises Misconfigured.
    """
    found = parse_address(address)
    found.allow_only("pulse", "ask", "bit", "drawer_open", *OPTIONS)
    bit = found.number("bit", 1)
    if bit > 255:
        raise Misconfigured(found.written, f"bit={bit} must be one of 1, 2, 4 … 128")
    trigger = Trigger(
        _bytes(found, "pulse", b"\x07"),
        _bytes(found, "ask", b""),
        bit,
        found.choice("drawer_open", ("high", "low")) == "high",
    )
    if not trigger.pulse:
        raise Misconfigured(found.written, "pulse= needs at least one byte, such as 07")
    line = SerialTransport(found.written, line_of(found, 9600))
    return SerialDrawer(found.written, recorded(found.written, line), trigger)


def _bytes(address: Address, option: str, default: bytes) -> bytes:
    written = address.options.get(option)
    if written is None:
        return default
    try:
        return bytes.fromhex(written)
    except ValueError as error:
        wrong = f'{option}="{written}" must be bytes in hexadecimal, such as 07'
        raise Misconfigured(address.written, wrong) from error


class SerialDrawer:
    """See `ports.CashDrawer`. One thread keeps the line open and asks for the switch."""

    def __init__(
        self,
        device: str,
        transport: Transport,
        trigger: Trigger,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._device = device
        self._transport = transport
        self._trigger = trigger
        self._watch_seconds = watch_seconds
        self._state = DeviceState(Health.OPENING)
        self._position = DrawerPosition.UNKNOWN
        self._line = threading.Lock()
        self._closing = Closing()
        self._watcher = threading.Thread(target=self._watch, name=f"watch {device}", daemon=True)
        self._watcher.start()

    def open(self) -> None:
        """Raises Absent or Busy with nothing sent; Stalled or Lost when the pulse did not go."""
        with self._line, self._noting_trouble():
            if self._closing.is_set():
                raise Absent(self._device, "it has been closed")
            self._transport.open()
            self._transport.write(self._trigger.pulse, KICK_SECONDS)

    def position(self) -> DrawerPosition:
        return self._position

    def state(self) -> DeviceState:
        if self._state.health is Health.READY and self._position is DrawerPosition.OPEN:
            return DeviceState(Health.READY, Reason.DRAWER_OPEN)
        return self._state

    def try_now(self) -> None:
        """Do not wait for the next try; from any thread."""
        self._closing.hurry()

    def close(self) -> None:
        if not self._closing.is_set():
            self._closing.set()
            self._watcher.join(1)

    def _watch(self) -> None:
        pause = waits()
        while not self._closing.is_set():
            with self._line, contextlib.suppress(DeviceError), self._noting_trouble():
                self._look()
                pause = waits()
            here = self._state.health in (Health.READY, Health.WARNING)
            self._closing.rest(self._watch_seconds if here else next(pause))
        with self._line:
            self._transport.close()

    def _look(self) -> None:
        self._transport.open()
        if not self._trigger.ask:
            # A line that broke shows when it is read.
            self._transport.read(0.0)
            self._state = DeviceState(Health.READY)
            return
        answer = self._ask()
        if answer is None:
            self._position = DrawerPosition.UNKNOWN
            self._state = DeviceState(Health.WARNING, Reason.NO_ANSWER)
            return
        is_open = bool(answer & self._trigger.bit) is self._trigger.open_level
        self._position = DrawerPosition.OPEN if is_open else DrawerPosition.CLOSED
        self._state = DeviceState(Health.READY)

    def _ask(self) -> int | None:
        # What came late belongs to an earlier question.
        while self._transport.read(0.0):
            pass
        self._transport.write(self._trigger.ask, KICK_SECONDS)
        deadline = time.monotonic() + ANSWER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            if heard := self._transport.read(left):
                return heard[-1]
        return None

    @contextlib.contextmanager
    def _noting_trouble(self) -> Iterator[None]:
        try:
            yield
        except DeviceError as error:
            self._transport.close()
            self._position = DrawerPosition.UNKNOWN
            self._state = state_after(error)
            raise
