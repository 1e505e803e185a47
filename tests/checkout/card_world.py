"""Thousands of card sales in pretend time, in a world that loses, delays and cuts the power.

The register's mind and the card desk are the production ones; the disk is a variable
that survives power cuts, the terminal the twin with its bank. Time is questions: a late
request arrives after so many of them, or when `settle` says that nothing can any more.
The bank is the judge: what it took for a sale must be what the sale's receipt says.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from central_sync.retail.basket import Basket, BasketLine
from central_sync.retail.item import ItemKind
from central_sync.retail.transaction import RetailTransaction
from hardware.errors import Absent, DeviceError, Lost, Stalled
from hardware.memory.terminal import Fate, MemoryTerminal, Step
from hardware.ports import CardAnswer
from pos_client.checkout.card_desk import CardDesk
from pos_client.register import commands
from pos_client.register import events as happened
from pos_client.register.card import CardState
from pos_client.register.closing import close_basket, completed
from pos_client.register.commands import Command
from pos_client.register.decide import decide
from pos_client.register.events import Event
from pos_client.register.evolve import evolve
from pos_client.register.refusal import Refused
from pos_client.register.shop import Facts
from pos_client.register.state import Register
from pos_client.register.view import Message
from tests.builders import MemoryShop, a_shop, people

T = TypeVar("T")

FATES = (
    *(Fate.APPROVE,) * 6,
    Fate.DECLINE,
    Fate.ABORTED,
    Fate.PARTIAL,
    Fate.TIP,
    Fate.CASHBACK,
    Fate.BUSY,
    Fate.ABSENT,
    Fate.IN_PROGRESS,
    Fate.LATE_REQUEST,
    Fate.LOSE_REQUEST,
    Fate.LOSE_REPLY,
    Fate.LOSE_DECLINE,
    Fate.REBOOT,
)


class PowerCut(Exception):
    """Everything but the disk and the bank is gone."""


class ShakyTerminal(MemoryTerminal):
    """Its answers about the past get lost on the way, too."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance

    def status(self, service_id: str, witness: str = "") -> CardAnswer:
        answer = super().status(service_id, witness)
        roll = self._chance.random()
        if roll < 0.08:
            raise Stalled("world", "the answer was lost")
        if roll < 0.12:
            raise Absent("world", "nobody there")
        if roll < 0.16:
            return replace(answer, service_id="OTHER")
        return answer

    def settle(self) -> None:
        if self._chance.random() < 0.1:
            raise Lost("world", "the line broke")
        super().settle()


@dataclass
class World:
    """`cuts` is the chance of a power cut at each of the places where one hurts."""

    chance: Random
    cuts: float = 0.03
    shop: MemoryShop = field(default_factory=a_shop)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.shop.has_card_terminal = True
        self.terminal = ShakyTerminal(self.chance)
        self.state = replace(Register(), operator=people()["1009"], day="2026-11-22")
        self.receipts: dict[int, RetailTransaction] = {}
        self.sales: dict[str, int] = {}
        self._pending: deque[tuple[Callable[[Any], Any], Callable[[Any], None]]] = deque()
        self._ids = 0
        self._sale = 0
        self._power_on()

    # Fulfils checkout.card_desk.Books and Calls.

    def facts(self) -> Facts:
        self._ids += 1
        new_id = f"018bcfe5-687b-7000-8000-{self._ids:012d}"
        return Facts("2026-11-22T10:00:00.000Z", "2026-11-22 11:00:00", "2026-11-22", new_id)

    def make(
        self,
        call: Callable[[Any], T],
        then: Callable[[T | DeviceError], None],
        pause_seconds: float = 0.0,
    ) -> None:
        self._pending.append((call, then))

    def hurry(self) -> None:
        """Nobody waits here."""

    def abort(self, service_id: str) -> None:
        self.terminal.abort(service_id)

    # The till.

    def _power_on(self) -> None:
        self._pending.clear()
        self.desk = CardDesk(self, self, self.write, self._tell, 0.0)
        self.desk.started()

    def _tell(self, message: Message) -> None:
        self.seen[message.key] += 1

    def _maybe_cut(self) -> None:
        if self.chance.random() < self.cuts:
            raise PowerCut

    def write(self, events: Sequence[Event]) -> None:
        """One durable act: whole or not at all, and the power may go before or after it."""
        self._maybe_cut()
        for event in events:
            self.state = evolve(self.state, event)
            if isinstance(event, happened.CardAsked):
                self.sales[event.card.transaction_id] = self._sale
        self._maybe_cut()
        for event in events:
            self.desk.follow(event)

    def do(self, command: Command) -> None:
        self.write(decide(self.state, command, self.shop, self.facts()))

    def step(self) -> None:
        """One call of the terminal, and what it came to."""
        call, then = self._pending.popleft()
        self._maybe_cut()
        came: Any
        try:
            came = call(self.terminal)
        except DeviceError as problem:
            came = problem
        self._maybe_cut()
        then(came)

    def through(self, act: Callable[[], None]) -> None:
        """Do it; a power cut means that the till is started again."""
        try:
            act()
        except PowerCut:
            self.seen["power cut"] += 1
            self._start_again()

    def _start_again(self) -> None:
        while True:
            try:
                self._power_on()
            except PowerCut:
                continue
            return

    # A sale.

    def sell(self, price_minor: int) -> None:
        self._sale += 1
        self._ids += 1
        line = BasketLine(
            1, "SKO", "Sko", "", ItemKind.GOODS, 1, price_minor, price_minor, 2_500
        )  # fmt: skip
        self.state = evolve(self.state, happened.LineAdded(f"basket-{self._ids}", line))
        for _ in range(self.chance.randint(1, 4)):
            if self._is_done():
                break
            self._try_card()
        if not self._is_done():
            self._end_without_card()

    def _is_done(self) -> bool:
        return self._sale in self.receipts

    def _try_card(self) -> None:
        self.terminal.expect(Step(self.chance.choice(FATES), asks=self.chance.randint(0, 7)))
        self.through(lambda: self.do(commands.Pay("card")))
        self._until_quiet()
        if self.state.completing is not None:
            self._complete()

    def _until_quiet(self) -> None:
        for _ in range(2_000):
            if self.state.card is None:
                return
            if self.chance.random() < 0.05:
                self.through(self._wish_to_abort)
            if self.state.card is not None:
                self.through(self.step)
        raise AssertionError(f"it never comes to an end: {self.state.card}")

    def _wish_to_abort(self) -> None:
        try:
            self.do(commands.AbortCard())
        except Refused:
            self.seen["abort refused"] += 1

    def _complete(self) -> None:
        """The seal comes, or the cashier gives up waiting for it."""
        if self.chance.random() < 0.1:
            self.through(lambda: self.write([happened.SealMissed("fiscal.not_answering")]))
            if self.state.completing is not None and self.state.completing.problem:
                self.through(lambda: self.do(commands.AbandonCompletion()))
            self._until_quiet()
        if self.state.completing is not None:
            transaction = close_basket(self.state, self.shop)
            self.state = evolve(self.state, happened.ReceiptCompleted(completed(transaction)))
            self.receipts[self._sale] = transaction

    def _end_without_card(self) -> None:
        """The customer pays the rest in cash, or leaves: then every card payment goes back."""
        if self.chance.random() < 0.5:
            self._until(
                lambda: self.state.completing is not None,
                lambda: self.through(lambda: self.do(commands.Pay("cash"))),
            )
            transaction = close_basket(self.state, self.shop)
            self.state = evolve(self.state, happened.ReceiptCompleted(completed(transaction)))
            self.receipts[self._sale] = transaction
            return
        self._until(lambda: not self.state.basket.payments, self._take_back)
        self.state = replace(self.state, basket=Basket(), next_line=1)

    def _take_back(self) -> None:
        self.terminal.expect(Step(self.chance.choice(_REVERSED_BY), asks=2))
        self.through(lambda: self.do(commands.RemovePayment(0)))
        self._until_quiet()

    def _until(self, is_so: Callable[[], bool], act: Callable[[], None]) -> None:
        for _ in range(100):
            if is_so():
                return
            act()
        raise AssertionError("it never comes to an end")

    # The judgement.

    def charged(self) -> Counter[int]:
        """What the bank took for each sale."""
        by_sale: Counter[int] = Counter()
        for transaction_id, amount in self.terminal.charged.items():
            by_sale[self.sales[transaction_id]] += amount
        return by_sale

    def paid(self, sale: int) -> int:
        """What the sale's receipt says went over the card."""
        receipt = self.receipts.get(sale)
        if receipt is None:
            return 0
        return sum(
            payment.amount_minor + payment.card.tip_minor
            for payment in receipt.payments
            if payment.card is not None and payment.tender_id == "card"
        )

    def wrongs(self) -> dict[int, tuple[int, int]]:
        """Sales where bank and receipt differ: (charged, on the receipt)."""
        charged = self.charged()
        sales = range(1, self._sale + 1)
        return {
            sale: (charged[sale], self.paid(sale))
            for sale in sales
            if charged[sale] != self.paid(sale)
        }

    def is_clean(self) -> bool:
        over = {card.state for card in self.state.cards} - {CardState.COMMITTED}
        return not over


_REVERSED_BY = (
    Fate.APPROVE,
    Fate.LOSE_REPLY,
    Fate.LOSE_REQUEST,
    Fate.LATE_REQUEST,
    Fate.IN_PROGRESS,
    Fate.BUSY,
    Fate.ABSENT,
    Fate.DECLINE,
)
