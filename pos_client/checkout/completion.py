"""The completion of a sale: number -> seal -> one write -> drawer -> paper.

The intent with its number is durable before this begins. A crash between any
two steps ends, at the next start, in exactly one receipt: the seal is asked for
again (the unit knows the document id) and the write happens once. Printing and
sync can never fail a sale; a missing seal must (fiscal-law R2, R26).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as SealTimeout
from dataclasses import replace

from central_sync.retail.plain import to_plain
from central_sync.retail.tender import TenderKind
from central_sync.retail.till import with_receipt
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryKind
from hardware.errors import Burnt, DeviceError
from hardware.ports import Seal
from pos_client.checkout.journalling import entry_of
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.lending import overridden
from pos_client.checkout.peripherals import Peripherals
from pos_client.checkout.sealing import PATIENCE_SECONDS, Sealer, problem_of, sealed
from pos_client.checkout.telling import done
from pos_client.receipts.layout import receipt_document
from pos_client.register.card import CardState
from pos_client.register.card_paying import cards_taken
from pos_client.register.closing import close_basket, completed
from pos_client.register.events import NumberBurnt, ReceiptCompleted, SealMissed
from pos_client.register.evolve import evolve
from pos_client.register.view import Level, Message
from pos_client.storage.errors import StorageTrouble

MOST_BURNT = 3
"""So many numbers may one receipt burn before the unit is not believed any more."""

_log = logging.getLogger(__name__)


class Completion:
    """`tell` gets the message of a seal that came late."""

    def __init__(
        self,
        ledger: Ledger,
        sealer: Sealer | None,
        peripherals: Peripherals,
        tell: Callable[[Message], None],
    ) -> None:
        self._ledger = ledger
        self._sealer = sealer
        self._peripherals = peripherals
        self._tell = tell
        self._may_open_drawer = True
        self._burnt = 0

    def complete(self, *, may_open_drawer: bool = True) -> Message:
        """Seal and write the receipt that is completing; waits only a moment.

        `may_open_drawer`: somebody stands there and expects it; after a restart nobody does.
        """
        self._may_open_drawer = may_open_drawer
        transaction = close_basket(self._ledger.state, self._ledger.shop)
        if self._sealer is None:
            if self._ledger.shop.country.needs_fiscal_unit:
                return self._write_missed("fiscal.not_configured", may_be_held=False)
            return self._finish(transaction, None)
        future = self._sealer.seal(transaction)
        try:
            return self._finish(transaction, future.result(PATIENCE_SECONDS))
        except SealTimeout:
            future.add_done_callback(self._arrives_late(transaction.receipt_id))
            return Message("completing.wait")
        except DeviceError as problem:
            return self._missed(problem)

    def _arrives_late(self, receipt_id: str) -> Callable[[Future[Seal]], None]:
        """On the fiscal thread: hand the outcome to the core's."""
        return lambda future: self._peripherals.later(lambda: self._late(receipt_id, future))

    def _late(self, receipt_id: str, future: Future[Seal]) -> None:
        """A seal is for one receipt: given up or made meanwhile, it is nobody's."""
        state = self._ledger.state
        if state.completing is None or state.basket.basket_id != receipt_id:
            _log.info("a late answer of the fiscal unit, for %s, is not needed", receipt_id)
            return
        try:
            self._tell(self._after_all(future))
        except StorageTrouble as trouble:
            self._tell(Message(trouble.key, Level.TROUBLE, beeps=2))

    def _after_all(self, future: Future[Seal]) -> Message:
        try:
            seal = future.result()
        except DeviceError as problem:
            return self._missed(problem)
        return self._finish(close_basket(self._ledger.state, self._ledger.shop), seal)

    def _missed(self, problem: DeviceError) -> Message:
        _log.warning("no seal: %s", problem)
        if isinstance(problem, Burnt) and self._burnt < MOST_BURNT:
            return self._again_under_the_next_number(problem)
        key = problem_of(problem, self._ledger.shop.fiscal_problem())
        may_be_held = problem.bytes_written > 0 or isinstance(problem, Burnt)
        return self._write_missed(key, may_be_held=may_be_held)

    def _again_under_the_next_number(self, problem: Burnt) -> Message:
        """The gap in the series is an event of its own; a code is never guessed."""
        ledger = self._ledger
        assert ledger.state.completing is not None
        self._burnt += 1
        facts = ledger.clock.facts()
        burnt = NumberBurnt(ledger.state.completing.number, facts.new_id, problem.reason)
        told = entry_of(burnt)
        ledger.write([burnt], [told] if told else [], facts)
        return self.complete(may_open_drawer=self._may_open_drawer)

    def _write_missed(self, problem: str, *, may_be_held: bool) -> Message:
        ledger = self._ledger
        ledger.write([SealMissed(problem, may_be_held)], [], ledger.clock.facts())
        return Message(problem, Level.TROUBLE, beeps=2)

    def _finish(self, unsealed: RetailTransaction, seal: Seal | None) -> Message:
        """The sale becomes a fact: journal, totals, stock and paper in one commit."""
        ledger = self._ledger
        transaction = replace(unsealed, seal=sealed(seal) if seal else None)
        opens_drawer = self._opens_drawer(transaction)
        outcome = completed(transaction)
        state = evolve(ledger.state, ReceiptCompleted(outcome))
        totals = with_receipt(ledger.totals, transaction)
        totals = replace(totals, drawer_openings=totals.drawer_openings + opens_drawer)
        facts = ledger.clock.facts()
        body = ledger.body(
            EntryKind.RECEIPT, to_plain(transaction), facts, entry_id=transaction.receipt_id
        )
        country = ledger.shop.country
        code = ledger.shop.prover.code(transaction, country.return_days)
        document = receipt_document(transaction, country, code=code)
        lent = overridden(ledger, transaction)
        with ledger.act(state, totals) as act:
            act.journal(body)
            act.receipt(transaction)
            if lent is not None:
                act.journal(ledger.body(*lent, facts))
            for card in cards_taken(ledger.state):
                act.move_card(replace(card, state=CardState.COMMITTED), facts.at)
            act.print(
                document,
                kind="receipt",
                receipt_number=transaction.receipt_number,
                total_minor=transaction.total_minor,
                at=facts.at,
            )
        ledger.replace_with(state, totals)
        if any(line.refund_key or line.pays_order for line in transaction.live_lines):
            ledger.shop.board.forget()
        self._burnt = 0
        if opens_drawer:
            self._peripherals.open_drawer()
        self._peripherals.paper_waits()
        lacks = -totals.expected_cash_minor if _pays_out_cash(transaction) else 0
        return done(outcome, _cashback_minor(transaction), max(0, lacks))

    def _opens_drawer(self, transaction: RetailTransaction) -> bool:
        if not self._may_open_drawer:
            return False
        tenders = self._ledger.shop.tenders
        openers = {tender.tender_id for tender in tenders if tender.opens_drawer}
        return any(payment.tender_id in openers for payment in transaction.payments)


def _pays_out_cash(transaction: RetailTransaction) -> bool:
    return any(
        payment.kind is TenderKind.CASH and payment.amount_minor < 0
        for payment in transaction.payments
    )


def _cashback_minor(transaction: RetailTransaction) -> int:
    """Cash that was drawn on a card and has to be handed out now."""
    return -sum(
        payment.amount_minor
        for payment in transaction.payments
        if payment.card is not None and payment.kind is TenderKind.CASH
    )
