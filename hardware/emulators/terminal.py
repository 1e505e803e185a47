"""An emulated card terminal: messages in, messages out, a bank behind it, faults to expect.

Sans-IO; time is passed in. `terminal_server` puts it on a port. Like the real thing it
takes one payment at a time, answers a repeated request with the answer it gave before,
and lets an abort come too late. A newcomer would drop a request when its connection
breaks; a terminal goes on with it, and that is what the till must find out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from hardware.emulators import terminal_replies as replies
from hardware.emulators.terminal_bank import Bank, Movement
from hardware.emulators.terminal_fate import Fate, Step
from hardware.emulators.terminal_replies import JSON_DIALECT, Dialect
from hardware.terminals.nexo import Header, Message, Tree, part, text

_UNHEARD = (Fate.LOSE_REPLY, Fate.LOSE_DECLINE, Fate.REBOOT, Fate.FORGET)


@dataclass(frozen=True, slots=True)
class Wait:
    """The answer comes later: ask `later(service_id, now)`."""

    service_id: str


@dataclass(frozen=True, slots=True)
class Silence:
    """The connection ends without an answer."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """It was taken, and there is nothing to say (an abort)."""


Said = Message | Wait | Silence | Nothing


@dataclass(slots=True)
class _Pending:
    """A request under way. `due` is when it arrives or is decided by itself, if ever."""

    message: Message
    step: Step
    arrived: bool
    asks: int = 0
    due: float | None = None


@dataclass(slots=True)
class EmulatedTerminal:
    """`hear` a message, get what it says. `bank` is the judge of what was charged."""

    poi_id: str = "V400m-1234"
    dialect: Dialect = JSON_DIALECT
    bank: Bank = field(default_factory=Bank)
    brand: str = "Visa"
    totals_off_by: int = 0
    global_status: str = "OK"
    waits_for_tap: bool = False
    requests: list[Message] = field(default_factory=list)
    _steps: deque[Step] = field(default_factory=deque)
    _log: dict[str, Message] = field(default_factory=dict)
    _pending: dict[str, _Pending] = field(default_factory=dict)
    _late: dict[str, tuple[float, Message]] = field(default_factory=dict)
    _refunded: dict[str, int] = field(default_factory=dict)
    _logged_in: bool = False

    def expect(self, *steps: Fate | Step) -> None:
        """The next payments and reversals meet these, one each; then APPROVE again."""
        self._steps.extend(Step(one) if isinstance(one, Fate) else one for one in steps)

    def expect_nothing(self) -> None:
        """Forget what was expected: requests are approved again."""
        self._steps.clear()

    def hear(self, message: Message, now: float) -> Said:
        """Take a message; `now` is seconds on any clock that does not go back."""
        self.tick(now)
        self.requests.append(message)
        if message.header.poi_id != self.poi_id or message.kind != "Request":
            return _answer(message, replies.failure("MessageFormat", "message=Wrong+POIID"))
        if message.header.category == "Login":
            return self._log_in(message)
        if self.dialect.needs_login and not self._logged_in:
            return _answer(message, replies.failure("LoggedOut"))
        match message.header.category:
            case "Payment" | "Reversal":
                return self._begin(message, now)
            case "TransactionStatus":
                return self._status(message)
            case "Abort":
                self._abort(text(part(message.body, "MessageReference"), "ServiceID"))
                return Nothing()
            case "Diagnosis":
                return _answer(message, replies.success() | {"POIStatus": self._condition()})
            case "GetTotals" | "Reconciliation" as category:
                return self._totals(message, category)
        return _answer(message, replies.failure("UnavailableService"))

    def later(self, service_id: str, now: float) -> Message | None:
        """The answer that `Wait` promised, once there is one."""
        self.tick(now)
        if service_id in self._late:
            due, answer = self._late[service_id]
            return answer if now >= due else None
        return self._log.get(service_id)

    def tick(self, now: float) -> None:
        """What time alone brings: late requests arrive, slow cardholders pay."""
        for service_id, pending in list(self._pending.items()):
            if pending.due is not None and now >= pending.due:
                del self._pending[service_id]
                self._decide(pending.message, pending.step)

    def is_waiting_for_card(self) -> bool:
        return any(one.arrived for one in self._pending.values())

    def finish(self) -> None:
        """The cardholder is ready: what waits is approved now."""
        for service_id, pending in list(self._pending.items()):
            if pending.arrived:
                del self._pending[service_id]
                self._decide(pending.message, pending.step)

    def forget(self) -> None:
        """The log is rotated, or the terminal replaced: it knows no earlier request."""
        self._log.clear()
        self._late.clear()
        self._pending.clear()

    def reboot(self) -> None:
        """Off and on: what was under way is over, the session too; the log stays."""
        for pending in self._pending.values():
            if pending.arrived:
                self._keep(_answer(pending.message, replies.failure("Aborted", "message=Reboot")))
        self._pending = {name: one for name, one in self._pending.items() if not one.arrived}
        self._logged_in = False

    def _log_in(self, message: Message) -> Message:
        """A new session ends what an older one had begun."""
        for service_id, pending in list(self._pending.items()):
            if pending.arrived:
                del self._pending[service_id]
                self._keep(_answer(pending.message, replies.failure("Aborted", "message=Login")))
        self._logged_in = True
        return _answer(message, replies.success())

    def _begin(self, message: Message, now: float) -> Said:
        service_id = message.header.service_id
        if done := self._log.get(service_id):
            return done
        if service_id in self._pending:
            return _answer(message, replies.failure("InProgress"))
        if any(one.arrived for one in self._pending.values()):
            return _answer(message, replies.failure("Busy", "message=Another+payment"))
        usual = Fate.SLOW if self.waits_for_tap else Fate.APPROVE
        step = self._steps.popleft() if self._steps else Step(usual)
        match step.fate:
            case Fate.BUSY:
                return _answer(message, replies.failure("Busy", "message=Menu+open"))
            case Fate.LOSE_REQUEST | Fate.ABSENT:
                return Silence()
            case Fate.LATE_REQUEST:
                self._pending[service_id] = _Pending(message, step, False, due=now + step.seconds)
                return Silence()
            case Fate.IN_PROGRESS:
                due = None if step.asks else now + step.seconds
                self._pending[service_id] = _Pending(message, step, True, step.asks, due)
                return Silence()
            case Fate.SLOW | Fate.ABORT_LOSES:
                self._pending[service_id] = _Pending(message, step, True)
                return Wait(service_id)
        return self._tell(message, step, self._decide(message, step), now)

    def _tell(self, message: Message, step: Step, answer: Message, now: float) -> Said:
        match step.fate:
            case Fate.REBOOT:
                self.reboot()
            case Fate.FORGET:
                self.forget()
            case Fate.LATE_REPLY:
                self._late[message.header.service_id] = (now + step.seconds, answer)
                return Wait(message.header.service_id)
            case Fate.DUPLICATE:
                return self._begin(message, now)
            case Fate.REPLY_FOR_ANOTHER:
                return replace(answer, header=replace(answer.header, service_id="OTHER00001"))
        return Silence() if step.fate in _UNHEARD else answer

    def _decide(self, message: Message, step: Step) -> Message:
        try:
            if step.fate in (Fate.DECLINE, Fate.LOSE_DECLINE):
                body = replies.failure("Refusal", "refusalReason=214+Declined+online&errors=")
            elif step.fate is Fate.ABORTED:
                body = replies.failure("Cancel", "message=CANCELLED")
            elif message.header.category == "Reversal":
                body = self._take_back(message)
            else:
                body = self._pay(message, step)
        except ArithmeticError:
            body = replies.failure("MessageFormat", "message=Amount")
        return self._keep(_answer(message, body))

    def _pay(self, message: Message, step: Step) -> Tree:
        amounts = part(message.body, "PaymentTransaction", "AmountsReq")
        asked = replies.to_minor(amounts.get("RequestedAmount", "none"))
        extra: Tree = {}
        amount = asked
        if step.fate is Fate.PARTIAL:
            amount = step.minor or asked // 2
        elif step.fate is Fate.TIP:
            more = step.minor or asked // 10
            amount, extra = asked + more, {"TipAmount": replies.to_amount(more)}
        elif step.fate in (Fate.CASHBACK, Fate.CASHBACK_OVER):
            more = step.minor or 10_000
            if step.fate is Fate.CASHBACK and "MaximumCashBackAmount" in amounts:
                more = min(more, replies.to_minor(amounts["MaximumCashBackAmount"]))
            amount, extra = asked + more, {"CashBackAmount": replies.to_amount(more)}
        is_refund = text(part(message.body, "PaymentData"), "PaymentType") == "Refund"
        movement = self._movement(message, "refund" if is_refund else "payment", amount)
        movement = replace(movement, currency=text(amounts, "Currency"))
        self.bank.move(movement)
        return replies.paid(movement, message.body, step.fate, self.dialect, extra)

    def _take_back(self, message: Message) -> Tree:
        named = part(message.body, "OriginalPOITransaction", "POITransactionID")
        original = self.bank.find(text(named, "TransactionID"))
        if original is None or original.undoes:
            return replies.failure("NotFound", "message=Original+not+found")
        name, is_part = original.poi_transaction_id, "ReversedAmount" in message.body
        left = original.amount_minor - self._refunded.get(name, 0)
        amount = replies.to_minor(message.body["ReversedAmount"]) if is_part else left
        if self.bank.is_undone(name) or not 0 < amount <= left:
            return replies.failure("NotAllowed", "message=Already+reversed")
        if is_part:
            self._refunded[name] = self._refunded.get(name, 0) + amount
            movement = self._movement(message, "refund", amount)
        else:
            kind = "reversal" if original.kind == "payment" else "refund_reversal"
            movement = replace(
                self._movement(message, kind, amount),
                transaction_id=original.transaction_id,
                undoes=name,
            )
        movement = replace(movement, brand=original.brand, currency=original.currency)
        self.bank.move(movement)
        return replies.taken_back(movement, self.dialect, part=is_part)

    def _movement(self, message: Message, kind: str, amount_minor: int) -> Movement:
        sale = part(message.body, "SaleData", "SaleTransactionID")
        return Movement(
            poi_transaction_id=f"P{len(self.bank.movements) + 1:09}",
            service_id=message.header.service_id,
            transaction_id=text(sale, "TransactionID"),
            kind=kind,
            amount_minor=amount_minor,
            currency="SEK",
            brand=self.brand,
        )

    def _status(self, message: Message) -> Message:
        about = part(message.body, "MessageReference")
        service_id, category = text(about, "ServiceID"), text(about, "MessageCategory")
        pending = self._pending.get(service_id)
        if pending and pending.arrived and pending.message.header.category == category:
            if pending.due is not None or pending.asks or pending.step.fate is not Fate.IN_PROGRESS:
                pending.asks = max(pending.asks - 1, 0)
                return _answer(message, replies.failure(self.dialect.undecided))
            del self._pending[service_id]
            self._decide(pending.message, pending.step)
        known = self._log.get(service_id)
        if known is None or known.header.category != category:
            return _answer(message, replies.failure("NotFound", "message=Not+found"))
        return replace(_answer(message, replies.success()), repeated=known)

    def _abort(self, service_id: str) -> None:
        pending = self._pending.get(service_id)
        if pending is None or not pending.arrived:
            return
        del self._pending[service_id]
        if pending.step.fate is Fate.ABORT_LOSES:
            self._decide(pending.message, pending.step)
        else:
            self._keep(_answer(pending.message, replies.failure("Aborted", "message=Aborted")))

    def _totals(self, message: Message, category: str) -> Message:
        body = replies.success() | {
            "POIReconciliationID": "1",
            "TransactionTotals": replies.totals(self.bank.sums(), self.totals_off_by),
        }
        if category == "Reconciliation":
            body["ReconciliationType"] = "SaleReconciliation"
            self.bank.close_period()
        return _answer(message, body)

    def _condition(self) -> Tree:
        busy = self.is_waiting_for_card() and self.global_status == "OK"
        return {
            "GlobalStatus": "Busy" if busy else self.global_status,
            "CommunicationOKFlag": self.global_status != "Unreachable",
        }

    def _keep(self, answer: Message) -> Message:
        self._log[answer.header.service_id] = answer
        return answer


def _answer(question: Message, body: Tree) -> Message:
    header = question.header
    named = Header(header.category, header.service_id, header.sale_id, header.poi_id)
    return Message(named, "Response", body)
