"""A short list of what waits: a digit takes an entry, or the arrows and Enter do.

It is left when a basket opens. The thing to get wrong: the list may shrink under the
cursor, since another till or the terminal may settle an entry meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar

from pos_client.register.view import View
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.rows import BLANK, Row, across, marked, row, unmarked
from pos_client.screens.till import Till

T = TypeVar("T")


class ListPage(Page, Generic[T]):
    """Says `NAME.none` where the list is empty and `NAME.no_such` to a digit too high."""

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.cursor = 0

    def entries(self) -> Sequence[T]:
        raise NotImplementedError

    def at_of(self, entry: T) -> str:
        """When it began, ISO UTC."""
        raise NotImplementedError

    def texts(self, entry: T) -> tuple[str, str]:
        """What stands left, behind digit and time, and right."""
        raise NotImplementedError

    def take(self, entry: T) -> None:
        raise NotImplementedError

    @property
    def digits_act(self) -> bool:
        return True

    def opened(self) -> None:
        super().opened()
        self.cursor = 0

    def seen(self, before: View) -> None:
        self.cursor = min(self.cursor, max(0, len(self.entries()) - 1))
        if self.till.view.item_count and not before.item_count:
            self.till.home()

    def body(self, width: int, height: int) -> list[Row]:
        entries = self.entries()
        if not entries:
            return [BLANK, row(f"   {self.till.say(f'{self.name}.none')}")]
        rows: list[Row] = [BLANK]
        for at in window(self.cursor, len(entries), height - 1):
            text = self._text(at, entries[at], width - 2)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        return rows

    def _text(self, at: int, entry: T, width: int) -> str:
        when = datetime.fromisoformat(self.at_of(entry)).astimezone(self.till.here().tzinfo)
        digit = str(at + 1) if at < 9 else " "
        left, right = self.texts(entry)
        return across(f" {digit}  {when:%H:%M}  {left}", f"{right} ", width)

    def hint(self) -> str:
        return self.till.say("hint.digit")

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        if character.isdigit() and character != "0":
            self._take_at(int(character) - 1)

    def enter(self) -> None:
        self._take_at(self.cursor)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.entries()))
        self.cursor = self.cursor if to is None else to

    def _take_at(self, at: int) -> None:
        entries = self.entries()
        if at < len(entries):
            self.take(entries[at])
        else:
            self.till.refuse(f"{self.name}.no_such")
