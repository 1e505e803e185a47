"""The driver of a Swedish control unit: one thread, one request in flight, in order.

It sends what the ledger has already made durable, waits for an answer that is ours, and
keeps the answer before anybody hears of it. Its thread also greets the unit, compares who
answers with the unit that is registered for this register, and looks after it while no
receipt is made.

The thing to get wrong: saying "no" about a request that may have been stored. An error with
`bytes_written` above 0 means exactly that: the unit may hold the receipt.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import TypeVar

from hardware.backoff import waits
from hardware.errors import Absent, Burnt, Busy, DeviceError, Lost, Refused, Stalled
from hardware.fiscal.answers import (
    Condition,
    Denied,
    Dialect,
    Identified,
    Outcome,
    Question,
    Sealed,
    Silent,
    Storage,
    Verdict,
)
from hardware.fiscal.conversation import PATIENCE_SECONDS, Conversation
from hardware.fiscal.ledger import Damage, Known, Ledger
from hardware.fiscal.request import canonical_digest, fault_in
from hardware.ports import DeviceState, Health, Reason, Seal, SealRequest
from hardware.transports.transport import Transport

POLL_SECONDS = 10.0
GREETING_SECONDS = 4.0
MOST_SKEW_SECONDS = 600
_WRITE_SECONDS = 2.0
_HELD_SECONDS = 30.0
_LOOK_UP_SECONDS = 0.25
_SKIPS = (1, *(2**power for power in range(21)))
"""How far the next sequence number jumps while a unit says that it has had each: a ledger
that was lost is behind by no more than a million receipts."""

_READY = DeviceState(Health.READY)
_STATES = {
    Verdict.FULL: Reason.MEMORY_FULL,
    Verdict.LICENCE: Reason.LICENCE,
    Verdict.REGISTER: Reason.NOT_CONFIGURED,
    Verdict.FATAL: Reason.OFFLINE,
    Verdict.BUSY: Reason.BUSY,
}

T = TypeVar("T")
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
        self._transport = transport
        self._open_ledger = open_ledger
        self._registered = registered
        self._patience_seconds = patience_seconds
        self._ledger: Ledger | None = None
        self._state = DeviceState(Health.OPENING)
        self._is_connected = False
        self._held_until = 0.0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control unit", daemon=True)

    def start(self) -> ControlUnit:
        self._thread.start()
        return self

    def seal(self, request: SealRequest) -> Seal:
        """Raises Refused, Burnt, Stalled, Lost, Absent or Busy; waits ten seconds at most
        for a unit that is silent."""
        if fault := fault_in(request):
            raise Refused(self._device, fault)
        if self._closing.is_set():
            raise Absent(self._device, "it has been closed")
        answered: Future[Seal] = Future()
        self._jobs.put((request, answered))
        return answered.result()

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        self._jobs.put(None)
        if self._thread.ident is not None:
            self._thread.join(1)
        self._state = DeviceState(Health.DISABLED)

    # The thread.

    def _run(self) -> None:
        pause = self._pauses()
        wait = 0.0
        while not self._closing.is_set():
            job = self._next_job(wait)
            if self._closing.is_set():
                break
            if job is None:
                self._look()
            else:
                self._answer(*job)
            if self._is_connected:
                pause, wait = self._pauses(), POLL_SECONDS
            else:
                wait = next(pause)
        self._end()

    def _pauses(self) -> Iterator[float]:
        return waits(random.random())

    def _next_job(self, wait_seconds: float) -> _Job | None:
        with suppress(Empty):
            return self._jobs.get(timeout=wait_seconds) if wait_seconds else self._jobs.get_nowait()
        return None

    def _end(self) -> None:
        self._transport.close()
        if self._ledger is not None:
            self._ledger.close()
        gone = Absent(self._device, "it has been closed")
        with suppress(Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job[1].set_exception(gone)

    def _answer(self, request: SealRequest, answered: Future[Seal]) -> None:
        try:
            seal = self._seal(request)
        except DeviceError as error:
            self._trouble(error)
            answered.set_exception(error)
        else:
            answered.set_result(seal)

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
                self._hold(Reason.BAD_CHECKSUM, f"its ledger is damaged: {error}")
                raise Refused(self._device, f"its ledger is damaged: {error}") from error
            except OSError as error:
                raise Absent(self._device, f"its ledger cannot be used ({error})") from error
        return self._ledger

    def _connect(self, ledger: Ledger) -> None:
        if self._is_connected:
            return
        self._transport.open()
        heard = self._converse(self._dialect.hello(), GREETING_SECONDS)[0]
        if isinstance(heard, Denied):
            raise self._refusal(heard, 0)
        if not isinstance(heard, Identified):
            raise Stalled(self._device, "it does not answer")
        self._check_unit(ledger, heard.unit_id)
        self._dialect = self._dialect.speaking(heard.protocol)
        self._is_connected = True
        self._show(Condition(heard.is_fatal, heard.storage))
        self._ask_condition()

    def _check_unit(self, ledger: Ledger, unit_id: str, bytes_written: int = 0) -> None:
        """Raises Refused for a unit that is not this register's."""
        known = self._registered or ledger.unit_id
        if known and unit_id != known:
            words = f"this is unit {unit_id}, but the register's is {known}"
            self._state = DeviceState(Health.FAULT, Reason.WRONG_DEVICE, words)
            self._is_connected = False
            raise Refused(self._device, words, bytes_written=bytes_written)
        if ledger.unit_id != unit_id:
            self._durably(lambda: ledger.know_unit(unit_id))

    def _ask_condition(self) -> None:
        question = self._dialect.condition()
        if question is None:
            # Where the greeting tells all, it is asked again.
            heard = self._converse(self._dialect.hello(), GREETING_SECONDS)[0]
            if isinstance(heard, Identified):
                self._check_unit(self._kept(), heard.unit_id)
                heard = Condition(heard.is_fatal, heard.storage)
        else:
            heard = self._converse(question, GREETING_SECONDS)[0]
        if isinstance(heard, Silent):
            raise Stalled(self._device, "it does not answer")
        if isinstance(heard, Condition):
            self._show(heard)

    def _show(self, condition: Condition) -> None:
        """What it is like by its own word; a no to a receipt outlasts that for a while."""
        if time.monotonic() < self._held_until:
            return
        if condition.is_fatal:
            self._state = DeviceState(Health.FAULT, Reason.OFFLINE, "it reports a fatal fault")
        elif condition.storage is Storage.FULL:
            self._state = DeviceState(Health.FAULT, Reason.MEMORY_FULL)
        elif condition.storage is Storage.NEAR_FULL:
            self._state = DeviceState(Health.WARNING, Reason.MEMORY_NEAR_FULL)
        elif _is_skewed(condition.clock):
            words = f"its clock says {condition.clock}"
            self._state = DeviceState(Health.WARNING, Reason.CLOCK_SKEW, words)
        else:
            self._state = _READY

    def _hold(self, reason: Reason, words: str) -> None:
        self._state = DeviceState(Health.FAULT, reason, words)
        self._held_until = time.monotonic() + _HELD_SECONDS

    def _trouble(self, error: DeviceError) -> None:
        """The line is not to be trusted: next time the unit is greeted first, which also
        puts everything that it still had to say before the greeting's answer."""
        if isinstance(error, Burnt) or (isinstance(error, Refused) and self._is_connected):
            return
        self._is_connected = False
        self._transport.close()
        if isinstance(error, Refused):
            if self._state.health is not Health.FAULT:
                self._state = DeviceState(Health.FAULT, Reason.OFFLINE, error.reason)
        elif isinstance(error, Busy):
            self._state = DeviceState(Health.BLOCKED, Reason.BUSY_OTHER_OWNER, error.reason)
        elif isinstance(error, Absent):
            self._state = DeviceState(Health.ABSENT, Reason.NONE, error.reason)
        else:
            self._state = DeviceState(Health.FAULT, Reason.NO_ANSWER, error.reason)

    # A receipt.

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
        is_new = known is None
        known = known or self._ask(ledger, request)
        if self._dialect.renews:
            return self._renewing(ledger, request, known, is_new=is_new)
        return self._repeating(ledger, request, known, is_new=is_new)

    def _ask(self, ledger: Ledger, request: SealRequest, skip: int = 1) -> Known:
        def make(sequence: int) -> Question:
            return self._dialect.seal(request, sequence)

        return self._durably(lambda: ledger.ask(request, make, skip=skip))

    def _repeating(
        self, ledger: Ledger, request: SealRequest, known: Known, *, is_new: bool
    ) -> Seal:
        """The same bytes until there is an answer; a new sequence number only while the
        unit says of the first and only sending that it has had this one."""
        for skip in _SKIPS:
            heard, sends = self._converse(known.question, self._patience_seconds)
            is_sure = is_new and sends == 1
            if is_sure and isinstance(heard, Denied) and heard.verdict is Verdict.HANDLED:
                known = self._ask(ledger, request, skip)
                continue
            return self._settle(ledger, known, heard, is_sure=is_sure)
        raise Refused(self._device, "it has had every sequence number; call its service")

    def _renewing(
        self, ledger: Ledger, request: SealRequest, known: Known, *, is_new: bool
    ) -> Seal:
        """A new request for each try, as many as the dialect allows."""
        tries = self._dialect.tries
        timeouts = busies = 0
        is_sure = is_new
        while True:
            if not is_sure:
                known = self._ask(ledger, request)
            heard = self._post(known.question)
            if isinstance(heard, Silent) and timeouts < tries.timeouts:
                timeouts += 1
            elif _is_busy(heard) and busies < tries.busies:
                busies += 1
                self._closing.wait(tries.pause_seconds)
            else:
                return self._settle(ledger, known, heard, is_sure=is_sure)
            is_sure = False

    def _post(self, question: Question) -> Outcome:
        """A broken line is a timeout here: the server may have taken it all the same."""
        try:
            self._transport.open()
            return self._converse(question, self._dialect.answer_seconds)[0]
        except Busy as error:
            return Denied(Verdict.BUSY, error.reason)
        except Lost:
            return Silent()

    def _settle(self, ledger: Ledger, known: Known, heard: Outcome, *, is_sure: bool) -> Seal:
        """What came of it, kept before it is told. `is_sure`: asked once, in this life."""
        asked_bytes = sum(len(step) for step in known.steps)
        if isinstance(heard, Sealed):
            unit_id = heard.unit_id or ledger.unit_id
            self._check_unit(ledger, unit_id, asked_bytes)
            seal = self._durably(lambda: ledger.seal(known, heard.code, unit_id), asked_bytes)
            self._held_until = 0.0
            self._show(Condition(storage=heard.storage))
            return seal
        if not isinstance(heard, Denied):
            raise Stalled(self._device, "it does not answer", bytes_written=asked_bytes)
        if heard.verdict is Verdict.HANDLED:
            self._durably(lambda: ledger.burn(known, heard.words), asked_bytes)
            raise Burnt(self._device, heard.words)
        if is_sure:
            self._durably(lambda: ledger.refuse(known, heard.words))
        raise self._refusal(heard, 0 if is_sure else asked_bytes)

    def _refusal(self, denied: Denied, bytes_written: int) -> Refused:
        if denied.verdict in _STATES:
            self._hold(_STATES[denied.verdict], denied.words)
        return Refused(self._device, denied.words, bytes_written=bytes_written)

    def _durably(self, write: Callable[[], T], bytes_written: int = 0) -> T:
        """Raises Absent when the ledger cannot keep it."""
        try:
            return write()
        except OSError as error:
            words = f"its ledger cannot be written ({error})"
            raise Absent(self._device, words, bytes_written=bytes_written) from error

    # The wire.

    def _converse(self, question: Question, patience_seconds: float) -> tuple[Outcome, int]:
        """The outcome, and how often the question was sent. Raises what the line raises,
        with the bytes that may have been taken."""
        conversation = Conversation(
            question,
            self._dialect.reader(),
            bytes_per_second=self._transport.bytes_per_second,
            answer_seconds=self._dialect.answer_seconds,
            patience_seconds=patience_seconds,
        )
        try:
            self._say(conversation.begin(time.monotonic()))
            while conversation.outcome is None:
                if self._closing.is_set():
                    raise Stalled(self._device, "it was closed while it was asked")
                left = max(conversation.wake_at - time.monotonic(), 0.0)
                data = self._transport.read(min(left, _LOOK_UP_SECONDS))
                now = time.monotonic()
                self._say(conversation.feed(data, now) if data else conversation.tick(now))
        except (Lost, Stalled) as error:
            # Whatever left before the line broke may have been read and acted on.
            asked_bytes = sum(len(step) for step in question.steps)
            raise type(error)(self._device, error.reason, bytes_written=asked_bytes) from error
        return conversation.outcome, conversation.sends

    def _say(self, data: bytes) -> None:
        if data:
            seconds = _WRITE_SECONDS + len(data) / self._transport.bytes_per_second
            self._transport.write(data, seconds)


def _is_busy(heard: Outcome) -> bool:
    return isinstance(heard, Denied) and heard.verdict is Verdict.BUSY


def _is_skewed(clock: str) -> bool:
    """More than ten minutes from this machine's local time; both are local by law."""
    try:
        told = datetime.strptime(clock, "%Y%m%d%H%M").astimezone()
    except ValueError:
        return False
    return abs((datetime.now().astimezone() - told).total_seconds()) > MOST_SKEW_SECONDS
