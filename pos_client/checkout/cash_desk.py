"""The cash desk: carries out what the core decided, and says what came of it.

The one place that catches a refusal. Order of things: decide -> save -> fold ->
devices -> show. The thing to get wrong: touching a device before the save, or
catching more than a refusal and a disk that refuses; a bug must stop the core,
which comes back with the basket.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from central_sync.engine.notes import Note
from central_sync.wire.entries import EntryKind
from pos_client.checkout.card_calls import TerminalCalls
from pos_client.checkout.card_desk import STATUS_SECONDS, CardDesk
from pos_client.checkout.completion import Completion
from pos_client.checkout.copying import Copies
from pos_client.checkout.journalling import entry_of
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.lending import warning_of
from pos_client.checkout.noting import notes_of
from pos_client.checkout.peripherals import Peripherals
from pos_client.checkout.quoting import wish_of
from pos_client.checkout.sealing import Sealer
from pos_client.checkout.telling import message_of, told_short
from pos_client.register import events as happened
from pos_client.register import order_events
from pos_client.register.commands import Command
from pos_client.register.decide import decide
from pos_client.register.events import Event
from pos_client.register.exchange_events import ExchangeSettled
from pos_client.register.order_commands import RenewQuote
from pos_client.register.refusal import Refused
from pos_client.register.shop import Facts
from pos_client.register.view import Level, Message
from pos_client.storage.errors import StorageTrouble

_log = logging.getLogger(__name__)

EDITS = (
    happened.LineAdded,
    happened.WeighingAsked,
    happened.WeighingMissed,
    happened.WeighingEnded,
    happened.CustomerAttached,
    happened.CustomerDetached,
    order_events.QuoteAsked,
    order_events.QuoteHeld,
    order_events.QuoteShort,
    order_events.QuoteMissed,
    order_events.QuoteDropped,
    happened.QuantitySet,
    happened.PriceOverridden,
    happened.LineDiscounted,
    happened.LineVoided,
    happened.ApprovalAsked,
    happened.GoodsStarted,
    happened.GoodsCounted,
    happened.GoodsDropped,
    happened.Cleared,
)
"""What a power cut within 50 ms may take; everything else is durable before it is shown."""


class CashDesk:
    """`message` is what the last command, or a device since, has to say."""

    def __init__(
        self,
        ledger: Ledger,
        sealer: Sealer | None,
        peripherals: Peripherals,
        calls: TerminalCalls | None = None,
        status_seconds: float = STATUS_SECONDS,
    ) -> None:
        self.ledger = ledger
        self.message: Message | None = None
        self._peripherals = peripherals
        self._completion = Completion(ledger, sealer, peripherals, self._tell)
        self.copies = Copies(ledger, sealer, peripherals, self._tell)
        self._cards = CardDesk(ledger, calls, self._card_said, self._tell, status_seconds)

    def _tell(self, message: Message) -> None:
        self.message = message

    def started(self, version: str) -> None:
        """Journal the start; finish a receipt that the last run had begun."""
        ledger = self.ledger
        payload = {"version": version, "recovered_events": ledger.recovered_events}
        ledger.write([], [(EntryKind.STARTED, payload)], ledger.clock.facts())
        if ledger.state.completing is not None:
            # The drawer stays shut: it would open minutes late, to whoever stands there.
            self.message = self._completion.complete(may_open_drawer=False)
        elif ledger.state.has_basket:
            pieces = sum(line.quantity for line in ledger.state.basket.live)
            self.message = Message(
                "basket.recovered",
                values={"count": pieces, "total_minor": ledger.state.basket.total_minor},
            )
        if ledger.state.card is not None:
            amount_minor = ledger.state.card.amount_minor
            self.message = Message("card.asking", values={"amount_minor": amount_minor})
        if ledger.state.weighing is not None:
            # What lay on the scale before the stop may not lie there now.
            ledger.edit([happened.WeighingMissed("interrupted")])
        if ledger.state.basket.order.asked:
            # Nobody waits for that answer any more; it is asked again.
            self.hear(RenewQuote())
        self._cards.started()

    def stopped(self) -> None:
        """Journal the stop and sign off, unless a sale is open; a dead disk does not hold it."""
        ledger = self.ledger
        is_free = not ledger.state.has_basket and ledger.state.completing is None
        events = [happened.SignedOff()] if ledger.state.operator is not None and is_free else []
        told = [entry for event in events if (entry := entry_of(event)) is not None]
        try:
            ledger.write(events, [*told, (EntryKind.STOPPED, {})], ledger.clock.facts())
        except StorageTrouble as trouble:
            _log.warning("the stop is not in the journal: %s", trouble)

    def handle(self, command: Command) -> None:
        """Carry out a command; `ledger.state` and `message` say what came of it."""
        facts = self.ledger.clock.facts()
        self.message = None
        try:
            events = decide(self.ledger.state, command, self.ledger.shop, facts)
            self._happen(events, facts, notes_of(command, events, facts))
        except Refused as refusal:
            self.refuse(refusal.key, refusal.beeps, refusal.values)
        except StorageTrouble as trouble:
            self.message = Message(trouble.key, Level.TROUBLE, beeps=2)

    def hear(self, command: Command) -> None:
        """What central answered, or time brought; it speaks only where the sale looks different."""
        before, looked = self.message, self._agreed()
        self.handle(command)
        if self._agreed() == looked:
            self.message = before

    def _agreed(self) -> tuple[object, ...]:
        basket = self.ledger.state.basket
        return basket.order.answer, basket.total_minor, [line.promised_by for line in basket.later]

    def note(self, event: Event) -> None:
        """Something happened that nobody at the register asked for: journal and tell it."""
        told = entry_of(event)
        try:
            self.ledger.write([event], [told] if told else [], self.ledger.clock.facts())
        except StorageTrouble as trouble:
            self.message = Message(trouble.key, Level.TROUBLE, beeps=2)
        else:
            self.message = message_of([event], self.ledger.state)

    def refuse(self, key: str, beeps: int = 0, values: dict[str, str | int] | None = None) -> None:
        self.message = Message(key, Level.REFUSAL, values or None, beeps)

    def _happen(self, events: Sequence[Event], facts: Facts, notes: Sequence[Note] = ()) -> None:
        if all(isinstance(event, EDITS) for event in events):
            if events:
                self.ledger.edit(events)
            for event in events:
                self._follow(event)
        else:
            self._do(events, facts, notes)
        said = self.message or message_of(events, self.ledger.state)
        self.message = said or self._warning(events)

    def _warning(self, events: Sequence[Event]) -> Message | None:
        """What was done is done, though it cannot be read just now whether a piece was lent."""
        try:
            return warning_of(self.ledger, events)
        except StorageTrouble as trouble:
            _log.warning("no warning of lent goods: %s", trouble)
            return None

    def _do(self, events: Sequence[Event], facts: Facts, notes: Sequence[Note]) -> None:
        """One durable act, then whatever devices have to do about it."""
        for event in events:
            if isinstance(event, happened.ReceiptCopied):
                self.message = self.copies.copy(event)
                return
        self._write(events, facts, notes)

    def _write(self, events: Sequence[Event], facts: Facts, notes: Sequence[Note] = ()) -> None:
        told = [entry for event in events if (entry := entry_of(event)) is not None]
        self.ledger.write(events, told, facts, notes)
        for event in events:
            self._follow(event)
        settled = [event for event in events if isinstance(event, ExchangeSettled)]
        if settled and self.ledger.state.completing is None:
            # What is left of the exchange matters more than the first of its receipts.
            self.message = message_of(settled, self.ledger.state)

    def _card_said(self, events: Sequence[Event]) -> None:
        """What the terminal answered; it comes by itself, not by a command."""
        before, self.message = self.message, None
        try:
            self._write(events, self.ledger.clock.facts())
        except StorageTrouble:
            self.message = before
            raise
        self.message = self.message or message_of(events, self.ledger.state) or before

    def _follow(self, event: Event) -> None:
        match event:
            case happened.CompletionAsked():
                self.message = self._completion.complete()
            case happened.DrawerOpened():
                self._peripherals.open_drawer()
            case happened.CashMoved():
                self.message = told_short(event, -self.ledger.totals.expected_cash_minor)
                self._peripherals.open_drawer()
                self._peripherals.paper_waits()
            case happened.BasketSuspended() | happened.BasketResumed():
                self.ledger.shop.forget_suspended()
            case happened.XReportMade() | happened.DayClosed() | happened.PrintSettled():
                self._peripherals.paper_waits()
            case happened.GoodsMoved() if event.movement.task_id:
                self.ledger.shop.board.forget()
            case happened.TaskActed():
                self.ledger.shop.board.forget()
                if event.papers:
                    self._peripherals.paper_waits()
            case happened.CardMoved():
                self._peripherals.paper_waits()
            case happened.WeighingAsked():
                self._peripherals.weigh(event.pending)
            case order_events.QuoteAsked():
                self._peripherals.hold(wish_of(event, self.ledger.state.basket))
            case happened.BasketVoided() if event.basket.order.quote_id:
                self._peripherals.release(event.basket.order.quote_id)
        self._cards.follow(event)
