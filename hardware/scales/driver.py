"""The scale driver: a protocol on a wire, and the rule that no goods are sold twice.

Between weighings a watching thread looks at the scale, several times a second: that
is how it is known that the goods were taken away, and that the scale is there.
`state()` only reads what was found. A weighing runs in the caller's thread and ends
within some seconds, with a weight or a reason.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hardware.address import Address, parse_address
from hardware.backoff import Closing, waits
from hardware.condition import state_after
from hardware.errors import Absent, DeviceError, Refused, Stalled
from hardware.ports import DeviceState, Health, Reason, WeighRequest, Weight
from hardware.scales.dialects import NCI, SMA, TOLEDO_8217
from hardware.scales.dialog06 import Dialog06
from hardware.scales.freshness import Freshness
from hardware.scales.parity import Parity
from hardware.scales.polled import Dialect, PolledTalk
from hardware.scales.talk import PATIENCE_SECONDS, Outcome, Reading, Talk, Trouble
from hardware.scales.weighing import STANDARD, WHY, Range, judge
from hardware.transports.recording import recorded
from hardware.transports.transport import Transport

WATCH_SECONDS = 0.25
_WRITE_SECONDS = 1.0
# How long the reason of a refused weighing stays in the state.
_TOLD_SECONDS = 5.0
_OPTIONS = ("parity", "minimum", "maximum", "patience", "watch")
_SERIAL = ("baud", "flow")
# Of these the device itself is at fault; all other reasons are about the goods.
_FAULTS = (
    Reason.NO_ANSWER,
    Reason.BAD_CHECKSUM,
    Reason.WRONG_DEVICE,
    Reason.LICENCE,
    Reason.INTERNAL_FAULT,
)


def open_dialog06_serial(address: str) -> TalkingScale:
    """ "dialog06+serial:///dev/ttyS0?baud=9600&parity=odd"; raises Misconfigured."""
    return _on_serial(address, Dialog06, Parity.ODD)


def open_dialog06_tcp(address: str) -> TalkingScale:
    """ "dialog06+tcp://10.0.0.9:4001", a serial server; raises Misconfigured."""
    return _on_tcp(address, Dialog06, Parity.ODD)


def open_toledo_serial(address: str) -> TalkingScale:
    """ "toledo8217+serial:///dev/ttyS0?baud=9600&parity=even"; raises Misconfigured."""
    return _on_serial(address, _polled(TOLEDO_8217), TOLEDO_8217.parity)


def open_nci_serial(address: str) -> TalkingScale:
    """ "nci+serial:///dev/ttyS0?baud=9600&parity=even"; raises Misconfigured."""
    return _on_serial(address, _polled(NCI), NCI.parity)


def open_sma_serial(address: str) -> TalkingScale:
    """ "sma+serial:///dev/ttyS0?baud=9600&parity=none"; raises Misconfigured."""
    return _on_serial(address, _polled(SMA), SMA.parity)


def open_sma_tcp(address: str) -> TalkingScale:
    """ "sma+tcp://10.0.0.9:4001"; raises Misconfigured."""
    return _on_tcp(address, _polled(SMA), SMA.parity)


def _polled(dialect: Dialect) -> Callable[[Parity, float], Talk]:
    return lambda parity, patience: PolledTalk(dialect, parity, patience)


def _on_serial(address: str, talk: Callable[[Parity, float], Talk], parity: Parity) -> TalkingScale:
    from hardware.transports.serial import Line, SerialTransport

    found = parse_address(address)
    found.allow_only(*_OPTIONS, *_SERIAL)
    # Eight data bits whatever the scale sends: the parity bit is checked by the codec.
    line = Line(
        path=found.path(),
        baud=found.number("baud", 9600),
        flow=found.choice("flow", ("none", "rts", "dtr", "xon")),
    )
    return _scale(found, SerialTransport(found.written, line), _talk(found, talk, parity))


def _on_tcp(address: str, talk: Callable[[Parity, float], Talk], parity: Parity) -> TalkingScale:
    from hardware.transports.tcp import TcpTransport

    found = parse_address(address)
    found.allow_only(*_OPTIONS)
    host, port = found.host_and_port(4001)
    return _scale(found, TcpTransport(found.written, host, port), _talk(found, talk, parity))


def _scale(found: Address, transport: Transport, talk: Talk) -> TalkingScale:
    allowed = Range(
        found.number("minimum", STANDARD.minimum_grams),
        found.number("maximum", STANDARD.maximum_grams),
    )
    watches = found.choice("watch", ("yes", "no")) == "yes"
    wire = recorded(found.written, transport)
    return TalkingScale(found.written, wire, talk, allowed, watches=watches)


def _talk(found: Address, talk: Callable[[Parity, float], Talk], usual: Parity) -> Talk:
    others = tuple(parity.value for parity in Parity if parity is not usual)
    parity = Parity(found.choice("parity", (usual.value, *others)))
    return talk(parity, float(found.number("patience", PATIENCE_SECONDS)))


class TalkingScale:
    """See `ports.Scale`. Connects by itself, in the background, and reconnects."""

    def __init__(
        self,
        device: str,
        transport: Transport,
        talk: Talk,
        allowed: Range = STANDARD,
        *,
        watches: bool = True,
    ) -> None:
        self._device = device
        self._transport = transport
        self._talk = talk
        self._allowed = allowed
        self._watches = watches
        self._fresh = Freshness()
        self._last_id = 0
        self._told_until = 0.0
        self._state = DeviceState(Health.OPENING)
        self._line = threading.Lock()
        self._closing = Closing()
        self._thread = threading.Thread(target=self._watch, name=f"watch {device}", daemon=True)
        self._thread.start()

    def weigh(self, request: WeighRequest) -> Weight:
        """Raises Refused where the goods or the scale say no, Stalled where it does not
        answer, Absent, Busy and Lost as the line does."""
        with self._line:
            if self._closing.is_set():
                raise Absent(self._device, "it has been closed")
            try:
                return self._weighed(request)
            except DeviceError as error:
                self._note(error)
                raise

    def state(self) -> DeviceState:
        """What was last seen; returns at once."""
        return self._state

    def try_now(self) -> None:
        """Do not wait for the next try; from any thread."""
        self._closing.hurry()

    def close(self) -> None:
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join(2)

    def _weighed(self, request: WeighRequest) -> Weight:
        self._transport.open()
        outcome = self._converse(lambda now: self._talk.weigh(request, now))
        if isinstance(outcome, Trouble):
            raise self._refused(outcome)
        assert isinstance(outcome, Reading)
        if reason := self._refusal(outcome, request.tare_grams):
            raise self._refused(Trouble(reason))
        self._last_id += 1
        self._state = DeviceState(Health.READY)
        net = outcome.grams if outcome.is_net else outcome.grams - request.tare_grams
        price, amount = outcome.unit_price_minor, outcome.amount_minor
        return Weight(self._last_id, net, time.monotonic(), price, amount)

    def _refusal(self, reading: Reading, tare_grams: int) -> Reason | None:
        if self._talk.answers_price:
            # It has judged the gross load and the movement by itself; what it says is net.
            return judge(reading.grams, 0, Range(1, self._allowed.maximum_grams))
        self._fresh.seen(reading.grams)
        tare = 0 if reading.is_net else tare_grams
        reason = judge(reading.grams, tare, self._allowed) or self._fresh.refusal()
        if reason is None:
            self._fresh.taken(reading.grams)
        return reason

    def _refused(self, trouble: Trouble) -> DeviceError:
        self._state = self._worded(trouble)
        self._told_until = time.monotonic() + _TOLD_SECONDS
        kind = Stalled if trouble.reason is Reason.NO_ANSWER else Refused
        return kind(self._device, self._state.detail)

    @staticmethod
    def _worded(trouble: Trouble) -> DeviceState:
        health = Health.FAULT if trouble.reason in _FAULTS else Health.WARNING
        return DeviceState(health, trouble.reason, trouble.detail or WHY[trouble.reason])

    def _converse(self, begin: Callable[[float], bytes]) -> Outcome:
        """Talk until there is an outcome; what lies in the buffers is from before."""
        while self._transport.read(0.0):
            pass
        said = begin(time.monotonic())
        while True:
            if said:
                self._transport.write(said, _WRITE_SECONDS)
            if (outcome := self._talk.outcome) is not None:
                return outcome
            data = self._transport.read(max(self._talk.due - time.monotonic(), 0.0))
            now = time.monotonic()
            said = self._talk.feed(data, now) if data else self._talk.tick(now)

    def _note(self, error: DeviceError) -> None:
        if isinstance(error, Refused):
            return
        self._transport.close()
        self._state = state_after(error)

    def _watch(self) -> None:
        pause = waits()
        while not self._closing.is_set():
            with self._line:
                self._glance()
            if self._state.health in (Health.READY, Health.WARNING):
                pause = waits()
                self._closing.wait(WATCH_SECONDS)
            else:
                self._closing.rest(next(pause))
        with self._line:
            self._transport.close()
            self._state = DeviceState(Health.DISABLED)

    def _glance(self) -> None:
        if self._closing.is_set():
            return
        try:
            self._transport.open()
            if self._watches:
                self._look()
            elif time.monotonic() >= self._told_until:
                self._state = DeviceState(Health.READY)
        except DeviceError as error:
            self._note(error)

    def _look(self) -> None:
        """A refusal stands until its listener has had time to read it, and the goods change."""
        outcome = self._converse(self._talk.glance)
        if isinstance(outcome, Reading):
            self._fresh.seen(outcome.grams)
        if isinstance(outcome, Trouble) and outcome.reason in _FAULTS:
            self._state = self._worded(outcome)
            if outcome.reason is Reason.NO_ANSWER:
                self._transport.close()
        elif time.monotonic() >= self._told_until:
            self._state = DeviceState(Health.READY)
