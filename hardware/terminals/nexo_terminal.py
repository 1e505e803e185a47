"""The driver of a nexo terminal: one connection a question, one question at a time.

A newcomer would retry a payment that got no answer. Nothing here retries: where the
fate of a request is not known the error says so (Stalled, Lost, Refused), and the till
asks `status`. Two things are asked again by themselves, because nothing was begun: a
login, and the request that a missing login refused.
"""

from __future__ import annotations

import contextlib
import secrets
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from hardware.condition import state_after
from hardware.errors import Absent, Busy, DeviceError, Lost, NotPermitted, Refused, Stalled
from hardware.ports import (
    CardAnswer,
    CardKind,
    CardOutcome,
    CardRequest,
    CardTotals,
    DeviceState,
    Health,
    Reason,
    ReversalRequest,
)
from hardware.terminals import nexo
from hardware.terminals.answers import read_state, read_totals, said
from hardware.terminals.dialogue import ABOUT, Dialogue
from hardware.terminals.envelope import SealBroken
from hardware.terminals.http import HttpLine, Line, Place, WrongTerminal
from hardware.terminals.nexo import Message, Unreadable

_T = TypeVar("_T")
_SIGNS = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`payment_seconds` is a cardholder's time; `settle_seconds` outlasts every buffer;
    a state older than `stale_seconds` is asked for anew.
    """

    payment_seconds: float = 120.0
    question_seconds: float = 10.0
    settle_seconds: float = 5.0
    stale_seconds: float = 10.0


class NexoTerminal:
    """See `ports.PaymentTerminal`. `record` is given every message, "out" and "in"."""

    def __init__(
        self,
        place: Place,
        dialogue: Dialogue,
        deadlines: Deadlines | None = None,
        *,
        connect: Callable[[Place], Line] = HttpLine,
        sleep: Callable[[float], None] = time.sleep,
        record: Callable[[str, bytes], None] = lambda _way, _data: None,
    ) -> None:
        self._place = place
        self._dialogue = dialogue
        self._deadlines = deadlines or Deadlines()
        self._connect = connect
        self._sleep = sleep
        self._record = record
        self._turn = threading.Lock()
        self._lines: set[Line] = set()
        self._logged_in = not dialogue.skin.needs_login
        self._last_answered = ""
        self._closed = threading.Event()
        self._state = DeviceState(Health.UNKNOWN)
        self._state_at = 0.0

    def pay(self, request: CardRequest) -> CardAnswer:
        """See the port. A linked refund goes as its vendor wants it."""
        sale, original = self._dialogue.sale, request.original
        by_reversal = self._dialogue.skin.refunds_are_reversals
        if request.kind is CardKind.REFUND and original is not None and by_reversal:
            message = nexo.linked_refund(sale, request, original)
        else:
            message = nexo.payment(sale, request)
        return self._move_money(message, request.amount_minor, request.currency)

    def reverse(self, request: ReversalRequest) -> CardAnswer:
        """See the port."""
        message = nexo.reversal(self._dialogue.sale, request)
        return self._move_money(message, request.amount_minor, request.currency)

    def status(self, service_id: str, witness: str = "") -> CardAnswer:
        """See the port."""
        with self._turn:
            answer = self._ask_about(service_id)
            if answer.outcome is not CardOutcome.NOT_FOUND:
                self._bear_witness(answer)
                return answer
            witness = witness or self._last_answered
            if witness in ("", service_id):
                return self._unless_forgotten(service_id, answer)
            if self._ask_about(witness).outcome is CardOutcome.NOT_FOUND:
                return _unknown(service_id)
        return answer

    def settle(self) -> None:
        """See the port. The fence is a new session, where the terminal has sessions.

        Raises Absent when the fence cannot be put up: NOT_FOUND is not final then.
        """
        self._hang_up()
        self._sleep(self._deadlines.settle_seconds)
        if self._dialogue.skin.needs_login:
            with self._turn:
                self._login()

    def abort(self, service_id: str) -> None:
        """See the port. What goes wrong on the way is no news: the payment's answer decides."""
        message = nexo.abort(self._dialogue.sale, _mint(), service_id)
        with contextlib.suppress(DeviceError):
            self._send(message, self._deadlines.question_seconds)

    def totals(self) -> CardTotals:
        """See the port."""
        return self._sums(nexo.get_totals(self._dialogue.sale, _mint()))

    def reconcile(self) -> CardTotals:
        """See the port."""
        return self._sums(nexo.reconciliation(self._dialogue.sale, _mint()))

    def state(self) -> DeviceState:
        """Asks the terminal when nothing was heard for a while and no payment is under way."""
        if self._closed.is_set():
            return DeviceState(Health.ABSENT, Reason.NO_ANSWER, "it has been closed")
        fresh = time.monotonic() - self._state_at < self._deadlines.stale_seconds
        if (self._state_at and fresh) or not self._turn.acquire(blocking=False):
            return self._state
        try:
            with contextlib.suppress(DeviceError):
                self._diagnose()
        finally:
            self._turn.release()
        return self._state

    def try_now(self) -> None:
        """The next `state` asks the terminal, however fresh the last answer is."""
        self._state_at = 0.0

    def close(self) -> None:
        """Lets go at once; a payment under way ends in Lost."""
        self._closed.set()
        self._hang_up()

    def _move_money(self, message: Message, amount_minor: int, currency: str) -> CardAnswer:
        service_id = message.header.service_id
        with self._turn:
            self._dialogue.remember(service_id, amount_minor, currency)
            answer = self._ask(message, self._deadlines.payment_seconds)
            found = self._understood(lambda: self._dialogue.card_answer(answer))
            self._bear_witness(found)
        return found

    def _ask_about(self, about: str) -> CardAnswer:
        for category in ABOUT:
            message = nexo.status(
                self._dialogue.sale, _mint(), about, category, reprints=self._dialogue.skin.reprints
            )
            answer = self._ask(message, self._deadlines.question_seconds)
            found = self._understood(partial(self._dialogue.status_answer, about, answer))
            if found.outcome is not CardOutcome.NOT_FOUND:
                return found
        return CardAnswer(about, CardOutcome.NOT_FOUND)

    def _bear_witness(self, answer: CardAnswer) -> None:
        """Only of what every terminal keeps: an abort before the card was shown may not be."""
        if answer.outcome in (CardOutcome.APPROVED, CardOutcome.DECLINED):
            self._last_answered = answer.service_id

    def _unless_forgotten(self, service_id: str, answer: CardAnswer) -> CardAnswer:
        """We heard its answer ourselves; a terminal that does not know it has lost its log."""
        return _unknown(service_id) if service_id == self._last_answered else answer

    def _sums(self, message: Message) -> CardTotals:
        with self._turn:
            answer = self._ask(message, self._deadlines.question_seconds)
            return self._understood(lambda: read_totals(answer.body))

    def _diagnose(self) -> None:
        message = nexo.diagnosis(self._dialogue.sale, _mint())
        answer = self._ask(message, self._deadlines.question_seconds)
        self._note(self._understood(lambda: read_state(answer.body)))

    def _ask(self, message: Message, timeout_seconds: float) -> Message:
        if not self._logged_in:
            self._login()
        answer = self._exchange(message, timeout_seconds)
        if self._dialogue.skin.needs_login and self._is_logged_out(answer):
            self._login()
            answer = self._exchange(message, timeout_seconds)
        return answer

    def _is_logged_out(self, answer: Message) -> bool:
        return self._understood(lambda: said(answer.body)) == "LoggedOut"

    def _login(self) -> None:
        """Raises Absent: whatever was to be asked has not been sent."""
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = nexo.login(self._dialogue.sale, _mint(), at)
        self._logged_in = False
        try:
            answer = self._exchange(message, self._deadlines.question_seconds)
            word = self._understood(lambda: said(answer.body))
        except (Stalled, Lost, Refused) as error:
            raise Absent(self._place.device, f"no login ({error.reason})") from error
        if word != "Success":
            raise Absent(self._place.device, f"no login (it says {word})")
        self._logged_in = True

    def _exchange(self, question: Message, timeout_seconds: float) -> Message:
        data = self._send(question, timeout_seconds)
        answer = self._understood(lambda: self._dialogue.hear(question, data))
        self._note(DeviceState(Health.READY))
        return answer

    def _send(self, question: Message, timeout_seconds: float) -> bytes:
        skin, body = self._dialogue.skin, self._dialogue.ask(question)
        if self._closed.is_set():
            raise Absent(self._place.device, "it has been closed")
        try:
            line = self._connect(self._place)
            self._lines.add(line)
            try:
                self._record("out", body)
                data = line.exchange(skin.path, skin.content_type, body, timeout_seconds)
            finally:
                self._lines.discard(line)
                line.close()
        except DeviceError as error:
            self._note(_state_after(error))
            raise
        self._record("in", data)
        return data

    def _understood(self, read: Callable[[], _T]) -> _T:
        """What `read` makes of an answer. Raises Refused where it can make nothing of it."""
        try:
            return read()
        except SealBroken as error:
            self._note(DeviceState(Health.FAULT, Reason.BAD_CHECKSUM, str(error)))
            raise Refused(self._place.device, str(error)) from error
        except Unreadable as error:
            reason = f"its answer cannot be used: {error}"
            self._note(DeviceState(Health.FAULT, Reason.NO_ANSWER, reason))
            raise Refused(self._place.device, reason) from error

    def _hang_up(self) -> None:
        for line in list(self._lines):
            line.close()

    def _note(self, state: DeviceState) -> None:
        self._state, self._state_at = state, time.monotonic()


def _state_after(error: DeviceError) -> DeviceState:
    match error:
        case WrongTerminal():
            return DeviceState(Health.FAULT, Reason.WRONG_DEVICE, error.reason)
        case Busy() | NotPermitted():
            return state_after(error)
        case Absent():
            return DeviceState(Health.ABSENT, Reason.NO_ANSWER, error.reason)
        case _:
            return DeviceState(Health.FAULT, Reason.NO_ANSWER, error.reason)


def _unknown(service_id: str) -> CardAnswer:
    return CardAnswer(service_id, CardOutcome.UNKNOWN, reason="the terminal has lost its log")


def _mint() -> str:
    """A ServiceID of the driver's own; the till's never begin with Z."""
    return "Z" + "".join(secrets.choice(_SIGNS) for _ in range(9))
