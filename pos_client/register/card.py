"""One card payment from the wish to the end, and what to ask the terminal next.

Pure: answers come in as values, time is not in here. A newcomer would take a lost
line for "not paid". Only an answer decides; until there is one the payment is
UNKNOWN, and its status is asked before anything is tried again. "Not found" is
believed after nothing can arrive any more and the terminal was asked twice
(hardware.md section 9; in simulation anything less charged people twice).

    intent -> sent -> in progress -> approved | declined | aborted | unknown
    approved -> committed | reversing -> reversed | reversal failed
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from central_sync.retail.basket import Basket
from hardware.ports import CardAnswer, CardKind, CardOutcome, CardReference

TIMES_NOT_FOUND = 2
"""How often a terminal that can get no late request any more has to say "not found"."""

NEVER_ARRIVED = "never_arrived"
NOBODY_THERE = "nobody_there"
WRONG_AMOUNT = "wrong_amount"


class CardState(StrEnum):
    """SIGNING: approved once the signature is. DROPPED: it never reached the terminal."""

    INTENT = "intent"
    SENT = "sent"
    IN_PROGRESS = "in_progress"
    UNKNOWN = "unknown"
    SIGNING = "signing"
    APPROVED = "approved"
    DECLINED = "declined"
    ABORTED = "aborted"
    DROPPED = "dropped"
    COMMITTED = "committed"
    REVERSING = "reversing"
    REVERSED = "reversed"
    REVERSAL_FAILED = "reversal_failed"
    SETTLED = "settled"


_ASKED = frozenset({CardState.INTENT, CardState.SENT, CardState.IN_PROGRESS, CardState.UNKNOWN})
_UNDER_WAY = _ASKED | {CardState.SIGNING, CardState.REVERSING}
_NO_MONEY = frozenset(
    {CardState.DECLINED, CardState.ABORTED, CardState.DROPPED, CardState.REVERSED}
)


@dataclass(frozen=True, slots=True)
class CardPayment:
    """`number` and `service_id` name the request; a reversal has its own, 0 and "" before it.

    `amount_minor` is what was asked for, positive also for a refund. `original` is what a
    refund takes back; terminals do not repeat its brand, so `original_brand` keeps it.
    `most_cashback_minor` is what the drawer could hand out when it was asked (None: not said).
    `reason` is why it was declined, reversed or settled; `decided_by` the operator who
    wished that. `basket` is there while the payment is set aside: its sale waits with it.
    """

    payment_id: str
    number: int
    service_id: str
    transaction_id: str
    at: str
    kind: CardKind
    tender_id: str
    tender_name: str
    amount_minor: int
    currency: str
    original: CardReference | None = None
    original_brand: str = ""
    most_cashback_minor: int | None = None
    state: CardState = CardState.INTENT
    answer: CardAnswer | None = None
    reversal_number: int = 0
    reversal_id: str = ""
    reversal_at: str = ""
    reason: str = ""
    decided_by: str = ""
    is_paid: bool = False
    is_abort_wished: bool = False
    is_aside: bool = False
    basket: Basket | None = None

    @property
    def is_under_way(self) -> bool:
        """The terminal, or the cardholder's pen, has still something to say."""
        return self.state in _UNDER_WAY

    @property
    def may_be_aborted(self) -> bool:
        return self.state in _ASKED

    @property
    def is_over(self) -> bool:
        """No money of the cardholder's is with us; nothing more will happen."""
        return self.state in _NO_MONEY or (self.state is CardState.SETTLED and not self.is_paid)

    @property
    def request_id(self) -> str:
        """The request whose answer is waited for, or was the last."""
        return self.reversal_id or self.service_id

    @property
    def reference(self) -> CardReference:
        answer = self.answer
        found = answer.reference if answer else None
        return found or CardReference("", "")


class Ask(StrEnum):
    """What the terminal is asked next. SETTLED_STATUS: first let nothing arrive any more."""

    PAY = "pay"
    REVERSE = "reverse"
    STATUS = "status"
    SETTLED_STATUS = "settled_status"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What this run knows about one request; forgotten at a power cut, and safe to forget.

    `may_send`: the row that allows the request was written by this run and no byte of it
    has left. `is_busy`: the terminal answered that it did not begin. `asked` counts calls.
    """

    may_send: bool = False
    is_busy: bool = False
    is_settled: bool = False
    not_found: int = 0
    asked: int = 0


def next_ask(card: CardPayment, inquiry: Inquiry) -> Ask | None:
    """The call to make now; None when the terminal has nothing more to say."""
    if card.state is CardState.REVERSING:
        if inquiry.may_send:
            return Ask.REVERSE
    elif card.state not in _ASKED:
        return None
    elif inquiry.may_send:
        return Ask.PAY
    if inquiry.not_found and not inquiry.is_settled and not inquiry.is_busy:
        return Ask.SETTLED_STATUS
    return Ask.STATUS


def heard(
    card: CardPayment, ask: Ask, answer: CardAnswer, inquiry: Inquiry
) -> tuple[CardPayment, Inquiry]:
    """What an answer makes of the payment and of the inquiry."""
    again = replace(inquiry, may_send=False, asked=inquiry.asked + 1)
    if answer.service_id != card.request_id:
        return unheard(card, ask, inquiry, was_sent=True)  # an answer to somebody else
    match answer.outcome:
        case CardOutcome.BUSY:
            is_request = ask in (Ask.PAY, Ask.REVERSE)
            return card, replace(again, is_busy=again.is_busy or is_request)
        case CardOutcome.NOT_FOUND if ask in (Ask.STATUS, Ask.SETTLED_STATUS):
            return _not_found(card, ask, again)
        case CardOutcome.IN_PROGRESS:
            # Something has arrived after all: what was not found before counts no more.
            under_way = card if _is_reversing(card) else replace(card, state=CardState.IN_PROGRESS)
            return under_way, Inquiry(asked=again.asked)
        case CardOutcome.UNKNOWN | CardOutcome.NOT_FOUND if not _is_refused(card, ask, answer):
            unknown = card if _is_reversing(card) else replace(card, state=CardState.UNKNOWN)
            return unknown, Inquiry(asked=again.asked)
    after = _reversal_answered(card, answer) if _is_reversing(card) else _answered(card, answer)
    return after, again


def _is_reversing(card: CardPayment) -> bool:
    return card.state is CardState.REVERSING


def _is_refused(card: CardPayment, ask: Ask, answer: CardAnswer) -> bool:
    """A reversal of what the terminal does not find was refused, not lost."""
    return ask is Ask.REVERSE and answer.outcome is CardOutcome.NOT_FOUND


def unheard(
    card: CardPayment, ask: Ask, inquiry: Inquiry, *, was_sent: bool
) -> tuple[CardPayment, Inquiry]:
    """No answer. `was_sent` is False when it is certain that no byte has left."""
    asked = inquiry.asked + 1
    if ask is Ask.REVERSE:
        return card, Inquiry(may_send=not was_sent, asked=asked)
    if ask is Ask.PAY and not was_sent:
        return replace(card, state=CardState.DROPPED, reason=NOBODY_THERE), inquiry
    if not _is_reversing(card):
        card = replace(card, state=CardState.UNKNOWN)
    if ask is Ask.PAY:
        return card, Inquiry(asked=asked)
    return card, replace(inquiry, asked=asked)


def _not_found(card: CardPayment, ask: Ask, inquiry: Inquiry) -> tuple[CardPayment, Inquiry]:
    if inquiry.is_busy:
        # The request itself was answered "busy", so it was not begun: the same one may go again.
        if card.is_abort_wished and not _is_reversing(card):
            return replace(card, state=CardState.ABORTED), inquiry
        return card, Inquiry(may_send=True, asked=inquiry.asked)
    if ask is Ask.SETTLED_STATUS:
        return card, replace(inquiry, is_settled=True, not_found=1)
    inquiry = replace(inquiry, not_found=inquiry.not_found + 1)
    if not inquiry.is_settled or inquiry.not_found < TIMES_NOT_FOUND:
        return card, inquiry
    failed = CardState.REVERSAL_FAILED if _is_reversing(card) else CardState.DROPPED
    return replace(card, state=failed, reason=NEVER_ARRIVED), inquiry


def _answered(card: CardPayment, answer: CardAnswer) -> CardPayment:
    if answer.outcome is CardOutcome.DECLINED:
        return replace(card, state=CardState.DECLINED, answer=answer, reason=answer.reason)
    if answer.outcome is CardOutcome.ABORTED:
        return replace(card, state=CardState.ABORTED, answer=answer, reason=answer.reason)
    state = CardState.SIGNING if answer.needs_signature else CardState.APPROVED
    return replace(card, state=state, answer=answer)


def _reversal_answered(card: CardPayment, answer: CardAnswer) -> CardPayment:
    """The payment's own answer stays: it is what was reversed, or still stands."""
    if answer.outcome is CardOutcome.APPROVED:
        return replace(card, state=CardState.REVERSED)
    return replace(card, state=CardState.REVERSAL_FAILED, reason=answer.reason or card.reason)


def is_wrong_amount(card: CardPayment) -> bool:
    """More approved than asked for, or nothing at all: no sale can be built on that."""
    return card.answer is not None and not 0 < card.answer.approved_minor <= card.amount_minor


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def service_id_of(workstation: str, epoch: int, number: int) -> str:
    """Ten letters and digits, never used twice (nexo ServiceID): workstation, epoch, counter.

    The first is never "Z": those are the driver's own. The epoch is in it because a restored
    till counts on from an old number, in a new epoch.
    """
    place = sum(ord(sign) * 131**at for at, sign in enumerate(workstation))
    digits = int(workstation) if workstation.isascii() and workstation.isdigit() else place
    return _base36(digits % (35 * 36 * 36), 3) + _base36(epoch, 2) + _base36(number, 5)


def _base36(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text
