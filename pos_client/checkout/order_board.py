"""The orders and receipts of the chain that were looked up at this till, and its own words on them.

On the core's thread, in memory: a restart forgets them and the next look-up asks again. The
thing to get wrong: believing an old answer. A decision takes what was found last, and central
decides; a right to pay a refund ends by the clock.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from central_sync.retail.proof import Proof
from central_sync.retail.transaction import RetailTransaction
from pos_client.register.desk_orders import (
    DeskOrder,
    OrderedPieces,
    RefundRight,
    returnable,
    task_id_of,
)
from pos_client.register.tasks import TaskAct

MOST_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class KnownReceipt:
    """A receipt as central told it, `returned` per line, and its order; or, with `proof`, as its
    own signed code tells it."""

    receipt: RetailTransaction
    returned: Mapping[int, int] = field(default_factory=dict)
    order: DeskOrder | None = None
    proof: Proof | None = None


class OrderBoard:
    """`acts` are this till's own words, by the id of what they are about; `refunded` the keys of
    refunds that it paid."""

    def __init__(
        self,
        acts: Callable[[], Mapping[str, Sequence[TaskAct]]],
        refunded: Callable[[], frozenset[str]],
    ) -> None:
        self._acts = acts
        self._refunded = refunded
        self._orders: OrderedDict[str, DeskOrder] = OrderedDict()
        self._receipts: OrderedDict[str, KnownReceipt] = OrderedDict()
        self._rights: dict[str, RefundRight] = {}

    def remember(self, orders: Iterable[DeskOrder]) -> tuple[DeskOrder, ...]:
        """As they are shown: with what this till has said and paid since."""
        told = tuple(orders)
        for order in told:
            self._orders[order.order_id] = order
            self._orders.move_to_end(order.order_id)
        while len(self._orders) > MOST_REMEMBERED:
            self._orders.popitem(last=False)
        acts, refunded = self._acts(), self._refunded()
        return tuple(_with_own(order, acts, refunded) for order in told)

    def order(self, order_id: str) -> DeskOrder | None:
        """By its id, or as people say it by its number."""
        found = self._orders.get(order_id)
        return found or next((o for o in self._orders.values() if o.number == order_id), None)

    def grant(self, right: RefundRight) -> None:
        self._rights[right.refund_key] = right

    def right(self, refund_key: str) -> RefundRight | None:
        return self._rights.get(refund_key)

    def keep_receipt(self, known: KnownReceipt) -> None:
        self._receipts[known.receipt.receipt_id] = known
        if known.order is not None:
            self.remember([known.order])
        while len(self._receipts) > MOST_REMEMBERED:
            self._receipts.popitem(last=False)

    def receipt(self, name: str) -> RetailTransaction | None:
        """By its id or its number; stores count alike, so the one told of last is meant."""
        wanted = name.strip()
        known = self._receipts.get(wanted)
        if known is None:
            newest = reversed(self._receipts.values())
            known = next((one for one in newest if one.receipt.receipt_number == wanted), None)
        return known.receipt if known else None

    def unheard(self, receipt_id: str) -> Proof | None:
        known = self._receipts.get(receipt_id)
        return known.proof if known else None

    def returned(self, receipt_id: str) -> Mapping[int, int]:
        known = self._known(receipt_id)
        return known.returned if known else {}

    def ordered(self, receipt_id: str, here: Mapping[int, int]) -> dict[int, OrderedPieces]:
        """`here` is what came back at this till, per line."""
        known = self._known(receipt_id)
        order = self.of_receipt(receipt_id)
        if order is None:
            return {}
        central = known.returned if known else {}
        return {
            line.line: returnable(
                order, central.get(line.line, 0), here.get(line.line, 0), line.line
            )
            for line in order.lines
            if line.is_carried
        }

    def of_receipt(self, receipt_id: str) -> DeskOrder | None:
        """The order that a receipt made, as it was told last."""
        known = self._known(receipt_id)
        return (known.order if known else None) or self._of_receipt(receipt_id)

    def _known(self, receipt_id: str) -> KnownReceipt | None:
        return self._receipts.get(receipt_id)

    def _of_receipt(self, receipt_id: str) -> DeskOrder | None:
        found = (each for each in self._orders.values() if each.receipt_id == receipt_id)
        return next(found, None)


def _with_own(
    order: DeskOrder, acts: Mapping[str, Sequence[TaskAct]], refunded: frozenset[str]
) -> DeskOrder:
    mine = acts.get(task_id_of(order.order_id), ())
    waiting = sum(act.epoch >= order.version for act in mine)
    refunds = tuple(
        replace(refund, is_paid=refund.is_paid or refund.refund_key in refunded)
        for refund in order.refunds
    )
    return replace(order, unconfirmed=waiting, refunds=refunds)
