"""Type one value and end with Enter: an amount, a percentage, a price.

The thing to get wrong: taking a scanned product code for a price; such a text is
refused before it comes here, and what is far too large is refused by the core.
"""

from __future__ import annotations

from pos_client.screens.dialogs import Asked
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Row, row, wrapped
from pos_client.screens.till import Till


class ValuePage(Page):
    name = "value"

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.asked = Asked("", "", "", lambda text: "")

    def opened(self) -> None:
        super().opened()
        self.asked = self.till.asked

    def title(self) -> str:
        return self.asked.title

    def body(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [BLANK]
        for fact in self.asked.facts:
            rows += [row(f"   {line}") for line in wrapped(fact, width - 6)]
        return rows

    def prompt(self) -> str:
        return self.asked.prompt

    def hint(self) -> str:
        return self.asked.hint

    def labels(self) -> Labels:
        return {12: "next"}

    def function(self, number: int) -> None:
        if number == 12:
            self.enter()
        else:
            super().function(number)

    def enter(self) -> None:
        text = self.entry.text.strip()
        if not text:
            return
        self.till.back()
        problem = self.asked.take(text)
        if problem:
            self.till.go(self.name)
            self.till.refuse(problem, text=text)
