"""The driver of a Swedish control unit: one thread, one request in flight, in order.

Its thread greets the unit, compares who answers with the unit that is registered for this
register, looks after it while no receipt is made, and hands receipts to `sealing`. The
greeting is also a fence: whatever a unit still had to say of earlier requests comes before
its answer.

The thing to get wrong: trusting the line after trouble. After silence it is closed, and the
unit greeted again before anything is asked.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue

from hardware.backoff import waits
from hardware.condition import state_after
from hardware.errors import Absent, Burnt, Busy, DeviceError, Refused, Stalled
from hardware.fiscal.answers import (
    Condition,
    Denied,
    Dialect,
    Identified,
    Outcome,
    Question,
    Storage,
    Verdict,
)
from hardware.fiscal.conversation import PATIENCE_SECONDS
from hardware.fiscal.ledger import Damage, Ledger
from hardware.fiscal.line import Line
from hardware.fiscal.request import canonical_digest, fault_in
from hardware.fiscal.sealing import GREETING_SECONDS, Denial, Sealing, WrongUnit
from hardware.ports import DeviceState, Health, Reason, Seal, SealRequest
from hardware.transports.transport import Transport

POLL_SECONDS = 10.0
MOST_SKEW_SECONDS = 600
_HELD_SECONDS = 30.0

_REASONS = {
    Verdict.FULL: Reason.MEMORY_FULL,
    Verdict.LICENCE: Reason.LICENCE,
    Verdict.REGISTER: Reason.NOT_CONFIGURED,
    Verdict.FATAL: Reason.OFFLINE,
    Verdict.BUSY: Reason.BUSY,
}

_Job = tuple[SealRequest, "Future[Seal]"]


class ControlUnit:
    """See `ports.FiscalUnit`. `registered` names the unit, or "": the first seen is it."""

    def __init__(
        self,
        device: str,
        dialect: Dialect,
        transport: Transport,
        open_ledger: Callable[[], Ledger],
        *,
        registered: str = "",
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._device = device
        self._dialect = dialect
        self._open_ledger = open_ledger
        self._registered = registered
        self._patience_seconds = patience_seconds
        self._ledger: Ledger | None = None
        self._state = DeviceState(Health.OPENING)
        self._is_connected = False
        self._held_until = 0.0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closing = threading.Event()
        self._line = Line(device, transport, self._closing)
        self._thread = threading.Thread(target=self._run, name="control unit", daemon=True)

    def start(self) -> ControlUnit:
        self._thread.start()
        return self

    def seal(self, request: SealRequest) -> Seal:
        """Raises Refused, Burnt, Stalled, Lost, Absent or Busy; a unit that is silent is
        borne for ten seconds, a little more when it has to be greeted first."""
        if fault := fault_in(request):
            raise Refused(self._device, fault)
        if self._closing.is_set():
            raise self._closed()
        answered: Future[Seal] = Future()
        self._jobs.put((request, answered))
        while True:
            with suppress(TimeoutError):
                return answered.result(1.0)
            if not self._thread.is_alive():
                self._send_away()

    def state(self) -> DeviceState:
        return self._state

    @property
    def unit_id(self) -> str:
        """Which unit the ledger knows as the register's own; "" before it has been greeted."""
        return self._ledger.unit_id if self._ledger is not None else ""

    def try_now(self) -> None:
        """Look at it now; from any thread."""
        self._jobs.put(None)

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        self._jobs.put(None)
        if self._thread.ident is not None:
            self._thread.join(2)
        self._state = DeviceState(Health.DISABLED)

    # The thread.

    def _run(self) -> None:
        pause, wait = waits(random.random()), 0.0
        while not self._closing.is_set():
            job = self._next_job(wait)
            if job is not None:
                self._answer(*job)
            elif not self._closing.is_set():
                self._look()
            if self._is_connected:
                pause, wait = waits(random.random()), POLL_SECONDS
            else:
                wait = next(pause)
        self._line.close()
        if self._ledger is not None:
            self._ledger.close()
        self._send_away()

    def _next_job(self, wait_seconds: float) -> _Job | None:
        with suppress(Empty):
            return self._jobs.get(timeout=wait_seconds) if wait_seconds else self._jobs.get_nowait()
        return None

    def _send_away(self) -> None:
        """Whoever still waits hears that it is closed."""
        with suppress(Empty):
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    job[1].set_exception(self._closed())

    def _closed(self) -> Absent:
        return Absent(self._device, "it has been closed")

    def _answer(self, request: SealRequest, answered: Future[Seal]) -> None:
        try:
            seal = self._seal(request)
        except DeviceError as error:
            self._trouble(error)
            answered.set_exception(error)
        else:
            answered.set_result(seal)

    def _seal(self, request: SealRequest) -> Seal:
        ledger = self._kept()
        known = ledger.find(request)
        if known is not None and known.digest != canonical_digest(request):
            raise Refused(self._device, "this document was sealed before with other amounts")
        if known is not None and known.seal is not None:
            return known.seal
        if known is not None and known.burnt:
            raise Burnt(self._device, known.burnt)
        self._connect(ledger)
        sealing = Sealing(ledger, self._line, self._dialect, self._patience_seconds)
        seal, storage = sealing.seal(request, known)
        self._held_until = 0.0
        self._show(Condition(storage=storage))
        return seal

    def _look(self) -> None:
        """Greet the unit, or ask one that is known how it is."""
        try:
            if self._is_connected:
                self._ask_condition()
            else:
                self._connect(self._kept())
        except DeviceError as error:
            self._trouble(error)

    # Who it is and how it is.

    def _kept(self) -> Ledger:
        if self._ledger is None:
            try:
                self._ledger = self._open_ledger()
            except BlockingIOError as error:
                raise Busy(self._device, "another program has its ledger open") from error
            except Damage as error:
                raise Refused(self._device, f"its ledger is damaged: {error}") from error
            except OSError as error:
                raise Absent(self._device, f"its ledger cannot be used ({error})") from error
        return self._ledger

    def _connect(self, ledger: Ledger) -> None:
        if self._is_connected:
            return
        self._line.open()
        greeted = self._greet(ledger)
        self._dialect = self._dialect.speaking(greeted.protocol)
        self._is_connected = True
        if self._dialect.condition() is not None:
            self._ask_condition()

    def _greet(self, ledger: Ledger) -> Identified:
        """Raises Stalled, Denial or WrongUnit."""
        heard = self._ask(self._dialect.hello())
        if not isinstance(heard, Identified):
            raise Stalled(self._device, "it does not answer")
        self._check_unit(ledger, heard.unit_id)
        self._show(Condition(heard.is_fatal, heard.storage))
        return heard

    def _check_unit(self, ledger: Ledger, unit_id: str) -> None:
        known = self._registered or ledger.unit_id
        if known and unit_id != known:
            raise WrongUnit(self._device, f"this is unit {unit_id}, but the register's is {known}")
        if ledger.unit_id != unit_id:
            try:
                ledger.know_unit(unit_id)
            except OSError as error:
                raise Absent(self._device, f"its ledger cannot be written ({error})") from error

    def _ask_condition(self) -> None:
        question = self._dialect.condition()
        if question is None:
            # Where the greeting tells it all, it is asked again.
            self._greet(self._kept())
            return
        heard = self._ask(question)
        if not isinstance(heard, Condition):
            raise Stalled(self._device, "it does not answer")
        self._show(heard)

    def _ask(self, question: Question) -> Outcome:
        """Raises Denial, and what the line raises."""
        self._line.open()
        heard, _ = self._line.converse(self._dialect, question, GREETING_SECONDS)
        if isinstance(heard, Denied):
            raise Denial(self._device, heard)
        return heard

    def _show(self, condition: Condition) -> None:
        """What it is like by its own word; a no to a receipt outlasts that for a while."""
        if time.monotonic() >= self._held_until:
            self._state = _state_of(condition)

    def _hold(self, reason: Reason, words: str) -> None:
        self._state = DeviceState(Health.FAULT, reason, words)
        self._held_until = time.monotonic() + _HELD_SECONDS

    def _trouble(self, error: DeviceError) -> None:
        """How the unit is after an error, and whether its line is still to be trusted."""
        if isinstance(error, Denial) and error.verdict in _REASONS:
            self._hold(_REASONS[error.verdict], error.reason)
        elif isinstance(error, Refused) and not self._is_connected:
            self._hold(Reason.OFFLINE, error.reason)
        if isinstance(error, Burnt | Refused) and not isinstance(error, WrongUnit):
            return
        self._is_connected = False
        self._held_until = 0.0
        self._line.close()
        self._state = _state_after(error)


def _state_of(condition: Condition) -> DeviceState:
    if condition.is_fatal:
        return DeviceState(Health.FAULT, Reason.OFFLINE, "it reports a fatal fault")
    if condition.storage is Storage.FULL:
        return DeviceState(Health.FAULT, Reason.MEMORY_FULL, "its memory is full")
    if condition.storage is Storage.NEAR_FULL:
        return DeviceState(Health.WARNING, Reason.MEMORY_NEAR_FULL)
    if _is_skewed(condition.clock):
        words = f"its clock says {condition.clock}"
        return DeviceState(Health.WARNING, Reason.CLOCK_SKEW, words)
    return DeviceState(Health.READY)


def _state_after(error: DeviceError) -> DeviceState:
    match error:
        case WrongUnit():
            return DeviceState(Health.FAULT, Reason.WRONG_DEVICE, error.reason)
        case Busy() | Absent():
            return state_after(error)
    return DeviceState(Health.FAULT, Reason.NO_ANSWER, error.reason)


def _is_skewed(clock: str) -> bool:
    """More than ten minutes from this machine's local time; both are local by law."""
    try:
        told = datetime.strptime(clock, "%Y%m%d%H%M").astimezone()
    except ValueError:
        return False
    return abs((datetime.now().astimezone() - told).total_seconds()) > MOST_SKEW_SECONDS
