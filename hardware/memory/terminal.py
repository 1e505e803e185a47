"""The card terminal's twin in memory, with a bank behind it that is the judge.

What the next requests meet is told beforehand with `expect`; a request that nothing
was told of is approved. No time passes: a late request arrives after so many
questions, or when `settle` says that nothing can come any more. A newcomer would
judge a test by what `pay` returned; judge it by `charged`.

    memory://?ledger=/path/bank.jsonl&script=lose_reply,approve

keeps the bank and the terminal's log in a file, so both outlive a killed till.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hardware.address import parse_address
from hardware.emulators.terminal_bank import Bank, Movement
from hardware.emulators.terminal_fate import Fate, Step
from hardware.errors import Absent, DeviceError, Lost, Misconfigured, Refused, Stalled
from hardware.memory.terminal_ledger import Ledger
from hardware.ports import (
    CardAnswer,
    CardKind,
    CardOutcome,
    CardReference,
    CardRequest,
    CardTotals,
    DeviceState,
    Health,
    Reason,
    ReversalRequest,
)

__all__ = ["Fate", "MemoryTerminal", "Step", "open_terminal"]


@dataclass(slots=True)
class _Waiting:
    """A request under way: executed when `asks` questions have been put, or at once by settle."""

    execute: Callable[[], CardAnswer]
    asks: int
    arrived: bool


def open_terminal(address: str) -> MemoryTerminal:
    """ "memory://", "memory://?ledger=/path&script=decline,approve"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only("ledger", "script")
    ledger = found.options.get("ledger")
    twin = MemoryTerminal(found.written, ledger=Path(ledger) if ledger else None)
    script = [word for word in found.options.get("script", "").split(",") if word]
    try:
        twin.expect(*map(Fate, script))
    except ValueError as error:
        raise Misconfigured(address, f"{error}; allowed: {', '.join(Fate)}") from error
    return twin


class MemoryTerminal:
    """`expect` tells what comes; `charged` is what the bank took, by transaction id."""

    def __init__(self, device: str = "memory://", *, ledger: Path | None = None) -> None:
        """Raises Misconfigured when the ledger cannot be read or written."""
        self.bank = Bank()
        self.paid: list[CardRequest] = []
        self.reversed: list[ReversalRequest] = []
        self.settled = 0
        self._device = device
        self._steps: deque[Step] = deque()
        self._log: dict[str, CardAnswer] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._last_answered = ""
        self._totals_off_by = 0
        self._closed = self._away = False
        self._news = threading.Condition()
        self._current = ""
        self._wish = ""
        self._ledger = Ledger(device, ledger, self.bank, self._log) if ledger else None

    @property
    def charged(self) -> dict[str, int]:
        """Minor units taken by the bank, net of refunds and reversals, by transaction id."""
        return self.bank.charged

    # The port.

    def pay(self, request: CardRequest) -> CardAnswer:
        self.paid.append(request)
        return self._meet(request.service_id, lambda step: self._charge(request, step))

    def reverse(self, request: ReversalRequest) -> CardAnswer:
        self.reversed.append(request)
        return self._meet(request.service_id, lambda step: self._take_back(request, step))

    def status(self, service_id: str, witness: str = "") -> CardAnswer:
        self._trouble()
        self._time_passes()
        if answer := self._log.get(service_id):
            return answer
        waiting = self._waiting.get(service_id)
        if waiting is not None and waiting.arrived:
            return CardAnswer(service_id, CardOutcome.IN_PROGRESS)
        witness = witness or self._last_answered
        if witness and witness not in self._log:
            return CardAnswer(service_id, CardOutcome.UNKNOWN, reason="its log is gone")
        return CardAnswer(service_id, CardOutcome.NOT_FOUND)

    def settle(self) -> None:
        """The worst case: what was on its way arrives now."""
        self.settled += 1
        for service_id, waiting in list(self._waiting.items()):
            if not waiting.arrived:
                del self._waiting[service_id]
                self._enter(waiting.execute())

    def abort(self, service_id: str) -> None:
        with self._news:
            if self._current == service_id:
                self._wish = "abort"
                self._news.notify_all()
        if waiting := self._waiting.get(service_id):
            aborted = CardAnswer(service_id, CardOutcome.ABORTED, reason="Aborted")
            waiting.execute = lambda: aborted

    def totals(self) -> CardTotals:
        self._trouble()
        sums = self.bank.sums()
        return CardTotals(
            tuple(
                (b, n, a + self._totals_off_by) for (b, k), (n, a) in sums.items() if k == "payment"
            ),
            tuple((b, n, a) for (b, k), (n, a) in sums.items() if k == "refund"),
        )

    def reconcile(self) -> CardTotals:
        totals = self.totals()
        self.bank.close_period()
        if self._ledger:
            self._ledger.keep_closing()
        return totals

    def state(self) -> DeviceState:
        if self._closed or self._away:
            return DeviceState(Health.ABSENT, Reason.NO_ANSWER)
        return DeviceState(Health.READY)

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()

    # What a test may do to it.

    def expect(self, *steps: Fate | Step) -> None:
        """The next payments and reversals meet these, one each; then APPROVE again."""
        self._steps.extend(Step(one) if isinstance(one, Fate) else one for one in steps)

    def finish(self) -> None:
        """The cardholder is ready: a SLOW payment is approved now."""
        with self._news:
            self._wish = "finish"
            self._news.notify_all()

    def is_waiting_for_card(self) -> bool:
        """A SLOW payment is under way."""
        with self._news:
            return bool(self._current)

    def go_away(self) -> None:
        """Everything ends in Absent, until `come_back`."""
        self._away = True

    def come_back(self) -> None:
        self._away = False

    def forget(self) -> None:
        """The log is gone (the terminal was replaced): it knows no earlier request."""
        self._log.clear()
        self._waiting.clear()

    def put_totals_off_by(self, minor: int) -> None:
        """The terminal's payment sums differ from the bank's by this much."""
        self._totals_off_by = minor

    # How it works.

    def _trouble(self) -> None:
        if self._closed or self._away:
            raise Absent(self._device, "nothing is there")

    def _meet(self, service_id: str, execute: Callable[[Step], CardAnswer]) -> CardAnswer:
        self._trouble()
        if answer := self._log.get(service_id):
            return answer
        if self._waiting:
            return CardAnswer(service_id, CardOutcome.BUSY, reason="Busy")
        step = self._steps.popleft() if self._steps else Step(Fate.APPROVE)
        match step.fate:
            case Fate.ABSENT:
                raise Absent(self._device, "no answer; is it switched on and on the network?")
            case Fate.BUSY:
                return CardAnswer(service_id, CardOutcome.BUSY, reason="Busy")
            case Fate.LOSE_REQUEST:
                raise self._lost()
            case Fate.IN_PROGRESS | Fate.LATE_REQUEST:
                arrived = step.fate is Fate.IN_PROGRESS
                self._waiting[service_id] = _Waiting(lambda: execute(step), step.asks, arrived)
                raise Stalled(self._device, "no answer in time")
            case Fate.SLOW | Fate.ABORT_LOSES:
                return self._enter(self._wait_for_card(service_id, step, execute))
            case Fate.LATE_REPLY:
                self._enter(execute(step))
                raise Stalled(self._device, "no answer in time")
            case Fate.REPLY_FOR_ANOTHER | Fate.WRONG_AMOUNT:
                self._enter(execute(step))
                raise Refused(self._device, "its answer cannot be used")
        answer = self._enter(execute(step))
        return self._heard(answer, step.fate)

    def _heard(self, answer: CardAnswer, fate: Fate) -> CardAnswer:
        if fate is Fate.FORGET:
            self.forget()
        if fate in (Fate.LOSE_REPLY, Fate.LOSE_DECLINE, Fate.REBOOT, Fate.FORGET):
            raise self._lost()
        return answer

    def _wait_for_card(
        self, service_id: str, step: Step, execute: Callable[[Step], CardAnswer]
    ) -> CardAnswer:
        with self._news:
            self._current, self._wish = service_id, ""
            self._news.notify_all()
            self._news.wait_for(lambda: self._wish or self._closed)
            self._current = ""
        if self._wish == "abort" and step.fate is Fate.SLOW:
            return CardAnswer(service_id, CardOutcome.ABORTED, reason="Aborted")
        if not self._wish:
            raise self._lost()
        return execute(step)

    def _lost(self) -> DeviceError:
        return Lost(self._device, "the line broke before the answer came")

    def _time_passes(self) -> None:
        for service_id, waiting in list(self._waiting.items()):
            if waiting.asks > 0:
                waiting.asks -= 1
                continue
            del self._waiting[service_id]
            self._enter(waiting.execute())

    def _enter(self, answer: CardAnswer) -> CardAnswer:
        self._log[answer.service_id] = answer
        self._last_answered = answer.service_id
        if self._ledger:
            self._ledger.keep(answer)
        return answer

    def _charge(self, request: CardRequest, step: Step) -> CardAnswer:
        if step.fate in (Fate.DECLINE, Fate.LOSE_DECLINE):
            return CardAnswer(request.service_id, CardOutcome.DECLINED, reason="Refusal")
        if step.fate is Fate.ABORTED:
            return CardAnswer(request.service_id, CardOutcome.ABORTED, reason="Cancel")
        answer = _approved(request, step, f"{len(self.bank.movements) + 1:010}")
        self.bank.move(
            Movement(
                answer.reference.poi_transaction_id if answer.reference else "",
                request.service_id,
                request.transaction_id,
                "payment" if request.kind is CardKind.PAYMENT else "refund",
                answer.approved_minor + answer.tip_minor + answer.cashback_minor,
                request.currency,
                answer.brand,
            )
        )
        return answer

    def _take_back(self, request: ReversalRequest, step: Step) -> CardAnswer:
        original = self.bank.find(request.reference.poi_transaction_id)
        no = CardAnswer(request.service_id, CardOutcome.DECLINED, reason="NotAllowed")
        if step.fate in (Fate.DECLINE, Fate.LOSE_DECLINE):
            return replace(no, reason="Refusal")
        if original is None:
            return replace(no, reason="NotFound")
        if self.bank.is_undone(original.poi_transaction_id) or original.undoes:
            return no
        kind = "reversal" if original.kind == "payment" else "refund_reversal"
        name = f"{len(self.bank.movements) + 1:010}"
        self.bank.move(
            replace(
                original,
                poi_transaction_id=name,
                service_id=request.service_id,
                kind=kind,
                undoes=original.poi_transaction_id,
            )
        )
        return CardAnswer(
            request.service_id,
            CardOutcome.APPROVED,
            approved_minor=request.amount_minor,
            reference=CardReference(name, request.at),
            brand=original.brand,
            cardholder_receipt=("ÅTERKALLAT KÖP", f"Ref {name}"),
        )


def _approved(request: CardRequest, step: Step, name: str) -> CardAnswer:
    amount = request.amount_minor
    answer = CardAnswer(
        request.service_id,
        CardOutcome.APPROVED,
        approved_minor=amount,
        reference=CardReference(name, request.at),
        brand="Visa",
        masked_pan="411111******1111",
        authorisation_code="123456",
        cardholder_receipt=("TERMINAL T-1", "VISA ************1111", f"Ref {name}"),
        merchant_receipt=("BUTIKENS EX", "VISA ************1111", f"Ref {name}"),
    )
    match step.fate:
        case Fate.PARTIAL:
            return replace(answer, approved_minor=step.minor or amount // 2)
        case Fate.TIP:
            return replace(answer, tip_minor=step.minor or amount // 10)
        case Fate.CASHBACK | Fate.CASHBACK_OVER:
            more, most = step.minor or 10_000, request.most_cashback_minor
            if step.fate is Fate.CASHBACK and most is not None:
                more = min(more, most)
            return replace(answer, cashback_minor=more)
        case Fate.SIGNATURE:
            return replace(answer, needs_signature=True)
        case Fate.OFFLINE:
            return replace(answer, is_offline=True, authorisation_code="")
    return answer
