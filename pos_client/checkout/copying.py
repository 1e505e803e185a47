"""The one allowed copy of a receipt: sealed as such, counted, journalled and printed (R5).

A cashier asks for it, or it takes the place of an original that may or may not have come
out when nobody could tell. The seal is asked for as a sale's is: the register waits a
moment and goes on, and the copy is written when the answer has come. Until then nothing is
kept: a copy that a power cut took is asked for again, and the unit knows its document id.

The thing to get wrong: a second copy. Whoever writes it looks, in the same breath, whether
there is one already; and one whose seal is lost for good is counted, because the unit has
counted it, and never printed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as SealTimeout
from dataclasses import replace

from central_sync.retail.plain import to_plain
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import EntryKind
from hardware.errors import Burnt, DeviceError
from hardware.ports import Seal
from pos_client.checkout.journalling import entry_of
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.peripherals import Peripherals
from pos_client.checkout.sealing import PATIENCE_SECONDS, Sealer, problem_of, sealed
from pos_client.receipts.layout import copy_document
from pos_client.register.events import PrintSettled, ReceiptCopied
from pos_client.register.shop import Facts, PrintOutcome, PrintQuestion
from pos_client.register.view import Level, Message
from pos_client.storage.errors import StorageTrouble
from pos_client.storage.records import Act

_log = logging.getLogger(__name__)

Arrived = Callable[[Future[Seal]], Message | None]


class Copies:
    """`tell` gets the message of a copy that nobody asked for, or whose seal came late."""

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
        self._waiting: set[str] = set()

    def copy(self, event: ReceiptCopied) -> Message:
        """What the cashier asked for: printed, or said to wait and printed later."""
        transaction = self._ledger.shop.receipt(event.receipt_number)
        assert transaction is not None
        if self._sealer is None:
            return self._finish(transaction, None)
        if event.receipt_id in self._waiting:
            return _waits(transaction)
        future = self._sealer.seal_copy(transaction)
        try:
            return self._finish(transaction, future.result(PATIENCE_SECONDS))
        except SealTimeout:
            self._waiting.add(event.receipt_id)
            self._when_it_comes(future, lambda late: self._came(transaction, late))
            return _waits(transaction)
        except DeviceError as problem:
            return self._missed(transaction, problem)

    def instead_of(self, doubt: PrintQuestion) -> None:
        """Print the copy because nobody can tell whether the original came out; never waits."""
        transaction = self._ledger.shop.receipt(doubt.receipt_number)
        assert transaction is not None
        if self._sealer is None:
            self._tell_if(self._give(transaction, None, doubt))
            return
        future = self._sealer.seal_copy(transaction)
        self._when_it_comes(future, lambda late: self._came_instead(transaction, doubt, late))

    def _when_it_comes(self, future: Future[Seal], arrived: Arrived) -> None:
        """The future ends on the fiscal thread; what came of it is for the core's."""
        future.add_done_callback(
            lambda late: self._peripherals.later(lambda: self._settle(late, arrived))
        )

    def _settle(self, future: Future[Seal], arrived: Arrived) -> None:
        try:
            self._tell_if(arrived(future))
        except StorageTrouble as trouble:
            self._tell(Message(trouble.key, Level.TROUBLE, beeps=2))

    def _tell_if(self, message: Message | None) -> None:
        if message is not None:
            self._tell(message)

    def _came(self, transaction: RetailTransaction, future: Future[Seal]) -> Message:
        self._waiting.discard(transaction.receipt_id)
        try:
            return self._finish(transaction, future.result())
        except DeviceError as problem:
            return self._missed(transaction, problem)

    def _came_instead(
        self, transaction: RetailTransaction, doubt: PrintQuestion, future: Future[Seal]
    ) -> Message | None:
        try:
            return self._give(transaction, future.result(), doubt)
        except DeviceError as problem:
            # The question to the cashier stays; it is answered without a copy.
            message = self._missed(transaction, problem)
            return message if isinstance(problem, Burnt) else None

    def _missed(self, transaction: RetailTransaction, problem: DeviceError) -> Message:
        _log.warning("no seal for the copy of %s: %s", transaction.receipt_number, problem)
        if not isinstance(problem, Burnt):
            key = problem_of(problem, self._ledger.shop.fiscal_problem())
            return Message(key, Level.TROUBLE, beeps=2)
        if not self._ledger.shop.is_copied(transaction.receipt_id):
            self._write(transaction, None, is_lost=True)
        return Message("fiscal.copy_lost", Level.TROUBLE, beeps=2)

    def _finish(self, transaction: RetailTransaction, seal: Seal | None) -> Message:
        """Another copy may have been written while the unit was thinking."""
        number = {"number": transaction.receipt_number}
        if self._ledger.shop.is_copied(transaction.receipt_id):
            return Message("receipt.copied_already", Level.REFUSAL, values=dict(number))
        self._write(transaction, seal)
        return Message("receipt.copied", values=dict(number))

    def _give(
        self, transaction: RetailTransaction, seal: Seal | None, doubt: PrintQuestion
    ) -> Message | None:
        """Somebody may have answered, or copied it, while the unit was thinking."""
        shop = self._ledger.shop
        is_open = any(each.job_id == doubt.job_id for each in shop.prints_in_doubt())
        if not is_open or shop.is_copied(transaction.receipt_id):
            return None
        self._write(transaction, seal, instead_of=doubt)
        number = transaction.receipt_number
        return Message("print.copied_instead", Level.TROUBLE, {"number": number})

    def _write(
        self,
        transaction: RetailTransaction,
        seal: Seal | None,
        *,
        instead_of: PrintQuestion | None = None,
        is_lost: bool = False,
    ) -> None:
        ledger = self._ledger
        facts = ledger.clock.facts()
        amount = transaction.total_minor + transaction.rounding_minor
        totals = replace(ledger.totals, copies=ledger.totals.copies.plus(amount))
        number = ledger.shop.receipts.copy_count() + 1
        payload = {
            "receipt_id": transaction.receipt_id,
            "receipt_number": transaction.receipt_number,
            "number": number,
            "amount_minor": amount,
            "seal": to_plain(sealed(seal) if seal else None),
            "is_lost": is_lost,
        }
        with ledger.act(ledger.state, totals) as act:
            act.journal(ledger.body(EntryKind.RECEIPT_COPIED, payload, facts))
            if instead_of is not None:
                self._give_up(act, instead_of, facts)
            act.copied(transaction.receipt_id, facts.at)
            if not is_lost:
                self._print(act, transaction, seal, number, facts)
        ledger.replace_with(ledger.state, totals)
        self._peripherals.paper_waits()

    def _give_up(self, act: Act, doubt: PrintQuestion, facts: Facts) -> None:
        told = entry_of(_given_up(doubt))
        assert told is not None
        act.journal(self._ledger.body(*told, facts))
        act.settle_print(doubt.job_id, PrintOutcome.COPIED)

    def _print(
        self,
        act: Act,
        transaction: RetailTransaction,
        seal: Seal | None,
        number: int,
        facts: Facts,
    ) -> None:
        document = copy_document(
            transaction,
            self._ledger.shop.country,
            copied_at_local=facts.local_time,
            copy_seal=sealed(seal) if seal else None,
            number=number,
        )
        act.print(
            document,
            kind="copy",
            receipt_number=transaction.receipt_number,
            total_minor=transaction.total_minor,
            at=facts.at,
        )


def _waits(transaction: RetailTransaction) -> Message:
    return Message("receipt.copy_waits", values={"number": transaction.receipt_number})


def _given_up(doubt: PrintQuestion) -> PrintSettled:
    return PrintSettled(
        doubt.job_id,
        came_out=False,
        outcome=PrintOutcome.COPIED,
        kind=doubt.kind,
        receipt_number=doubt.receipt_number,
        attempt=doubt.attempt,
    )
