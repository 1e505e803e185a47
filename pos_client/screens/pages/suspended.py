"""Parked baskets, fetched by digit or by arrow and Enter."""

from __future__ import annotations

from datetime import datetime

from pos_client.register.commands import Resume
from pos_client.register.view import SuspendedView, View
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.rows import BLANK, Row, across, marked, row, unmarked
from pos_client.screens.till import Till


class SuspendedPage(Page):
    name = "suspended"

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
        if self.till.view.item_count and not before.item_count:
            self.till.home()

    def body(self, width: int, height: int) -> list[Row]:
        parked = self.till.view.suspended
        if not parked:
            return [BLANK, row(f"   {self.till.say('suspended.none')}")]
        rows: list[Row] = [BLANK]
        for at in window(self.cursor, len(parked), height - 1):
            text = self._text(at, parked[at], width - 2)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        return rows

    def _text(self, at: int, basket: SuspendedView, width: int) -> str:
        when = datetime.fromisoformat(basket.at).astimezone(self.till.here().tzinfo)
        digit = str(at + 1) if at < 9 else " "
        items = self.till.counted("items", basket.item_count)
        left = f" {digit}  {when:%H:%M}  {basket.operator_name}  {items}"
        return across(left, f"{self.till.money(basket.total_minor)} ", width)

    def hint(self) -> str:
        return self.till.say("hint.digit")

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        if character.isdigit() and character != "0":
            self._fetch(int(character) - 1)

    def enter(self) -> None:
        self._fetch(self.cursor)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.till.view.suspended))
        self.cursor = self.cursor if to is None else to

    def _fetch(self, at: int) -> None:
        parked = self.till.view.suspended
        if at < len(parked):
            self.till.do(Resume(parked[at].basket_id))
        else:
            self.till.refuse("suspended.no_such")
