"""Paper on the screen: a receipt or an X report, to read and perhaps print."""

from __future__ import annotations

from pos_client.screens.dialogs import Sheet
from pos_client.screens.page import Labels, Page, moved
from pos_client.screens.rows import Row, fit, row
from pos_client.screens.till import Till


class PaperPage(Page):
    name = "paper"

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.sheet = Sheet("", ())
        self.top = 0
        self._height = 1

    def opened(self) -> None:
        super().opened()
        self.sheet = self.till.sheet
        self.top = 0

    def title(self) -> str:
        return self.sheet.title

    def body(self, width: int, height: int) -> list[Row]:
        self._height = height
        self.top = min(self.top, max(0, len(self.sheet.lines) - height))
        shown = self.sheet.lines[self.top : self.top + height]
        return [row(fit(f"    {line}", width)) for line in shown]

    def hint(self) -> str:
        last = min(len(self.sheet.lines), self.top + self._height)
        if last >= len(self.sheet.lines) and not self.top:
            return ""
        return self.till.say("hint.rows", last=last, count=len(self.sheet.lines))

    def labels(self) -> Labels:
        return {9: self.sheet.print_label} if self.sheet.command is not None else {}

    def function(self, number: int) -> None:
        if number == 9 and self.sheet.command is not None:
            command = self.sheet.command
            self.till.back()
            self.till.do(command)
        else:
            super().function(number)

    def other(self, name: str) -> None:
        to = moved(self.top, name, len(self.sheet.lines), self._height)
        self.top = self.top if to is None else to
