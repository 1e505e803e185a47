"""The sale: the page a cashier lives on.

Keys follow one grammar, number then key. The thing to get wrong: taking the
highlighted line from the picture; the line's own number goes into the command,
so a scan that arrives meanwhile cannot change what is voided.
"""

from __future__ import annotations

from typing import ClassVar

from pos_client.register import commands
from pos_client.register.codes import CodeClass, classify, member_of
from pos_client.register.view import LineView, View
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.entry import is_product_code, quantity_and_rest, whole_number
from pos_client.screens.page import Labels, Page, moved
from pos_client.screens.pages.basket import basket_header, basket_rows
from pos_client.screens.pages.customers import show_customers
from pos_client.screens.pages.stock import show_stock
from pos_client.screens.paying import pay_with
from pos_client.screens.reducing import choose_reduction, percent_off
from pos_client.screens.rows import Row
from pos_client.screens.till import Till


class SalePage(Page):
    name = "sale"
    # All of them: the core says of each kind that is no item why not.
    accepts: ClassVar[frozenset[CodeClass]] = frozenset(CodeClass)
    shows_total = True

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.line = 0

    def head(self, width: int) -> Row:
        return basket_header(self.till, width)

    def body(self, width: int, height: int) -> list[Row]:
        return basket_rows(self.till, self.line, width, height)

    def hint(self) -> str:
        quantity, _ = quantity_and_rest(self.entry.text)
        if quantity is not None:
            return self.till.say("hint.quantity", count=quantity)
        if not self.till.view.lines:
            return self.till.say("hint.scan")
        return ""

    def labels(self) -> Labels:
        view = self.till.view
        fetch = {7: "park" if view.item_count else "fetch"}
        if (view.is_return and not view.payments) or (view.exchange_minor and not view.item_count):
            fetch = {7: "exchange"}
        return {
            1: "menu",
            2: "quantity",
            3: "void",
            4: "stock",
            5: "search",
            6: "return",
            **fetch,
            8: "discount",
            9: "cash",
            10: "card",
            11: "other",
            12: "pay",
        }

    def seen(self, before: View) -> None:
        if self.till.view.last_line != before.last_line or not self.current():
            self.line = self.till.view.last_line

    def in_front(self) -> None:
        self.line = self.till.view.last_line

    def current(self) -> LineView | None:
        """The highlighted line, when it can still be changed."""
        for line in self.till.view.lines:
            if line.line == self.line and not line.is_voided:
                return line
        return None

    # -- keys

    def character(self, character: str) -> None:
        text = self.entry.text
        if character == "-" and not text:
            self.till.do(commands.UndoLast())
        elif character == "*":
            self._times()
        elif character.isalpha() and not self.by_scanner and not text.startswith("]"):
            self.entry.clear()
            self._open_search(text + character)
        else:
            super().character(character)

    def _times(self) -> None:
        if whole_number(self.entry.text):
            self.entry.insert("*")
        else:
            self.till.refuse("quantity.first")

    def enter(self) -> None:
        """Enter a code; an empty line means nothing at all."""
        text = self.entry.text.strip()
        quantity, code = quantity_and_rest(text)
        code = _unframed(code)
        if not code:
            return
        if self.till.is_locked:
            self.entry.clear()
            self.till.refuse("scan.locked")
            return
        self.entry.clear()
        by_scanner = self.by_scanner
        if by_scanner and member_of(code):
            show_customers(self.till, member_of(code))
            return
        self.till.do(
            commands.EnterCode(code, quantity or 1),
            self._lock_if_refused if by_scanner else lambda: None,
        )

    def escape(self) -> None:
        """Entry, then message, then the basket; that one is asked about."""
        till = self.till
        if self.entry.text:
            self.entry.clear()
        elif till.message is not None or till.is_locked or till.view.last_receipt is not None:
            till.clear()
        elif till.view.item_count:
            self._ask_to_void()

    def function(self, number: int) -> None:
        action = {
            1: lambda: self.till.go("menu"),
            2: self._quantity,
            3: self._void,
            4: self._stock,
            5: self._search,
            6: lambda: self.till.go("returns"),
            7: self._park,
            8: self._discount,
            9: lambda: self._pay("cash"),
            10: lambda: self._pay("card"),
            11: self._other,
            12: self._tender,
        }.get(number)
        if action is None:
            super().function(number)
        else:
            action()

    def other(self, name: str) -> None:
        if name == "delete":
            self._void()
            return
        if name == "tab":
            self._customer()
            return
        live = [line.line for line in self.till.view.lines if not line.is_voided]
        at = live.index(self.line) if self.line in live else len(live) - 1
        to = moved(at, name, len(live))
        if to is not None and live:
            self.line = live[to]

    def _customer(self) -> None:
        """Who fits what is typed, else whose the sale is; a code that came with Tab is neither."""
        if is_product_code(self.entry.text):
            self.till.refuse("scan.not_here")
        else:
            show_customers(self.till, self.entry.take())

    def _quantity(self) -> None:
        line, quantity = self.current(), whole_number(self.entry.take())
        if line is None:
            self.till.refuse("line.none")
        elif quantity is None:
            self.till.refuse("quantity.first")
        else:
            self.till.do(commands.SetQuantity(line.line, quantity))

    def _void(self) -> None:
        line = self.current()
        if line is None:
            self.till.refuse("line.none")
        else:
            self.till.do(commands.VoidLine(line.line))

    def _stock(self) -> None:
        """Of what is typed, else of the current line: the size that is not on the shelf."""
        line, (_, typed) = self.current(), quantity_and_rest(self.entry.take())
        show_stock(self.till, line.sku if line else "", typed=_unframed(typed))

    def _search(self) -> None:
        self._open_search(self.entry.take())

    def _open_search(self, text: str) -> None:
        self.till.go("search")
        for character in text:
            self.till.pages["search"].character(character)

    def _park(self) -> None:
        """In a return it begins the exchange; with nothing chosen instead it goes back."""
        if self.till.view.is_return and not self.till.view.payments:
            self.till.do(commands.StartExchange())
        elif self.till.view.exchange_minor and not self.till.view.item_count:
            self.till.do(commands.DropExchange())
        elif self.till.view.item_count:
            self.till.do(commands.Suspend())
        else:
            self.till.go("suspended")

    def _ask_to_void(self) -> None:
        say = self.till.say
        void = (say("yes"), lambda: self.till.do(commands.VoidBasket()))
        fact = say("void.fact", items=self.till.counted("items", self.till.view.item_count))
        options = numbered([void, (say("no"), lambda: None)])
        self.till.choose(Choice(say("void.title"), options, (fact,)))

    def _discount(self) -> None:
        """`10 F8` is 10 per cent off; F8 alone asks what kind."""
        line, typed = self.current(), self.entry.take()
        if line is None:
            self.till.refuse("line.none")
        elif typed:
            refusal = percent_off(self.till, line, typed)
            if refusal:
                self.till.refuse(refusal, text=typed)
        else:
            choose_reduction(self.till, line)

    def _pay(self, kind: str) -> None:
        if self._lacks_address():
            self.till.go("delivery")
            return
        pay_with(self.till, kind, self.entry)

    def _lacks_address(self) -> bool:
        """Whom an order is for is asked before money is taken."""
        order = self.till.view.order
        return order is not None and not order.has_address

    def _other(self) -> None:
        self._tender(is_choosing=True)

    def _tender(self, is_choosing: bool = False) -> None:
        if not self.till.view.item_count:
            self.till.refuse("basket.empty")
            return
        if self._lacks_address():
            self.till.go("delivery")
            return
        text = self.entry.take()
        self.till.go("tender")
        tender = self.till.pages["tender"]
        tender.entry.put(text)
        if is_choosing:
            tender.function(11)

    # -- scans

    def scanned(self, scan: Scan) -> None:
        """`3*` before a scan makes it three; anything else typed stays for its key.

        A receipt's code opens the return of that receipt, a member's card the customer.
        """
        if classify(scan.data, scan.symbology) is CodeClass.MEMBER:
            self.till.go("customers")
            self.till.pages["customers"].scanned(scan)
            return
        if classify(scan.data, scan.symbology) is CodeClass.RECEIPT:
            self.till.go("returns")
            self.till.pages["returns"].scanned(scan)
            return
        quantity, rest = quantity_and_rest(self.entry.text)
        if quantity is not None and not rest:
            self.entry.clear()
        self.till.do(
            commands.ScanCode(scan.data, scan.symbology, quantity or 1, scan.scan_id),
            self._lock_if_refused,
        )

    def _lock_if_refused(self) -> None:
        """An unsold item must not slide past a cashier who does not look."""
        message = self.till.view.message
        if message is not None and message.beeps > 1:
            self.till.is_locked = True


def _unframed(code: str) -> str:
    """Without the three characters by which a scanner names the kind of code."""
    return code[3:] if code.startswith("]") else code
