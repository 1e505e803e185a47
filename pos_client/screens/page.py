"""A page of the till: what it draws between status row and key rows, and what its keys do.

No Textual. One instance of each page lives as long as the screen and is filled
when it is opened. The thing to get wrong: letting Enter confirm money or a
question. Confirmations are digits or F keys; `accepts` names the kinds of code
a page takes, and everything a scanner sends elsewhere is refused before it.
"""

from __future__ import annotations

from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.view import View
from pos_client.screens.core_port import Scan
from pos_client.screens.entry import Entry, function_typed, is_product_code
from pos_client.screens.keys import Key
from pos_client.screens.router import Typed
from pos_client.screens.rows import Look, Row, fit, row
from pos_client.screens.till import Till

Labels = dict[int, str]
"""Text keys (below "screen.key.") of the F keys that do something here."""


class Page:
    """`digits_act`: a digit does something at once instead of being written.

    `is_form`: what the register refused is mended by typing, and its words go with the first
    letter.
    """

    name: ClassVar[str]
    escape_key: ClassVar[str] = "key.escape"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset()
    shows_total: ClassVar[bool] = False
    tells_of_paper: ClassVar[bool] = False
    is_form: ClassVar[bool] = False

    def __init__(self, till: Till) -> None:
        self.till = till
        self.entry = Entry()
        self.by_scanner = False

    # -- drawing

    @property
    def digits_act(self) -> bool:
        return False

    @property
    def is_secret(self) -> bool:
        return False

    def title(self) -> str:
        return self.till.say(f"title.{self.name}")

    def head(self, width: int) -> Row:
        return row(fit(f" {self.title()}", width), Look.STRONG)

    def body(self, width: int, height: int) -> list[Row]:
        """At most `height` rows; the first is shown first."""
        return []

    def prompt(self) -> str:
        return ""

    def hint(self) -> str:
        """What the step wants, at the right end of the entry line."""
        return ""

    def labels(self) -> Labels:
        return {1: "menu"}

    # -- life

    def opened(self) -> None:
        """Put on top by the cashier: forget what was here last time."""
        self.entry.clear()

    def in_front(self) -> None:
        """Shown now, by whomever."""

    def seen(self, before: View) -> None:
        """A newer View came while this page was in front."""

    # -- keys

    def typed(self, typed: Typed) -> None:
        """One key, after the router. What a scanner typed is not a person's doing."""
        if typed.is_burst and not self._takes_bursts():
            self.entry.clear()
            self.till.refuse("scan.not_here")
            return
        key = typed.key
        self.by_scanner = typed.is_burst
        self._forget_note(key)
        if key.character:
            self.character(key.character)
        elif key.name == "backspace":
            self.entry.backspace()
        elif key.name == "enter":
            self._enter()
        elif key.name == "escape":
            self.escape()
        elif key.function:
            self.function(key.function)
        elif not (self.entry.text and self.entry.move(key.name)):
            self.other(key.name)

    def _takes_bursts(self) -> bool:
        return bool(self.accepts)

    def _forget_note(self, key: Key) -> None:
        if key.name != "escape" and not self.till.is_locked:
            self.till.note = None
        if self.is_form and (key.character or key.name == "backspace"):
            self.till.refusal_read()

    def _enter(self) -> None:
        number = function_typed(self.entry.text)
        if number:
            self.entry.clear()
            self.function(number)
        elif not self.accepts and is_product_code(self.entry.text):
            self.entry.clear()
            self.till.refuse("scan.not_here")
        else:
            self.enter()

    def character(self, character: str) -> None:
        if character == "+" and not self.entry.text:
            self.function(12)
        else:
            self.entry.insert(character)

    def enter(self) -> None:
        """Enter with whatever stands in the entry."""

    def escape(self) -> None:
        """Clear the entry, then the message, then one step back."""
        if self.entry.text:
            self.entry.clear()
        elif self.till.note is not None or self.till.is_locked:
            self.till.clear()
        else:
            self.till.back()

    def function(self, number: int) -> None:
        self.till.refuse("no_such_key")

    def other(self, name: str) -> None:
        """Arrows, PgUp, PgDn, Home, End, Tab, Del."""

    # -- scans

    def scanned(self, scan: Scan) -> None:
        """A code of a kind in `accepts`."""


def moved(cursor: int, name: str, count: int, page_rows: int = 8) -> int | None:
    """Where the current row goes for an arrow key; None when the key is none of these."""
    steps = {
        "up": -1,
        "down": 1,
        "pageup": -page_rows,
        "pagedown": page_rows,
        "home": -count,
        "end": count,
    }
    if name not in steps:
        return None
    return min(max(cursor + steps[name], 0), max(count - 1, 0))


def window(cursor: int, count: int, height: int) -> range:
    """Which rows of a list are visible so that the current one is."""
    first = min(max(0, cursor - height + 1), max(0, count - height))
    return range(first, min(count, first + height))
