"""Card payments that nobody could look up: go on with the sale, or say what became of it.

Each stands with its sale until then, and the day cannot be closed before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pos_client.register.commands import FetchCardSale, SettleCard
from pos_client.register.view import CardView
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.pages.listing import ListPage
from pos_client.screens.reasons import choose_reason


class CardsPage(ListPage[CardView]):
    name = "cards"

    def entries(self) -> Sequence[CardView]:
        return self.till.view.cards

    def at_of(self, entry: CardView) -> str:
        return entry.at

    def texts(self, entry: CardView) -> tuple[str, str]:
        return self.till.say(f"cards.state.{entry.state}"), self.till.money(entry.amount_minor)

    def take(self, entry: CardView) -> None:
        if self.till.view.item_count:
            self.till.refuse("cards.basket_open")
        else:
            self._decide(entry)

    def _decide(self, card: CardView) -> None:
        say = self.till.say
        options: list[tuple[str, Callable[[], None]]] = []
        if card.may_be_fetched:
            fetch = FetchCardSale(card.payment_id)
            options.append((say("cards.fetch"), lambda: self.till.do(fetch)))
        else:
            options.append((say("cards.paid"), lambda: self._settle(card, is_paid=True)))
            options.append((say("cards.not_paid"), lambda: self._settle(card, is_paid=False)))
        facts = (
            say(f"cards.state.{card.state}"),
            say("cards.amount", amount_minor=card.amount_minor, total_minor=abs(card.total_minor)),
        )
        self.till.choose(Choice(self.title(), numbered(options), facts))

    def _settle(self, card: CardView, *, is_paid: bool) -> None:
        def settle(reason: str) -> None:
            self.till.do(SettleCard(card.payment_id, is_paid, reason))

        choose_reason(self.till, self.till.view.setup.card_reasons, settle)
