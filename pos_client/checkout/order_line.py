"""Orders and receipts of the whole chain, asked live; else what this store was told of.

It has threads and a line of its own. The thing to get wrong: giving a refund away without
central. Finding falls back on the store's own rows, a refund never does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.retail.plain import from_plain
from central_sync.retail.transaction import RetailTransaction
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.order_board import KnownReceipt
from pos_client.checkout.order_views import order_of, right_of
from pos_client.checkout.patient_line import LOOK_UP_SECONDS, PatientLine
from pos_client.register.desk_orders import DeskOrder, RefundRight

if TYPE_CHECKING:
    from central_sync.engine.desk import OrderDesk

MONEY_SECONDS = 3.0
"""So long a person waits for central's word on money."""


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
        self._line = PatientLine(open_desk, mailbox, "orders")
        self._patience_seconds = patience_seconds

    def find(
        self, text: str, then: Callable[[tuple[tuple[DeskOrder, ...], bool] | None], None]
    ) -> None:
        """Orders, and whether there are more."""
        self._line.submit(lambda desk: _find(desk, text), self._patience_seconds, then)

    def receipt(self, number: str, then: Callable[[KnownReceipt | None], None]) -> None:
        self._line.submit(lambda desk: _receipt(desk, number), self._patience_seconds, then)

    def claim(
        self, order_id: str, refund_key: str, then: Callable[[RefundRight | str | None], None]
    ) -> None:
        """The right to pay it out, or central's no in its own word."""
        self._line.submit(lambda desk: _claim(desk, order_id, refund_key), MONEY_SECONDS, then)

    def stop(self) -> None:
        self._line.stop()


def _find(desk: OrderDesk, text: str) -> tuple[tuple[DeskOrder, ...], bool]:
    found = desk.find_orders(text)
    return tuple(order_of(each) for each in found.orders), found.is_more


def _receipt(desk: OrderDesk, number: str) -> KnownReceipt:
    """Raises Unreadable for a receipt of a newer till."""
    told = desk.receipt(number)
    return KnownReceipt(
        from_plain(RetailTransaction, told.receipt),
        told.returned,
        order_of(told.order) if told.order else None,
    )


def _claim(desk: OrderDesk, order_id: str, refund_key: str) -> RefundRight | str:
    try:
        return right_of(desk.claim_refund(order_id, refund_key))
    except SyncTrouble as trouble:
        if trouble.code is Code.REFUSED:
            return str(trouble)
        raise
