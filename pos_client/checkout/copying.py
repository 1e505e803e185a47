"""The one allowed copy of a receipt: sealed as such, counted, journalled and printed (R5).

A cashier asks for it, or it takes the place of an original that may or may not have come
out when nobody could tell. The thing to get wrong: a second copy. Whoever writes it looks,
in the same breath, whether there is one already.
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
from hardware.errors import DeviceError
from hardware.ports import Seal
from pos_client.checkout.journalling import entry_of
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.peripherals import Peripherals
from pos_client.checkout.sealing import Sealer, sealed
from pos_client.receipts.layout import copy_document
from pos_client.register.events import PrintSettled, ReceiptCopied
from pos_client.register.shop import Facts, PrintOutcome, PrintQuestion
from pos_client.register.view import Level, Message
from pos_client.storage.errors import StorageTrouble

PATIENCE_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Copies:
    """`tell` gets the message of a copy that nobody asked for."""

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

    def copy(self, event: ReceiptCopied, facts: Facts) -> Message:
        """What the cashier asked for; waits some seconds for the seal."""
        transaction = self._ledger.shop.receipt(event.receipt_number)
        assert transaction is not None
        seal: Seal | None = None
        if self._sealer is not None:
            try:
                seal = self._sealer.seal_copy(transaction).result(PATIENCE_SECONDS)
            except (DeviceError, SealTimeout):
                return Message("fiscal.not_answering", Level.TROUBLE, beeps=2)
        self._write(transaction, seal, facts, None)
        return Message("receipt.copied", values={"number": transaction.receipt_number})

    def instead_of(self, doubt: PrintQuestion) -> None:
        """Print the copy because nobody can tell whether the original came out; never waits."""
        transaction = self._ledger.shop.receipt(doubt.receipt_number)
        assert transaction is not None
        if self._sealer is None:
            self._give(transaction, None, doubt)
            return
        self._sealer.seal_copy(transaction).add_done_callback(
            lambda future: self._peripherals.later(lambda: self._came(transaction, doubt, future))
        )

    def _came(
        self, transaction: RetailTransaction, doubt: PrintQuestion, future: Future[Seal]
    ) -> None:
        try:
            self._give(transaction, future.result(), doubt)
        except DeviceError as problem:
            _log.warning("no seal for the copy of %s: %s", doubt.receipt_number, problem)
        except StorageTrouble as trouble:
            self._tell(Message(trouble.key, Level.TROUBLE, beeps=2))

    def _give(
        self, transaction: RetailTransaction, seal: Seal | None, doubt: PrintQuestion
    ) -> None:
        """Somebody may have answered, or copied it, while the unit was thinking."""
        shop = self._ledger.shop
        is_open = any(each.job_id == doubt.job_id for each in shop.prints_in_doubt())
        if not is_open or shop.is_copied(transaction.receipt_id):
            return
        self._write(transaction, seal, self._ledger.clock.facts(), doubt)
        number = transaction.receipt_number
        self._tell(Message("print.copied_instead", Level.TROUBLE, {"number": number}))

    def _write(
        self,
        transaction: RetailTransaction,
        seal: Seal | None,
        facts: Facts,
        instead_of: PrintQuestion | None,
    ) -> None:
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
            if instead_of is not None:
                told = entry_of(_given_up(instead_of))
                assert told is not None
                act.journal(ledger.body(*told, facts))
                act.settle_print(instead_of.job_id, PrintOutcome.COPIED)
            act.copied(transaction.receipt_id, facts.at)
            act.print(
                document,
                kind="copy",
                receipt_number=transaction.receipt_number,
                total_minor=transaction.total_minor,
                at=facts.at,
            )
        ledger.replace_with(ledger.state, totals)
        self._peripherals.paper_waits()


def _given_up(doubt: PrintQuestion) -> PrintSettled:
    return PrintSettled(
        doubt.job_id,
        came_out=False,
        outcome=PrintOutcome.COPIED,
        kind=doubt.kind,
        receipt_number=doubt.receipt_number,
        attempt=doubt.attempt,
    )
