"""What customers do: buy over the counter, order at a till or on the web, change their minds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import (
    Address,
    CustomerOrder,
    MadeWhere,
    Mode,
    OrderLine,
    Promise,
    commands,
    pieces,
)
from central_sync.retail.transaction import RetailTransaction
from central_sync.server.orders import changing, quotes, quoting, selling
from central_sync.server.orders.identities import new_id
from central_sync.server.orders.quotes import Client
from central_sync.server.refused import Refused
from central_sync.wire.orders import CancelRequest, OrderPayment, OrderRequest
from central_sync.wire.quotes import QuoteLine, QuoteRequest
from tests.central.orders.shop import ANNA, SHOP
from tests.chain_day.chain import SKUS, Chain
from tests.chain_day.counter import Counterside
from tests.chain_day.world import PRICE_MINOR
from tests.retail.trade import basket_line, cash, closed


class Buyers:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.rng, self.world, self.room = chain.rng, chain.world, chain.room

    def sell(self) -> None:
        """Over the counter, off the shelf, whoever it was promised to."""
        till = self.chain.some_till()
        there = [sku for sku in SKUS if self.world.shelf[till.store_id, sku]]
        if not there:
            return
        sku = self.rng.choice(there)
        self.world.shelf[till.store_id, sku] -= 1
        self.chain.receipts += 1
        line = basket_line(1, sku, PRICE_MINOR, sku=sku)
        self.chain.ring_up(till, closed([line], [cash(PRICE_MINOR)], number=self.chain.receipts))
        self.chain.note(f"sold over the counter: {sku} in {till.store_id}")

    def order_at_till(self, sku: str = "", till: Counterside | None = None) -> None:
        """Paid at a till, brought later: held by central, or a wish when it is not heard."""
        till = till or self.chain.some_till()
        wanted = [sku] if sku else self.rng.choices(SKUS, k=self.rng.choice((1, 1, 2, 3)))
        mode, where = self._how()
        quote_id, promise = "", Promise.INTENT
        if till.is_up:
            client = Client(f"till:{till.journal.workstation_id}", till.store_id, True)
            held = self._quote(wanted, mode, where, client)
            if held is None:
                self.chain.note("nobody had it for a till")
                return
            quote_id, promise = held, Promise.RESERVED
        self.chain.receipts += 1
        self.chain.ring_up(
            till, self._order_receipt(till, wanted, (mode, where), quote_id, promise)
        )

    def _order_receipt(
        self,
        till: Counterside,
        wanted: list[str],
        how: tuple[str, str],
        quote_id: str,
        promise: Promise,
    ) -> RetailTransaction:
        mode, where = how
        at = self.room.timestamp()
        basket = [basket_line(n, sku, PRICE_MINOR, sku=sku) for n, sku in enumerate(wanted, 1)]
        total = PRICE_MINOR * len(wanted)
        receipt = closed(basket, [cash(total)], number=self.chain.receipts)
        address_id = new_id(at)
        self.chain.private.kept[address_id] = ANNA
        lines = tuple(
            OrderLine(
                line.line, line.sku, line.name, 1, line.gross_minor, line.vat_minor,
                line.tax_rate_basis_points, Mode(mode), promise, collect_store_id=where,
                answer_by="" if quote_id else self._tomorrow(),
            )
            for line in receipt.lines
        )  # fmt: skip
        order = CustomerOrder(
            order_id=receipt.receipt_id,
            number=receipt.receipt_number,
            made=MadeWhere.IN_STORE,
            lines=lines,
            address=Address(address_id=address_id),
            quote_id=quote_id,
        )
        self._ordered(order.order_id, total, f"{promise.value} {mode} {wanted} in {till.store_id}")
        sold = replace(order, receipt_id=receipt.receipt_id)
        self.chain.returnable += [(till.store_id, sold, line.line) for line in lines]
        return replace(receipt, order=order)

    def order_on_web(self, sku: str = "") -> None:
        wanted = [sku] if sku else self.rng.choices(SKUS, k=self.rng.choice((1, 1, 2)))
        mode, where = self._how()
        quote_id = self._quote(wanted, mode, where, SHOP)
        if quote_id is None:
            self.chain.note("nobody had it for the web")
            return
        if self.rng.random() < 0.15:
            self.chain.forward(self.rng.choice((200, 900)))
        self._place(quote_id, wanted, mode)

    def _place(self, quote_id: str, wanted: list[str], mode: str) -> None:
        with self.room.database.reading() as connection:
            held = quotes.the_quote(connection, quote_id, SHOP)
        total = sum(line.gross_minor for line in held.lines) + held.fee.gross_minor
        asked = OrderRequest(
            quote_id=quote_id,
            address=ANNA,
            payments=[OrderPayment(tender_id="web", amount_minor=total)],
        )
        try:
            order = selling.order(self.room, asked, SHOP).order
        except Refused as refused:
            self.chain.note(f"the web's quote was gone: {refused}")
            return
        self._ordered(order.order_id, total, f"web {mode} {wanted}")

    def rush_for_the_last(self) -> None:
        """Two tills and the web want the same item at once."""
        with self.room.database.reading() as connection:
            level = t.stock_level.c
            left = Counter[str]()
            for row in connection.execute(select(level.sku, level.on_hand, level.reserved)):
                left[row.sku] += max(0, row.on_hand - row.reserved)
        scarce = [sku for sku in SKUS if left[sku] == 1] or [sku for sku in SKUS if left[sku]]
        if not scarce:
            return
        sku = self.rng.choice(scarce)
        buyers: list[Callable[[], None]] = [
            lambda: self.order_on_web(sku),
            lambda: self.order_at_till(sku),
            lambda: self.order_at_till(sku),
        ]
        self.rng.shuffle(buyers)
        self.chain.note(f"a rush: {sku}, {left[sku]} left")
        for buy in buyers:
            buy()

    def leave_a_quote(self) -> None:
        if self._quote([self.rng.choice(SKUS)], "ship", "", SHOP):
            self.chain.note("a quote was left")

    def _quote(self, wanted: list[str], mode: str, where: str, client: Client) -> str | None:
        lines = [
            QuoteLine(line=n, sku=sku, mode=mode, collect_store_id=where)  # type: ignore[arg-type]
            for n, sku in enumerate(wanted, 1)
        ]
        told = quoting.quote(self.room, QuoteRequest(lines=lines, postcode="411 19"), client)
        if not told.is_whole:
            quoting.let_go(self.room, told.quote_id, client)
            return None
        return told.quote_id

    def _how(self) -> tuple[str, str]:
        if self.rng.random() < 0.3:
            return "collect", self.rng.choice(self.chain.store_ids)
        return "ship", ""

    def _ordered(self, order_id: str, total: int, words: str) -> None:
        self.chain.orders.append(order_id)
        self.world.paid[order_id] += total
        self.chain.note(f"ordered: {order_id[-6:]} {words}")

    def _tomorrow(self) -> str:
        return (self.chain.clock.at + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def cancel(self) -> None:
        """By the customer, at central or at any till."""
        known = [order_id for order_id in self.chain.orders if self.chain.order(order_id).order_id]
        if not known:
            return
        order_id = self.rng.choice(known)
        if self.rng.random() < 0.5:
            changing.cancel(self.room, order_id, CancelRequest(), "web", is_inside=True)
            self.chain.note(f"cancelled at central: {order_id[-6:]}")
            return
        line = self.rng.choice([one for one in self.chain.order(order_id).lines if one.is_carried])
        self.chain.speak(
            self.chain.some_till(), order_id, commands.CancelPieces(line.line, 1, "customer")
        )
        self.chain.note(f"cancelled at a till: {order_id[-6:]}")

    def give_back(self) -> None:
        """A shipped or collected pair comes back in any store, and is paid for at once."""
        till = self.chain.some_till()
        mine = [
            one for one in self.chain.returnable if self.world.got[one[1].order_id, one[2]] == 1
        ]
        if not mine or not till.is_up:
            return
        sold_in, order, number = self.rng.choice(mine)
        now = self.chain.order(order.order_id)
        line = now.line(number)
        if line is None or line.given_back or pieces(now, line).delivered != 1:
            return
        self.chain.returnable.remove((sold_in, order, number))
        self.world.got[order.order_id, number] -= 1
        self.world.shelf[till.store_id, line.sku] += 1
        self.chain.give_money(till, order, number, line.gross_minor, "")
