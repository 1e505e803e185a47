"""The card payments' shell: asks the terminal what the core decided, and writes what it says.

On the core's thread; the terminal has its own (`card_calls`). Order of things: a row
on the disk, then the call it allows, then the answer on the disk, then the screen. So
whatever dies, the next start finds a row to ask the terminal about. The thing to get
wrong: asking the terminal to pay again; only `register.card` says when that is safe.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from central_sync.retail.till import CardTotal, CountAndSum
from hardware.errors import Absent, DeviceError, Misconfigured
from hardware.ports import (
    CardAnswer,
    CardRequest,
    CardTotals,
    PaymentTerminal,
    ReversalRequest,
)
from pos_client.register import events as happened
from pos_client.register.card import (
    Ask,
    CardPayment,
    CardState,
    Inquiry,
    heard,
    next_ask,
    unheard,
)
from pos_client.register.card_paying import what_follows
from pos_client.register.events import Event
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register
from pos_client.register.view import Level, Message
from pos_client.storage.errors import StorageTrouble

STATUS_SECONDS = 2.0
"""Between two questions about a payment that the cashier waits for."""

ASIDE_SECONDS = 30.0
"""Between two questions about what was set aside, and about a period to be closed."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Books(Protocol):
    """The register's state and what deciding needs; the ledger fulfils it."""

    @property
    def state(self) -> Register: ...

    @property
    def shop(self) -> Shop: ...

    def facts(self) -> Facts: ...


class Calls(Protocol):
    """How the terminal is reached without waiting; see `card_calls.TerminalCalls`."""

    def make(
        self,
        call: Callable[[PaymentTerminal], T],
        then: Callable[[T | DeviceError], None],
        pause_seconds: float = 0.0,
    ) -> None: ...

    def hurry(self) -> None: ...

    def abort(self, service_id: str) -> None: ...


class CardDesk:
    """`write` makes events durable and does what follows from them; `tell` shows a message."""

    def __init__(
        self,
        ledger: Books,
        calls: Calls | None,
        write: Callable[[Sequence[Event]], None],
        tell: Callable[[Message], None],
        status_seconds: float = STATUS_SECONDS,
    ) -> None:
        self._ledger = ledger
        self._calls = calls
        self._write = write
        self._tell = tell
        self._status_seconds = status_seconds
        self._inquiries: dict[str, Inquiry] = {}
        self._asked_before: set[str] = set()
        self._has_call = False
        self._is_day_stuck = False

    def started(self) -> None:
        """What the last run left open is asked about; nothing of it may be sent anew."""
        for card in self._ledger.state.cards:
            self._inquiries[card.request_id] = Inquiry()
        self.go_on()

    def follow(self, event: Event) -> None:
        """An event is durable: do what it allows."""
        match event:
            case happened.CardAsked(card):
                self._inquiries[card.service_id] = Inquiry(may_send=True)
                self._asked_before.clear()
            case happened.CardMoved(card) | happened.CardSetAside(card):
                if card.state is CardState.REVERSING and card.reversal_id not in self._inquiries:
                    self._inquiries[card.reversal_id] = Inquiry(may_send=True)
                self._wish_to_abort(card)
            case happened.DayCloseAsked() | happened.DayClosed():
                pass
            case _:
                return
        self.go_on()

    def _wish_to_abort(self, card: CardPayment) -> None:
        """What was not sent yet needs no wish: it is not sent at all."""
        is_out = card.may_be_aborted and card.state is not CardState.INTENT
        if card.is_abort_wished and is_out and self._calls is not None:
            self._calls.abort(card.service_id)
            self._calls.hurry()

    def go_on(self) -> None:
        """Make the next call, if the terminal has nothing to do and something to say."""
        if self._calls is None:
            self._close_without_terminal()
        elif self._has_call:
            if self._is_waited_for():
                self._calls.hurry()
        else:
            self._next_call(self._calls)

    def _is_waited_for(self) -> bool:
        """Somebody waits for a call that is not made yet."""
        state = self._ledger.state
        card = state.card
        is_first = card is not None and self._inquiry(card).may_send
        return state.closing is not None or is_first

    def _next_call(self, calls: Calls) -> None:
        state = self._ledger.state
        card = state.card
        if state.closing is not None:
            self._ask_totals(calls)
        elif card is not None and card.state is not CardState.INTENT:
            self._ask(calls, card)
        elif card is not None:
            self._begin(calls, card)
        elif aside := self._undecided():
            self._ask(calls, aside[0], ASIDE_SECONDS)
        elif state.is_reconciling:
            self._reconcile(calls)

    def _begin(self, calls: Calls, card: CardPayment) -> None:
        """Everything that is open is asked about once before a new payment is sent."""
        unasked = [one for one in self._undecided() if one.request_id not in self._asked_before]
        if unasked:
            self._asked_before.add(unasked[0].request_id)
            self._ask(calls, unasked[0])
        elif self._ledger.state.is_reconciling and "period" not in self._asked_before:
            self._asked_before.add("period")
            self._reconcile(calls)
        elif not self._inquiry(card).may_send:
            self._ask(calls, card)
        elif card.is_abort_wished:
            self._move(replace(card, state=CardState.ABORTED), card)
            self.go_on()
        else:
            self._move(replace(card, state=CardState.SENT), card)
            self.go_on()

    def _undecided(self) -> list[CardPayment]:
        """Set aside, and the terminal may tell yet; those asked least come first."""
        cards = [one for one in self._ledger.state.cards if one.is_aside and one.is_under_way]
        return sorted(cards, key=lambda one: self._inquiry(one).asked)

    def _inquiry(self, card: CardPayment) -> Inquiry:
        return self._inquiries.get(card.request_id, Inquiry())

    def _find(self, payment_id: str) -> CardPayment | None:
        cards = self._ledger.state.cards
        return next((card for card in cards if card.payment_id == payment_id), None)

    # One question and its answer.

    def _ask(self, calls: Calls, card: CardPayment, least_pause: float = 0.0) -> None:
        inquiry = self._inquiry(card)
        ask = next_ask(card, inquiry)
        if ask is None:
            return
        self._inquiries[card.request_id] = replace(inquiry, may_send=False)
        pause = max(least_pause, self._status_seconds if inquiry.asked else 0.0)
        request_id, payment_id = card.request_id, card.payment_id
        witness = self._ledger.state.card_witness
        self._has_call = True
        calls.make(
            lambda terminal: _put(terminal, ask, card, witness),
            lambda came: self._came(payment_id, request_id, ask, inquiry, came),
            pause,
        )

    def _came(
        self,
        payment_id: str,
        request_id: str,
        ask: Ask,
        inquiry: Inquiry,
        came: CardAnswer | DeviceError,
    ) -> None:
        self._has_call = False
        card = self._find(payment_id)
        if card is None or card.request_id != request_id or next_ask(card, inquiry) is None:
            _log.info("an answer about %s comes after it was decided", request_id)
            self.go_on()
            return
        if isinstance(came, DeviceError):
            was_sent = not isinstance(came, (Absent, Misconfigured))
            moved, inquiry = unheard(card, ask, inquiry, was_sent=was_sent)
        else:
            moved, inquiry = heard(card, ask, came, inquiry)
        self._inquiries[request_id] = inquiry
        if moved != card:
            self._move(moved, card)
        self.go_on()

    def _move(self, moved: CardPayment, before: CardPayment) -> None:
        """Write where the payment is now, and do what follows from it."""
        ledger = self._ledger
        try:
            self._write(what_follows(ledger.state, moved, ledger.shop, ledger.facts()))
        except StorageTrouble as trouble:
            # The row is not there, so nothing may be sent; the terminal will say it again.
            self._inquiries[before.request_id] = Inquiry(asked=1)
            self._tell(Message(trouble.key, Level.TROUBLE, beeps=2))

    # The end of the day.

    def _ask_totals(self, calls: Calls) -> None:
        self._has_call = True
        pause = self._status_seconds if self._is_day_stuck else 0.0
        calls.make(lambda terminal: terminal.totals(), self._totals_came, pause)

    def _totals_came(self, came: CardTotals | DeviceError) -> None:
        self._has_call = False
        self._close_day(None if isinstance(came, DeviceError) else _by_brand(came), True)
        self.go_on()

    def _close_without_terminal(self) -> None:
        """The terminal was taken out of the settings while a day was being closed."""
        if self._ledger.state.closing is not None:
            self._close_day(None, False)

    def _close_day(self, terminal: tuple[CardTotal, ...] | None, has_terminal: bool) -> None:
        state = self._ledger.state
        if state.closing is None:
            return
        closed = happened.DayClosed(
            state.closing.counted,
            state.next_z_number,
            state.closing.approved_by,
            has_terminal,
            terminal,
        )
        self._is_day_stuck = False
        try:
            self._write([closed])
        except StorageTrouble as trouble:
            self._is_day_stuck = True
            self._tell(Message(trouble.key, Level.TROUBLE, beeps=2))

    def _reconcile(self, calls: Calls) -> None:
        pause = ASIDE_SECONDS if "period" in self._inquiries else 0.0
        self._inquiries["period"] = Inquiry()
        self._has_call = True
        calls.make(lambda terminal: terminal.reconcile(), self._reconciled, pause)

    def _reconciled(self, came: CardTotals | DeviceError) -> None:
        self._has_call = False
        if not isinstance(came, DeviceError):
            self._inquiries.pop("period", None)
            try:
                self._write([happened.TerminalReconciled()])
            except StorageTrouble as trouble:
                _log.warning("the terminal's new period is not written down: %s", trouble)
        self.go_on()


def _put(terminal: PaymentTerminal, ask: Ask, card: CardPayment, witness: str) -> CardAnswer:
    """In the terminal's thread: one call of the port, or settle and one."""
    match ask:
        case Ask.PAY:
            return terminal.pay(pay_request(card))
        case Ask.REVERSE:
            return terminal.reverse(reversal_request(card))
        case Ask.SETTLED_STATUS:
            terminal.settle()
    return terminal.status(card.request_id, witness)


def pay_request(card: CardPayment) -> CardRequest:
    return CardRequest(
        service_id=card.service_id,
        transaction_id=card.transaction_id,
        at=card.at,
        amount_minor=card.amount_minor,
        currency=card.currency,
        kind=card.kind,
        original=card.original,
        most_cashback_minor=card.most_cashback_minor,
    )


def reversal_request(card: CardPayment) -> ReversalRequest:
    """Takes back all that the card was charged, tip and cashback too."""
    answer = card.answer
    charged = card.amount_minor
    if answer is not None:
        charged = answer.approved_minor + answer.tip_minor + answer.cashback_minor
    return ReversalRequest(
        service_id=card.reversal_id,
        at=card.reversal_at,
        reversed_service_id=card.service_id,
        reference=card.reference,
        amount_minor=charged,
        currency=card.currency,
    )


def _by_brand(totals: CardTotals) -> tuple[CardTotal, ...]:
    found: dict[str, CardTotal] = {}
    for brand, count, amount in totals.payments:
        before = found.get(brand, CardTotal(brand))
        found[brand] = replace(before, payments=CountAndSum(count, amount))
    for brand, count, amount in totals.refunds:
        before = found.get(brand, CardTotal(brand))
        found[brand] = replace(before, refunds=CountAndSum(count, amount))
    return tuple(found[brand] for brand in sorted(found))
