"""Open the business day with the counted opening cash (växelkassa)."""

from __future__ import annotations

from pos_client.register.commands import OpenDay
from pos_client.screens.entry import amount_minor
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Row, row, wrapped


class OpenDayPage(Page):
    name = "open_day"
    is_form = True

    def body(self, width: int, height: int) -> list[Row]:
        today = f"{self.till.here():%Y-%m-%d}"
        lines = wrapped(self.till.say("open_day.explain", day=today), width - 6)
        return [BLANK, *(row(f"   {line}") for line in lines)]

    def prompt(self) -> str:
        return self.till.say("open_day.prompt")

    def hint(self) -> str:
        return self.till.say("hint.enter")

    def labels(self) -> Labels:
        return {1: "menu", 12: "next"}

    def enter(self) -> None:
        text = self.entry.text.strip()
        amount = amount_minor(text)
        if amount is None:
            self.till.refuse("amount.unreadable" if text else "open_day.count_first", text=text)
            return
        self.entry.clear()
        self.till.do(OpenDay(amount))

    def escape(self) -> None:
        if self.entry.text:
            self.entry.clear()
        else:
            self.till.clear()

    def function(self, number: int) -> None:
        if number == 1:
            self.till.go("menu")
        elif number == 12:
            self.enter()
        else:
            super().function(number)
