"""Orders and receipts of the whole chain, asked live; else what this store was told of.

It has threads and a line of its own. The thing to get wrong: giving a refund away without
central. Finding falls back on the store's own rows, a refund never does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING, TypeVar

from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.retail.plain import Unreadable, from_plain
from central_sync.retail.transaction import RetailTransaction
from pos_client.checkout.desk_line import LOOK_UP_SECONDS
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.order_board import KnownReceipt
from pos_client.checkout.order_views import order_of, right_of
from pos_client.register.desk_orders import DeskOrder, RefundRight

if TYPE_CHECKING:
    from central_sync.engine.desk import OrderDesk

MONEY_SECONDS = 3.0
"""So long a person waits for central's word on money."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class OrderLine:
    """`open_desk` opens one line to central, on the thread that uses it. Every `then` is called
    on the core's thread, with None when central is late or away."""

    def __init__(
        self,
        open_desk: Callable[[], OrderDesk],
        mailbox: Mailbox,
        *,
        patience_seconds: float = LOOK_UP_SECONDS,
    ) -> None:
        self._open_desk = open_desk
        self._mailbox = mailbox
        self._patience_seconds = patience_seconds
        self._desk: OrderDesk | None = None
        self._waiting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="orders-wait")
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="orders-look-up")

    def start(self) -> None:
        """Open the line before the first question, so that it does not wait for libraries."""
        self._asking.submit(self._open)

    def find(
        self, text: str, then: Callable[[tuple[tuple[DeskOrder, ...], bool] | None], None]
    ) -> None:
        """Orders, and whether there are more."""
        self._submit(lambda: self._find(text), self._patience_seconds, then)

    def receipt(self, number: str, then: Callable[[KnownReceipt | None], None]) -> None:
        self._submit(lambda: self._receipt(number), self._patience_seconds, then)

    def claim(
        self, order_id: str, refund_key: str, then: Callable[[RefundRight | str | None], None]
    ) -> None:
        """The right to pay it out, or central's no in its own word."""
        self._submit(lambda: self._claim(order_id, refund_key), MONEY_SECONDS, then)

    def stop(self) -> None:
        for thread in (self._waiting, self._asking):
            thread.shutdown(wait=False, cancel_futures=True)
        if self._desk is not None:
            self._desk.close()

    def _submit(
        self, ask: Callable[[], T], seconds: float, then: Callable[[T | None], None]
    ) -> None:
        self._waiting.submit(self._answer, ask, seconds, then)

    def _answer(
        self, ask: Callable[[], T], seconds: float, then: Callable[[T | None], None]
    ) -> None:
        told = self._in_time(ask, seconds)
        self._mailbox.post(lambda: then(told))

    def _in_time(self, ask: Callable[[], T], seconds: float) -> T | None:
        asked = self._asking.submit(ask)
        try:
            return asked.result(seconds)
        except Late:
            asked.cancel()
        except (SyncTrouble, Unreadable) as trouble:
            _log.info("central tells of no order: %s", trouble)
        return None

    def _find(self, text: str) -> tuple[tuple[DeskOrder, ...], bool]:
        found = self._open().find_orders(text)
        return tuple(order_of(each) for each in found.orders), found.is_more

    def _receipt(self, number: str) -> KnownReceipt:
        """Raises Unreadable for a receipt of a newer till."""
        told = self._open().receipt(number)
        return KnownReceipt(
            from_plain(RetailTransaction, told.receipt),
            told.returned,
            order_of(told.order) if told.order else None,
        )

    def _claim(self, order_id: str, refund_key: str) -> RefundRight | str:
        try:
            return right_of(self._open().claim_refund(order_id, refund_key))
        except SyncTrouble as trouble:
            if trouble.code is Code.REFUSED:
                return str(trouble)
            raise

    def _open(self) -> OrderDesk:
        if self._desk is None:
            self._desk = self._open_desk()
        return self._desk
