"""Orders and receipts for who asks: from central while it answers in time, else as known here.

Everything here is on the core's thread. The thing to get wrong: a receipt of this till that
another store has taken back already. Central is asked of our own receipts too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from central_sync.countries.country import Country
from central_sync.retail.identity import whole_number
from central_sync.retail.proof import looks_like
from central_sync.retail.transaction import LineItem, RetailTransaction
from pos_client.checkout.answers import Answers, receipt_view
from pos_client.checkout.delivered_lines import with_substitutes
from pos_client.checkout.ledger import Ledger
from pos_client.checkout.order_board import KnownReceipt
from pos_client.checkout.order_line import OrderLine
from pos_client.checkout.proved_receipts import receipt_from
from pos_client.checkout.proving import receipt_in
from pos_client.register.desk_orders import DeskOrder, OrderedPieces, RefundRight
from pos_client.register.queries import (
    AboutOrders,
    Answer,
    ClaimRefund,
    FindOrders,
    FindReceipt,
    FoundOrders,
    ReceiptDoubt,
    ReceiptView,
    RefundAnswer,
)

Reply = Callable[[Answer | None], None]


class OrderLookUps:
    """`age_seconds` tells how old the store's own rows are; None when never told."""

    def __init__(
        self,
        ledger: Ledger,
        answers: Answers,
        line: OrderLine | None,
        age_seconds: Callable[[], int | None],
    ) -> None:
        self._ledger = ledger
        self._answers = answers
        self._line = line
        self._age_seconds = age_seconds

    def ask(self, query: AboutOrders, reply: Reply) -> None:
        """Nothing is told while nobody is signed on."""
        if self._ledger.state.operator is None:
            reply(None)
        elif isinstance(query, ClaimRefund):
            self._claim(query, reply)
        elif isinstance(query, FindReceipt):
            wanted = FindReceipt(receipt_in(query.receipt_number))
            code = query.receipt_number
            self._answers.ask(wanted, lambda here: self._receipt(wanted, code, here, reply))
        else:
            self._find(query, reply)

    # -- orders

    def _find(self, query: FindOrders, reply: Reply) -> None:
        if self._line is None:
            self._find_here(query, reply)
        else:
            text = self._whole(query.text)
            self._line.find(text, lambda told: self._found(query, told, reply))

    def _found(
        self, query: FindOrders, told: tuple[tuple[DeskOrder, ...], bool] | None, reply: Reply
    ) -> None:
        if told is None:
            self._find_here(query, reply)
            return
        orders, is_more = told
        reply(FoundOrders(self._ledger.shop.orders.remember(orders), is_more, is_live=True))

    def _whole(self, typed: str) -> str:
        return whole_number(typed, self._ledger.shop.seller.store_id)

    def _find_here(self, query: FindOrders, reply: Reply) -> None:
        def found(answer: Answer | None) -> None:
            if isinstance(answer, FoundOrders):
                shown = self._ledger.shop.orders.remember(answer.orders)
                answer = replace(answer, orders=shown, age_seconds=self._age_seconds())
            reply(answer)

        self._answers.ask(query, found)

    # -- refunds

    def _claim(self, query: ClaimRefund, reply: Reply) -> None:
        if self._line is None:
            reply(RefundAnswer(query.refund_key, "away"))
        else:
            # A person names an order by its number; central goes by the id.
            known = self._ledger.shop.order(query.order_id)
            self._line.claim(
                known.order_id if known else query.order_id,
                query.refund_key,
                lambda told: reply(self._claimed(query.refund_key, told)),
            )

    def _claimed(self, refund_key: str, told: RefundRight | str | None) -> RefundAnswer:
        if isinstance(told, RefundRight):
            self._ledger.shop.orders.grant(told)
            return RefundAnswer(refund_key)
        return RefundAnswer(refund_key, "away" if told is None else "refused", told or "")

    # -- receipts

    def _receipt(self, query: FindReceipt, code: str, here: Answer | None, reply: Reply) -> None:
        known = here if isinstance(here, ReceiptView) else None
        number = known.receipt_number if known else self._whole(query.receipt_number)
        if self._line is None:
            self._shown(known, None, code, reply)
        else:
            self._line.receipt(number, lambda told: self._shown(known, told, code, reply))

    def _shown(
        self, here: ReceiptView | None, told: KnownReceipt | None, code: str, reply: Reply
    ) -> None:
        shop = self._ledger.shop
        if told is not None:
            shop.orders.keep_receipt(told)
            reply(self._view(told.receipt, is_foreign=here is None))
            return
        if here is None and looks_like(code):
            reply(self._proved(code))
            return
        own = shop.receipt(here.receipt_number) if here else None
        if own is None or own.order is None:
            reply(here)
            return
        order_id = own.order.order_id
        self._find_here(FindOrders(order_id), lambda _: reply(self._view(own, is_foreign=False)))

    def _proved(self, code: str) -> Answer:
        """Nobody can be asked: what the code says of itself, when its signature is good."""
        shop = self._ledger.shop
        found = shop.prover.read(code)
        if isinstance(found, str):
            return ReceiptDoubt(found)
        known = shop.orders.receipt(found.receipt_id)
        if known is None:
            known = receipt_from(found, shop)
            shop.orders.keep_receipt(KnownReceipt(known, proof=found))
        is_unheard = shop.unheard(found.receipt_id) is not None
        return replace(self._view(known, is_foreign=True), is_unheard=is_unheard, paper=())

    def _view(self, transaction: RetailTransaction, *, is_foreign: bool) -> ReceiptView:
        shop = self._ledger.shop
        returned = shop.returned(transaction.receipt_id)
        ordered = shop.ordered(transaction.receipt_id)
        country: Country = shop.country
        whole = with_substitutes(transaction, shop.orders.of_receipt(transaction.receipt_id))
        shown = receipt_view(
            transaction,
            lambda line: left_of(whole, line, returned, ordered),
            country,
            is_copied=is_foreign or shop.is_copied(transaction.receipt_id),
            lines=whole.live_lines,
        )
        if not is_foreign:
            return shown
        return replace(shown, store=transaction.seller.store_name, key=transaction.receipt_id)


def left_of(
    transaction: RetailTransaction,
    line: LineItem,
    returned: Mapping[int, int],
    ordered: Mapping[int, OrderedPieces],
) -> int:
    """Pieces that may still be taken back; a weighed line is one piece while any is left."""
    if line.deposit_slip or line.pays_order:
        return 0
    if line.line in transaction.ordered:
        pieces = ordered.get(line.line)
        return pieces.delivered if pieces else 0
    left = max(0, line.returnable - returned.get(line.line, 0))
    return min(left, 1) if line.weight_grams else left
