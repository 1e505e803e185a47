"""Search as you type over the whole catalogue; Enter adds the marked item.

The newest text wins and answers to older ones are dropped. The thing to get
wrong: letting Enter or F4 pick from an older answer. They wait until the answer fits
what is typed. A scan here only checks a price; it never touches the sale. Opened from
the stock page it looks for stock: Enter shows that of the marked item.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.commands import AddItem, CheckPrice
from pos_client.register.queries import Answer, FoundItem, FoundItems, Search
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Asked
from pos_client.screens.entry import amount_minor
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.pages.stock import StockPage, show_stock
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
        self.is_for_stock = False
        self._waits: Callable[[FoundItem], None] | None = None

    def opened(self) -> None:
        super().opened()
        self.found, self.found_for, self.cursor = NOTHING, "", 0
        self.is_for_stock = self.till.stack[-2:-1] == [StockPage.name]
        self._waits = None

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
        if self.found.is_more:
            return self.till.say("search.more", count=count)
        return self.till.say(
            "search.stock_hits" if self.is_for_stock else "search.hits", count=count
        )

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
        else:
            self._with_marked(self._show_stock if self.is_for_stock else self._add)

    def _with_marked(self, act: Callable[[FoundItem], None]) -> None:
        """Now, or with the first as soon as the answer is there; never with an older answer."""
        text = self.entry.text.strip()
        if self.found_for != text:
            self._waits = act if text else None
        elif self.found.items:
            act(self.found.items[self.cursor])
        elif text:
            self.till.refuse("search.none", text=text)

    def function(self, number: int) -> None:
        if number == 12:
            self._with_marked(self._add)
        elif number == 4 and self.entry.text.strip():
            self._with_marked(self._show_stock)
        elif number == 4:
            show_stock(self.till)
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
        act, self._waits = self._waits, None
        if act is not None:
            self._with_marked(act)

    def _show_stock(self, item: FoundItem) -> None:
        show_stock(self.till, item.sku)

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
