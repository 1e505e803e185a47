"""Follows what sync found of a restored or copied disk: the register goes on in a new epoch.

Looked at once a second and at the start, from sync.db alone. The thing to get wrong: doing it
while a receipt is completing; it has its number of the old epoch, and the control unit may
hold it. Selling never waits for any of this.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from central_sync.engine.epochs import open_forks, order_of
from central_sync.engine.state import SyncState
from central_sync.retail.identity import ReceiptNumber
from pos_client.checkout.ledger import Ledger
from pos_client.register.view import Level, Message
from pos_client.storage.journal import JournalReader

_log = logging.getLogger(__name__)


class EpochWatch:
    """`read` gives sync's state; it is asked again only when that has changed."""

    def __init__(
        self, ledger: Ledger, journal: JournalReader, read: Callable[[], SyncState]
    ) -> None:
        self._ledger, self._journal, self._read = ledger, journal, read
        self._seen: SyncState | None = None

    def look(self) -> Message | None:
        """Enter another epoch where sync has one ready; one line for the cashier, or None.

        Raises StorageTrouble; nothing was half done then, and it is tried again.
        """
        known = self._read()
        if known is self._seen:
            return None
        self._above_what_central_saw(known)
        if not open_forks(known, self._journal.carried()):
            self._seen = known
            return None
        in_journal = {head.epoch for head in self._journal.heads()}
        order = order_of(known, in_journal, self._journal.carried())
        if order is None or self._ledger.state.completing is not None:
            return None
        count = self._ledger.carry_on(order)
        self._seen = known
        _log.warning("epoch %d entered, %d entries said again", order.epoch, count)
        number = ReceiptNumber(
            self._ledger.shop.workstation_id, order.epoch, self._ledger.state.next_number
        )
        return Message("epoch.entered", Level.TROUBLE, {"number": str(number)}, beeps=1)

    def _above_what_central_saw(self, known: SyncState) -> None:
        """A restored disk has forgotten numbers that are on paper: skip them at once."""
        self._ledger.skip_numbers(known.central_numbers.get(self._ledger.shop.epoch, 0))
