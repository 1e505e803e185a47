"""The menu (F1): everything that has no key of its own, by digit or by word.

Letters narrow the list and Enter takes the first; digits act at once.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.register.commands import PrintXReport, SignOff
from pos_client.register.queries import Answer, Paper, PreviewReport
from pos_client.screens.dialogs import Choice, Sheet, numbered
from pos_client.screens.drawer import open_drawer
from pos_client.screens.page import Labels, Page
from pos_client.screens.pages.customers import show_customers
from pos_client.screens.pages.orders import show_order
from pos_client.screens.rows import BLANK, Look, Row
from pos_client.screens.till import Till
from pos_client.texts import LANGUAGES

_ITEMS = (
    ("1", "x_report"),
    ("2", "close_day"),
    ("3", "receipts"),
    ("4", "drawer"),
    ("5", "price_check"),
    ("6", "suspended"),
    ("7", "sync"),
    ("8", "hardware"),
    ("9", "language"),
    ("0", "sign_off"),
)
_GOODS = ("*", "goods")
_TASKS = ("-", "tasks")
_CARDS = ("+", "cards")
_DELIVERY = (".", "delivery")
_CUSTOMERS = (",", "customers")
_ORDERS = ("'", "orders")


class MenuPage(Page):
    name = "menu"

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._actions: dict[str, Callable[[], None]] = {
            "x_report": self._x_report,
            "close_day": self._close_day,
            "receipts": lambda: till.go("receipts"),
            "drawer": lambda: open_drawer(till),
            "price_check": lambda: till.go("price_check"),
            "suspended": lambda: till.go("suspended"),
            "tasks": lambda: till.go("tasks"),
            "goods": lambda: till.go("goods"),
            "cards": lambda: till.go("cards"),
            "delivery": lambda: till.go("delivery"),
            "customers": lambda: show_customers(till, ""),
            "orders": lambda: show_order(till, ""),
            "sync": lambda: till.go("sync"),
            "hardware": lambda: till.go("hardware"),
            "language": self._language,
            "sign_off": lambda: till.do(SignOff()),
        }

    @property
    def digits_act(self) -> bool:
        return True

    def body(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = [BLANK]
        for digit, name in self._shown():
            label = self.till.say(f"menu.{name}")
            rows.append(((f"   {digit}  ", Look.KEY), (label, Look.STRONG)))
        return rows

    def _shown(self) -> list[tuple[str, str]]:
        text = self.entry.text.strip().casefold()
        cards = (_CARDS,) if self.till.view.cards else ()
        ordered = (_DELIVERY,) if self.till.view.order is not None else ()
        items = (*cards, *ordered, *_ITEMS, _CUSTOMERS, _ORDERS, _TASKS, _GOODS)
        if text.startswith("/"):
            return list(items)
        return [
            (digit, name)
            for digit, name in items
            if text in self.till.say(f"menu.{name}").casefold()
        ]

    def prompt(self) -> str:
        return self.till.say("menu.prompt")

    def hint(self) -> str:
        return self.till.say("menu.hint")

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        if character.isdigit() and not self.entry.text.startswith("/"):
            self._act(dict(_ITEMS)[character])
        elif character == "-" and not self.entry.text:
            self._act("tasks")
        elif character == "," and not self.entry.text:
            self._act("customers")
        elif character == "'" and not self.entry.text:
            self._act("orders")
        elif character == "*" and not self.entry.text:
            self._act("goods")
        elif character == "+" and not self.entry.text and self.till.view.cards:
            self._act("cards")
        elif character == "." and not self.entry.text and self.till.view.order is not None:
            self._act("delivery")
        else:
            self.entry.insert(character)

    def enter(self) -> None:
        shown = self._shown()
        if self.entry.text and shown:
            self._act(shown[0][1])

    def function(self, number: int) -> None:
        if number == 1:
            self.till.back()
        else:
            super().function(number)

    def _act(self, name: str) -> None:
        self.till.back()
        self._actions[name]()

    # -- what has no page of its own

    def _x_report(self) -> None:
        self.till.look_up(PreviewReport("x"), self._show_x)

    def _show_x(self, answer: Answer | None) -> None:
        lines = answer.lines if isinstance(answer, Paper) else ()
        title = self.till.say("menu.x_report")
        self.till.show_sheet(Sheet(title, lines, PrintXReport()))

    def _close_day(self) -> None:
        if self.till.view.item_count:
            self.till.refuse("count.basket_open")
        elif not self.till.view.business_day:
            self.till.refuse("count.no_day")
        else:
            self.till.go("count")

    def _language(self) -> None:
        def speaks(language: str) -> tuple[str, Callable[[], None]]:
            return self.till.say(f"language.{language}"), lambda: self.till.speak(language)

        options = numbered([speaks(language) for language in LANGUAGES])
        self.till.choose(Choice(self.till.say("menu.language"), options))
