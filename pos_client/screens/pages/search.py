"""Search as you type over the whole catalogue; Enter adds the marked item.

The newest text wins and answers to older ones are dropped. The thing to get
wrong: letting Enter pick from an older answer. It waits until the answer fits
what is typed. A scan here only checks a price; it never touches the sale.
"""

from __future__ import annotations

from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.commands import AddItem, CheckPrice
from pos_client.register.queries import Answer, FoundItem, FoundItems, Search
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Asked
from pos_client.screens.entry import amount_minor
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.pages.stock import show_stock
from pos_client.screens.router import Typed
from pos_client.screens.rows import BLANK, Look, Row, across, marked, row, unmarked, wrapped
from pos_client.screens.till import Till

NOTHING = FoundItems(())


class SearchPage(Page):
    name = "search"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.PRODUCT})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.found = NOTHING
        self.found_for = ""
        self.cursor = 0
        self._adds_first = False

    def opened(self) -> None:
        super().opened()
        self.found, self.found_for, self.cursor = NOTHING, "", 0
        self._adds_first = False

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        items = self.found.items
        if not items:
            lines = wrapped(self._empty_text(), width - 6)
            return [BLANK, *(row(f"   {line}", Look.DIM) for line in lines)]
        rows: list[Row] = [BLANK]
        for at in window(self.cursor, len(items), height - 1):
            text = self._text(items[at], width - 2)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        return rows

    def _empty_text(self) -> str:
        text = self.entry.text.strip()
        if not text:
            return self.till.say("search.explain")
        if self.found_for != text:
            return self.till.say("search.looking")
        return self.till.say("search.none", text=text)

    def _text(self, item: FoundItem, width: int) -> str:
        price = self.till.say("search.open_price") if item.is_open_price else ""
        price = price or self.till.money(item.price_minor)
        stock = "" if item.on_hand is None else self.till.say("stock.pieces", count=item.on_hand)
        return across(f" {item.name}", f"{item.sku:<14}{price:>12}{stock:>9} ", width)

    def prompt(self) -> str:
        return self.till.say("search.prompt")

    def hint(self) -> str:
        count = len(self.found.items)
        if not count:
            return ""
        return self.till.say("search.more" if self.found.is_more else "search.hits", count=count)

    def labels(self) -> Labels:
        return {4: "stock", 5: "price_check", 12: "add"}

    # -- keys

    def character(self, character: str) -> None:
        if character == "+" and not self.entry.text:
            self.function(12)
            return
        self.entry.insert(character)
        self._ask()

    def typed(self, typed: Typed) -> None:
        before = self.entry.text
        super().typed(typed)
        if self.entry.text != before and not typed.key.character:
            self._ask()

    def enter(self) -> None:
        text = self.entry.text.strip()
        if self.by_scanner:
            self.entry.clear()
            self._check(text)
        elif self.found_for != text:
            self._adds_first = bool(text)
        elif self.found.items:
            self._add(self.found.items[self.cursor])

    def function(self, number: int) -> None:
        if number == 12:
            self.enter()
        elif number == 4:
            items = self.found.items
            show_stock(self.till, items[self.cursor].sku if items else "")
        elif number == 5 and self.found.items:
            self._check(self.found.items[self.cursor].sku)
        elif number == 5:
            self.till.go("price_check")
        else:
            super().function(number)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.found.items))
        self.cursor = self.cursor if to is None else to

    def scanned(self, scan: Scan) -> None:
        if scan.scan_id:
            self.till.core.accept_scan(scan.scan_id)
        self._check(scan.data)

    def _check(self, code: str) -> None:
        self.till.go("price_check")
        self.till.do(CheckPrice(code))

    # -- answers

    def _ask(self) -> None:
        text = self.entry.text.strip()
        if text:
            self.till.ask(Search(text), lambda answer: self._answered(text, answer))
        else:
            self.found, self.found_for = NOTHING, ""

    def _answered(self, text: str, answer: Answer | None) -> None:
        if answer is None or text != self.entry.text.strip():
            return
        self.found = answer if isinstance(answer, FoundItems) else NOTHING
        self.found_for, self.cursor = text, 0
        if self._adds_first:
            self._adds_first = False
            if self.found.items:
                self._add(self.found.items[0])

    def _add(self, item: FoundItem) -> None:
        self.till.home()
        if item.is_open_price:
            self._ask_price(item)
        else:
            self.till.do(AddItem(item.sku))

    def _ask_price(self, item: FoundItem) -> None:
        def take(text: str) -> str:
            price = amount_minor(text)
            if not price:
                return "amount.unreadable"
            self.till.do(AddItem(item.sku, price_minor=price))
            return ""

        say = self.till.say
        prompt, hint = say("search.price_prompt"), say("hint.enter")
        self.till.ask_value(Asked(item.name, prompt, hint, take))
