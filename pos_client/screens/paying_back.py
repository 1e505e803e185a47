"""Paying back what an order owes: central's word first, then a line in the basket.

The thing to get wrong: paying without that word, since another store may be paying just now.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.register.desk_commands import PayOutRefund
from pos_client.register.queries import Answer, ClaimRefund, RefundAnswer
from pos_client.screens.till import Till


def pay_back(till: Till, order_id: str, refund_key: str, then: Callable[[], None]) -> None:
    """Claim a refund and put it into the basket; `then` only when it is there."""
    lines = len(till.view.lines)

    def claimed(answer: Answer | None) -> None:
        if not isinstance(answer, RefundAnswer):
            return
        if answer.problem:
            till.refuse(f"orders.refund_{answer.problem}")
            return
        till.do(PayOutRefund(refund_key), put)

    def put() -> None:
        if len(till.view.lines) > lines or till.view.approval is not None:
            then()

    till.look_up(ClaimRefund(order_id, refund_key), claimed)
