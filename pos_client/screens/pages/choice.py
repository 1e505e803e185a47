"""Pick one by its digit: reasons, yes and no, what kind of discount, which store.

Up to nine options are digits only; Enter picks nothing there, because a scanner sends one
after each code. A longer list is narrowed by typing a part of the name, and then the arrows
and Enter pick too. The thing to get wrong: a digit means what stands beside it now, also
when the list was narrowed.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.folding import words
from pos_client.screens.dialogs import MOST_DIGITS, Choice, Option
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.router import Typed
from pos_client.screens.rows import BLANK, Look, Row, across, fit, marked, row, unmarked, wrapped
from pos_client.screens.till import Till


class ChoicePage(Page):
    name = "choice"

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.choice = Choice("", ())
        self.cursor = 0

    @property
    def digits_act(self) -> bool:
        return True

    @property
    def is_long(self) -> bool:
        return len(self.choice.options) > MOST_DIGITS

    def opened(self) -> None:
        super().opened()
        self.choice = self.till.choice
        self.cursor = 0

    # -- drawing

    def title(self) -> str:
        return self.choice.title

    def body(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [BLANK]
        for fact in self.choice.facts:
            rows += [row(f"   {line}") for line in wrapped(fact, width - 6)]
        rows += [BLANK] if self.choice.facts else []
        shown = self.shown()
        if self.is_long:
            return rows + self._window(shown, width, height - len(rows))
        for option in shown:
            rows.append(((f"   {option.digit} ", Look.KEY), (option.label, Look.STRONG)))
        return rows

    def _window(self, shown: list[Option], width: int, room: int) -> list[Row]:
        """What there is room for around the current one; the last row tells of more."""
        is_cut = len(shown) > room
        seen = window(self.cursor, len(shown), max(1, room - is_cut))
        rows = [self._row(shown[at], width, is_current=at == self.cursor) for at in seen]
        if is_cut:
            more = self.till.say(
                "choice.more", first=seen[0] + 1, last=seen[-1] + 1, count=len(shown)
            )
            rows.append(row(fit(f" ↕ {more}", width), Look.STRONG))
        return rows

    def _row(self, option: Option, width: int, *, is_current: bool) -> Row:
        label = f"  {option.digit or ' '} {option.label}"
        text = across(label, f"{option.beside} ", width - 2)
        return marked(text, width) if is_current else unmarked(text, width)

    def shown(self) -> list[Option]:
        """Those with every typed word at the beginning of one of theirs, numbered anew."""
        typed = words(self.entry.text)
        if not typed:
            return list(self.choice.options)
        fits = [option for option in self.choice.options if _fits(option.label, typed)]
        return [
            replace(option, digit=str(at) if at <= MOST_DIGITS else "")
            for at, option in enumerate(fits, 1)
        ]

    def prompt(self) -> str:
        return self.till.say("choice.narrow") if self.is_long else ""

    def hint(self) -> str:
        return self.till.say("hint.narrow" if self.is_long else "hint.digit")

    def labels(self) -> Labels:
        return {}

    # -- keys

    def typed(self, typed: Typed) -> None:
        before = self.entry.text
        super().typed(typed)
        if self.entry.text != before:
            self.cursor = 0

    def character(self, character: str) -> None:
        is_written = character == "/" or self.entry.text.startswith("/")
        if is_written or (self.is_long and not character.isdigit()):
            self.entry.insert(character)
            return
        for option in self.shown():
            if option.digit == character:
                self._take(option)
                return
        self.till.refuse("choice.none", digit=character)

    def enter(self) -> None:
        if not self.is_long:
            return
        shown = self.shown()
        if shown:
            self._take(shown[self.cursor])
        else:
            self.till.refuse("choice.no_name", text=self.entry.text)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.shown())) if self.is_long else None
        self.cursor = self.cursor if to is None else to

    def _take(self, option: Option) -> None:
        self.till.back()
        option.act()


def _fits(label: str, typed: tuple[str, ...]) -> bool:
    own = words(label)
    return all(any(word.startswith(part) for word in own) for part in typed)
