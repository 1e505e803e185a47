"""Pick one by its digit: reasons, yes and no, what kind of discount.

Digits only. Enter picks nothing here, because a scanner sends one after each code.
"""

from __future__ import annotations

from pos_client.screens.dialogs import Choice
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, row, wrapped
from pos_client.screens.till import Till


class ChoicePage(Page):
    name = "choice"

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.choice = Choice("", ())

    @property
    def digits_act(self) -> bool:
        return True

    def opened(self) -> None:
        super().opened()
        self.choice = self.till.choice

    def title(self) -> str:
        return self.choice.title

    def body(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [BLANK]
        for fact in self.choice.facts:
            rows += [row(f"   {line}") for line in wrapped(fact, width - 6)]
        rows += [BLANK] if self.choice.facts else []
        for option in self.choice.options:
            rows.append(((f"   {option.digit} ", Look.KEY), (option.label, Look.STRONG)))
        return rows

    def hint(self) -> str:
        return self.till.say("hint.digit")

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        if character == "/" or self.entry.text:
            self.entry.insert(character)
            return
        for option in self.choice.options:
            if option.digit == character:
                self.till.back()
                option.act()
                return
        self.till.refuse("choice.none", digit=character)
