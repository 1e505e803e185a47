"""Card payments that nobody could look up: go on with the sale, or say what became of it.

Each stands with its sale until then, and the day cannot be closed before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pos_client.register.commands import FetchCardSale, SettleCard
from pos_client.register.view import CardView, View
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.reasons import choose_reason
from pos_client.screens.rows import BLANK, Row, across, marked, row, unmarked
from pos_client.screens.till import Till


class CardsPage(Page):
    name = "cards"

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.cursor = 0

    @property
    def digits_act(self) -> bool:
        return True

    def opened(self) -> None:
        super().opened()
        self.cursor = 0

    def seen(self, before: View) -> None:
        self.cursor = min(self.cursor, max(0, len(self.till.view.cards) - 1))
        if self.till.view.item_count and not before.item_count:
            self.till.home()

    def body(self, width: int, height: int) -> list[Row]:
        cards = self.till.view.cards
        if not cards:
            return [BLANK, row(f"   {self.till.say('cards.none')}")]
        rows: list[Row] = [BLANK]
        for at in window(self.cursor, len(cards), height - 1):
            text = self._text(at, cards[at], width - 2)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        return rows

    def _text(self, at: int, card: CardView, width: int) -> str:
        when = datetime.fromisoformat(card.at).astimezone(self.till.here().tzinfo)
        digit = str(at + 1) if at < 9 else " "
        state = self.till.say(f"cards.state.{card.state}")
        left = f" {digit}  {when:%H:%M}  {state}"
        return across(left, f"{self.till.money(card.amount_minor)} ", width)

    def hint(self) -> str:
        return self.till.say("hint.digit")

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        if character.isdigit() and character != "0":
            self._pick(int(character) - 1)

    def enter(self) -> None:
        self._pick(self.cursor)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.till.view.cards))
        self.cursor = self.cursor if to is None else to

    def _pick(self, at: int) -> None:
        cards = self.till.view.cards
        if at >= len(cards):
            self.till.refuse("cards.no_such")
        elif self.till.view.item_count:
            self.till.refuse("cards.basket_open")
        else:
            self._decide(cards[at])

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
