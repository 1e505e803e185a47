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
from typing import Protocol

from central_sync.retail.plain import to_plain
from central_sync.retail.tender import TenderKind
from central_sync.retail.till import with_receipt
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryKind
from hardware.errors import DeviceError, Refused
from hardware.ports import Seal
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.sealing import Sealer, sealed
from pos_client.checkout.telling import done
from pos_client.receipts.layout import copy_document, receipt_document
from pos_client.register.card import CardState
from pos_client.register.card_paying import cards_taken
from pos_client.register.closing import close_basket, completed
from pos_client.register.events import ReceiptCompleted, ReceiptCopied, SealMissed
from pos_client.register.evolve import evolve
from pos_client.register.shop import Facts
from pos_client.register.view import Level, Message
from pos_client.storage.errors import StorageTrouble

PATIENCE_SECONDS = 0.15
"""How long the sale waits for its seal before the screen says that it is waiting."""

COPY_PATIENCE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Peripherals(Protocol):
    """What the desk asks of devices; none of it is waited for."""

    def open_drawer(self) -> None: ...

    def paper_waits(self) -> None:
        """There is a new print job."""

    def later(self, call: Callable[[], None]) -> None:
        """Run on the core's thread."""


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

    def complete(self) -> Message:
        """Seal and write the receipt that is completing; waits only a moment."""
        transaction = close_basket(self._ledger.state, self._ledger.shop)
        if self._sealer is None:
            if self._ledger.shop.country.needs_fiscal_unit:
                return self._write_missed("fiscal.not_configured")
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
        self._tell(self._after_all(future))

    def _after_all(self, future: Future[Seal]) -> Message:
        try:
            seal = future.result()
            return self._finish(close_basket(self._ledger.state, self._ledger.shop), seal)
        except DeviceError as problem:
            return self._missed(problem)
        except StorageTrouble as trouble:
            return Message(trouble.key, Level.TROUBLE, beeps=2)

    def _missed(self, problem: DeviceError) -> Message:
        _log.warning("no seal: %s", problem)
        refused = isinstance(problem, Refused)
        return self._write_missed("fiscal.refused" if refused else "fiscal.not_answering")

    def _write_missed(self, problem: str) -> Message:
        ledger = self._ledger
        ledger.write([SealMissed(problem)], [], ledger.clock.facts())
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
        document = receipt_document(transaction, ledger.shop.country)
        with ledger.act(state, totals) as act:
            act.journal(body)
            act.receipt(transaction)
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
        if opens_drawer:
            self._peripherals.open_drawer()
        self._peripherals.paper_waits()
        return done(outcome, _cashback_minor(transaction))

    def _opens_drawer(self, transaction: RetailTransaction) -> bool:
        tenders = self._ledger.shop.tenders
        openers = {tender.tender_id for tender in tenders if tender.opens_drawer}
        return any(payment.tender_id in openers for payment in transaction.payments)

    def copy(self, event: ReceiptCopied, facts: Facts) -> Message:
        """The one allowed copy: sealed as such, counted, journalled and printed (R5)."""
        ledger = self._ledger
        transaction = ledger.shop.receipt(event.receipt_number)
        assert transaction is not None
        seal: Seal | None = None
        if self._sealer is not None:
            try:
                seal = self._sealer.seal_copy(transaction).result(COPY_PATIENCE_SECONDS)
            except (DeviceError, SealTimeout):
                return Message("fiscal.not_answering", Level.TROUBLE, beeps=2)
        self._write_copy(transaction, seal, facts)
        self._peripherals.paper_waits()
        return Message("receipt.copied", values={"number": transaction.receipt_number})

    def _write_copy(self, transaction: RetailTransaction, seal: Seal | None, facts: Facts) -> None:
        ledger = self._ledger
        amount = transaction.total_minor + transaction.rounding_minor
        totals = replace(ledger.totals, copies=ledger.totals.copies.plus(amount))
        copy_seal = sealed(seal) if seal else None
        number = ledger.shop.receipts.copy_count() + 1
        payload = {
            "receipt_id": transaction.receipt_id,
            "receipt_number": transaction.receipt_number,
            "number": number,
            "amount_minor": amount,
            "seal": to_plain(copy_seal),
        }
        document = copy_document(
            transaction,
            ledger.shop.country,
            copied_at_local=facts.local_time,
            copy_seal=copy_seal,
            number=number,
        )
        with ledger.act(ledger.state, totals) as act:
            act.journal(ledger.body(EntryKind.RECEIPT_COPIED, payload, facts))
            act.copied(transaction.receipt_id, facts.at)
            act.print(
                document,
                kind="copy",
                receipt_number=transaction.receipt_number,
                total_minor=transaction.total_minor,
                at=facts.at,
            )
        ledger.replace_with(ledger.state, totals)


def _cashback_minor(transaction: RetailTransaction) -> int:
    """Cash that was drawn on a card and has to be handed out now."""
    return -sum(
        payment.amount_minor
        for payment in transaction.payments
        if payment.card is not None and payment.kind is TenderKind.CASH
    )
